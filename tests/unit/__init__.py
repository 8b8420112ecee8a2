"""The compiler's parts, each by itself; the folders mirror those of segsql."""

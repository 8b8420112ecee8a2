"""`segsql.toml`, the file that describes a database, read into `segsql.catalog.mapping` (docs/mapping.md).

`reader` goes through the whole file, the other modules through a section each; `section` notes what is wrong with a
key, and `places` reads tables, columns and keys of JSON, which are written alike everywhere.
"""

from segsql.catalog.mapping_file.reader import DEFAULT_NAME, default_mapping, read_mapping

__all__ = ["DEFAULT_NAME", "default_mapping", "read_mapping"]

"""`python -m segsql` is `segsql`."""

from segsql.cli import main

main()

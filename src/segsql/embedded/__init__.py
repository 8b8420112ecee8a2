"""The bundled PostgreSQL behind `embedded:DIR`."""

from segsql.embedded.account import EmbeddedServerError, binaries
from segsql.embedded.cluster import server

__all__ = ["EmbeddedServerError", "binaries", "server"]

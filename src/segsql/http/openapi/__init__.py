"""The contract: OpenAPI 3.1 for programs, a page for people."""

from segsql.http.openapi.document import contract, openapi_json
from segsql.http.openapi.page import docs_page

__all__ = ["contract", "docs_page", "openapi_json"]

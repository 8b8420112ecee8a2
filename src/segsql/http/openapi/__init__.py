"""The contract."""


def openapi_json() -> bytes:
    """X."""
    return b"{}"


def docs_page() -> bytes:
    """X."""
    return b""

"""What a request may be refused with."""

from __future__ import annotations

from collections.abc import Mapping

from segsql.errors import Diagnostic


class Refused(Exception):
    """The request is answered with an error: its status, one message, and all problems where it has several."""

    def __init__(
        self,
        status: int,
        message: str,
        diagnostics: tuple[Diagnostic, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.diagnostics = diagnostics
        self.headers = headers or {}


def invalid(diagnostics: tuple[Diagnostic, ...]) -> Refused:
    """400, with the first problem as the message."""
    return Refused(400, diagnostics[0].message, diagnostics)

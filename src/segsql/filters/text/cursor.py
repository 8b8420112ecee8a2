"""Where the reader of a text is, and what it says where something else was wanted."""

from __future__ import annotations

from segsql.errors import Code, InvalidDefinition
from segsql.filters.hints import did_you_mean
from segsql.filters.text.source import Source, Span
from segsql.filters.text.tokens import Token, TokenKind, tokenize

SHOWN = 40
"""Characters of a token that a message shows."""


class Cursor:
    """Goes through the tokens of a text, never back: `next` is the one to look at, `before` the last one taken."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._stream = tokenize(source)
        self.before = self.next = next(self._stream)
        self._after_next: Token | None = None

    def error(self, code: Code, at: int, message: str, hint: str = "") -> InvalidDefinition:
        """The text is wrong at this offset."""
        return self._source.error(code, at, message, hint)

    def shown(self, start: int) -> str:
        """The text from an offset to the end of the next token, as a message has it."""
        text = self._source.text[start : self.next.span.end]
        return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"

    def peek(self) -> Token:
        """The token after the next one."""
        if self._after_next is None:
            self._after_next = next(self._stream, self.next)
        return self._after_next

    def take(self) -> Token:
        """The next token, which is then behind."""
        self.before, self.next, self._after_next = self.next, self.peek(), None
        return self.before

    def is_word(self, word: str) -> bool:
        """Whether the next token is this word, in any case."""
        return self.next.kind is TokenKind.WORD and self.next.text.lower() == word

    def passed(self, word: str) -> bool:
        """Whether the next token is this word, which is then behind."""
        found = self.is_word(word)
        if found:
            self.take()
        return found

    def passed_header(self, word: str) -> bool:
        """The same for a word with its colon."""
        found = self.is_word(word) and self.peek().text == ":"
        if found:
            self.take()
            self.take()
        return found

    def must(self, word: str) -> None:
        """Take the word. Raises InvalidDefinition where it is another."""
        if not self.passed(word):
            raise self.expected(word, did_you_mean(self.next.text, (word,)))

    def since(self, start: int) -> Span:
        """From an offset to the end of what was taken last."""
        return Span(start, max(start, self.before.span.end))

    def expected(self, what: str, hint: str = "") -> InvalidDefinition:
        """Something else stands here than what the grammar wants."""
        start = self.next.span.start
        where = "where the text ends" if self.next.kind is TokenKind.END else f"not {self.shown(start)}"
        return self._source.error(Code.TEXT, start, f"Expected {what} here, {where}", hint)

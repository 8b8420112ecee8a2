"""A preview as one HTML file: no script, nothing loaded, all that anybody wrote escaped."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import inherit
from pygments.lexers.sql import PostgresLexer
from pygments.token import Name

from segsql.advice import SHARED_SCANS, Advised, reasons
from segsql.catalog import Id
from segsql.plan import WORDS
from segsql.preview.drawing import anchor, draw
from segsql.preview.preview import Params, Preview, ShownStatement, written

_QUANTIFIERS = {"all": "all of", "any": "any of", "none": "none of"}

_UNMARKED = re.compile('<span class="[wpno]">([^<]*)</span>')


class _Lexer(PostgresLexer):
    """PostgreSQL with the placeholders of drivers: one token each."""

    tokens = {"root": [(r"%\(p[0-9]+\)s|\$[0-9]+", Name.Variable), inherit]}  # noqa: RUF012 - Pygments' way


def as_html(preview: Preview) -> str:
    """The page. It runs no script and opens without a network, and its own policy allows neither."""
    css = _css()
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return (
        _environment()
        .get_template("page.html")
        .render(
            preview=preview,
            statements=[
                _view(number, shown, preview.params) for number, shown in enumerate(preview.statements, start=1)
            ],
            columns=_columns(preview),
            advice=_advice(preview.advised),
            shared_scans=SHARED_SCANS,
            css=Markup(css),  # noqa: S704 - a file of segsql's own
            policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        )
    )


def _advice(advised: Advised | None) -> list[tuple[Markup, list[str]]]:
    """Each index as DDL, and who gains from it."""
    if advised is None:
        return []
    return [(_highlighted(each.sql), list(reasons(each))) for each in advised.advice]


def _columns(preview: Preview) -> dict[Id, str]:
    """In which column a segment is counted; and of which scan, where there are several."""
    of_scan = " of scan {}" if len(preview.statements) > 1 else ""
    return {
        segment_id: f"s{place}{of_scan.format(number)}"
        for number, shown in enumerate(preview.statements, start=1)
        for place, segment_id in enumerate(shown.segment_ids)
    }


def _view(number: int, shown: ShownStatement, params: Params) -> dict[str, object]:
    """A statement as the template takes it."""
    prefix = f"plan{number}"
    return {
        "number": number,
        "shown": shown,
        "sql": _highlighted(shown.sql(params)),
        "literal": None if params is Params.LITERAL else _highlighted(shown.sql(Params.LITERAL)),
        "parameters": shown.parameters(params),
        "strategies": [(taken, WORDS[taken.reason]) for taken in shown.statement.strategies.taken],
        "tree": shown.plan and draw(shown.plan, shown.findings, prefix),
        "findings": [(finding, anchor(prefix, finding.node)) for finding in shown.findings],
        "json": shown.plan and json.dumps([shown.plan.source], ensure_ascii=False, indent=2),
    }


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("segsql.preview"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        amount=lambda value: f"{value:,.0f}",
        milliseconds=_milliseconds,
        written=written,
        visible=_visible,
        quantifier=lambda quantifier: _QUANTIFIERS[quantifier.value],
    )
    return environment


@cache
def _css() -> str:
    return files("segsql.preview").joinpath("templates/page.css").read_text(encoding="utf-8")


def _highlighted(sql: str) -> Markup:
    """The text with its tokens marked, but for those that look like any text: a scan of many segments is long."""
    marked = highlight(sql, _Lexer(stripnl=False, ensurenl=False), HtmlFormatter(nowrap=True))
    return Markup(_UNMARKED.sub(r"\1", marked))  # noqa: S704 - Pygments escapes


def _visible(text: str) -> str:
    """A text in which marks of direction and other characters that can't be seen are shown by their numbers."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\u{ord(c):04x}" for c in text)


def _milliseconds(time: float) -> str:
    """`0.04 ms`, `12.3 ms`, `1,204 ms`, `61.2 s`: three digits tell enough."""
    if time >= 10_000:
        return f"{time / 1000:,.1f} s"
    return f"{time:,.0f} ms" if time >= 100 else f"{time:.1f} ms" if time >= 1 else f"{time:.2f} ms"

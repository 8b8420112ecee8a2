"""The contract as a page for people: plain HTML, without a script and without anything from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from html import escape

import orjson

from segsql.catalog import Mapping
from segsql.http.openapi.building import Part
from segsql.http.openapi.document import contract

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
summary { cursor: pointer; padding: .4rem 0; } pre { background: #8882; padding: .8rem; overflow: auto; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; } details { border-bottom: 1px solid #8884; }
table { border-collapse: collapse; } td, th { text-align: left; vertical-align: top; padding: .2rem 1rem .2rem 0; }
b.method { display: inline-block; width: 4.5rem; } :root { color-scheme: light dark; }
"""


@cache
def docs_page(mapping: Mapping) -> bytes:
    """The page."""
    document = contract(mapping)
    info = document["info"]
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(info['title'])} <small>{escape(info['version'])}</small></h1>",
        f"<p>{_prose(info['description'])}</p>",
        "<p>Every call needs a key: <code>Authorization: Bearer KEY</code>. ",
        'The same for programs: <a href="openapi.json">openapi.json</a>.</p><h2>Endpoints</h2>',
    ]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            parts += _operation(method.upper(), path, operation)
    parts.append("<h2>Schemas</h2>")
    for name, schema in document["components"]["schemas"].items():
        parts.append(f'<details id="{name}"><summary><code>{name}</code></summary>{_json(schema)}</details>')
    parts.append("</body></html>")
    return "".join(parts).encode()


def _operation(method: str, path: str, operation: Part) -> Iterator[str]:
    yield f'<details id="{operation["operationId"]}"><summary><b class="method">{method}</b>'
    yield f"<code>{escape(path)}</code> {escape(operation['summary'])}</summary>"
    yield f"<p>{_prose(operation['description'])}</p>"
    if parameters := operation.get("parameters"):
        yield "<h4>Parameters</h4><table>"
        for each in parameters:
            schema = escape(orjson.dumps(each["schema"]).decode())
            yield f"<tr><td><code>{each['name']}</code> ({each['in']})<td>{_prose(each['description'])}"
            yield f"<td><code>{schema}</code></tr>"
        yield "</table>"
    if body := operation.get("requestBody"):
        yield f"<h4>Body</h4>{_content(body)}"
    yield "<h4>Answers</h4><table>"
    for status, answer in operation["responses"].items():
        yield f"<tr><td><b>{status}</b><td>{_prose(answer['description'])}{_content(answer)}</tr>"
    yield "</table></details>"


def _content(part: Part) -> str:
    shown = ""
    for media_type, content in part.get("content", {}).items():
        name = content["schema"]["$ref"].rpartition("/")[2]
        shown += f' <code>{media_type}</code>: <a href="#{name}">{name}</a>'
        if example := content.get("example"):
            shown += _json(example)
    return shown


def _json(value: Part) -> str:
    return f"<pre>{escape(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())}</pre>"


def _prose(words: str) -> str:
    """Words with `code` among them."""
    pieces = escape(words).split("`")
    return "".join(f"<code>{piece}</code>" if number % 2 else piece for number, piece in enumerate(pieces))

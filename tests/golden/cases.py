"""Golden cases: finding them, compiling them, and writing down what comes out."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from golden.catalog import CATALOG, NOW, WORKSPACE_ID, catalog_of, golden_form
from segsql.catalog import ArrayType, Catalog, Distribution, TagArray, default_mapping, default_tables, tables_of
from segsql.cli.findings import Found, findings_as_json, findings_as_text
from segsql.compiler import WorkspaceCompiler
from segsql.errors import Diagnostic, InvalidDefinition
from segsql.filters import parse_document, read_title
from segsql.lint import NO_FACTS, Choice, Facts, IndexKey, Linter, Mentioned, TextIndex, Title
from segsql.plan import AUTO, ActivityStrategy, EavStrategy, Forced, Output, TagStrategy
from segsql.plan.operands import operand_of
from segsql.render import Statement

HERE = Path(__file__).parent
CASES = HERE / "cases"
ERRORS = HERE / "errors"
LINT = HERE / "lint"

FORMS = "forms/"
"""The topic of databases of other forms."""

RAW = ".raw"
"""What a wrong definition is kept as where it is no JSON."""


@dataclass(frozen=True, slots=True)
class Case:
    """A user's document, and the file that says what must become of it."""

    name: str
    document: Path
    expected: Path


def valid_cases() -> list[Case]:
    """The definitions that compile: `cases/<topic>/<case>.json` with its `.sql`."""
    return _cases(CASES, CASES.glob("*/*.json"), ".sql")


def cases_of_the_default() -> list[Case]:
    """Those of the default schema, or of tables like its own."""
    return [case for case in valid_cases() if not case.name.startswith(FORMS)]


def wrong_cases() -> list[Case]:
    """The definitions that do not: `errors/<case>.json` (or `.raw`) with its `.txt`."""
    return _cases(ERRORS, (path for path in ERRORS.iterdir() if path.suffix in {".json", RAW}), ".txt")


def lint_cases() -> list[Case]:
    """Definitions that are looked at for what can't have been meant: `lint/<case>.json` with its `.txt`."""
    return _cases(LINT, LINT.glob("*.json"), ".txt")


def orphans(cases: list[Case], folder: Path) -> list[str]:
    """Files below the folder that belong to no case."""
    known = {case.document for case in cases} | {case.expected for case in cases}
    return sorted(str(path) for path in folder.rglob("*") if path.is_file() and path not in known)


TABLES = {
    "default": default_tables(),
    "array": replace(default_tables(), tag_array=TagArray("tag_ids", ArrayType.INTEGER)),
    "events alone": replace(default_tables(), activity=None),
}
"""What a case may say that the data lie in. A server that plans the cases has a column `contacts.tag_ids`."""


def compiled(case: Case, distribution: Distribution = Distribution.NONE, output: Output = Output.COUNT) -> Statement:
    """The case's statement; for a cluster, where one is named, though what is kept is that for one server.

    One for other tables than the default, or with forced strategies, is kept as `{"tables": …, "tags": …,
    "activity": …, "eav": …, "definition": …}`, of which all but the last may be missing. With `"form": …` it is for a
    database of another form, and ids are numbers all the same; `"output": "members"` lists the members.
    """
    document = case.document.read_bytes()
    content = json.loads(document)
    if "definition" not in content or content.keys() - _KEYS:
        return _compile(document, replace(CATALOG, tables=tables_of(default_mapping(), distribution)), output=output)
    forced = Forced(
        tags=TagStrategy(content["tags"]) if "tags" in content else None,
        activity=ActivityStrategy(content["activity"]) if "activity" in content else None,
        eav=EavStrategy(content["eav"]) if "eav" in content else None,
    )
    output = Output(content.get("output", output))
    if "form" in content:
        form = golden_form(content["form"])
        definition = form.translated(content["definition"])
        return _compile(json.dumps(definition).encode(), catalog_of(form), forced, output)
    tables = replace(TABLES[content.get("tables", "default")], distribution=distribution)
    catalog = replace(CATALOG, tables=tables)
    return _compile(json.dumps(content["definition"]).encode(), catalog, forced, output)


_KEYS = {"tables", "form", "tags", "activity", "eav", "output", "definition"}


def diagnosed(case: Case) -> tuple[Diagnostic, ...]:
    """What is wrong with the case's definition; nothing where it compiles after all.

    What is wrong in another time zone alone is kept as `{"timezone": …, "definition": …}`, and what is wrong
    with a stored segment of the catalog as `{"segment": id}`; what is wrong in a database of another form as
    `{"form": …, "definition": …}`.
    """
    document, catalog = case.document.read_bytes(), CATALOG
    if case.document.suffix == ".json":
        content = json.loads(document)
        if isinstance(content, dict) and content.keys() == {"segment"}:
            compiler = WorkspaceCompiler(CATALOG, workspace_id=WORKSPACE_ID, now=NOW)
            return compiler.diagnostics(content["segment"])
        if isinstance(content, dict) and content.keys() == {"form", "definition"}:
            form = golden_form(content["form"])
            document, catalog = json.dumps(form.translated(content["definition"])).encode(), catalog_of(form)
        if isinstance(content, dict) and content.keys() == {"timezone", "definition"}:
            document = json.dumps(content["definition"]).encode()
            catalog = replace(CATALOG, timezone=content["timezone"])
    try:
        _compile(document, catalog)
    except InvalidDefinition as error:
        return error.diagnostics
    return ()


def linted(case: Case) -> Found:
    """The findings about the case's definition, beside the catalog's segments.

    What the database would say is kept as `{"unused": {"tags": […], "choices": […]}, "indexes": […], "definition": …}`.
    """
    document = case.document.read_bytes()
    content = json.loads(document)
    facts = NO_FACTS
    if "definition" in content:
        facts = _facts(content)
        document = json.dumps(content["definition"]).encode()
    linter = Linter(CATALOG, NOW, {id_: Title(f"Segment {id_}") for id_ in CATALOG.segments})
    linter.compare_with_all()
    title = Title(*read_title(document))
    return Found(WORKSPACE_ID, None, title.name, linter.lint(linter.document(parse_document(document), title), facts))


def _facts(content: Any) -> Facts:
    unused = content.get("unused", {})
    choices = frozenset(_choice(*choice) for choice in unused.get("choices", ()))
    indexes = [
        TextIndex(index["method"], tuple(IndexKey(*key) for key in index["keys"]))
        for index in content.get("indexes", ())
    ]
    return Facts(
        Mentioned(frozenset(unused.get("tags", ())), choices), tuple(indexes) if "indexes" in content else None
    )


def _choice(key: str, text: str) -> Choice:
    field = CATALOG.field_by_key[key]
    operand = operand_of(field, CATALOG.tables)
    assert not isinstance(operand, str), operand
    return Choice(field.source or field.key, operand, text)


def written_findings(found: Found) -> str:
    """What is printed as text, and below it what is printed as JSON."""
    if not found.findings:
        return "No findings.\n"
    return f"{findings_as_text(found)}\n{json.dumps(findings_as_json(found), indent=2, ensure_ascii=False)}\n"


def written_statement(statement: Statement) -> str:
    """The SQL text, then each parameter with its name, type and value."""
    lines = [
        f"-- p{number} {parameter.type} {_written(parameter.value)}"
        for number, parameter in enumerate(statement.parameters, start=1)
    ]
    return "\n".join([statement.sql, "", *lines, ""])


def written_diagnostics(diagnostics: tuple[Diagnostic, ...]) -> str:
    """A block for each: code and path, message, hint if there is one."""
    blocks = [
        "\n".join([f"{found.code} {found.path}", found.message, *([f"Hint: {found.hint}"] if found.hint else [])])
        for found in diagnostics
    ]
    return "\n\n".join(blocks) + "\n"


def _compile(document: bytes, catalog: Catalog, strategy: Forced = AUTO, output: Output = Output.COUNT) -> Statement:
    compiler = WorkspaceCompiler(catalog, workspace_id=catalog.workspace_id, now=NOW, strategy=strategy)
    return compiler.document(parse_document(document, catalog.tables.ids), output)


def _cases(folder: Path, documents: Any, suffix: str) -> list[Case]:
    return [
        Case(str(path.relative_to(folder).with_suffix("")), path, path.with_suffix(suffix))
        for path in sorted(documents)
    ]


def _written(value: object) -> str:
    match value:
        case datetime():
            return value.isoformat(sep=" ")
        case Decimal():
            return format(value, "f")
        case tuple():
            return json.dumps(list(value), ensure_ascii=False)
        case _:
            return json.dumps(value, ensure_ascii=False)

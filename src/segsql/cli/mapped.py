"""The mapping that a command works through: a file's, or the default schema's."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import click

from segsql.catalog import (
    Catalog,
    Id,
    IdType,
    Mapping,
    SegmentFiles,
    WorkspaceId,
    declared_builtins,
    default_mapping,
    read_id,
    read_mapping,
    tables_of,
)
from segsql.cli.app import MAPPING
from segsql.errors import ConfigurationError

FILE = "segsql.toml"

_FOUND = "segsql.mapping.found"


@dataclass(frozen=True, slots=True)
class Mapped:
    """A mapping, and the file that says so; None for the default schema's own."""

    mapping: Mapping
    file: Path | None = None

    @property
    def is_single_tenant(self) -> bool:
        """Whether there is one tenant, whom nobody names."""
        return self.mapping.contacts.workspace is None

    @property
    def catalog(self) -> Catalog:
        """What is known without a database."""
        fields = self.mapping.records.fields if self.file else declared_builtins()
        tags: dict[Id, str] | None = {} if self.mapping.records.tags is not None else None
        timezone = self.mapping.records.timezone
        return Catalog(timezone=timezone, fields=fields, tags=tags, tables=tables_of(self.mapping))

    @property
    def nowhere(self) -> WorkspaceId:
        """An id that stands for a workspace where none is known."""
        match None if self.is_single_tenant else self.mapping.ids.workspace:
            case None:
                return None
            case IdType.BIGINT | IdType.INTEGER:
                return 0
            case IdType.UUID:
                return "00000000-0000-0000-0000-000000000000"
            case IdType.TEXT:
                return "0"


def mapped_of(ctx: click.Context) -> Mapped:
    """The mapping that `--mapping` names, else that of ./segsql.toml if it is there, else the default; read once.

    Raises InvalidMapping, and ConfigurationError where a file can't be read.
    """
    if _FOUND not in ctx.meta:
        path = ctx.meta.get(MAPPING) or (Path(FILE) if os.path.lexists(FILE) else None)
        ctx.meta[_FOUND] = Mapped(default_mapping()) if path is None else _read(path)
    found = ctx.meta[_FOUND]
    assert isinstance(found, Mapped)
    return found


def _read(path: Path) -> Mapped:
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        hint = "--mapping names the file that describes your schema; segsql map writes one."
        raise ConfigurationError(f"The mapping {path} can't be read: {error.strerror}", hint=hint) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"The mapping {path} is not UTF-8: byte {error.start} is wrong") from error
    mapping = read_mapping(text, str(path))
    segments = mapping.records.segments
    if isinstance(segments, SegmentFiles):
        at_home = replace(segments, folder=str(path.parent / segments.folder))
        mapping = replace(mapping, records=replace(mapping.records, segments=at_home))
    return Mapped(mapping, path)


def require_workspace(ctx: click.Context, workspace_id: WorkspaceId) -> None:
    """Raise what click does for a missing option, unless -w is given or there is a single tenant."""
    if workspace_id is None and not mapped_of(ctx).is_single_tenant:
        raise click.MissingParameter(ctx=ctx, param_hint="'-w' / '--workspace'", param_type="option")


class Workspace(click.ParamType[WorkspaceId]):
    """A workspace's id, of the type that the mapping says."""

    name = "id"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> WorkspaceId:
        assert ctx is not None
        mapped = mapped_of(ctx)
        if mapped.is_single_tenant:
            self.fail(f"{mapped.file} describes a single tenant: no workspace is named", param, ctx)
        text, type_ = str(value).strip(), mapped.mapping.ids.workspace
        match type_:
            case IdType.BIGINT | IdType.INTEGER:
                try:
                    return int(text)
                except ValueError:
                    self.fail(f"{text!r} is not a valid integer", param, ctx)
            case IdType.UUID | IdType.TEXT:
                id_ = read_id(text, type_)
                if id_ is None:
                    self.fail(f"{text!r} is not a {type_} that can be an id", param, ctx)
                return id_

"""What a statement for a Citus cluster keeps to, one check a rule, on the statement's text as it is sent.

A cluster sends a statement to where the rows are only if it can tell from the text that each row finds its
partners on its own node, and only if nothing in it must be computed once for all nodes. Each check gives what it
finds wrong; `RULES` has them by name.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlglot import exp, parse_one

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from segsql.render import Statement

WORKSPACE = "p1"
"""The workspace's parameter is always the first."""

CONTACT_KEYS = {"contacts": "id"}
"""The column that is the contact's id; in every other table it is `contact_id`."""

IMMUTABLE = {
    *(exp.And, exp.Or, exp.Case, exp.Cast, exp.Coalesce, exp.Exists, exp.If, exp.Least, exp.Nullif),
    *(exp.Count, exp.Max, exp.Sum, exp.ArrayAgg, exp.BitwiseOrAgg),
    *(exp.Collate, exp.Left, exp.Lower, exp.RegexpLike, exp.StringToArray, exp.ArrayPosition),
    *(exp.WidthBucket, exp.ArrayRemove, exp.Replace, exp.Length),
    *(exp.Array, exp.ArrayContainsAll, exp.ArrayContainedBy, exp.ArrayOverlaps, exp.ArraySize),
    *(exp.JSONExtract, exp.JSONExtractScalar, exp.JSONBContainsAnyTopKeys),
}
"""Functions whose value depends on their arguments alone: on no clock, no setting, no node."""

IMMUTABLE_BY_NAME = {
    *(
        "array_ndims",
        "array_position",
        "array_remove",
        "bit_or",
        "cardinality",
        "jsonb_path_exists",
        "jsonb_typeof",
        "to_jsonb",
        "width_bucket",
    ),
}

TIMES = {exp.DType.TIMESTAMPTZ, exp.DType.TIMESTAMP, exp.DType.DATE}


def subqueries_carry_the_constant_and_both_correlations(statement: Statement) -> list[str]:
    """A table inside a sublink is tied by `workspace_id = $1`, and by both keys to the row outside."""
    faults = []
    for sublink in sublinks(tree(statement)):
        conditions = set(conjuncts(sublink.args.get("where")))
        own = set(sources(sublink))
        for alias, table in tables(sublink).items():
            key = CONTACT_KEYS.get(table, "contact_id")
            correlations = {
                name
                for one in conditions
                for name, outside in ((one[:2], one[2:]), (one[2:], one[:2]))
                if name[0] == alias and len(outside) == 2 and outside[0] not in own
            }
            wanted = {(alias, "workspace_id"), (alias, key)}
            if (alias, "workspace_id", WORKSPACE) not in conditions or not wanted <= correlations:
                faults.append(sublink.sql())
    return faults


def distribution_columns_meet_plain_equality_alone(statement: Statement) -> list[str]:
    """A key is listed, grouped or ordered by, or compared by `=` with another column or a parameter."""

    def is_plain(column: exp.Column) -> bool:
        match column.parent:
            case exp.EQ(this=left, expression=right):
                return _is_key_or_parameter(left) and _is_key_or_parameter(right)
            case exp.Select() | exp.Alias() | exp.Group() | exp.Ordered():
                return True
            case _:
                return False

    keys = [
        column for column in tree(statement).find_all(exp.Column) if column.name in ("workspace_id", "contact_id", "id")
    ]
    return [key.parent.sql() for key in keys if key.parent is not None and not is_plain(key)]


def no_predicate_folds_to_a_constant(statement: Statement) -> list[str]:
    """Each condition reads a column; nothing is compared with NULL, with a null parameter or with an empty array."""
    faults = [condition.sql() for condition in conditions(tree(statement)) if not condition.find(exp.Column)]
    faults += [
        null.parent.sql()
        for null in tree(statement).find_all(exp.Null)
        if isinstance(null.parent, exp.Binary) and not isinstance(null.parent, exp.Is)
    ]
    values = {f"p{number}": one.value for number, one in enumerate(statement.parameters, start=1)}
    faults += [name for name, value in values.items() if value is None]
    arrays = {one.name for any_ in tree(statement).find_all(exp.Any) for one in any_.find_all(exp.Placeholder)}
    return faults + [name for name in sorted(arrays) if values[name] == ()]


def instants_are_parameters(statement: Statement) -> list[str]:
    """No clock is read and no time zone asked: functions are immutable, and what is made a time is a parameter."""
    faults = []
    for node in tree(statement).walk():
        if isinstance(node, exp.Anonymous):
            if node.name.lower() not in IMMUTABLE_BY_NAME:
                faults.append(node.sql())
        elif isinstance(node, exp.AtTimeZone) or (isinstance(node, exp.Func) and type(node) not in IMMUTABLE):
            faults.append(node.sql())
        if isinstance(node, exp.Cast) and node.to.this in TIMES and not isinstance(node.this, exp.Placeholder):
            faults.append(node.sql())
    return faults


def absence_is_not_exists(statement: Statement) -> list[str]:
    """`NOT IN` and `<> ALL` of a subquery are never asked: NOT EXISTS is."""
    root = tree(statement)
    negated = [
        each.sql() for each in root.find_all(exp.Not) if (found := each.find(exp.In)) and found.args.get("query")
    ]
    return negated + [each.sql() for each in root.find_all(exp.All)]


def derived_tables_group_and_join_on_both_keys(statement: Statement) -> list[str]:
    """What is joined is tied to the contact by both keys; where it aggregates, it groups by both."""
    faults = []
    for select in tree(statement).find_all(exp.Select):
        for join in select.args.get("joins") or []:
            alias = join.this.alias_or_name
            tied = {name for one in conjuncts(join.args.get("on")) if len(one) == 4 for name in (one[:2], one[2:])}
            if not {(alias, "workspace_id"), (alias, "contact_id"), ("c", "workspace_id"), ("c", "id")} <= tied:
                faults.append(join.sql())
            inner = join.this.this
            if isinstance(inner, exp.Select):
                group = inner.args.get("group")
                names = {column.name for column in group.expressions} if group else set()
                if not {"workspace_id", "contact_id"} <= names:
                    faults.append(inner.sql())
    return faults


def nothing_is_fenced(statement: Statement) -> list[str]:
    """No OFFSET anywhere, and no LIMIT below the root: rows of such a subquery are gathered on one node."""
    root = tree(statement)
    limits = [each for each in root.find_all(exp.Limit) if each.parent is not root]
    return [each.sql() for each in [*root.find_all(exp.Offset), *limits]]


def no_membership_of_a_subquery_under_or(statement: Statement) -> list[str]:
    """`IN (SELECT …)` and `= ANY (SELECT …)` are no joins there."""
    root = tree(statement)
    subqueries: list[exp.Expr] = [each for each in root.find_all(exp.In) if each.args.get("query")]
    subqueries += [each for each in root.find_all(exp.Any) if each.find(exp.Select)]
    return [each.sql() for each in subqueries if each.find_ancestor(exp.Or)]


def no_sublink_is_uncorrelated(statement: Statement) -> list[str]:
    """A sublink that reads nothing of the row outside would be computed once for all nodes, before the rest."""
    faults = []
    for sublink in sublinks(tree(statement)):
        own = {name for select in sublink.find_all(exp.Select) for name in sources(select)}
        if all(column.table in own for column in sublink.find_all(exp.Column)):
            faults.append(sublink.sql())
    return faults


def the_statement_is_one_piece(statement: Statement) -> list[str]:
    """One SELECT: no branches, which a cluster runs in turn, no WITH, no window, nothing lateral."""
    root = tree(statement)
    if not isinstance(root, exp.Select):
        return [root.sql()]
    return [each.sql() for each in root.find_all(exp.SetOperation, exp.CTE, exp.Window, exp.Lateral)]


RULES: dict[str, Callable[[Statement], list[str]]] = {
    rule.__name__: rule
    for rule in (
        subqueries_carry_the_constant_and_both_correlations,
        distribution_columns_meet_plain_equality_alone,
        no_predicate_folds_to_a_constant,
        instants_are_parameters,
        absence_is_not_exists,
        derived_tables_group_and_join_on_both_keys,
        nothing_is_fenced,
        no_membership_of_a_subquery_under_or,
        no_sublink_is_uncorrelated,
        the_statement_is_one_piece,
    )
}


def tree(statement: Statement) -> exp.Expr:
    """The statement, as it is read back from its text."""
    return _parsed(statement.sql)


@lru_cache(maxsize=4096)
def _parsed(sql: str) -> exp.Expr:
    return parse_one(sql, dialect="postgres")


def sublinks(root: exp.Expr) -> Iterator[exp.Select]:
    """The subqueries that stand in an expression and not in a FROM clause."""
    for select in root.find_all(exp.Select):
        around = select.parent
        while isinstance(around, exp.Subquery | exp.Paren | exp.SetOperation):
            around = around.parent
        if around is not None and not isinstance(around, exp.From | exp.Join):
            yield select


def sources(select: exp.Select) -> Iterator[str]:
    """The aliases of the FROM clause."""
    for clause in (select.args.get("from_"), *(select.args.get("joins") or [])):
        if clause is not None:
            yield clause.this.alias_or_name


def tables(select: exp.Select) -> dict[str, str]:
    """The tables of the FROM clause by their aliases."""
    clauses = (select.args.get("from_"), *(select.args.get("joins") or []))
    return {
        clause.this.alias_or_name: clause.this.name
        for clause in clauses
        if clause and isinstance(clause.this, exp.Table)
    }


def conditions(root: exp.Expr) -> Iterator[exp.Expr]:
    """Every single condition: of WHERE, ON, FILTER and CASE, below AND, OR and NOT."""
    for node in root.walk():
        match node:
            case exp.Where(this=condition) | exp.If(this=condition):
                yield from _leaves(condition)
            case exp.Join() if node.args.get("on"):
                yield from _leaves(node.args["on"])


def conjuncts(condition: Any) -> Iterator[tuple[str, ...]]:
    """The equalities that an AND joins, as names: `alias, column, alias, column` or `alias, column, parameter`."""
    match condition:
        case exp.Where(this=inner) | exp.Paren(this=inner):
            yield from conjuncts(inner)
        case exp.And(this=left, expression=right):
            yield from conjuncts(left)
            yield from conjuncts(right)
        case exp.EQ(this=exp.Column() as left, expression=exp.Column() as right):
            yield left.table, left.name, right.table, right.name
        case exp.EQ(this=exp.Column() as left, expression=exp.Cast(this=exp.Placeholder() as given)):
            yield left.table, left.name, given.name


def _leaves(condition: exp.Expr) -> Iterator[exp.Expr]:
    match condition:
        case exp.And() | exp.Or():
            yield from _leaves(condition.left)
            yield from _leaves(condition.right)
        case exp.Paren() | exp.Not():
            yield from _leaves(condition.this)
        case _:
            yield condition


def _is_key_or_parameter(side: Any) -> bool:
    return isinstance(side, exp.Column) or (isinstance(side, exp.Cast) and isinstance(side.this, exp.Placeholder))

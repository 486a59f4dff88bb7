"""`bouncelake schema`: the tables and views, and what each column means."""

from typing import TYPE_CHECKING, Annotated

import typer

from bouncelake.cli import options

if TYPE_CHECKING:
    import polars as pl

    from bouncelake.sandbox.headers import SqlFile


def schema(
    table: Annotated[
        str | None, typer.Argument(metavar="[TABLE]", help="A table or view; all of them without it.")
    ] = None,
    *,
    form: options.As = None,
    output: options.Output = None,
) -> None:
    """Show the tables and views, or the columns of one with type, meaning and privacy class."""
    from bouncelake.cli import answers

    rows = _all() if table is None else _columns(table)
    answers.table(rows, form, output)


def _all() -> "pl.DataFrame":
    import polars as pl

    from bouncelake.sandbox.views import TOLD_BY_RULES, views
    from bouncelake.schema import TABLES

    tables = [(one.name, "table", f"one row each: {one.counts}") for one in TABLES.values()]
    shown = [(view.name, "view", f"{view.question} {view.counts[:1].upper()}{view.counts[1:]}.") for view in views()]
    told = [(name, "view", question) for name, (question, _) in TOLD_BY_RULES.items()]
    return pl.DataFrame([*tables, *shown, *told], schema=["name", "kind", "holds"], orient="row")


def _columns(name: str) -> "pl.DataFrame":
    import polars as pl

    from bouncelake.errors import UsageError
    from bouncelake.sandbox.views import TOLD_BY_RULES, sql_type, views
    from bouncelake.schema import TABLES

    found = {view.name: view for view in views()}
    base = found[name].columns_of or None if name in found else name
    if base in TABLES:
        rows = [(one.name, sql_type(one.dtype), one.meaning, str(one.privacy)) for one in TABLES[base].columns]
    elif name in found:
        rows = _described(found[name])
    elif name in TOLD_BY_RULES:
        rows = _told(name)
    else:
        known = ", ".join([*TABLES, *found, *TOLD_BY_RULES])
        raise UsageError(f"no table or view is called `{name}`: there are {known}")
    return pl.DataFrame(rows, schema=["column", "type", "meaning", "privacy"], orient="row")


def _described(view: "SqlFile") -> list[tuple[str, str, str, str]]:
    from bouncelake.sandbox.views import described
    from bouncelake.schema import EVENTS

    privacy = {one.name: one.privacy for one in EVENTS.columns} | {"pair": "address", "domain": "none"}
    types = described(view.name)
    return [(name, types[name], meaning, privacy.get(name, "none")) for name, meaning in view.columns.items()]


def _told(name: str) -> list[tuple[str, str, str, str]]:
    from bouncelake import rules
    from bouncelake.sandbox.views import TOLD_BY_RULES, sql_type

    meanings = TOLD_BY_RULES[name][1]
    schema = rules.load().frames()[name].schema
    return [(column, sql_type(dtype), meanings[column], "none") for column, dtype in schema.items()]

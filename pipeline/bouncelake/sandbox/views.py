"""The tables and views of a lake as SQL: in our own connections, and as text for a plain DuckDB shell."""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Protocol

import duckdb
import polars as pl

from bouncelake.errors import QueryError
from bouncelake.resources import shipped
from bouncelake.sandbox.headers import SqlFile, read
from bouncelake.schema import TABLES, Table

SQL_TYPES: Mapping[type[pl.DataType], str] = {
    pl.Date: "DATE",
    pl.Datetime: "TIMESTAMPTZ",
    pl.String: "VARCHAR",
    pl.Boolean: "BOOLEAN",
    pl.Int8: "TINYINT",
    pl.Int16: "SMALLINT",
    pl.Int32: "INTEGER",
    pl.Int64: "BIGINT",
    pl.Float64: "DOUBLE",
}

REMEDIES = {
    "rule": "Id of the rule, as in `events.rule`.",
    "meaning": "What a reply that the rule matches means.",
    "remedy": "What to do about it.",
    "document": "Where the provider explains it.",
    "family": "Widest class: `spam`, `identity`, `flow`, `policy`, `recipient`, `message`, `path`, ...",
    "severity": "0 to 5; 5: mail of this IP or domain is being refused.",
    "category": "What the reply is about.",
    "reason": "The exact reason.",
    "provider": "Whose replies the rule reads; `any` for all.",
    "spam_signal": "`verdict`, `gate`, `none` or `undecided`.",
    "bounce": "`soft`, `hard`, `block` or `undetermined`.",
    "owner": "Who can end it.",
}
FOREIGN_WORDS = {
    "tool": "Whose word it is: `sisimai`, `sparkpost`, `powermta`, `kumomta`, ...",
    "word": "The tool's reason, code or class.",
    "category": "What it may mean here, as in `events.category`; a wide word has a row for each.",
    "usual": "True for the likeliest of them.",
}
TOLD_BY_RULES = {
    "remedies": ("What does each rule mean, and what ends it? One row per rule.", REMEDIES),
    "foreign_words": ("What do other tools' words mean here? One row per word and category.", FOREIGN_WORDS),
}
"""The views whose rows come from the rules, not from SQL: what each answers, and its columns."""


class Files(Protocol):
    """Anything that names the live Parquet files of each table: a lake."""

    def files(self, table: str) -> list[str]:
        """Return the paths of the table's live files."""


def sql_type(dtype: pl.DataType) -> str:
    """Return the SQL name of a column's type.

    >>> sql_type(pl.List(pl.String()))
    'VARCHAR[]'
    """
    if isinstance(dtype, pl.List):
        return f"{sql_type(pl.String())}[]"
    return SQL_TYPES[type(dtype)]


def views() -> list[SqlFile]:
    """Return the shipped views, each after those that it uses."""
    files = {path.stem: read(path) for path in sorted((shipped("sql") / "views").glob("*.sql"))}
    order = TopologicalSorter({name: [use for use in file.uses if use in files] for name, file in files.items()})
    try:
        return [files[name] for name in order.static_order()]
    except CycleError as error:
        raise QueryError(f"views use each other in a circle: {' -> '.join(error.args[1])}") from None


def literal(text: str) -> str:
    """Return the text as an SQL string.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def nothing(table: Table) -> str:
    """Return a query with all columns of the table and no row."""
    empty = ", ".join(f"CAST(NULL AS {sql_type(column.dtype)}) AS {column.name}" for column in table.columns)
    return f"SELECT {empty} WHERE FALSE"


def base_view(table: Table, files: Sequence[str], where: str = "TRUE") -> str:
    """Return the statement that makes a view over a table's Parquet files; columns that older files lack are null."""
    rows = nothing(table)
    if files:
        paths = ",\n    ".join(literal(path) for path in files)
        rows += (
            "\nUNION ALL BY NAME\nSELECT * FROM read_parquet([\n    "
            f"{paths}\n], union_by_name = true, hive_partitioning = true)\nWHERE {where}"
        )
    return f"CREATE OR REPLACE VIEW {table.name} AS\n{rows};"


def frame_view(name: str, frame: pl.DataFrame) -> str:
    """Return the statement that makes a view of a small frame of texts and numbers, written out as values."""
    rows = [f"({', '.join(map(_value, row))})" for row in frame.rows()]
    columns = ", ".join(f"CAST({column} AS {sql_type(dtype)}) AS {column}" for column, dtype in frame.schema.items())
    none = f"({', '.join(['NULL'] * frame.width)})"
    where = "" if rows else "\nWHERE FALSE"
    values = ",\n    ".join(rows or [none])
    return (
        f"CREATE OR REPLACE VIEW {name} AS\nSELECT {columns}\n"
        f"FROM (VALUES\n    {values}\n) AS t ({', '.join(frame.columns)}){where};"
    )


def script(lake: Files, extra: Sequence[str] = ()) -> str:
    """Return the SQL that makes all tables and views of the lake in a plain DuckDB shell."""
    bases = [base_view(table, lake.files(table.name)) for table in TABLES.values()]
    return "\n\n".join([*bases, *extra, *(view.sql.rstrip() for view in views())]) + "\n"


def _value(value: object) -> str:
    if value is None:
        return "NULL"
    return literal(value) if isinstance(value, str) else str(value).upper() if isinstance(value, bool) else str(value)


def described(view: str) -> dict[str, str]:
    """Return the columns of a shipped view with their SQL types."""
    with duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}) as con:
        con.execute(script(_Nothing()))
        found = con.execute(f"SELECT column_name, column_type FROM (DESCRIBE {view})").fetchall()  # noqa: S608
    return {name: SQL_TYPES[pl.Datetime] if "TIME ZONE" in kind else kind for name, kind in found}


class _Nothing:
    """A lake without files."""

    def files(self, table: str) -> list[str]:  # noqa: ARG002 - no table has any
        return []

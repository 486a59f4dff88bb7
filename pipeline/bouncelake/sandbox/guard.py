"""The check of SQL that people write: one statement that only reads, or a refusal that says why.

It is the second wall. The first is the connection itself, which has no file, no network and no changeable setting. The
check refuses whatever it does not know.
"""

import json
from collections.abc import Iterator
from typing import Any

import duckdb

from bouncelake.errors import QueryError

NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})

# Others read files, run SQL hidden in a text, take memory addresses, or change the process.
TABLE_FUNCTIONS = frozenset(
    {
        "duckdb_columns",
        "duckdb_functions",
        "duckdb_keywords",
        "duckdb_tables",
        "duckdb_types",
        "duckdb_views",
        "generate_series",
        "json_each",
        "json_tree",
        "pg_timezone_names",
        "range",
        "repeat",
        "repeat_row",
        "summary",
        "unnest",
    }
)
LONGEST = 100_000


def check(sql: str) -> None:
    """Raise a QueryError unless the text is one statement that only reads tables and views."""
    if len(sql) > LONGEST:
        raise QueryError(f"the query is {len(sql)} characters long: at most {LONGEST} are taken")
    for part in _parts(_tree(sql)):
        _check_part(part)


def _tree(sql: str) -> list[Any]:
    with duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}) as con:
        try:
            text = con.execute("SELECT json_serialize_sql($sql)", {"sql": sql}).fetchall()[0][0]
            tree = json.loads(text)
        except (duckdb.Error, RecursionError, ValueError) as error:
            raise QueryError(f"the query cannot be read: {error}: simplify it") from None
    if tree["error"]:
        raise QueryError(_parse_error(tree))
    statements: list[Any] = tree["statements"]
    if len(statements) != 1:
        raise QueryError(f"one statement at a time, not {len(statements)}: remove what follows the first `;`")
    return statements


def _parse_error(tree: dict[str, Any]) -> str:
    message = str(tree.get("error_message", "not understood"))
    if "Only SELECT" in message:
        return "only SELECT can be run here (also WITH, FROM, VALUES, DESCRIBE): the lake is read-only for queries"
    where = f" (at character {int(tree['position']) + 1})" if str(tree.get("position", "")).isdigit() else ""
    return f"the query is not valid SQL{where}: {message}"


def _parts(tree: list[Any]) -> Iterator[dict[str, Any]]:
    stack: list[Any] = [tree]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            yield part
            stack.extend(part.values())
        elif isinstance(part, list):
            stack.extend(part)


def _check_part(part: dict[str, Any]) -> None:
    kind = part.get("type")
    if isinstance(kind, str) and kind.endswith("_NODE") and kind not in NODES:
        verb = kind.split("_", maxsplit=1)[0]
        raise QueryError(f"only SELECT can be run here: the query hides a {verb}")
    if kind == "TABLE_FUNCTION":
        name = str((part.get("function") or {}).get("function_name", "")).lower()
        if name not in TABLE_FUNCTIONS:
            raise QueryError(f"the table function `{name}` is not allowed here: read tables and views of the lake")

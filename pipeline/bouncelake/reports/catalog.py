"""Finds the report files and checks that each keeps what its header promises."""

import re
from functools import cache

import duckdb

from bouncelake.errors import QueryError
from bouncelake.resources import shipped
from bouncelake.sandbox.headers import Parameter, SqlFile, read

_PARAMETER = re.compile(r"\bparameters\.(\w+)")


@cache
def catalog() -> dict[str, SqlFile]:
    """Return the shipped reports by name."""
    return {path.stem: read(path) for path in sorted((shipped("sql") / "reports").glob("*.sql"))}


def find(name: str) -> SqlFile:
    """Return the report of that name, checked."""
    known = catalog()
    if name not in known:
        raise QueryError(f"no report is called `{name}`: there are {', '.join(known)}")
    report = known[name]
    check_statement(report)
    check_parameters(report)
    return report


def parameters() -> dict[str, Parameter]:
    """Return every parameter of every report; one name means one thing in all of them."""
    found: dict[str, Parameter] = {}
    for report in catalog().values():
        for parameter in report.parameters:
            known = found.setdefault(parameter.name, parameter)
            if known != parameter:
                raise QueryError(
                    f"{report.path}: `{parameter.name}` is declared otherwise in another report: agree on one"
                )
    return found


def check_statement(report: SqlFile) -> None:
    """Raise a QueryError unless the file holds exactly one SELECT without bound parameters."""
    try:
        statements = duckdb.extract_statements(report.sql)
    except duckdb.Error as error:
        raise QueryError(f"{report.path}: not valid SQL: {error}") from None
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise QueryError(f"{report.path}: must hold exactly one SELECT")
    if statements[0].named_parameters:
        raise QueryError(f"{report.path}: read parameters from the view `parameters`, not as $name")


def check_parameters(report: SqlFile) -> None:
    """Raise a QueryError unless the declared parameters are those that the SQL reads."""
    declared, used = {one.name for one in report.parameters}, set(_PARAMETER.findall(report.sql))
    for name in sorted(declared ^ used):
        word = "declared but not used" if name in declared else "used but not declared"
        raise QueryError(f"{report.path}: parameter `{name}` is {word}: make header and SQL agree")


def check_columns(report: SqlFile, columns: list[str]) -> None:
    """Raise a QueryError unless the described columns are those of the result, in order."""
    if list(report.columns) != columns:
        raise QueryError(f"{report.path}: describes columns {list(report.columns)}, gives {columns}: make them agree")


def parameters_view() -> str:
    """Return the statement that makes the view `parameters` with the defaults, for a plain DuckDB shell."""
    columns = ",\n".join(f"    CAST({one.default} AS {one.type}) AS {one.name}" for one in parameters().values())
    newest = "(SELECT max(ts) AS newest FROM events) AS lake"
    return "\n".join(("CREATE OR REPLACE VIEW parameters AS", "SELECT", columns, f"FROM {newest};"))

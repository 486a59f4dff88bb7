"""Report files keep what their headers promise, and run as they stand in a plain DuckDB shell."""

from pathlib import Path

import duckdb
import pytest
from polars.testing import assert_frame_equal

from bouncelake.errors import QueryError, UsageError
from bouncelake.lake import Lake
from bouncelake.reports import Desk, Request, catalog, check_request, find, parameters_view
from bouncelake.reports.catalog import check_columns, check_parameters, check_statement, parameters
from bouncelake.sandbox.headers import read
from bouncelake.sandbox.views import frame_view, script
from tests.support.story import REMEDIES

NAMES = list(catalog())
GOOD = "-- title: T\n-- question: Q?\n-- counts: c\n"


def test_the_reports_are_there() -> None:
    """The questions that an operator asks each have their file."""
    assert set(NAMES) >= {
        "authentication", "backscatter", "compare", "delays", "domains", "greylisting", "hygiene", "ips", "lists",
        "novelty", "outcomes", "overview", "providers", "quality", "rates", "reasons", "rejects", "replies", "senders",
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_each_report_runs_in_a_plain_shell_and_says_the_same(lake: Lake, name: str) -> None:
    """The file as it stands, after the printed views, gives the rows that the runner gives with the defaults."""
    with duckdb.connect(config={"autoload_known_extensions": "false"}) as con:
        con.execute("SET TimeZone = 'UTC'")
        con.execute(script(lake, [parameters_view(), frame_view("remedies", REMEDIES)]))
        plain = con.sql(find(name).sql).pl()
    assert_frame_equal(plain, Desk(lake, {"remedies": REMEDIES}, Request()).run(name).rows)


@pytest.mark.parametrize("name", NAMES)
def test_headers_are_complete(name: str) -> None:
    """Every report asks a question, takes --since and --until, and shows only columns that it describes."""
    report = find(name)
    assert report.question.endswith("?")
    assert {"since", "until"} <= {one.name for one in report.parameters}
    shown = {part for one in report.show for part in one.split("/")}
    assert shown <= set(report.columns)


@pytest.mark.parametrize("name", NAMES)
def test_sql_stays_in_the_portable_part_of_the_dialect(name: str) -> None:
    """No GROUP BY ALL, PIVOT, histogram or QUALIFY: the SQL can be moved to another engine."""
    words = find(name).sql.upper()
    for word in ("GROUP BY ALL", "PIVOT", "HISTOGRAM(", "QUALIFY"):
        assert word not in words


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT 1; SELECT 2", "exactly one SELECT"),
        ("DROP TABLE x", "exactly one SELECT"),
        ("SELECT $since", "not as $name"),
        ("SELEC 1", "not valid SQL"),
        ("SELECT parameters.top FROM parameters", "parameter `top` is used but not declared"),
        ("-- param: top INTEGER = 1  Rows.\nSELECT 1", "parameter `top` is declared but not used"),
    ],
)
def test_wrong_reports_are_told(tmp_path: Path, sql: str, message: str) -> None:
    """A file that breaks its promise is an error that names the file."""
    file = tmp_path / "wrong.sql"
    file.write_text(GOOD + sql)
    with pytest.raises(QueryError) as caught:
        _check(file)
    assert message in str(caught.value)
    assert "wrong.sql" in str(caught.value)


def _check(file: Path) -> None:
    report = read(file)
    check_statement(report)
    check_parameters(report)


def test_columns_must_be_those_described(tmp_path: Path) -> None:
    """A result with other columns than the header says is an error."""
    file = tmp_path / "wrong.sql"
    file.write_text(f"{GOOD}-- column: a  One.\nSELECT 1 AS b")
    with pytest.raises(QueryError, match=r"describes columns \['a'\], gives \['b'\]"):
        check_columns(read(file), ["b"])


def test_one_name_means_one_thing() -> None:
    """A parameter has the same type, default and meaning in every report."""
    assert {"since", "until", "top", "provider"} <= set(parameters())


@pytest.mark.parametrize("name", ["nope", "../views/daily", "overview.sql", "", "Overview"])
def test_unknown_reports_are_told_the_known_ones(name: str) -> None:
    """A name that is no report, or tries to be a path, lists the reports."""
    with pytest.raises(UsageError, match=r"there are .*domains, .*overview"):
        check_request(name, {})


def test_unknown_parameters_are_told_the_known_ones() -> None:
    """A parameter that a report does not take lists those that it takes."""
    with pytest.raises(UsageError, match=r"report ips takes no `--sender`: it takes --since, --until, --by"):
        check_request("ips", {"sender": "x"})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"top": "many"}, "`--top many`: must be INTEGER"),
        ({"by": "year"}, "`--by year`: must be ENUM"),
    ],
)
def test_wrong_values_are_told_the_type(lake: Lake, values: dict[str, str], message: str) -> None:
    """A value of the wrong type names the option, the type and the meaning."""
    with pytest.raises(UsageError, match=message):
        Desk(lake, {"remedies": REMEDIES}, Request(values=values))


@pytest.mark.parametrize("value", ["'; DROP VIEW events; --", "x' OR '1'='1", "{}", "%s", "${jndi:x}"])
def test_values_are_never_sql(lake: Lake, value: str) -> None:
    """A hostile value is compared as text: it matches nothing and breaks nothing."""
    desk = Desk(lake, {"remedies": REMEDIES}, Request(values={"provider": value}))
    assert desk.run("reasons").rows.is_empty()

"""The lake as Python sees it: the same rows as the command line shows, lazily where they are many, cheaply imported."""

import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import bouncelake
from bouncelake.errors import InputError, LakeError, QueryError, UsageError
from bouncelake.lake import Lake
from bouncelake.lakehouse import Lakehouse
from bouncelake.schema import EVENTS
from tests.support.lakes import empty, lake
from tests.support.story import END

__all__ = ["empty", "lake"]


@pytest.fixture
def house(lake: Lake) -> Lakehouse:
    """Return the story's lake, opened."""
    return bouncelake.open(lake.root, zone="UTC")


def test_import_is_cheap() -> None:
    """Importing the package loads none of the engines."""
    code = (
        "import bouncelake, sys; print(bouncelake.__version__, [m for m in ('polars', 'duckdb') if m in sys.modules])"
    )
    here = {"PYTHONPATH": str(Path(bouncelake.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=here)
    assert done.stdout.split(maxsplit=1)[1].strip() == "[]"


def test_events_are_lazy_and_narrow(house: Lakehouse) -> None:
    """Events come as a lazy frame with every column; times narrow them, whatever type they have."""
    assert isinstance(house.events(), pl.LazyFrame)
    assert house.events().collect_schema().names() == EVENTS.polars().names()
    ends = [house.events(since, END).select(pl.len()).collect().item() for since in (END - timedelta(days=1), None)]
    assert 0 < ends[0] < ends[1]
    same = [house.events(one).select(pl.len()).collect().item() for one in ("2026-11-16", date(2026, 11, 16))]
    aware = house.events(datetime.fromisoformat("2026-11-16T00:00+00:00")).select(pl.len()).collect().item()
    assert {*same} == {aware}


def test_sql_takes_values_and_never_pastes_them(house: Lakehouse) -> None:
    """A value of a query is a value, whatever stands in it."""
    ask = "SELECT count(*) AS n FROM refusals WHERE provider = $who"
    assert house.sql(ask, who="google").item() > 0
    assert house.sql(ask, who="' OR 1=1 --").item() == 0
    assert house.sql("SELECT $n + 1 AS n", n=41).item() == 42


@pytest.mark.parametrize(
    ("sql", "values"),
    [
        ("DROP TABLE events", {}),
        ("SELECT $missing AS n", {}),
        ("SELECT 1 AS n", {"extra": 1}),
        ("COPY events TO 'x'", {}),
    ],
)
def test_sql_refuses(house: Lakehouse, sql: str, values: dict[str, Any]) -> None:
    """What does not only read, or lacks a value, is an error of ours."""
    with pytest.raises(QueryError):
        house.sql(sql, **values)


def test_reports_are_those_of_the_command_line(house: Lakehouse) -> None:
    """A report takes its parameters by name, and refuses others."""
    rows = house.report("domains", since="3d", by="week", provider="google")
    assert set(rows["domain"]) == {"gmail.com"}
    with pytest.raises(UsageError, match="takes no `--nope`"):
        house.report("domains", nope="x")
    assert "<svg" in house.html()


def test_other_tables(house: Lakehouse) -> None:
    """Every table can be had; a view is pointed to `sql`."""
    assert house.table("runs").collect().columns[0] == "day"
    with pytest.raises(UsageError, match="for views use `sql`"):
        house.table("refusals")


def test_open_without_a_lake(tmp_path: Path) -> None:
    """A missing lake is an error unless it is to be made."""
    with pytest.raises(LakeError):
        bouncelake.open(tmp_path / "none")
    made = bouncelake.open(tmp_path / "none", create=True, zone="UTC")
    assert made.report("reasons").is_empty()
    assert repr(made) == f"bouncelake.open({str(tmp_path / 'none')!r}, zone='UTC')"
    with pytest.raises(InputError):
        made.ingest(tmp_path / "no.log")


def test_nothing_is_drawn_into_the_output(house: Lakehouse) -> None:
    """A long query shows no progress: standard output is for data."""
    assert house.sql("SELECT current_setting('enable_progress_bar') AS drawn").item() is False

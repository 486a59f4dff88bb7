"""Runs the SQL in `sql/watch` once over the days that matter, and hands out small frames."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import PurePath

import duckdb
import polars as pl

from bouncelake.errors import QueryError
from bouncelake.reports.runner import newest
from bouncelake.resources import shipped
from bouncelake.sandbox import trusted
from bouncelake.sandbox.headers import read
from bouncelake.sandbox.views import Files, views
from bouncelake.watch.ask import Ask
from bouncelake.watch.cells import FEWEST
from bouncelake.watch.windows import LEFT_OUT, Windows, windows

UTC = "UTC"
TABLES = frozenset({"events", "runs"})
VIEWS = frozenset({"refusals"})


@dataclass(frozen=True, slots=True)
class Days:
    """The lake's files of the days from `first` on and before `end`; of tables that are not read, none."""

    lake: Files
    first: str
    end: str = "9999-12-31"

    def files(self, table: str) -> list[str]:
        """Return the paths of the table's live files."""
        files = self.lake.files(table) if table in TABLES else []
        return [one for one in files if self.first <= _day(one) < self.end]


class Books:
    """The lake as the alarm reads it: `windows`, and frames made by the files of `sql/watch`."""

    def __init__(self, lake: Files, frames: Mapping[str, pl.DataFrame], ask: Ask) -> None:
        """Read the days of window and past, and no others."""
        self.ask = ask
        self._lake = lake
        last = newest(lake)
        reach = ask.against + ask.period + LEFT_OUT + timedelta(days=1)
        self._first = (last - reach).date() if last else date.max
        self._con = trusted(Days(lake, self._first.isoformat()), {**_unread(), **frames}, UTC)
        self.hours = self.frame("hours")
        self.windows: Windows = windows(self.hours, self.frame("read"), ask)
        self._fill()

    @property
    def is_empty(self) -> bool:
        """Tell whether there is no line in the days that matter."""
        return self.hours.is_empty()

    def frame(self, name: str, **tables: pl.DataFrame) -> pl.DataFrame:
        """Return the answer of one file of `sql/watch`; `tables` are what it reads beside the lake."""
        for table, given in tables.items():
            self._con.register(table, given.to_arrow())
        try:
            rows: pl.DataFrame = self._con.sql(_sql(name)).pl()
        except duckdb.Error as error:
            raise QueryError(f"sql/watch/{name}.sql cannot run: {error}") from None
        return rows

    def seen_before(self, reasons: Sequence[str]) -> pl.DataFrame:
        """Return when each receiver gave these reasons in the days before those that are compared."""
        with trusted(Days(self._lake, "", self._first.isoformat()), _unread(), UTC) as con:
            con.register("asked", pl.DataFrame({"reason": list(reasons)}, schema={"reason": pl.String}).to_arrow())
            rows: pl.DataFrame = con.sql(_sql("seen")).pl()
            return rows

    def _fill(self) -> None:
        seconds = {
            "length": int(self.ask.since.total_seconds()),
            "period": int(self.ask.period.total_seconds()),
            "slots": self.ask.slots,
            "greylisting": self.ask.greylisting,
            "fewest": FEWEST,
        }
        self._con.register("bounds", pl.DataFrame([seconds]).to_arrow())
        self._con.register("windows", self.windows.hosts.to_arrow())
        try:
            self._con.execute(f"CREATE TEMP TABLE told AS {_sql('told')}")
        except duckdb.Error as error:
            raise QueryError(f"sql/watch/told.sql cannot run: {error}") from None


def _unread() -> dict[str, pl.DataFrame]:
    """Return what stands in for the views that the alarm does not read: making them would open every file."""
    return {view.name: pl.DataFrame({"unread": []}) for view in views() if view.name not in VIEWS}


def _sql(name: str) -> str:
    return read(shipped("sql") / "watch" / f"{name}.sql").sql


def _day(file: str) -> str:
    return PurePath(file).parent.name.removeprefix("day=")

"""Runs a report over a lake: fills the view `parameters`, opens only the days it needs, checks what comes back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePath
from zoneinfo import ZoneInfo

import duckdb
import polars as pl

from bouncelake.errors import QueryError, UsageError
from bouncelake.reports.catalog import check_columns, find, parameters
from bouncelake.reports.period import Period, span
from bouncelake.reports.rows import load
from bouncelake.sandbox import trusted
from bouncelake.sandbox.headers import Parameter, SqlFile
from bouncelake.sandbox.views import Files
from bouncelake.schema import TABLES

UTC_ZONE = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Result:
    """A report's answer: its rows, the period that they cover, and the parameters that somebody set."""

    report: SqlFile
    period: Period
    asked: Mapping[str, str]
    rows: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asked of a report: times in the grammar of `period`, other parameters as texts."""

    since: str | None = None
    until: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    zone: ZoneInfo = UTC_ZONE
    now: datetime | None = None


class Desk:
    """One lake, one period, one set of parameters; any number of reports over them."""

    def __init__(self, lake: Files, frames: Mapping[str, pl.DataFrame], request: Request) -> None:
        """Find out the period; the days that it needs are opened when a report runs."""
        self.asked = dict(request.values)
        now = request.now or datetime.now(UTC)
        self.period = span(request.since, request.until, request.zone, newest(lake), now)
        self._lake = lake
        self._frames = frames
        self._whole: dict[frozenset[str], duckdb.DuckDBPyConnection] = {}
        _check_values(self.asked)

    def run(self, name: str) -> Result:
        """Return the answer of the report of that name; parameters that it does not take are a UsageError."""
        check_request(name, self.asked)
        return self.beside(name)

    def beside(self, name: str, **values: str) -> Result:
        """Return the answer of a second report for the same page; parameters that it does not take pass it by.

        `values` stand over what was asked, for this report only.
        """
        report, asked = find(name), {**self.asked, **values}
        con = self._opened(report, asked)
        _fill(con, self.period, asked)
        try:
            rows = con.sql(report.sql).pl()
        except duckdb.Error as error:
            raise QueryError(f"report {name} cannot run: {error}") from None
        check_columns(report, rows.columns)
        return Result(report, self.period, self.asked, rows)

    def _opened(self, report: SqlFile, asked: Mapping[str, str]) -> duckdb.DuckDBPyConnection:
        """Return a connection with the rows that the report needs; reports that need all rows share one."""
        zone = self.period.zone.key
        if report.rows:
            days = _Days(self._lake, self.period.reaching(report.history), self.period.until)
            rows = load(report, days.files("events"), self.period, asked)
            return trusted(_NOTHING, {**self._frames, "events": rows.events, "plain": rows.plain}, zone)
        named = frozenset({"events", *re.findall(r"\w+", report.sql)} & TABLES.keys())
        if named not in self._whole:
            days = _Days(self._lake, self.period.before, self.period.until, named)
            self._whole[named] = trusted(days, self._frames, zone, _within(self.period))
        return self._whole[named]


@dataclass(frozen=True, slots=True)
class _Days:
    """The files of some of the lake's tables, of events only those of these days."""

    lake: Files
    since: datetime
    until: datetime
    tables: frozenset[str] = frozenset(TABLES)

    def files(self, table: str) -> list[str]:
        files = self.lake.files(table) if table in self.tables else []
        if table != "events":
            return files
        first, last = (moment.astimezone(UTC).date().isoformat() for moment in (self.since, self.until))
        return [file for file in files if first <= _day(file) <= last]


def _fill(con: duckdb.DuckDBPyConnection, period: Period, asked: Mapping[str, str]) -> None:
    known = parameters()
    given = {**asked, "since": period.since, "until": period.until}
    bound = {name: value for name, value in given.items() if name in known}
    values = ((f"${one.name}" if one.name in bound else one.default, one) for one in known.values())
    text = ", ".join(f"CAST({value} AS {one.type}) AS {one.name}" for value, one in values)
    con.execute(f"CREATE OR REPLACE TABLE parameters AS SELECT {text}", bound)


def _check_values(asked: Mapping[str, str]) -> None:
    known = parameters()
    with duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}) as con:
        for name, value in asked.items():
            if name in known:
                _check_value(con, known[name], value)


def _check_value(con: duckdb.DuckDBPyConnection, one: Parameter, value: str) -> None:
    try:
        con.execute(f"SELECT CAST($value AS {one.type})", {"value": value}).fetchall()
    except duckdb.Error:
        raise UsageError(f"`{_option(one.name)} {value}`: must be {one.type} ({one.meaning})") from None


class _Nothing:
    """A lake without files: what stands in its place holds all that a report may read."""

    def files(self, table: str) -> list[str]:  # noqa: ARG002 - no table has any
        return []


_NOTHING = _Nothing()


def check_request(name: str, asked: Mapping[str, str]) -> None:
    """Raise a UsageError unless there is such a report and it takes these parameters."""
    taken = [one.name for one in find(name).parameters]
    options = ", ".join(_option(one) for one in taken)
    for parameter in asked:
        if parameter not in taken:
            raise UsageError(f"report {name} takes no `{_option(parameter)}`: it takes {options}")


def newest(lake: Files) -> datetime | None:
    """Return the time of the lake's newest event, reading only its last day."""
    files = lake.files("events")
    last = max(map(_day, files), default="")
    times = [pl.scan_parquet(file).select(pl.col("ts").max()) for file in files if _day(file) == last]
    found = [frame.item() for frame in pl.collect_all(times)]
    return max((moment for moment in found if moment is not None), default=None)


def _option(parameter: str) -> str:
    return f"--{parameter.replace('_', '-')}"


def _day(file: str) -> str:
    return PurePath(file).parent.name.removeprefix("day=")


def _within(period: Period) -> str:
    first, last = (moment.astimezone(UTC).isoformat() for moment in (period.before, period.until))
    return f"ts >= TIMESTAMPTZ '{first}' AND ts < TIMESTAMPTZ '{last}'"

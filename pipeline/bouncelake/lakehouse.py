"""The lake as Python sees it: SQL, frames and reports, each as a Polars frame. `bouncelake.open` makes one."""

from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from bouncelake import rules, schema
from bouncelake.config import Config, load
from bouncelake.errors import BouncelakeError, UsageError
from bouncelake.ingest import Options
from bouncelake.ingest import ingest as walk
from bouncelake.lake import Lake
from bouncelake.render import render
from bouncelake.reports import Desk, Page, Request, check_request, page
from bouncelake.rules import RuleSet
from bouncelake.sandbox import Limits, query
from bouncelake.zone import machine_zone, zone_named

Time = str | date | datetime
Value = str | int | float | bool | date | datetime


class Lakehouse:
    """One lake, opened for questions. It holds no files open: what others ingest meanwhile is seen by the next call."""

    def __init__(self, config: Config, lake: Lake, ruleset: RuleSet, zone: ZoneInfo) -> None:
        """Take what `open` has found."""
        self.config = config
        self.zone = zone
        self._lake = lake
        self._ruleset = ruleset
        self._frames = ruleset.frames()

    @classmethod
    def open(
        cls,
        path: str | Path | None = None,
        *,
        create: bool = False,
        zone: str | None = None,
        config: str | Path | None = None,
    ) -> "Lakehouse":
        """Return the lake at that path, or the configured one; see `bouncelake.open`."""
        settings = load(None if config is None else Path(config))
        settings = settings.with_options(lake=None if path is None else Path(path))
        name = zone or settings.report.zone
        lake = Lake.open(settings.lake, create=create)
        return cls(settings, lake, rules.load(settings.rules), zone_named(name) if name else machine_zone())

    def __repr__(self) -> str:
        return f"bouncelake.open({str(self.config.lake)!r}, zone={self.zone.key!r})"

    def sql(self, query_: str, /, *, seconds: float = 60.0, memory: str = "1GB", **params: Value) -> pl.DataFrame:
        """Return the answer to one SELECT over the lake's tables and views; `$name` in it takes the parameter `name`.

        The query can neither write nor reach any other file or the network.
        """
        return query(self._lake, query_, self._frames, self.zone.key, Limits(seconds, memory), params)

    def events(self, since: Time | None = None, until: Time | None = None) -> pl.LazyFrame:
        """Return the table `events` as a lazy frame; with times, only the days between them are opened."""
        return self.table("events", since, until)

    def table(self, name: str, since: Time | None = None, until: Time | None = None) -> pl.LazyFrame:
        """Return a table of the lake (`events`, `messages`, `refused`, `runs`) as a lazy frame."""
        if name not in schema.TABLES:
            raise UsageError(f"no table is called `{name}`: there are {', '.join(schema.TABLES)}; for views use `sql`")
        return self._lake.scan(name, self._moment(since), self._moment(until))

    def report(
        self, name: str = "overview", *, since: Time | None = None, until: Time | None = None, **params: Value
    ) -> pl.DataFrame:
        """Return the rows of a shipped report; its parameters are those that `bouncelake report --list` shows.

        Times are as on the command line (`"7d"`, `"2026-11-01"`, `"today"`), or dates and datetimes.
        """
        return self.page(name, since=since, until=until, **params).data

    def page(
        self, name: str = "overview", *, since: Time | None = None, until: Time | None = None, **params: Value
    ) -> Page:
        """Return a report as people see it: a page, which shows itself as HTML in a notebook by `html`."""
        values = {key: str(value) for key, value in params.items()}
        check_request(name, values)
        request = Request(_written(since), _written(until), values, self.zone)
        names = {provider.id: provider.name for provider in self._ruleset.providers}
        return page(Desk(self._lake, self._frames, request), name, names, pictures=True)

    def html(
        self, name: str = "overview", *, since: Time | None = None, until: Time | None = None, **params: Value
    ) -> str:
        """Return a report as one HTML file."""
        return render(self.page(name, since=since, until=until, **params), "html").decode()

    def ingest(self, *paths: str | Path, zone: str | None = None, year: int | None = None) -> pl.DataFrame:
        """Read logs into the lake and return the account of each; what is in already is not read again.

        A log that cannot be read, or not to its end, raises its error after the others are in.
        """
        outcome = walk([str(path) for path in paths], self.config, Options(zone=zone, year=year))
        errors: list[BouncelakeError] = list(outcome.errors)
        if errors:
            raise errors[0]
        return pl.DataFrame([asdict(one) for one in outcome.accounts])

    def _moment(self, time: Time | None) -> datetime | None:
        if time is None:
            return None
        moment = datetime.fromisoformat(_written(time) or "")
        return moment if moment.tzinfo else moment.replace(tzinfo=self.zone)


def _written(time: Time | None) -> str | None:
    return time.isoformat() if isinstance(time, date) else time

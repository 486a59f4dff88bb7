"""When the window of each host ends, how long the past is, and which host has fallen silent.

A host's window ends at its last ingested line, not at now: what has not been read yet has not stopped. Hosts whose
lines end within the hour end together; one that lags has a window of its own.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import polars as pl

from bouncelake.watch.ask import HISTORY, Ask

SECOND = timedelta(seconds=1)
NONE = timedelta(0)
EPOCH = datetime.fromtimestamp(0, UTC)
TOGETHER = timedelta(hours=1)
LEFT_OUT = timedelta(hours=48)
SOONEST = timedelta(hours=6)
LATEST = timedelta(hours=24)
PATIENCE = 3
NEWEST_RUNS = 10


@dataclass(frozen=True, slots=True)
class Silence:
    """A host that always wrote and writes no more, while others do."""

    host: str
    last: datetime
    until: datetime
    longest: timedelta


@dataclass(frozen=True, slots=True)
class Windows:
    """The end of the window, the hosts with their own ends (`host`, `until`), and what the past can tell.

    `until` is the first instant after the last line of the newest host. `learning` is how much of the least past there
    is, or None when there is enough.
    """

    until: datetime
    hosts: pl.DataFrame
    learning: timedelta | None
    silent: tuple[Silence, ...]

    @property
    def lagging(self) -> list[tuple[str, datetime]]:
        """Return the hosts whose lines end before the others', each with the end of its window."""
        rows = self.hosts.filter(pl.col("until") != self.until).sort("host")
        return [(str(host), until) for host, until in rows.select("host", "until").iter_rows()]


def windows(hours: pl.DataFrame, runs: pl.DataFrame, ask: Ask) -> Windows:
    """Return the windows for the lines of each host (`sql/watch/hours.sql`) and the account of what was read."""
    ends = _ends(hours, runs)
    until = ends["last_ts"].max()
    first = hours["first_ts"].min()
    if not isinstance(until, datetime) or not isinstance(first, datetime):
        return Windows(EPOCH, _own_ends(ends, EPOCH), timedelta(0), ())
    end = until.replace(microsecond=0) + SECOND
    past = end - ask.since - first
    silent = tuple(_silent(ends, hours, end, ask))
    return Windows(end, _own_ends(ends, end), past if past < HISTORY else None, silent)


def _ends(hours: pl.DataFrame, runs: pl.DataFrame) -> pl.DataFrame:
    """Return for each host its last line, and how late after their last line its logs are usually read."""
    newest = runs.sort("ts").group_by("source").tail(NEWEST_RUNS)
    late = (pl.col("ts") - pl.col("last_ts")).median()
    read = newest.group_by("source").agg(read_ts=pl.col("last_ts").max(), late=late)
    sources = hours.group_by("host", "source").agg(pl.col("last_ts").max())
    # A stream of one host only has ended where its last line ended, event or not.
    alone = sources.filter(pl.len().over("source") == 1).join(read, on="source", how="left")
    lateness = sources.join(read, on="source", how="left").sort("last_ts").group_by("host").agg(pl.col("late").last())
    last = pl.concat([sources.select("host", "last_ts"), alone.select("host", last_ts="read_ts")]).drop_nulls()
    return last.group_by("host").agg(pl.col("last_ts").max()).join(lateness, on="host", how="left")


def _own_ends(ends: pl.DataFrame, end: datetime) -> pl.DataFrame:
    recent = ends.filter(pl.col("last_ts") > end - LEFT_OUT)
    together = pl.col("last_ts") > end - TOGETHER
    return recent.select(
        "host", until=pl.when(together).then(pl.lit(end)).otherwise(pl.col("last_ts").dt.truncate("1s") + SECOND)
    )


def _silent(ends: pl.DataFrame, hours: pl.DataFrame, end: datetime, ask: Ask) -> list[Silence]:
    """Return the hosts that wrote in every period before their last line and lag more than they ever did."""
    found = []
    for host, last, late in ends.sort("host").select("host", "last_ts", "late").iter_rows():
        own = hours.filter(pl.col("host") == host).sort("first_ts")
        found.append(_lag(own, Silence(host, last, end, NONE), late, ask))
    return [one for one in found if one is not None]


def _lag(own: pl.DataFrame, silence: Silence, late: timedelta | None, ask: Ask) -> Silence | None:
    """Return the silence with the host's longest gap before, unless so long a lag is usual."""
    age = (silence.last - own.filter(pl.col("first_ts") > silence.last - ask.against)["first_ts"]).dt.total_days()
    longest = _longest_gap(own)
    usual = PATIENCE * max(LATEST if late is None else late, longest)
    patience = max(min(max(SOONEST, usual), LATEST), PATIENCE * longest)
    if silence.until - silence.last <= patience or age.n_unique() < HISTORY.days:
        return None
    return replace(silence, longest=longest)


def _longest_gap(own: pl.DataFrame) -> timedelta:
    """Return the longest time without a line, between the hours that had some."""
    gap = own.select((pl.col("first_ts").shift(-1) - pl.col("last_ts")).max()).item()
    return gap if isinstance(gap, timedelta) else timedelta(0)

"""Finds providers and hosts to which, or from which, nothing is delivered any more.

The hours without a delivery are compared with the same hours of the periods before. A provider has stopped when it
always got mail in these hours and the rest of the mail, at its usual share, would not leave it without any by chance.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

import polars as pl

from bouncelake.watch.ask import Ask
from bouncelake.watch.chance import Day, none_left, usual

ENOUGH = 10  # deliveries that are usual in these hours
FEWEST_PERIODS = 10
ALWAYS = 0.95
LIMIT = 1e-4
PART = 0.2


@dataclass(frozen=True, slots=True)
class Stop:
    """A provider, or hosts, without deliveries in the last `hours`; the newest one was at `since`.

    `usual` is the median of the deliveries in the same hours of the past, `fewest` the smallest number in any.
    """

    since: datetime
    hours: int
    usual: int
    fewest: int
    receiver: str | None = None
    host: str | None = None
    chance: float | None = None


def stopped(delivered: pl.DataFrame, lines: pl.DataFrame, ask: Ask) -> list[Stop]:
    """Return the stops; `delivered` is `sql/watch/delivered.sql`, `lines` has `host` and `hour` of age with lines."""
    tails = Tails(delivered, ask)
    hosts = [str(name) for name in delivered["host"].unique().sort() if _is_idle(str(name), delivered, lines, tails)]
    idle = pl.col("host").is_in(hosts)
    return [*_hosts(delivered.filter(idle), hosts, tails), *_providers(delivered.filter(~idle), lines, tails)]


class Tails:
    """Counts deliveries in the last hours of the window and in the same hours of each period before it."""

    def __init__(self, delivered: pl.DataFrame, ask: Ask) -> None:
        """Find out for how many whole periods there are lines."""
        self.window = int(ask.since.total_seconds()) // 3600
        self._period = int(ask.period.total_seconds()) // 3600
        last = delivered["hour"].max()
        whole = (int(last) + 1) // self._period if isinstance(last, int) else 0
        self._slots = range(max(1, min(whole, ask.slots + 1)))

    def of(self, rows: pl.DataFrame, gap: int) -> list[int]:
        """Return the deliveries among the rows in the last `gap` hours, of the window first."""
        slot = (pl.col("hour") // self._period).alias("slot")
        near = rows.filter(pl.col("hour") % self._period < gap).group_by(slot).agg(pl.col("delivered").sum())
        found = dict(near.select("slot", "delivered").iter_rows())
        return [found.get(number, 0) for number in self._slots]


def _providers(delivered: pl.DataFrame, lines: pl.DataFrame, tails: Tails) -> Iterator[Stop]:
    known = delivered.filter(pl.col("receiver").is_not_null())
    for (name,), own in known.group_by("receiver", maintain_order=True):
        gap = _gap(own, tails.window)
        if gap is None or not _complete(own, lines, gap):
            continue
        counts, totals = tails.of(own, gap), tails.of(delivered, gap)
        days = [Day(count, max(count, total)) for count, total in zip(counts[1:], totals[1:], strict=True)]
        chance = _none(days, totals[0])
        if _always(counts[1:]) and chance < LIMIT:
            yield _stop(own, gap, counts[1:], receiver=str(name), chance=chance)


def _hosts(own: pl.DataFrame, hosts: Sequence[str], tails: Tails) -> Iterator[Stop]:
    """Yield one stop for all hosts that deliver nothing any more: it has one cause more often than several."""
    gap = _gap(own, tails.window)
    if gap is not None:
        yield _stop(own, gap, tails.of(own, gap)[1:], host=", ".join(hosts))


def _is_idle(host: str, delivered: pl.DataFrame, lines: pl.DataFrame, tails: Tails) -> bool:
    """Tell whether a host that wrote until the end, and always delivered in these hours, does so no more."""
    own = delivered.filter(pl.col("host") == host)
    gap = _gap(own, tails.window)
    if gap is None or not _complete(own, lines, gap):
        return False
    counts = tails.of(own, gap)[1:]
    return _always(counts) and min(counts) >= ENOUGH


def _gap(own: pl.DataFrame, window: int) -> int | None:
    """Return for how many whole hours at the end nothing was delivered, at most the window; None below one hour."""
    newest = own["newest"].min()
    hours = min(newest // 3600, window) if isinstance(newest, int) else 0
    return hours or None


def _complete(own: pl.DataFrame, lines: pl.DataFrame, gap: int) -> bool:
    """Tell whether every host that usually delivers there wrote lines until the end."""
    shares = own.group_by("host").agg(pl.col("delivered").sum())
    needed = shares.filter(pl.col("delivered") >= PART * pl.col("delivered").sum())["host"]
    wrote = lines.filter(pl.col("hour") < gap).group_by("host").agg(pl.col("hour").n_unique())
    enough = wrote.filter(pl.col("hour") * 2 >= gap)["host"]
    return needed.is_in(enough.to_list()).all()


def _always(counts: Sequence[int]) -> bool:
    some = sum(count > 0 for count in counts)
    return len(counts) >= FEWEST_PERIODS and some >= ALWAYS * len(counts) and median(counts) >= ENOUGH


def _none(days: Sequence[Day], total: int) -> float:
    if not total or not any(day.answered for day in days):
        return 1.0
    expected = usual(days)
    return none_left(total, expected.share, expected.spread)


def _stop(own: pl.DataFrame, gap: int, counts: Sequence[int], **more: Any) -> Stop:  # noqa: ANN401 - fields of Stop
    since = own.select(pl.col("last_ts").max()).item()
    return Stop(since=since, hours=gap, usual=round(median(counts)), fewest=min(counts), **more)

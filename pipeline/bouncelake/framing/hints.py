"""The year of a log whose stamps have none, by what Postfix writes into queue ids and Message-IDs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl

from bouncelake.framing import patterns
from bouncelake.framing.clock import DUMMY_YEAR, EARLY, LATE, Clock, first_stamp

_DIGITS = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"
_NEAR = timedelta(days=2)


def informed(clock: Clock, head: pl.DataFrame) -> Clock:
    """Return the clock with the year of the source's first line, where one of its first lines tells it.

    A year the user gave, or what an earlier run knows, stands. Give the same head however the source is read.

    Args:
        clock: What is known so far.
        head: `offset`, `line` of the source's beginning.
    """
    first = first_stamp(head) if clock.year is None and clock.after is None else None
    if first is None:
        return clock
    found = head.select(pl.col("line").str.extract_groups(patterns.DATED_ID).struct.unnest()).filter(
        pl.col("seconds").is_not_null() | (pl.col("id") == pl.col("same"))
    )
    for stamp, seconds, _, written, _ in found.head(1).iter_rows():
        told = _decoded(seconds) if seconds else _written(written)
        year = None if told is None else _year(first[1], stamp, told.astimezone(clock.zone).replace(tzinfo=None))
        return clock if year is None else replace(clock, year=year)
    return clock


def _decoded(seconds: str) -> datetime:
    """Return the second of arrival that a long queue id begins with."""
    total = 0
    for digit in seconds:
        total = total * len(_DIGITS) + _DIGITS.index(digit)
    return datetime.fromtimestamp(total, UTC)


def _written(stamp: str) -> datetime | None:
    try:
        return datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _year(first: datetime, stamp: str, told: datetime) -> int | None:
    """Return the year of the first line, when a later one has this stamp and was written at that local time."""
    try:
        there = datetime.strptime(f"{DUMMY_YEAR} {stamp}", "%Y %b %d %H:%M:%S").replace(tzinfo=None)  # noqa: DTZ007
        gaps = {year: abs(there.replace(year=year) - told) for year in (told.year - 1, told.year, told.year + 1)}
    except ValueError:
        return None
    year = min(gaps, key=lambda candidate: gaps[candidate])
    if gaps[year] > _NEAR:
        return None
    step = there - first
    return year - (step < -LATE) + (step > EARLY)

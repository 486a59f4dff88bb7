"""Local time to UTC: the hour that daylight saving repeats is told apart by the order of lines, the lost one kept."""

from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import polars as pl

from bouncelake.errors import UsageError

_BACK = timedelta(minutes=5)
_FAR = timedelta(hours=12)
_GRID = "30m"
_WIDE = timedelta(days=400)
_SHORT = timedelta(days=14)
"""Shorter than any time between two changes of an offset."""
_PASSES: tuple[Literal["earliest", "latest"], ...] = ("earliest", "latest")


def check(zone: ZoneInfo) -> str:
    """Return the zone's name; `UsageError` if it has none or Polars does not know it."""
    name = zone.key
    try:
        pl.Series([datetime(2000, 1, 1)]).dt.replace_time_zone(name or "nameless")  # noqa: DTZ001 (local time on purpose)
    except pl.exceptions.PolarsError:
        raise UsageError(f"unknown time zone {name or zone}: give one by name, such as --zone Europe/Berlin") from None
    return name


def _utc(walls: pl.Expr, name: str, passes: pl.Expr | str) -> pl.Expr:
    """Read local time as UTC; an hour that does not exist is read with the offset before the gap."""

    def read(shift: timedelta) -> pl.Expr:
        moved = (walls - shift).dt.replace_time_zone(name, ambiguous=passes, non_existent="null")  # type: ignore[arg-type]
        return moved.dt.convert_time_zone("UTC") + shift

    return pl.coalesce(read(timedelta()), read(timedelta(hours=1)), read(timedelta(hours=25)))


def steady(first: datetime, last: datetime, zone: ZoneInfo) -> timedelta | None:
    """Return the one offset from UTC of a span of local time; null if it has a change, or is too long to be sure."""
    margin = timedelta(hours=26)
    if last - first > _SHORT:
        return None
    offsets = [moment.replace(tzinfo=zone).utcoffset() for moment in (first - margin, last + margin)]
    return offsets[0] if offsets[0] == offsets[1] else None


def _folds(first: datetime, last: datetime, name: str) -> bool:
    """Tell whether any repeated hour lies in a span of local time."""
    if last - first > _WIDE:
        return True
    start = first.replace(minute=0, second=0, microsecond=0)
    grid = pl.datetime_range(start, last + timedelta(minutes=30), _GRID, eager=True).alias("wall").to_frame()
    wall = pl.col("wall")
    early, late = (wall.dt.replace_time_zone(name, ambiguous=p, non_existent="null") for p in _PASSES)
    return bool(grid.select((early != late).any()).item())


def ambiguous(wall: datetime, zone: ZoneInfo) -> bool:
    """Tell whether a local time occurs twice."""
    first, second = (wall.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    return first is not None and second is not None and first > second


def to_utc(rows: pl.DataFrame, zone: ZoneInfo, before: datetime | None, *, late: bool) -> pl.Series:
    """Return the instants of local times in log order.

    Args:
        rows: `wall` (local time), and `known` (the instant, where the line says it).
        zone: The zone of `wall`.
        before: Local time of the line before the first.
        late: Whether that line was in the second pass of a repeated hour.
    """
    first, last = rows["wall"].min(), rows["wall"].max()
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        return rows["known"]
    offset = steady(first, last, zone)
    if offset is not None:
        return rows.select(pl.coalesce("known", (pl.col("wall") - offset).dt.replace_time_zone("UTC"))).to_series()
    if not _folds(first, last, zone.key):
        return rows.select(pl.coalesce("known", _utc(pl.col("wall"), zone.key, "earliest"))).to_series()
    return _told_by_order(rows, zone, before, late=late)


def _told_by_order(rows: pl.DataFrame, zone: ZoneInfo, before: datetime | None, *, late: bool) -> pl.Series:
    """Read repeated hours: the second pass begins where time jumps back, or follows a line from after the hour."""
    wall, unsure, step = pl.col("wall"), pl.col("unsure"), pl.col("step")
    early, later = (pl.coalesce("known", _utc(wall, zone.key, each)) for each in _PASSES)
    twice = before is not None and ambiguous(before, zone)
    frame = rows.with_columns(
        early=early, late=later, step=wall - wall.shift(1, fill_value=pl.lit(before, pl.Datetime("us")))
    ).with_columns(unsure=(pl.col("early") != pl.col("late")).fill_null(value=False))
    same_hour = (unsure.shift(1, fill_value=twice) & (step < _FAR)).fill_null(value=False)
    second = (
        pl.when(~unsure)
        .then(pl.lit(value=False))
        .when(~same_hour)
        .then((step < timedelta()).fill_null(value=False))
        .when(step < -_BACK)
        .then(pl.lit(value=True))
        .forward_fill()
        .fill_null(value=late and twice)
    )
    return frame.select(pl.when(unsure & second).then("late").otherwise("early")).to_series()

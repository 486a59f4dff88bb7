"""When a line was written: years that a header leaves out, zones, and stamps that cannot be true."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from bouncelake.framing import zones
from bouncelake.framing.patterns import MONTH_STAMP, PRI
from bouncelake.schema import INSTANT

WALL = pl.Datetime("us")
DUMMY_YEAR = 2000
"""A leap year, so that 29 February can be read before the year is known."""
_FIRST = rf"^(?:{PRI})?({MONTH_STAMP})"
LATE = timedelta(days=92)
"""A stamp earlier in the year than the one before by more than this is the next year's, by less a late line."""
EARLY = timedelta(days=366) - LATE
"""A stamp later in the year by more than this is a late line of the year before."""
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Clock:
    """What is known about the time of a source beside its lines.

    Args:
        zone: The zone of stamps that name none.
        year: Year of the first line, where the user or `informed` says it.
        modified: When the file was last written.
        now: The time of the run; a stamp two days later is not believed.
        after: The last known time of this source, when reading goes on where an earlier run stopped.
    """

    zone: ZoneInfo
    year: int | None
    modified: datetime
    now: datetime
    after: datetime | None = None


def in_year(wall: pl.Expr, year: pl.Expr) -> pl.Expr:
    """Move times of the dummy year into another; 29 February is null where that has none."""
    start = pl.datetime(year, 1, 1)
    leap = start.dt.is_leap_year()
    march = pl.datetime(DUMMY_YEAR, 3, 1)
    lost = (wall >= march - timedelta(days=1)) & (wall < march) & ~leap
    moved = start + (wall - pl.datetime(DUMMY_YEAR, 1, 1))
    shifted = pl.when((wall >= march) & ~leap).then(moved - timedelta(days=1)).otherwise(moved)
    return pl.when(~lost).then(shifted).cast(WALL)


def _placed(stamp: datetime, year: int | None) -> datetime | None:
    try:
        return None if year is None else stamp.replace(year=year)
    except ValueError:
        return None


def latest_year(stamp: datetime, limit: datetime) -> int:
    """Return the latest year in which a stamp of the dummy year exists and lies not after the limit."""
    for year in range(limit.year + 1, limit.year - 9, -1):
        moved = _placed(stamp, year)
        if moved is not None and moved <= limit:
            return year
    return limit.year


def first_stamp(lines: pl.DataFrame) -> tuple[int, datetime] | None:
    """Return the first yearless stamp that begins a line: its offset, and its time in the dummy year."""
    text = pl.col("line").str.extract(_FIRST, 1)
    stamp = (f"{DUMMY_YEAR} " + text).str.to_datetime("%Y %b %d %H:%M:%S", time_unit="us", strict=False)
    for part in (lines.head(1), lines):
        found = part.select("offset", stamp=stamp).drop_nulls().head(1)
        if found.height:
            return found.row(0)
    return None


class Calendar:
    """Gives records their instant, in log order; what it learns from a line it keeps for the next."""

    def __init__(self, clock: Clock) -> None:
        zones.check(clock.zone)
        self._clock = clock
        # Of the line before: its year, its place in the dummy year, its local time, and which pass of a repeated hour.
        self._year: int | None = None
        self._place: datetime | None = None
        self._wall: datetime | None = None
        self._late = False
        if clock.after is not None:
            self._remember(clock.after)

    @property
    def started(self) -> bool:
        """Whether a line has told a date, so that the next yearless one can follow it."""
        return self._year is not None

    def start(self, stamp: datetime) -> None:
        """Take a yearless stamp (in the dummy year) as the first of the source."""
        clock = self._clock
        limit = min(clock.modified, clock.now).astimezone(clock.zone).replace(tzinfo=None) + timedelta(days=1)
        self._year = clock.year if clock.year is not None else latest_year(stamp, limit)
        self._place = stamp

    def resolve(self, rows: pl.DataFrame) -> pl.Series:
        """Return `ts` of the rows; null where the stamp is no possible time.

        Args:
            rows: In log order. `wall`: local time, in the dummy year where `floating`. `instant`: where the header says
                it in full. `outer`: the instant a container around the line gives.
        """
        instants = rows["instant"]
        if not instants.null_count() and self._possible(instants.min()) and self._possible(instants.max()):
            self._remember(instants[-1])
            return instants.alias("ts")
        simple = self._simple(rows) if rows["floating"].any() else self._dated(rows)
        return self._general(rows) if simple is None else simple

    def _possible(self, moment: object) -> bool:
        return isinstance(moment, datetime) and _EARLIEST <= moment <= self._clock.now + _AHEAD

    def _dated(self, rows: pl.DataFrame) -> pl.Series | None:
        """Resolve rows that all say the year but no zone, in a stretch without a change of the offset."""
        low, high = rows["wall"].min(), rows["wall"].max()
        bare = rows["instant"].null_count() == rows["outer"].null_count() == rows.height
        if not (bare and isinstance(low, datetime) and isinstance(high, datetime)) or rows["wall"].null_count():
            return None
        offset = zones.steady(low, high, self._clock.zone)
        if offset is None or not all(self._possible((end - offset).replace(tzinfo=UTC)) for end in (low, high)):
            return None
        last = rows["wall"][-1]
        self._year, self._place, self._wall, self._late = last.year, last.replace(year=DUMMY_YEAR), last, False
        return (rows["wall"] - offset).dt.replace_time_zone("UTC").alias("ts")

    def _simple(self, rows: pl.DataFrame) -> pl.Series | None:
        """Resolve rows that all lack the year and lie in one stretch of the calendar: one addition for all."""
        low, high = rows["wall"].min(), rows["wall"].max()
        bare = (
            rows["instant"].null_count() == rows["outer"].null_count() == rows.height and not rows["wall"].null_count()
        )
        if not (bare and isinstance(low, datetime) and isinstance(high, datetime) and rows["floating"].all()):
            return None
        if self._year is None:
            self.start(rows["wall"][0])
        stamps = (low, high, self._place or low)
        ends = [_placed(stamp, self._year) for stamp in (low, high)]
        if max(stamps) - min(stamps) >= LATE or ends[0] is None or ends[1] is None:
            return None
        offset = zones.steady(ends[0], ends[1], self._clock.zone)
        if offset is None or ends[1] - ends[0] != high - low:
            return None
        shift = ends[0] - low - offset
        found = (rows["wall"] + shift).dt.replace_time_zone("UTC").alias("ts")
        if not (self._possible(found.min()) and self._possible(found.max())):
            return None
        self._place, self._wall, self._late = rows["wall"][-1], rows["wall"][-1] + shift + offset, False
        return found

    def _general(self, rows: pl.DataFrame) -> pl.Series:
        known = pl.coalesce("instant", "outer")
        full = pl.when(~pl.col("floating")).then("wall")
        frame = rows.select("wall", "floating", known=known, full=full).with_row_index("row")
        first, last = _EARLIEST, self._clock.now + _AHEAD
        local = pl.col("full").is_between(first.replace(tzinfo=None), (last + timedelta(days=1)).replace(tzinfo=None))
        sane = pl.coalesce(pl.col("known").is_between(first, last), local, pl.col("wall").is_not_null())
        good = frame.filter(sane)
        if good.is_empty():
            return pl.Series("ts", [None] * rows.height, INSTANT)
        placed = good.select("row", ts=self._sequence(good))
        found = frame.join(placed, on="row", how="left", maintain_order="left")["ts"]
        seen = pl.col("ts").is_between(first, last)
        return found.to_frame().select(pl.when(seen).then("ts")).to_series()

    def _sequence(self, frame: pl.DataFrame) -> pl.Series:
        if frame["known"].null_count() == 0:
            self._remember(frame["known"][-1])
            return frame["known"]
        if self._year is None and frame["floating"][0] and frame["known"][0] is None:
            self.start(frame["wall"][0])
        dated = self._followed(frame)
        found = zones.to_utc(dated, self._clock.zone, self._wall, late=self._late)
        self._year, self._place, self._wall = dated.select("year", "place", "wall").row(-1)
        self._late = found[-1] is not None and bool(found[-1].astimezone(self._clock.zone).fold)
        return found

    def _followed(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return `wall`, `year`, `place` and `known`: years go on over New Year, in both directions."""
        local = pl.col("known").dt.convert_time_zone(self._clock.zone.key).dt.replace_time_zone(None)
        told = pl.coalesce(local, "full")
        place = pl.coalesce(told.dt.replace(year=DUMMY_YEAR), "wall")
        step = pl.col("place").diff().fill_null(pl.col("place") - pl.lit(self._place, WALL))
        turn = (step < -LATE).cast(pl.Int32) - (step > EARLY).cast(pl.Int32)
        base = (pl.col("told").dt.year() - pl.col("turns")).forward_fill().fill_null(pl.lit(self._year, pl.Int32))
        return (
            frame.with_columns(told=told, place=place)
            .with_columns(turns=turn.fill_null(0).cum_sum())
            .with_columns(year=pl.coalesce(pl.col("told").dt.year(), base + pl.col("turns")))
            .select(
                pl.coalesce("told", in_year(pl.col("wall"), pl.col("year"))).alias("wall"), "year", "place", "known"
            )
        )

    def _remember(self, instant: datetime) -> None:
        local = instant.astimezone(self._clock.zone)
        self._wall = local.replace(tzinfo=None, fold=0)
        self._year, self._place, self._late = local.year, self._wall.replace(year=DUMMY_YEAR), bool(local.fold)

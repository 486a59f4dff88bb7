"""Plain headers: time, host, tag and pid of syslog lines, in the styles RFC 3164, ISO 8601 and RFC 5424.

The common shape of each style is read by cheap splits; what misses it is read again by one exact regular expression. A
line's reading never depends on its neighbours.
"""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from bouncelake.framing import patterns
from bouncelake.framing.clock import DUMMY_YEAR, WALL
from bouncelake.schema import INSTANT

HEADED = ("offset", "line", "outer", "wall", "instant", "floating", "host", "tag", "pid", "text")
"""Columns of a line whose header is read: `wall` and `instant` as `Calendar.resolve` wants them."""

_NO_INSTANT = pl.lit(None, INSTANT)
_CERTAIN = pl.lit(value=False)


def _zone_minutes(zone: pl.Expr) -> pl.Expr:
    """Return the minutes east of UTC that a zone such as `Z`, `+01:00`, `+0100` or `+01` means; null for none."""
    hours = zone.str.slice(1, 2).str.to_integer(strict=False)
    minutes = zone.str.slice(3).str.strip_prefix(":").str.to_integer(strict=False).fill_null(0)
    total = (hours * 60 + minutes) * pl.when(zone.str.starts_with("-")).then(-1).otherwise(1)
    return pl.when(zone == "Z").then(0).otherwise(total)


def _as_utc(wall: pl.Expr, zone: pl.Expr) -> pl.Expr:
    return (wall - pl.duration(minutes=_zone_minutes(zone))).dt.replace_time_zone("UTC")


def _iso_wall(stamp: pl.Expr) -> pl.Expr:
    return stamp.str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="us", strict=False)


def _micros(digits: pl.Expr) -> pl.Expr:
    return pl.duration(microseconds=digits.str.to_integer(strict=False), time_unit="us")


def _with_tails(frame: pl.DataFrame, pattern: str) -> pl.DataFrame:
    """Add `host`, `tag` and `pid`, read once per distinct `tail`; null where the tail has another shape."""
    names = dict(zip(("host", "tag", "pid"), range(1, 4), strict=True))
    groups = pl.col("tail").str.extract_groups(pattern)
    tails = frame.select("tail").unique().with_columns(groups.struct.field(str(i)).alias(n) for n, i in names.items())
    return frame.join(tails, on="tail", how="left", maintain_order="left")


def _parted(frame: pl.DataFrame, ok: pl.Expr) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split the frame into headed lines and the rest."""
    sure = frame.select(ok.fill_null(value=False)).to_series()
    back = ("offset", "line", "outer")
    if sure.all():
        return frame.select(HEADED), frame.select(back).clear()
    return frame.filter(sure).select(HEADED), frame.filter(~sure).select(back)


def _split(lines: pl.DataFrame, at: str) -> pl.DataFrame:
    halves = pl.col("line").str.splitn(at, 2).struct.rename_fields(["head", "text"])
    return lines.with_columns(halves.struct.unnest())


def month(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read `Mar  9 04:05:06 host tag[pid]: text`; return headed lines and the rest."""
    stamp = pl.lit(f"{DUMMY_YEAR} ") + pl.col("head").str.head(15)
    frame = _split(lines, "]: ").with_columns(
        wall=stamp.str.to_datetime("%Y %b %e %H:%M:%S", time_unit="us", strict=False),
        instant=_NO_INSTANT,
        floating=pl.lit(value=True),
        tail=pl.col("head").str.slice(15),
    )
    return _parted(_with_tails(frame, patterns.PLAIN_TAIL), _complete())


def iso(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read `2026-03-09T04:05:06.123456+01:00 host tag[pid]: text`; return headed lines and the rest."""
    head = pl.col("head")
    frame = _split(lines, "]: ").with_columns(_iso_time(head), tail=head.str.slice(32), floating=_CERTAIN)
    return _parted(_with_tails(frame, patterns.PLAIN_TAIL), _complete() & _iso_common(head))


def unix(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read `1773029106.123456 host tag[pid]: text`; return headed lines and the rest."""
    wall, instant = _unix_time(pl.col("head"))
    frame = _split(lines, "]: ").with_columns(wall, instant, tail=pl.col("head").str.slice(17), floating=_CERTAIN)
    return _parted(_with_tails(frame, patterns.PLAIN_TAIL), _complete())


def _unix_time(stamp: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    seconds, micros = (stamp.str.slice(*part).str.to_integer(strict=False) for part in ((0, 10), (11, 6)))
    wall = (seconds * 1_000_000 + micros).cast(WALL)
    return wall.alias("wall"), wall.dt.replace_time_zone("UTC").alias("instant")


def _iso_time(stamp: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Return `wall` and `instant` of stamps with six digits of fraction and a zone of six characters."""
    wall = _iso_wall(stamp.str.head(19)) + _micros(stamp.str.slice(20, 6))
    return wall.alias("wall"), _as_utc(wall, stamp.str.slice(26, 6)).alias("instant")


def _iso_common(stamp: pl.Expr) -> pl.Expr:
    return stamp.str.slice(19, 1).eq(".") & stamp.str.slice(29, 1).eq(":") & pl.col("instant").is_not_null()


def _complete() -> pl.Expr:
    return pl.col("wall").is_not_null() & pl.col("pid").is_not_null() & pl.col("text").is_not_null()


def rfc5424(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read `<22>1 2026-03-09T04:05:06.123456+01:00 host app pid - - text`; return headed lines and the rest."""
    parts = pl.col("head").str.splitn(" ", 3).struct.rename_fields(["pri", "stamp", "tail"])
    stamp = pl.col("stamp")
    frame = _split(lines, " - - ").with_columns(parts.struct.unnest()).with_columns(_iso_time(stamp))
    frame = _with_tails(frame, patterns.RFC5424_TAIL).with_columns(
        line=pl.col("line").str.strip_prefix(pl.col("pri")).str.slice(1),
        raw=pl.col("line"),
        floating=_CERTAIN,
        text=_message(pl.col("text")),
    )
    pri = pl.col("pri").str.contains(rf"^{patterns.PRI}1$")
    good, rest = _parted_5424(frame, pri & _complete() & _iso_common(stamp) & (stamp.str.len_bytes() == 32))
    return good.with_columns(pid=_valued(pl.col("pid")), tag=_valued(pl.col("tag"))), rest


def _parted_5424(frame: pl.DataFrame, ok: pl.Expr) -> tuple[pl.DataFrame, pl.DataFrame]:
    good, _ = _parted(frame, ok)
    if good.height == frame.height:
        return good, good.select("offset", "line", "outer").clear()
    rest = frame.filter(~ok.fill_null(value=False))
    return good, rest.select("offset", pl.col("raw").alias("line"), "outer")


def _message(text: pl.Expr) -> pl.Expr:
    """Drop the byte order mark and the blank that rsyslog leaves before an RFC 5424 message."""
    return text.str.strip_chars_start(" \ufeff")


def _valued(value: pl.Expr) -> pl.Expr:
    return pl.when(value != "-").then(value)


def _groups(names: tuple[str, ...], pattern: str, column: str = "line") -> list[pl.Expr]:
    groups = pl.col(column).str.extract_groups(pattern)
    return [groups.struct.field(str(number)).alias(name) for number, name in enumerate(names, 1)]


def _fraction(digits: pl.Expr) -> pl.Expr:
    micros = digits.str.head(6).str.pad_end(6, "0").str.to_integer(strict=False).fill_null(0)
    return pl.duration(microseconds=micros, time_unit="us")


def _with_rest(frame: pl.DataFrame) -> pl.DataFrame:
    """Read host, tag, pid and text out of `rest`; without a tag the first word is the host."""
    frame = frame.with_columns(_groups(("host", "tag", "pid", "text"), patterns.LOOSE_REST, "rest"))
    words = pl.col("rest").str.splitn(" ", 2)
    tagged = pl.col("tag").is_not_null()
    return frame.with_columns(
        host=pl.when(tagged).then(pl.col("host").fill_null("-")).otherwise(words.struct.field("field_0")),
        text=pl.when(tagged).then(pl.col("text")).otherwise(words.struct.field("field_1")).fill_null(""),
    )


def loose_month(lines: pl.DataFrame) -> pl.DataFrame:
    """Read every shape of an RFC 3164 header: one blank before the day, fraction, year, no host, no pid."""
    frame = lines.with_columns(_groups(("mon", "day", "year", "clock", "digits", "rest"), patterns.LOOSE_MONTH))
    year = pl.col("year").fill_null(str(DUMMY_YEAR))
    stamp = pl.concat_str(year, "mon", "day", "clock", separator=" ")
    wall = stamp.str.to_datetime("%Y %b %d %H:%M:%S", time_unit="us", strict=False) + _fraction(pl.col("digits"))
    return _with_rest(
        frame.with_columns(wall=wall.cast(WALL), instant=_NO_INSTANT, floating=pl.col("year").is_null())
    ).select(HEADED)


def _loose_iso_time(column: str) -> list[pl.Expr]:
    groups = pl.col(column).str.extract_groups(patterns.LOOSE_ISO)
    day, clock, digits, zone = (groups.struct.field(str(number)) for number in range(1, 5))
    wall = _iso_wall(day + "T" + clock) + _fraction(digits)
    zone = pl.when(zone != "").then(zone)
    return [wall.alias("wall"), _as_utc(wall, zone).alias("instant"), _CERTAIN.alias("floating")]


def loose_iso(lines: pl.DataFrame) -> pl.DataFrame:
    """Read every shape of an ISO 8601 header: blank for T, any fraction, any or no zone, no host, no pid."""
    rest = pl.col("line").str.extract(patterns.LOOSE_ISO, 5).alias("rest")
    return _with_rest(lines.with_columns(*_loose_iso_time("line"), rest)).select(HEADED)


def loose_unix(lines: pl.DataFrame) -> pl.DataFrame:
    """Read every shape of a header that begins with seconds since 1970."""
    rest = pl.col("line").str.slice(18).alias("rest")
    return _with_rest(lines.with_columns(*_unix_time(pl.col("line")), rest, floating=_CERTAIN)).select(HEADED)


def loose_rfc5424(lines: pl.DataFrame) -> pl.DataFrame:
    """Read every shape of an RFC 5424 header: with structured data, message id, any time stamp."""
    frame = lines.with_columns(_groups(("stamp", "host", "tag", "pid", "text"), patterns.LOOSE_RFC5424))
    return (
        frame.with_columns(stamp=pl.col("stamp") + " ")
        .with_columns(_loose_iso_time("stamp"))
        .with_columns(
            line=pl.col("line").str.replace(rf"^{patterns.PRI}1 ", ""),
            tag=_valued(pl.col("tag")),
            pid=_valued(pl.col("pid")),
            text=_message(pl.col("text").fill_null("")),
        )
        .select(HEADED)
    )


Split = Callable[[pl.DataFrame], tuple[pl.DataFrame, pl.DataFrame]]


@dataclass(frozen=True, slots=True)
class Style:
    """One header style: how its lines begin, its fast reading, and the exact one."""

    begins: str
    fast: Split
    loose: Callable[[pl.DataFrame], pl.DataFrame]


STYLES = (
    Style(r"^[A-Z][a-z]{2} ", month, loose_month),
    Style(rf"^{patterns.ISO_STAMP}", iso, loose_iso),
    Style(rf"^{patterns.PRI}1 ", rfc5424, loose_rfc5424),
    Style(rf"^{patterns.UNIX_STAMP} ", unix, loose_unix),
)

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

HEADED = ("offset", "line", "outer", "wall", "instant", "floating", "host", "tag", "pid", "own", "text")
"""Columns of a line whose header is read: `wall` and `instant` as `Calendar.resolve` wants them."""

_NO_INSTANT = pl.lit(None, INSTANT)
_CERTAIN = pl.lit(value=False)
_COMPLETE = pl.col("wall").is_not_null() & pl.col("pid").is_not_null() & pl.col("text").is_not_null()
OWN = pl.coalesce(pl.col("tag").str.contains(rf"{patterns.POSTFIX_TAG}|^exim"), pl.lit(value=False))
"""Whether a mail server wrote the line, so that its text is surely no other logger's line."""


def zone_offset(zone: pl.Expr) -> pl.Expr:
    """Return how far east of UTC a zone such as `Z`, `+01:00`, `+0100` or `+01` is; null for none."""
    hours = zone.str.slice(1, 2).str.to_integer(strict=False)
    minutes = zone.str.slice(3).str.strip_prefix(":").str.to_integer(strict=False).fill_null(0)
    total = (hours * 60 + minutes) * pl.when(zone.str.starts_with("-")).then(-1).otherwise(1)
    return pl.duration(minutes=pl.when(zone == "Z").then(0).otherwise(total), time_unit="us").alias("east")


def _with_writer(frame: pl.DataFrame, *before: str) -> pl.DataFrame:
    """Add what `tail` says: host, tag and pid, after the columns named; `pid` is null where it has another shape."""
    parts = (*before, "host", "writer")
    fields = pl.col("tail").str.splitn(" ", len(parts)).struct.rename_fields(parts)
    frame = frame.with_columns(fields.struct.unnest())
    ends = pl.col("writer").str.splitn("[", 2).struct.rename_fields(["tag", "pid"])
    frame = frame.with_columns(ends.struct.unnest())
    odd = pl.col("tag").str.contains(" ", literal=True) | (pl.col("host") == "") | pl.col("host").str.ends_with(":")
    number = pl.col("pid").str.contains("^[0-9]+$") & (pl.col("tag") != "") & ~odd
    return frame.with_columns(pid=pl.when(number).then("pid"), own=_own(frame["tag"]))


def _with_fields(frame: pl.DataFrame, *names: str) -> pl.DataFrame:
    """Add the blank-separated fields of `tail`; the last one takes what is left."""
    fields = pl.col("tail").str.splitn(" ", len(names)).struct.rename_fields(names)
    frame = frame.with_columns(fields.struct.unnest())
    return frame.with_columns(own=_own(frame["tag"]))


def _own(tags: pl.Series) -> pl.Series:
    """Apply `OWN` to the few distinct tags there are."""
    own = tags.unique().to_frame("tag").filter(OWN)["tag"]
    return tags.is_in(own.implode()).fill_null(value=False)


def _east(zones: pl.Series) -> pl.Series:
    """Return the offset of each zone, null where the text is none; a log has few."""
    known = zones.unique().to_frame("zone")
    known = known.filter(pl.col("zone").str.contains(patterns.ZONE_ALONE)).with_columns(_EAST)
    span = pl.Duration("us")
    return zones.replace_strict(known["zone"], known["east"], default=None, return_dtype=span).alias("east")


_EAST = zone_offset(pl.col("zone"))


def _split(lines: pl.DataFrame, at: str) -> pl.DataFrame:
    halves = pl.col("line").str.splitn(at, 2).struct.rename_fields(["head", "text"])
    return lines.with_columns(halves.struct.unnest())


def _finished(frame: pl.DataFrame, ok: pl.Expr) -> tuple[pl.DataFrame, pl.Series]:
    return frame, frame.select(ok.fill_null(value=False)).to_series()


def month(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Read `Mar  9 04:05:06 host tag[pid]: text`."""
    stamp = pl.lit(f"{DUMMY_YEAR} ") + pl.col("head").str.head(15)
    frame = _split(lines, "]: ").with_columns(
        wall=stamp.str.to_datetime("%Y %b %e %H:%M:%S", time_unit="us", strict=False),
        instant=_NO_INSTANT,
        floating=pl.lit(value=True),
        gap=pl.col("head").str.slice(15, 1) == " ",
        tail=pl.col("head").str.slice(16),
    )
    return _finished(_with_writer(frame), _COMPLETE & pl.col("gap"))


def iso(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Read `2026-03-09T04:05:06.123456+01:00 host tag[pid]: text` where the stamp has the first line's shape."""
    frame = _split(lines, "]: ")
    frame = frame.with_columns(_iso_time(frame["head"]))
    return _finished(_in_utc(_with_writer(frame, "zone")), _COMPLETE & pl.col("zoned"))


def unix(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Read `1773029106.123456 host tag[pid]: text`."""
    wall, instant = _unix_time(pl.col("head"))
    gap = pl.col("head").str.slice(17, 1) == " "
    tail = pl.col("head").str.slice(18)
    frame = _split(lines, "]: ").with_columns(wall, instant, gap=gap, tail=tail, floating=_CERTAIN)
    return _finished(_with_writer(frame), _COMPLETE & pl.col("gap"))


def rfc5424(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Read `<22>1 2026-03-09T04:05:06.1Z host app pid - - text` where priority and stamp are like the first line's."""
    pri = lines.select(pl.col("line").first().str.extract(rf"^({patterns.PRI}1 )")).item() or "<22>1 "
    alike = lines.select(pl.col("line").str.starts_with(pri)).to_series()
    frame = _split(lines.with_columns(pl.col("line").str.slice(len(pri))), " - - ")
    frame = frame.with_columns(*_iso_time(frame["head"]), _message(pl.col("text")))
    frame = _in_utc(_with_fields(frame, "zone", "host", "tag", "pid"))
    whole = pl.col("pid").str.contains("^(?:[0-9]+|-)$") & (pl.col("host") != "") & (pl.col("tag") != "")
    frame, ok = _finished(frame, _COMPLETE & whole & pl.col("zoned"))
    return frame.with_columns(pid=_valued(pl.col("pid")), tag=_valued(pl.col("tag"))), ok & alike


def _unix_time(stamp: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    seconds, micros = (stamp.str.slice(*part).str.to_integer(strict=False) for part in ((0, 10), (11, 6)))
    wall = (seconds * 1_000_000 + micros).cast(WALL)
    return wall.alias("wall"), wall.dt.replace_time_zone("UTC").alias("instant")


def _iso_time(heads: pl.Series) -> list[pl.Expr]:
    """Return `wall`, and `tail`, which begins with the zone, for stamps that have as many digits as the first."""
    first = heads.head(1).str.extract_groups(patterns.ISO_SHAPE).struct.unnest()
    gap, digits = first.row(0) if first.height else (None, None)
    places = len(digits or "")
    end = 19 + places + bool(places)
    stamp, layout = pl.col("head"), f"%Y-%m-%d{gap or 'T'}%H:%M:%S"
    if not places:
        wall = stamp.str.head(19).str.to_datetime(layout, time_unit="us", strict=False)
    else:
        micros = stamp.str.slice(20, min(places, 6)).str.to_integer(strict=False) * 10 ** max(6 - places, 0)
        whole = stamp.str.head(20).str.to_datetime(layout + ".", time_unit="us", strict=False)
        wall = whole + pl.duration(microseconds=micros, time_unit="us")
    return [wall.alias("wall"), stamp.str.slice(end).alias("tail"), _CERTAIN.alias("floating")]


def _in_utc(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `instant`, null where the stamp names no zone, and `zoned`: whether what stands there can be one."""
    east = _east(frame["zone"])
    instant = (pl.col("wall") - pl.lit(east)).dt.replace_time_zone("UTC")
    return frame.with_columns(instant=instant, zoned=pl.lit(east.is_not_null()) | (pl.col("zone") == ""))


def _message(text: pl.Expr) -> pl.Expr:
    """Drop the byte order mark and the blank that rsyslog leaves before an RFC 5424 message."""
    return text.str.strip_chars_start(" \ufeff")


def _valued(value: pl.Expr) -> pl.Expr:
    return pl.when(value != "-").then(value)


def _groups(column: str, pattern: str) -> pl.Expr:
    """Return the pattern's named groups as columns."""
    return pl.col(column).str.extract_groups(pattern).struct.unnest()


_FRACTION = pl.duration(
    microseconds=pl.col("digits").str.head(6).str.pad_end(6, "0").str.to_integer(strict=False).fill_null(0),
    time_unit="us",
)


def _with_rest(frame: pl.DataFrame) -> pl.DataFrame:
    """Read host, tag, pid and text out of `rest`; without a tag the first word is the host."""
    frame = frame.with_columns(_groups("rest", patterns.LOOSE_REST))
    words = pl.col("rest").str.splitn(" ", 2)
    tagged = pl.col("tag").is_not_null()
    return frame.with_columns(
        own=OWN,
        host=pl.when(tagged).then(pl.col("host").fill_null("-")).otherwise(words.struct.field("field_0")),
        text=pl.when(tagged).then(pl.col("text")).otherwise(words.struct.field("field_1")).fill_null(""),
    )


def loose_month(lines: pl.DataFrame) -> pl.DataFrame:
    """Read every shape of an RFC 3164 header: one blank before the day, fraction, year, no host, no pid."""
    frame = lines.with_columns(_groups("line", patterns.LOOSE_MONTH))
    year = pl.col("year").fill_null(str(DUMMY_YEAR))
    stamp = pl.concat_str(year, "mon", "day", "clock", separator=" ")
    wall = stamp.str.to_datetime("%Y %b %d %H:%M:%S", time_unit="us", strict=False) + _FRACTION
    frame = frame.with_columns(wall=wall, instant=_NO_INSTANT, floating=pl.col("year").is_null())
    return _with_rest(frame).select(HEADED)


def _dated(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `wall` and `instant` from the groups of an ISO 8601 stamp."""
    stamp = pl.col("day") + "T" + pl.col("clock")
    wall = stamp.str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="us", strict=False) + _FRACTION
    return _in_utc(frame.with_columns(_EAST, wall=wall, floating=_CERTAIN))


def instants(stamps: pl.Series) -> pl.Series:
    """Return the instants that ISO 8601 stamps with a zone are; null for others."""
    groups = stamps.to_frame("stamp").select(_groups("stamp", patterns.ISO_ALONE))
    return _dated(groups)["instant"]


def loose_iso(lines: pl.DataFrame) -> pl.DataFrame:
    """Read every shape of an ISO 8601 header: blank for T, any fraction, any or no zone, no host, no pid."""
    return _with_rest(_dated(lines.with_columns(_groups("line", patterns.LOOSE_ISO)))).select(HEADED)


def loose_unix(lines: pl.DataFrame) -> pl.DataFrame:
    """Read every shape of a header that begins with seconds since 1970."""
    rest = pl.col("line").str.slice(18).alias("rest")
    return _with_rest(lines.with_columns(*_unix_time(pl.col("line")), rest, floating=_CERTAIN)).select(HEADED)


def loose_rfc5424(lines: pl.DataFrame) -> pl.DataFrame:
    """Read every shape of an RFC 5424 header: with structured data, message id, any time stamp."""
    frame = lines.with_columns(_groups("line", patterns.LOOSE_RFC5424))
    frame = _dated(frame.with_columns(_groups("stamp", patterns.ISO_ALONE)))
    return frame.with_columns(
        line=pl.col("line").str.replace(rf"^{patterns.PRI}1 ", ""),
        tag=_valued(pl.col("tag")),
        pid=_valued(pl.col("pid")),
        text=_message(pl.col("text").fill_null("")),
        own=OWN,
    ).select(HEADED)


@dataclass(frozen=True, slots=True)
class Style:
    """One header style: how its lines begin, its fast reading, and the exact one.

    `fast` returns a frame as high as the lines, and which of its rows are read for sure.
    """

    begins: str
    fast: Callable[[pl.DataFrame], tuple[pl.DataFrame, pl.Series]]
    loose: Callable[[pl.DataFrame], pl.DataFrame]


STYLES = (
    Style(r"^[A-Z][a-z]{2} ", month, loose_month),
    Style(rf"^{patterns.ISO_STAMP}", iso, loose_iso),
    Style(rf"^{patterns.PRI}1 ", rfc5424, loose_rfc5424),
    Style(rf"^{patterns.UNIX_STAMP} ", unix, loose_unix),
)

"""Exim's own file stamp: `2026-03-09 04:05:06[.123][ +0100][ [pid]] `, without host and tag, local time by default."""

import polars as pl

from bouncelake.framing import patterns
from bouncelake.framing.clock import WALL
from bouncelake.framing.headers import HEADED, Style, zone_offset
from bouncelake.schema import INSTANT

TAG = "exim"
"""The tag that such lines get: they have none, but no other program writes them."""

ID = r"[0-9A-Za-z]{6}-(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{11}-[0-9A-Za-z]{4})"
_SECOND = r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"
_PARTS = (r"\.[0-9]{3}", r" [+-][0-9]{4}", r" \[[0-9]+\]")
STAMP = _SECOND + "".join(f"(?:{part})?" for part in _PARTS)
# How lines go on that concern no message; with a pid in brackets any text may follow.
_WORDS = (
    r"H=|F=<|U=|SMTP |cwd=|Start |End |exim |Exim |rejected |temporarily |unqualified |no |unexpected |list matching "
    r"|TLS |Connection |connection |refused |[0-9A-Za-z_-]+ authenticator |pid [0-9]|SIG|Warning: |LOG: |ALERT"
    r"|Failed |failed |sender verify |RCPT <|DKIM: |Message |daemon |remote host |socket |errno="
)
_WITHOUT_PID = rf"{_SECOND}(?:{_PARTS[0]})?(?:{_PARTS[1]})? (?:{ID} |{_WORDS})"
BEGINS = rf"^(?:{_WITHOUT_PID}|{_SECOND}(?:{_PARTS[0]})?(?:{_PARTS[1]})?{_PARTS[2]} )"
"""A line with Exim's own stamp: what follows it tells it from other programs that stamp alike."""

_SYSLOG = rf"^(?:{patterns.PRI})?(?:1 )?(?:{patterns.MONTH_STAMP}|{patterns.ISO_STAMP}[^ ]*)"
LINE = rf"{BEGINS}|{_SYSLOG} (?:[^ ]+ )?exim[^ \[:]*[\[: ]"
"""A whole line that Exim wrote, in its own file or to syslog."""

_LOOSE = (
    rf"^(?<second>{_SECOND})(?:\.(?<ms>[0-9]{{3}}))?(?: (?<zone>[+-][0-9]{{4}}))?(?: \[(?<pid>[0-9]+)\])? (?<text>.*)$"
)
HEADER_LINE = r"^(?:Envelope-(?:from|to): |[A-Z* ] [!-9;-~]+:|[\t ])"
"""A line of the reject log below a stamped one: a header of the rejected message, or the rest of one."""


def fast(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Read lines that have the same parts in their stamp as the first one."""
    shape = lines.head(1).select(pl.col("line").str.extract_groups(_LOOSE).struct.unnest()).row(0, named=True)
    width = 19 + 4 * (shape["ms"] is not None) + 6 * (shape["zone"] is not None)
    parts = "".join(part for part, name in zip(_PARTS, ("ms", "zone", "pid"), strict=True) if shape[name] is not None)
    after = " " if shape["pid"] is not None else rf" (?:{ID} |{_WORDS})"
    line = pl.col("line")
    zone = line.str.slice(width - 5, 5) if shape["zone"] is not None else None
    ok = line.str.contains(f"^{_SECOND}{parts}{after}")
    frame = lines.with_columns(
        ok=ok if zone is None else ok & (zone == shape["zone"]), wall=_wall(line.str.head(19), shape["ms"] is not None)
    )
    frame = frame.with_columns(_instant(shape["zone"]), *_rest(line.str.slice(width + 1), shape["pid"] is not None))
    frame = frame.with_columns(*_CONSTANTS)
    return frame, frame.select((pl.col("ok") & pl.col("wall").is_not_null()).fill_null(value=False)).to_series()


_CONSTANTS = (
    pl.lit(value=False).alias("floating"),
    pl.lit(None, pl.String).alias("host"),
    pl.lit(TAG).alias("tag"),
    pl.lit(value=True).alias("own"),
)


def _wall(second: pl.Expr, has_ms: bool) -> pl.Expr:  # noqa: FBT001
    wall = second.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)
    if not has_ms:
        return wall
    ms = pl.col("line").str.slice(20, 3).str.to_integer(strict=False)
    return wall + pl.duration(milliseconds=ms, time_unit="us")


def _instant(zone: str | None) -> pl.Expr:
    if zone is None:
        return pl.lit(None, INSTANT).alias("instant")
    return (pl.col("wall") - zone_offset(pl.lit(zone))).dt.replace_time_zone("UTC").alias("instant")


def _rest(rest: pl.Expr, has_pid: bool) -> list[pl.Expr]:  # noqa: FBT001
    if not has_pid:
        return [pl.lit(None, pl.String).alias("pid"), rest.alias("text")]
    halves = rest.str.splitn("] ", 2).struct
    return [halves.field("field_0").str.slice(1).alias("pid"), halves.field("field_1").fill_null("").alias("text")]


def loose(lines: pl.DataFrame) -> pl.DataFrame:
    """Read every shape of Exim's stamp."""
    frame = lines.with_columns(pl.col("line").str.extract_groups(_LOOSE).struct.unnest())
    wall = pl.col("second").str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)
    ms = pl.duration(milliseconds=pl.col("ms").str.to_integer(strict=False).fill_null(0), time_unit="us")
    frame = frame.with_columns(wall=(wall + ms).cast(WALL), east=zone_offset(pl.col("zone")))
    instant = (pl.col("wall") - pl.col("east")).dt.replace_time_zone("UTC")
    return frame.with_columns(*_CONSTANTS, instant=instant, text=pl.col("text").fill_null("")).select(HEADED)


STYLE = Style(BEGINS, fast, loose)


def begun(lines: pl.DataFrame) -> bool | None:
    """Tell whether the first line with a stamp has Exim's; null where none has any."""
    stamped = pl.col("line").str.contains(patterns.STAMPED)
    for some in (lines.head(1), lines):
        first = some.filter(stamped).head(1)
        if first.height:
            return bool(first.select(pl.col("line").str.contains(BEGINS)).item())
    return None

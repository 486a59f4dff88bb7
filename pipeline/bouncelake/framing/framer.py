"""Lines in, records out: the walk through headers and containers, with the account of every line."""

from dataclasses import dataclass

import polars as pl

from bouncelake.framing import boxes, headers, patterns, repeats
from bouncelake.framing.clock import Calendar, Clock, first_stamp
from bouncelake.schema import INSTANT

RECORDS = pl.Schema(
    {
        "offset": pl.Int64(),
        "copy": pl.Int32(),
        "line": pl.String(),
        "ts": INSTANT,
        "host": pl.String(),
        "tag": pl.String(),
        "pid": pl.String(),
        "text": pl.String(),
    }
)
_LINE = pl.col("line")
_DEPTH = 6
"""How many layers are taken off a line at most."""
REFUSED = pl.Schema({"offset": pl.Int64(), "line": pl.String(), "ts": INSTANT, "reason": pl.String()})


@dataclass(frozen=True, slots=True)
class Framed:
    """What came out of some lines: each line is in exactly one of records, refused, foreign, context, or still held.

    Args:
        records: `offset`, `copy`, `line`, `ts`, `host`, `tag`, `pid`, `text`, in log order.
        refused: `offset`, `line`, `ts`, `reason` of lines that cannot be read.
        foreign: How many lines other programs wrote.
        context: How many lines say nothing by themselves.
        held: Offset of the first line that waits for its continuation; it and all later lines come out later.
    """

    records: pl.DataFrame
    refused: pl.DataFrame
    foreign: int
    context: int
    held: int | None


@dataclass(slots=True)
class _Parts:
    """What one pass over some lines has found so far."""

    headed: list[pl.DataFrame]
    refused: list[pl.DataFrame]
    foreign: int = 0
    context: int = 0
    held: int | None = None

    def refuse(self, lines: pl.DataFrame, reason: str) -> None:
        self.refused.append(_refusal(lines, reason))

    def hold(self, offset: int | None) -> None:
        if offset is not None:
            self.held = offset if self.held is None else min(self.held, offset)


def _refusal(lines: pl.DataFrame, reason: str) -> pl.DataFrame:
    return lines.select("offset", "line", ts=pl.lit(None, INSTANT), reason=pl.lit(reason))


def _any_style() -> pl.Expr:
    return pl.any_horizontal(_LINE.str.contains(style.begins) for style in headers.STYLES)


def _style(lines: pl.DataFrame) -> headers.Style | None:
    """Return the header style of the first line: the one that most lines of a chunk have."""
    first = lines.head(1)
    return next((s for s in headers.STYLES if first.select(_LINE.str.contains(s.begins).any()).item()), None)


class Framer:
    """Turns the lines of one source into records, chunk by chunk; where chunks are cut makes no difference.

    Args:
        hint: Regular expression of literals; a line without any of them is counted, not returned.
        clock: What is known about the source's time beside its lines.
    """

    def __init__(self, hint: str, clock: Clock) -> None:
        self._hint = hint
        self._calendar = Calendar(clock)
        self._carry: pl.DataFrame | None = None

    def frame(self, lines: pl.DataFrame) -> Framed:
        """Return what the next lines of the source (`offset`, `line`) are."""
        if self._carry is not None:
            lines = pl.concat([self._carry, lines])
        return self._framed(lines.select("offset", "line"), final=False)

    def finish(self) -> Framed:
        """Return what was still held: no more lines will come."""
        lines = self._carry if self._carry is not None else pl.DataFrame(schema={"offset": pl.Int64, "line": pl.String})
        return self._framed(lines, final=True)

    def _framed(self, lines: pl.DataFrame, *, final: bool) -> Framed:
        end = None if final or lines.is_empty() else lines["offset"][-1]
        ready, parts, self._carry = lines, self._read(lines, end), None
        while parts.held is not None:
            ready = lines.filter(pl.col("offset") < parts.held)
            self._carry = lines.filter(pl.col("offset") >= parts.held)
            held, parts = parts.held, self._read(ready, end)
        self._begin(ready, parts)
        records, refused = self._timed(parts)
        held = None if self._carry is None else self._carry["offset"][0]
        return Framed(records, refused, parts.foreign, parts.context, held)

    def _read(self, lines: pl.DataFrame, end: int | None) -> _Parts:
        parts = _Parts([], [])
        self._walk(lines.with_columns(outer=pl.lit(None, INSTANT)), parts, end, _DEPTH)
        return parts

    def _walk(self, lines: pl.DataFrame, parts: _Parts, end: int | None, depth: int) -> None:
        """Read the headers of lines; open the containers of those that have none, and walk again."""
        wanted = lines.select(pl.col("line").str.contains(self._hint)).to_series()
        style = _style(lines)
        missed = lines.filter(wanted)
        if style is not None:
            missed = self._fast(missed, style, parts, end, depth)
        rest = self._count(lines.filter(~wanted), parts)
        if missed.is_empty() and rest.is_empty():
            return
        missed = pl.concat([self._dispatch(missed, style, parts, end, depth), rest]).sort("offset")
        if depth:
            opened = boxes.unwrap(missed, end)
            missed = opened.rest
            parts.refuse(opened.broken, "bad_json")
            parts.context += opened.merged
            parts.hold(opened.held)
            if opened.inner.height:
                self._walk(opened.inner, parts, end, depth - 1)
        self._last(missed, parts, end, depth)

    def _fast(
        self, lines: pl.DataFrame, style: headers.Style, parts: _Parts, end: int | None, depth: int
    ) -> pl.DataFrame:
        """Keep the lines that have the style's common shape; return the others."""
        if lines.is_empty():
            return lines
        frame, ok = style.fast(lines)
        if ok.all():
            self._keep(frame.select(headers.HEADED), parts, end, depth)
            return lines.clear()
        self._keep(frame.filter(ok).select(headers.HEADED), parts, end, depth)
        return lines.filter(~ok)

    def _keep(self, good: pl.DataFrame, parts: _Parts, end: int | None, depth: int) -> None:
        """Keep headed lines; walk into those that carry another logger's whole line."""
        if depth and not good["own"].all():
            nested = good.select(~pl.col("own") & pl.col("text").str.contains(patterns.NESTED)).to_series()
            time = pl.coalesce("instant", "outer").alias("outer")
            inner = good.filter(nested).select("offset", pl.col("text").alias("line"), time)
            good = good.filter(~nested)
            if inner.height:
                self._walk(inner, parts, end, depth - 1)
        if good.height:
            parts.headed.append(good)

    def _count(self, lines: pl.DataFrame, parts: _Parts) -> pl.DataFrame:
        """Count lines without a hint by who wrote them; return those whose header is not plain."""
        others = lines.filter(~_LINE.str.contains(patterns.POSTFIX_LINE))
        parts.context += lines.height - others.height
        if others.is_empty():
            return others
        plain = others.select(_LINE.str.contains(patterns.ANY_LINE) & ~_LINE.str.contains(patterns.BOXED)).to_series()
        lost = int(others.filter(plain).select(_LINE.str.contains(patterns.LOSS).sum()).item())
        parts.context += lost
        parts.foreign += int(plain.sum()) - lost
        return others.filter(~plain)

    def _dispatch(
        self, lines: pl.DataFrame, done: headers.Style | None, parts: _Parts, end: int | None, depth: int
    ) -> pl.DataFrame:
        """Try each style on the lines that begin like it; return what none could read."""
        left = [lines]
        if lines.height:
            left = [lines.filter(~_any_style())]
            for style in headers.STYLES:
                mine = lines.filter(_LINE.str.contains(style.begins))
                if mine.height and style is not done:
                    mine = self._fast(mine, style, parts, end, depth)
                left.append(mine)
        return pl.concat(left)

    def _last(self, lines: pl.DataFrame, parts: _Parts, end: int | None, depth: int) -> None:
        """Read odd headers exactly; refuse what has none."""
        for style in headers.STYLES:
            mine = lines.filter(_LINE.str.contains(style.begins))
            if mine.is_empty():
                continue
            lines = lines.filter(~_LINE.str.contains(style.begins))
            read = style.loose(mine)
            parts.refuse(mine.filter(read["host"].is_null()), "no_header")
            self._sorted_out(read.filter(pl.col("host").is_not_null()), parts, end, depth)
        blank = lines.select(_LINE.str.contains(patterns.BLANK)).to_series()
        parts.context += int(blank.sum())
        parts.refuse(lines.filter(~blank), "no_header")

    def _sorted_out(self, read: pl.DataFrame, parts: _Parts, end: int | None, depth: int) -> None:
        """Keep odd headers that the hint wants, count the others."""
        wanted = _LINE.str.contains(self._hint)
        self._keep(read.filter(wanted), parts, end, depth)
        others = read.filter(~wanted)
        own = pl.col("tag").str.contains(patterns.POSTFIX_TAG).fill_null(value=False)
        context = int(others.select((own | _LINE.str.contains(patterns.LOSS)).sum()).item())
        parts.context += context
        parts.foreign += others.height - context

    def _begin(self, lines: pl.DataFrame, parts: _Parts) -> None:
        """Let the first yearless stamp of the source date it, be its line wanted or not."""
        if self._calendar.started:
            return
        found = first_stamp(lines)
        if found is None:
            return
        offset, stamp = found
        yearless = pl.col("floating") & pl.col("outer").is_null()
        earlier = (part.filter(yearless & (pl.col("offset") < offset)).height for part in parts.headed)
        if not any(earlier):
            self._calendar.start(stamp)

    def _timed(self, parts: _Parts) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return records and refused lines with their times."""
        refused = [frame for frame in parts.refused if frame.height]
        if not parts.headed:
            return RECORDS.to_frame(), pl.concat([REFUSED.to_frame(), *refused]).sort("offset")
        rows = pl.concat(parts.headed)
        rows = rows if len(parts.headed) == 1 else rows.sort("offset")
        rows = rows.with_columns(self._calendar.resolve(rows).alias("ts"))
        if rows["ts"].null_count():
            bad = rows.filter(pl.col("ts").is_null())
            refused.append(_refusal(bad, "implausible_time"))
            rows = rows.filter(pl.col("ts").is_not_null())
        records, odd = repeats.expanded(rows)
        refused.append(_refusal(odd, "implausible_repeat"))
        return records.select(RECORDS.names()), pl.concat([REFUSED.to_frame(), *refused]).sort("offset")

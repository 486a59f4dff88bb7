"""One pass over some lines: each is headed, refused, counted, or waits; containers are opened and walked again."""

from collections.abc import Sequence

import polars as pl

from bouncelake.framing import boxes, exim, headers, patterns, records
from bouncelake.framing.styles import STYLES
from bouncelake.schema import INSTANT

_LINE = pl.col("line")
_DEPTH = 6
"""How many layers are taken off a line at most."""


class Walk:
    """What is found in the lines so far.

    Args:
        hints: Lines that match none of these are only counted.
        end: Offset of the last line read so far; null when no more will come.
        exim: Whether the source begins with Exim's own stamp, so that a line without any belongs to the one above it;
            null while that is not known.
    """

    def __init__(self, hints: Sequence[str], end: int | None, *, exim: bool | None = None) -> None:
        self.headed: list[pl.DataFrame] = []
        self.refused: list[pl.DataFrame] = []
        self.foreign = 0
        self.context = 0
        self.held: int | None = None
        self._hints = hints
        self._end = end
        self._exim = exim

    def complete(self) -> None:
        """Give Exim's records that take several lines their rest."""
        if not self.headed:
            return
        rows = pl.concat(self.headed)
        told = records.completed(rows if len(self.headed) == 1 else rows.sort("offset"), self._end)
        self.headed = [told.rows]
        self.context += told.merged
        waiting = [offset for offset in (self.held, told.held) if offset is not None]
        self.held = min(waiting, default=None)

    def read(self, lines: pl.DataFrame, depth: int = _DEPTH) -> None:
        """Read the headers of lines (`offset`, `line`, `outer`); open those that have none, and read again."""
        wanted = _matching(lines["line"], self._hints)
        main = _first_style(lines)
        missed = lines.filter(wanted)
        if main is not None:
            missed = self._fast(missed, main, depth)
        counted = self._count(lines.filter(~wanted))
        if missed.is_empty() and counted.is_empty():
            return
        missed = self._others(missed, main, depth)
        missed = pl.concat([missed, counted]).sort("offset")
        if self._exim is not False and depth == _DEPTH:
            # A stranger wrote these: what they look like inside does not count.
            below, missed = _parted(missed, exim.HEADER_LINE)
            self.context += below.height
        if depth:
            missed = self._open(missed, depth)
        self._exact(missed, depth)

    def refuse(self, lines: pl.DataFrame, reason: str) -> None:
        """Keep lines as refused."""
        if lines.height:
            self.refused.append(lines.select("offset", "line", ts=pl.lit(None, INSTANT), reason=pl.lit(reason)))

    def _fast(self, lines: pl.DataFrame, style: headers.Style, depth: int) -> pl.DataFrame:
        """Keep the lines that have the style's common shape; return the others."""
        if lines.is_empty():
            return lines
        frame, ok = style.fast(lines)
        if ok.all():
            self._keep(frame.select(headers.HEADED), depth)
            return lines.clear()
        self._keep(frame.filter(ok).select(headers.HEADED), depth)
        return lines.filter(~ok)

    def _keep(self, good: pl.DataFrame, depth: int) -> None:
        """Keep headed lines; read those again that carry another logger's whole line."""
        if depth and not good["own"].all():
            nested = good.select(~pl.col("own") & pl.col("text").str.contains(patterns.NESTED)).to_series()
            time = pl.coalesce("instant", "outer").alias("outer")
            inner = good.filter(nested).select("offset", pl.col("text").alias("line"), time)
            good = good.filter(~nested)
            if inner.height:
                self.read(inner, depth - 1)
        if good.height:
            self.headed.append(good)

    def _count(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Count lines without a hint by who wrote them; return those whose header is not plain."""
        others = lines.filter(~_LINE.str.contains(patterns.POSTFIX_LINE)).filter(~_LINE.str.contains(exim.LINE))
        self.context += lines.height - others.height
        if others.is_empty():
            return others
        plain = others.select(_LINE.str.contains(patterns.ANY_LINE) & ~_LINE.str.contains(patterns.BOXED)).to_series()
        lost = int(others.filter(plain).select(_LINE.str.contains(patterns.LOSS).sum()).item())
        self.context += lost
        self.foreign += int(plain.sum()) - lost
        return others.filter(~plain)

    def _others(self, lines: pl.DataFrame, done: headers.Style | None, depth: int) -> pl.DataFrame:
        """Keep the lines that have another style's common shape; return the rest."""
        left = []
        for style in STYLES:
            if lines.is_empty():
                break
            mine, lines = _parted(lines, style.begins)
            left.append(mine if style is done else self._fast(mine, style, depth))
        return pl.concat([lines, *left])

    def _open(self, lines: pl.DataFrame, depth: int) -> pl.DataFrame:
        """Take a layer off the lines that have one, and read what is inside; return the rest."""
        opened = boxes.unwrap(lines, self._end)
        self.refuse(opened.broken, "bad_json")
        self.context += opened.merged
        waiting = [offset for offset in (self.held, opened.held) if offset is not None]
        self.held = min(waiting, default=None)
        if opened.inner.height:
            self.read(opened.inner, depth - 1)
        return opened.rest

    def _exact(self, lines: pl.DataFrame, depth: int) -> None:
        """Read odd headers exactly; refuse what has none."""
        for style in STYLES:
            mine, lines = _parted(lines, style.begins)
            if mine.height:
                found = style.loose(mine)
                nobody = found["host"].is_null() & found["tag"].is_null()
                self.refuse(mine.filter(nobody), "no_header")
                self._sort_out(found.filter(~nobody), depth)
        blank, lines = _parted(lines, patterns.BLANK)
        self.context += blank.height
        if self._exim:
            self.context += lines.height
        else:
            self.refuse(lines, "no_header")

    def _sort_out(self, found: pl.DataFrame, depth: int) -> None:
        """Keep lines with an odd header that the hint wants, count the others."""
        wanted = _matching(found["line"], self._hints)
        self._keep(found.filter(wanted), depth)
        others = found.filter(~wanted)
        own = pl.col("tag").str.contains(rf"{patterns.POSTFIX_TAG}|^exim").fill_null(value=False)
        context = int(others.select((own | _LINE.str.contains(patterns.LOSS)).sum()).item())
        self.context += context
        self.foreign += others.height - context


def _matching(lines: pl.Series, hints: Sequence[str]) -> pl.Series:
    """Tell the lines that match a hint. One after the other is cheaper than all in one expression."""
    found = lines.str.contains(hints[0])
    for hint in hints[1:]:
        rest = (~found).arg_true()
        found = found.scatter(rest.filter(lines.gather(rest).str.contains(hint)), values=True)
    return found


def _parted(lines: pl.DataFrame, begins: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    mine = lines.select(_LINE.str.contains(begins)).to_series()
    return lines.filter(mine), lines.filter(~mine)


def _first_style(lines: pl.DataFrame) -> headers.Style | None:
    """Return the header style of the first line: the one that most lines of a chunk have."""
    first = lines.head(1)
    return next((s for s in STYLES if first.select(_LINE.str.contains(s.begins).any()).item()), None)

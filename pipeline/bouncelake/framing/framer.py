"""Lines in, records out, chunk by chunk, with the account of every line."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from bouncelake.framing import exim, records, repeats
from bouncelake.framing.clock import Calendar, Clock, first_stamp
from bouncelake.framing.walk import Walk
from bouncelake.schema import INSTANT

LINES = pl.Schema({"offset": pl.Int64(), "line": pl.String()})
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
REFUSED = pl.Schema({"offset": pl.Int64(), "line": pl.String(), "ts": INSTANT, "reason": pl.String()})


@dataclass(frozen=True, slots=True)
class Framed:
    """What came out of some lines: each line is in exactly one of records, refused, foreign, context, or still held.

    Args:
        records: `offset`, `copy`, `line`, `ts`, `host`, `tag`, `pid`, `text`, in log order; `host` may be `-`.
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


class Framer:
    """Turns the lines of one source into records, chunk by chunk; where chunks are cut makes no difference.

    Args:
        hint: Regular expression of literals; a line without any of them is counted, not returned.
        clock: What is known about the source's time beside its lines.
    """

    def __init__(self, hint: str | Sequence[str], clock: Clock) -> None:
        self._hints = (hint,) if isinstance(hint, str) else tuple(hint)
        self._calendar = Calendar(clock)
        self._carry = LINES.to_frame()
        self._exim: bool | None = None

    def frame(self, lines: pl.DataFrame) -> Framed:
        """Return what the next lines of the source (`offset`, `line`) are."""
        lines = lines.select(LINES.names())
        if self._carry.height:
            lines = pl.concat([self._carry, lines])
        return self._framed(lines, None if lines.is_empty() else lines["offset"][-1])

    def finish(self) -> Framed:
        """Return what was still held: no more lines will come."""
        return self._framed(self._carry, None)

    def _framed(self, lines: pl.DataFrame, end: int | None) -> Framed:
        ready, walk = self._ready(lines, end)
        self._carry = lines.slice(ready.height)
        self._begin(ready, walk)
        records = self._records(walk)
        refused = pl.concat([REFUSED.to_frame(), *walk.refused]).sort("offset")
        held = self._carry["offset"][0] if self._carry.height else None
        return Framed(records, refused, walk.foreign, walk.context, held)

    def _ready(self, lines: pl.DataFrame, end: int | None) -> tuple[pl.DataFrame, Walk]:
        """Return the lines before the first that must wait, and what is in them."""
        while True:
            walk = Walk(self._wanted(lines), end, exim=self._exim)
            walk.read(lines.with_columns(outer=pl.lit(None, INSTANT)))
            walk.complete()
            if walk.held is None:
                return lines, walk
            lines = lines.filter(pl.col("offset") < walk.held)

    def _wanted(self, lines: pl.DataFrame) -> tuple[str, ...]:
        """Return the hints, widened where records were cut for syslog: their pieces may hold no word of it."""
        if self._exim is None:
            self._exim = exim.begun(lines)
        cut = lines.select(pl.col("line").str.contains(records.FIRST_PIECE, literal=True).any()).item()
        # Most lines of Exim's own file hold its words: whoever is asked first spares the others.
        hints = self._hints[::-1] if self._exim else self._hints
        return (*hints, records.PIECES) if cut else hints

    def _begin(self, lines: pl.DataFrame, walk: Walk) -> None:
        """Let the first yearless stamp of the source date it, be its line wanted or not."""
        found = None if self._calendar.started else first_stamp(lines)
        if found is None:
            return
        offset, stamp = found
        yearless = pl.col("floating") & pl.col("outer").is_null() & (pl.col("offset") < offset)
        if not any(part.filter(yearless).height for part in walk.headed):
            self._calendar.start(stamp)

    def _records(self, walk: Walk) -> pl.DataFrame:
        """Return the headed lines with their times, repeats written out; refuse the impossible."""
        if not walk.headed:
            return RECORDS.to_frame()
        rows = pl.concat(walk.headed)
        rows = rows if len(walk.headed) == 1 else rows.sort("offset")
        rows = rows.with_columns(self._calendar.resolve(rows))
        if rows["ts"].null_count():
            walk.refuse(rows.filter(pl.col("ts").is_null()), "implausible_time")
            rows = rows.filter(pl.col("ts").is_not_null())
        records, odd = repeats.expanded(rows)
        walk.refuse(odd, "implausible_repeat")
        return records.select(RECORDS.names())

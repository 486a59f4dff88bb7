"""What one chunk of one log yields: its rows, with their identity, and the count of its lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType

import polars as pl

from bouncelake.errors import BouncelakeError
from bouncelake.framing import Framed, Framer
from bouncelake.ingest.numbering import Numbering
from bouncelake.parsers import Facts
from bouncelake.schema import INSTANT

ROW_TABLES = ("messages", "refused", "events")
"""The tables that hold rows of lines, in the order in which they are committed."""
TEXT_KEPT = 1000
"""Characters of a refused line that are kept."""


@dataclass(frozen=True, slots=True)
class Piece:
    """The rows and counts of one byte range of a source; `rows` has a frame for each of `ROW_TABLES`."""

    offset_from: int
    offset_to: int
    rows: Mapping[str, pl.DataFrame]
    events: int
    context: int
    foreign: int
    refused: int
    first_ts: datetime | None
    last_ts: datetime | None

    @property
    def lines(self) -> int:
        """Return how many lines the range holds."""
        return self.events + self.context + self.foreign + self.refused


class Parser:
    """Turns the chunks of one source into pieces, with the parsers of the wanted systems."""

    def __init__(
        self, systems: Mapping[str, ModuleType], framer: Framer, known: Mapping[str, pl.DataFrame], now: datetime
    ) -> None:
        """Take the systems by name, the source's framer, and the rows of its last minute per table.

        `now` is the time of a refused line that stands before any line with a time.
        """
        self._systems = systems
        self._framer = framer
        self._numbering = {table: Numbering(known.get(table)) for table in ROW_TABLES}
        self._last_ts = now
        self._waiting = 0
        self._empty: dict[str, Facts] = {}

    def parse(self, lines: pl.DataFrame, offset_from: int, offset_to: int) -> Piece:
        """Return the piece of these lines (`offset`, `line`).

        Lines that wait for their continuation belong to a later piece: `offset_to` is then theirs.
        """
        framed = self._framer.frame(lines)
        self._waiting += lines.height
        return self._piece(framed, offset_from, offset_to if framed.held is None else framed.held)

    def finish(self, offset_from: int, offset_to: int) -> Piece:
        """Return the piece of the lines that still waited at the end of the source."""
        return self._piece(self._framer.finish(), offset_from, offset_to)

    def _piece(self, framed: Framed, offset_from: int, offset_to: int) -> Piece:
        facts, strangers = self._read(framed.records)
        refused = self._refused(framed, facts.refused)
        told, bad = facts.events["offset"].n_unique(), refused["offset"].n_unique()
        claimed = framed.records["offset"].n_unique() - strangers - told - facts.refused["offset"].n_unique()
        rows = {"messages": facts.messages, "refused": refused, "events": facts.events}
        piece = Piece(
            offset_from,
            offset_to,
            {table: self._numbering[table].identify(rows[table]) for table in ROW_TABLES},
            events=told,
            context=framed.context + claimed,
            foreign=framed.foreign + strangers,
            refused=bad,
            first_ts=framed.records["ts"].min(),  # type: ignore[arg-type]  # a column of instants
            last_ts=framed.records["ts"].max(),  # type: ignore[arg-type]
        )
        self._balance(piece, held=framed.held is not None)
        return piece

    def _balance(self, piece: Piece, *, held: bool) -> None:
        """Check that every line that was read has been counted once, or waits."""
        self._waiting -= piece.lines
        if self._waiting < 0 or (self._waiting and not held):
            raise BouncelakeError(
                f"the line account does not balance by {self._waiting} between offset {piece.offset_from} and"
                f" {piece.offset_to}: please report this with the log"
            )

    def _read(self, records: pl.DataFrame) -> tuple[Facts, int]:
        """Return what the systems' parsers read, and how many lines none of them claimed."""
        read, rest = [], records
        for name, module in self._systems.items():
            mine = rest.select(module.sniff()).to_series()
            if mine.any():
                facts, rest = module.parse(rest.filter(mine)), rest.filter(~mine)
            else:
                facts = self._nothing(name, module, records)
            system = pl.lit(name).alias("system")
            read.append((facts.events.with_columns(system), facts.messages.with_columns(system), facts.refused))
        events, messages, refused = (pl.concat(frames, how="diagonal") for frames in zip(*read, strict=True))
        return Facts(events, messages, refused), rest["offset"].n_unique()

    def _nothing(self, name: str, module: ModuleType, records: pl.DataFrame) -> Facts:
        """Return what the system's parser makes of no record; most logs are of one system."""
        if name not in self._empty:
            self._empty[name] = module.parse(records.clear())
        return self._empty[name]

    def _refused(self, framed: Framed, misread: pl.DataFrame) -> pl.DataFrame:
        """Return the refused lines with a time: their own, else that of the record before."""
        columns = ("offset", "copy", "ts", "line", "reason")
        headless = framed.refused.with_columns(copy=pl.lit(0, pl.Int32))
        refused = pl.concat([headless.select(columns), misread.select(columns)]).sort("offset")
        before = framed.records.select("offset", before="ts").unique("offset", keep="first").sort("offset")
        refused = refused.join_asof(before, on="offset", strategy="backward")
        filled = pl.coalesce("ts", "before").fill_null(pl.lit(self._last_ts, INSTANT))
        if not before.is_empty():
            self._last_ts = before["before"][-1]
        text = pl.col("line").str.slice(0, TEXT_KEPT).alias("text")
        return refused.with_columns(filled.alias("ts"), text).drop("before")

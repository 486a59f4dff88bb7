"""What one block of a stream of values yields: its rows, with their identity, and the count of its values."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import ModuleType

import polars as pl

from bouncelake.digest import digests
from bouncelake.ingest.piece import TEXT_KEPT, Piece
from bouncelake.parsers import esp
from bouncelake.parsers.esp import finish
from bouncelake.schema import INSTANT, MESSAGES
from bouncelake.values import BadJsonError, CsvCutter, Cut, Cutter, is_header

AHEAD = timedelta(days=2)
"""How far a time may lie ahead of the ingest."""
EARLIEST = datetime.fromisoformat("1990-01-01T00:00:00+00:00")


class ValueParser:
    """Turns the blocks of one stream into pieces, with the wanted providers; each value counts as a line."""

    def __init__(
        self, providers: Mapping[str, ModuleType], sample: bytes, offset: int, now: datetime, *, engagement: bool
    ) -> None:
        """Take how the stream begins, where in it the blocks begin, and whether opens and clicks are kept.

        `now` is the time of a refused value that stands before any value with a time.
        """
        self._providers = providers
        header = sample.split(b"\n", 1)[0].decode("utf-8", "replace")
        self._cutter = CsvCutter(offset, header) if is_header(header) else Cutter(offset)
        self._offset = offset
        self._now = now
        self._last_ts = now
        self._engagement = engagement

    def parse(self, block: bytes) -> Piece:
        """Return the piece of the values that these bytes complete."""
        try:
            return self._piece(self._cutter.feed(block, trusting=True))
        except BadJsonError:
            self._cutter.undo()
            return self._piece(self._cutter.feed(block))

    def finish(self, *, final: bool) -> Piece:
        """Return the piece of what still waited; unless `final`, only of what can be read as it is."""
        return self._piece(self._cutter.finish(final=final))

    def _piece(self, cut: Cut) -> Piece:
        told = esp.read(cut.values, cut.others, self._providers)
        rows, untimely = self._timely(told.rows)
        kept = rows if self._engagement else _without(rows, pl.col("event").is_in(finish.ENGAGEMENT))
        events = finish.events(kept)
        refused = self._refused([cut.refused, told.refused, untimely], rows)
        told_values = kept["n"].n_unique()
        piece = Piece(
            self._offset,
            cut.end,
            {"messages": _no_messages(), "refused": refused, "events": events},
            events=told_values,
            context=told.context + rows["n"].n_unique() - told_values,
            foreign=told.foreign,
            refused=refused.height,
            first_ts=events["ts"].min(),  # type: ignore[arg-type]  # a column of instants
            last_ts=events["ts"].max(),  # type: ignore[arg-type]
        )
        self._offset = cut.end
        return piece

    def _timely(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the rows with a possible time, and the values of the others as refused."""
        good = pl.col("ts").is_between(pl.lit(EARLIEST, INSTANT), pl.lit(self._now + AHEAD, INSTANT))
        bad = rows.filter(~good)
        if bad.is_empty():
            return rows, _nothing_refused()
        text = pl.concat_str(
            "system", pl.col("source_event").fill_null(""), pl.col("ts").cast(pl.String), separator=" "
        )
        refused = bad.unique("n", keep="first", maintain_order=True).select(
            "offset", text=text, reason=pl.lit("implausible_time")
        )
        return rows.join(bad.select("n"), on="n", how="anti", maintain_order="left"), refused

    def _refused(self, parts: list[pl.DataFrame], rows: pl.DataFrame) -> pl.DataFrame:
        """Return the refused values with the time of the event before them, and an identity by their text."""
        refused = pl.concat([part.select(_nothing_refused().columns) for part in parts]).sort("offset")
        if refused.is_empty():
            return refused.with_columns(ts=pl.lit(None, INSTANT), copy=pl.lit(0, pl.Int32), line_id=pl.col("text"))
        before = rows.select("offset", "ts").unique("offset", keep="first").sort("offset")
        timed = refused.join_asof(before, on="offset", strategy="backward")
        filled = timed.with_columns(pl.col("ts").fill_null(pl.lit(self._last_ts, INSTANT)))
        if not before.is_empty():
            self._last_ts = before["ts"][-1]
        again = pl.int_range(pl.len()).over("text").cast(pl.String)
        return filled.with_columns(
            pl.col("text").str.head(TEXT_KEPT),
            copy=pl.lit(0, pl.Int32),
            line_id=pl.concat_str(digests(filled["text"]), again, separator="."),
        )


def _without(rows: pl.DataFrame, what: pl.Expr) -> pl.DataFrame:
    """Return the rows that are not this; the frame itself where none is, for a copy is dear."""
    unwanted = rows.select(what).to_series()
    return rows.filter(~unwanted) if unwanted.any() else rows


def _nothing_refused() -> pl.DataFrame:
    return pl.DataFrame(schema={"offset": pl.Int64, "text": pl.String, "reason": pl.String})


def _no_messages() -> pl.DataFrame:
    empty = MESSAGES.empty().drop("source", "source_name", "source_offset", "day")
    return empty.with_columns(offset=pl.lit(None, pl.Int64), copy=pl.lit(None, pl.Int32))

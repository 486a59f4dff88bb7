"""Finds the outermost JSON objects in bytes, whatever stands between them."""

from dataclasses import dataclass

import polars as pl

_ASCII = bytes(63 if byte > 127 else byte for byte in range(256))


@dataclass(frozen=True, slots=True)
class Spans:
    """Where objects begin and end (behind the last brace); `rest` is where one begins that does not end, or null."""

    starts: list[int]
    ends: list[int]
    rest: int | None


def spans(data: bytes) -> Spans:
    """Return where the outermost objects stand; strings are passed over, brackets outside of objects do not matter."""
    # A pair that begins with a backslash cannot end a string; of the same length, so that places stay.
    plain = data.translate(_ASCII).replace(b"\\\\", b"__").replace(b'\\"', b"__")
    text = pl.Series("text", [plain.decode("ascii")])
    quotes = _places(text, '"')
    braces = [
        _places(text, brace).to_frame("at").with_columns(step=pl.lit(step, pl.Int32))
        for brace, step in (("{", 1), ("}", -1))
    ]
    steps = pl.concat(braces).sort("at")
    outside = quotes.search_sorted(steps["at"]) % 2 == 0
    steps = steps.filter(outside).with_columns(depth=_depth())
    starts = steps.filter((pl.col("step") == 1) & (pl.col("depth") == 1))["at"].to_list()
    closes = (pl.col("step") == -1) & (pl.col("depth") == 0) & (pl.col("depth").shift() == 1)
    ends = (steps.filter(closes)["at"].cast(pl.Int64) + 1).to_list()
    return Spans(starts[: len(ends)], ends, starts[len(ends)] if len(starts) > len(ends) else None)


def _places(text: pl.Series, character: str) -> pl.Series:
    return text.str.find_many([character]).explode().drop_nulls()


def _depth() -> pl.Expr:
    """Count open braces; a closing brace too many is passed over, it ends nothing."""
    total = pl.col("step").cum_sum()
    below = pl.min_horizontal(total.cum_min(), pl.lit(0, pl.Int32))
    return total - below

"""`message repeated N times: [ ... ]`: one line that stands for several."""

import polars as pl

_SHAPE = r"^message repeated ([0-9]+) times: \[ ?(.*)$"
_MOST = 10_000
"""More repeats than this in one line are no log of mail, but a way to fill the memory."""


def expanded(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows with `copy`, repeats written out; and rows that claim an impossible number of repeats.

    The closing bracket may be missing. Each copy's `line` is its header and the inner text.
    """
    repeat = pl.col("text").str.starts_with("message repeated ")
    single = rows.with_columns(copy=pl.lit(0, pl.Int32))
    if not rows.select(repeat.any()).item():
        return single, rows.clear()
    groups = pl.col("text").str.extract_groups(_SHAPE).struct
    times = groups.field("1").str.to_integer(strict=False).fill_null(_MOST + 1)
    found = rows.with_columns(times=times, inner=groups.field("2").str.replace(r" ?\]$", ""))
    shaped = pl.col("inner").is_not_null()
    sane = pl.col("times").is_between(1, _MOST)
    copies = found.filter(shaped & sane).with_columns(copy=pl.int_ranges(pl.col("times"), dtype=pl.Int32))
    head = pl.col("line").str.head(pl.col("line").str.len_chars() - pl.col("text").str.len_chars())
    copies = copies.explode("copy").with_columns(line=head + pl.col("inner"), text=pl.col("inner"))
    kept = single.filter(~pl.col("text").str.contains(_SHAPE))
    both = pl.concat([kept, copies.select(single.columns)]).sort("offset", "copy")
    return both, found.filter(shaped & ~sane).select(rows.columns)

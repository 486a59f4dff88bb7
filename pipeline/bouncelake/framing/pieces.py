"""Long lines that a container runtime wrote in pieces, joined again."""

import polars as pl

PIECES = ("offset", "line", "outer", "stream", "partial")
_SPAN = 1 << 20
"""A line whose pieces lie further apart than this is taken as it is."""
_KEYS = ["stream", "chain", "span"]


def joined(pieces: pl.DataFrame, end: int | None) -> tuple[pl.DataFrame, int, int | None]:
    """Return whole lines, how many pieces were merged into earlier ones, and the offset of the first line still open.

    Args:
        pieces: `offset`, `line`, `outer`, `stream`, `partial`, in log order.
        end: Offset of the last line read so far; null when no more will come.
    """
    whole = pieces.select("offset", "line", "outer")
    if not pieces["partial"].any():
        return whole, 0, None
    chain = (~pl.col("partial")).shift(1, fill_value=True).cast(pl.Int64).cum_sum().over("stream")
    span = (pl.col("offset") - pl.col("offset").first()).over("stream", "chain") // _SPAN
    groups = (
        pieces.with_columns(chain=chain)
        .with_columns(span=span)
        .group_by(_KEYS, maintain_order=True)
        .agg(
            pl.col("offset").first(),
            pl.col("line").str.join(""),
            pl.col("outer").first(),
            last=pl.col("partial").last(),
            order=pl.col("chain").first(),
        )
        .sort("offset")
    )
    return groups.select("offset", "line", "outer"), pieces.height - groups.height, _open(groups, end)


def _open(groups: pl.DataFrame, end: int | None) -> int | None:
    """Return the offset of the first line whose last piece may still come."""
    if end is None:
        return None
    newest = groups.filter(pl.col("offset") == pl.col("offset").max().over("stream"))
    waiting = newest.filter(pl.col("last") & (pl.col("offset") > end - _SPAN))["offset"].min()
    return waiting if isinstance(waiting, int) else None

"""Gives each log line its identity: a hash of its text, and its number among identical lines of its second."""

from datetime import timedelta

import polars as pl

from bouncelake.digest import digests
from bouncelake.schema import INSTANT

WINDOW = timedelta(seconds=60)
"""How long lines are remembered, in time of the log: identical ones carry the same second, so they stand close."""

_SEEN = pl.Schema({"digest": pl.String, "number": pl.Int64, "ts": INSTANT})


class Numbering:
    """Numbers the identical lines of one source, over all its chunks.

    Identical lines need not be neighbours: a busy server writes the same words twice in one second.
    """

    def __init__(self, known: pl.DataFrame | None = None) -> None:
        """Continue after the `known` rows (`line_id`, `ts`), those of the last minute that is in of this source."""
        self._seen = pl.DataFrame(schema=_SEEN)
        if known is not None and not known.is_empty():
            parts = known.select(pl.col("line_id").str.splitn(".", 2).struct.rename_fields(["digest", "number"]), "ts")
            counted = parts.unnest("line_id").with_columns(number=pl.col("number").cast(pl.Int64).fill_null(0) + 1)
            self._seen = counted.group_by("digest").agg(pl.col("number").max(), pl.col("ts").max())

    def identify(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows in the order of `offset` and `copy`, with `line_id` in the place of `line`.

        `rows` has `offset`, `copy`, `ts` and `line`; rows of one line share its id.
        """
        rows = rows.sort("offset", "copy", maintain_order=True)
        rows = rows.with_columns(digests(rows["line"]).alias("digest"), first=_begins_line())
        rows = rows.join(self._seen.select("digest", before="number"), on="digest", how="left", maintain_order="left")
        twice = pl.col("digest").is_duplicated() | pl.col("before").is_not_null()
        if rows.select(twice.any()).item():
            here = pl.col("first").cast(pl.Int64).cum_sum().over("digest") - 1
            number = pl.when(twice).then(here + pl.col("before").fill_null(0)).otherwise(0)
        else:
            number = pl.lit(0, pl.Int64)
        rows = rows.with_columns(number=number)
        self._remember(rows)
        return rows.with_columns(line_id=_line_id()).drop("line", "digest", "first", "before", "number")

    def _remember(self, rows: pl.DataFrame) -> None:
        end = rows["ts"].max()
        if end is None:
            return
        fresh = pl.concat([self._seen, rows.select("digest", pl.col("number") + 1, "ts")])
        recent = fresh.filter(pl.col("ts") >= pl.lit(end, INSTANT) - WINDOW)
        self._seen = recent.group_by("digest").agg(pl.col("number").max(), pl.col("ts").max())


def _begins_line() -> pl.Expr:
    same = (pl.col("offset") == pl.col("offset").shift()) & (pl.col("copy") == pl.col("copy").shift())
    return ~same.fill_null(value=False)


def _line_id() -> pl.Expr:
    again = pl.concat_str("digest", pl.lit("."), pl.col("number").cast(pl.String))
    return pl.when(pl.col("number") == 0).then("digest").otherwise(again)

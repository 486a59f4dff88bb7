"""Gives each log line its identity: a hash of its text, and its number among identical lines of its second."""

from datetime import timedelta

import polars as pl

from bouncelake.digest import digests
from bouncelake.schema import INSTANT

WINDOW = timedelta(seconds=60)
"""How long lines are remembered, in time of the log: identical ones carry the same second, so they stand close."""

_SEEN = pl.Schema({"digest": pl.String(), "number": pl.Int64(), "ts": INSTANT})


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
        if not rows["offset"].is_sorted():
            rows = rows.sort("offset", "copy", maintain_order=True)
        lines = rows.select("offset", "copy", "ts", digests(rows["line"]).alias("digest"))
        counted = self._counted(lines)
        self._remember(counted)
        return rows.drop("line").with_columns(line_id=counted.select(_line_id()).to_series())

    def _counted(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Return the lines with `number`: how many identical ones came before."""
        before = self._before(lines)
        twice = lines["digest"].is_duplicated()
        if before.max() in {None, 0} and not twice.any():
            return lines.with_columns(number=pl.lit(0, pl.Int64))
        here = _begins_line().cast(pl.Int64).cum_sum().over("digest") - 1
        number = pl.when(pl.lit(twice | (before > 0))).then(here + pl.lit(before)).otherwise(0)
        return lines.with_columns(number=number)

    def _before(self, lines: pl.DataFrame) -> pl.Series:
        """Return how many lines identical to each one came in earlier chunks.

        Identical lines carry the same second, so only those up to the last remembered second are looked up.
        """
        known = pl.zeros(lines.height, pl.Int64, eager=True)
        if self._seen.is_empty():
            return known
        early = lines.with_row_index("row").filter(pl.col("ts") <= self._seen["ts"].max())
        found = early.join(self._seen.select("digest", before="number"), on="digest")
        return known.scatter(found["row"], found["before"])

    def _remember(self, counted: pl.DataFrame) -> None:
        end = counted["ts"].max()
        if end is None:
            return
        since = pl.lit(end, INSTANT) - WINDOW
        fresh = [counted.select("digest", pl.col("number") + 1, "ts").filter(pl.col("ts") >= since)]
        recent = pl.concat([self._seen.filter(pl.col("ts") >= since), *fresh])
        self._seen = recent.group_by("digest").agg(pl.col("number").max(), pl.col("ts").max())


def _begins_line() -> pl.Expr:
    same = (pl.col("offset") == pl.col("offset").shift()) & (pl.col("copy") == pl.col("copy").shift())
    return ~same.fill_null(value=False)


def _line_id() -> pl.Expr:
    again = pl.concat_str("digest", pl.lit("."), pl.col("number").cast(pl.String))
    return pl.when(pl.col("number") == 0).then("digest").otherwise(again)

"""Leaves out the copies of lines that are in from another source, such as Debian's `mail.log` and `mail.info`."""

from collections.abc import Mapping
from datetime import timedelta

import polars as pl

from bouncelake.lake import Lake


def without_copies(
    rows: Mapping[str, pl.DataFrame], spans: pl.DataFrame, lake: Lake
) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """Return the rows without copies, and how many lines of each source were copies (`source`, `duplicates`).

    `rows` has a frame per table with `source`, `source_offset`, `line_id` and `ts`, in the order of commit; `spans`
    has `source`, `first_ts` and `last_ts` of this batch. Ids are only compared with those of other sources, and only
    inside the span of time that both have.
    """
    others = _overlapping(spans, lake.sources())
    kept: dict[str, pl.DataFrame] = {}
    dropped = []
    for table, frame in rows.items():
        marked = _mark_stored(table, _mark_in_batch(frame), spans, others, lake)
        kept[table] = marked.filter(~pl.col("is_copy")).drop("is_copy")
        dropped.append(marked.filter("is_copy").select("source", "source_offset"))
    lines = pl.concat(dropped).unique()
    return kept, lines.group_by("source").agg(duplicates=pl.len().cast(pl.Int64))


def _overlapping(spans: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs of a source of the batch and another stored `other` with a time in common."""
    pairs = spans.join(stored.select(other="source", start="first_ts", end="last_ts"), how="cross")
    meet = (pl.col("start") <= pl.col("last_ts")) & (pl.col("end") >= pl.col("first_ts"))
    return pairs.filter(meet & (pl.col("source") != pl.col("other")))


def _mark_in_batch(frame: pl.DataFrame) -> pl.DataFrame:
    """Mark the rows whose line stands in an earlier source of the same batch."""
    if frame["source"].n_unique() < 2:
        return frame.with_columns(is_copy=pl.lit(value=False))
    first = pl.col("source").first().over("line_id")
    return frame.with_columns(
        is_copy=pl.when(pl.col("line_id").is_duplicated())
        .then(pl.col("source") != first)
        .otherwise(pl.lit(value=False))
    )


def _mark_stored(
    table: str, frame: pl.DataFrame, spans: pl.DataFrame, others: pl.DataFrame, lake: Lake
) -> pl.DataFrame:
    """Mark the rows whose line is in the lake from another source."""
    if others.is_empty() or frame.is_empty():
        return frame
    since, until = min(spans["first_ts"].to_list()), max(spans["last_ts"].to_list())
    stored = (
        lake.scan(table, since, until + timedelta(microseconds=1))
        .filter(pl.col("source").is_in(others["other"].unique().implode()))
        .select("line_id", other="source")
        .unique()
        .collect()
    )
    pairs = stored.join(others.select("source", "other").unique(), on="other").select("line_id", "source").unique()
    marked = pairs.with_columns(known=pl.lit(value=True))
    known = frame.select("line_id", "source").join(marked, on=["line_id", "source"], how="left", maintain_order="left")
    return frame.with_columns(is_copy=pl.col("is_copy") | known["known"].fill_null(value=False))

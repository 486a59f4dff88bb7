"""The one condition that a batch must meet: each source continues exactly where the lake ends."""

from collections.abc import Mapping

import polars as pl

from bouncelake.errors import BouncelakeError


def check_ranges(tables: Mapping[str, pl.DataFrame], reached: Mapping[str, int]) -> dict[str, int]:
    """Return the offsets that the batch reaches; raise if a range leaves a gap or overlaps, or a row lies outside.

    This guards the promise "once" against our own faults, so a failure is a bug and no input can cause it.
    """
    ranges = tables["runs"].select("source", "offset_from", "offset_to").sort("offset_from", "offset_to")
    after: dict[str, int] = {}
    for source, start, stop in ranges.rows():
        begun = after.get(source, reached.get(source, 0))
        if start != begun or stop < start:
            raise BouncelakeError(f"source {source}: range {start} to {stop} does not continue at {begun}")
        after[source] = stop
    first = {source: reached.get(source, 0) for source in after}
    for name, rows in tables.items():
        if name != "runs" and not rows.is_empty():
            _check_rows(name, rows, first, after)
    return after


def _check_rows(name: str, rows: pl.DataFrame, first: Mapping[str, int], after: Mapping[str, int]) -> None:
    offset = pl.col("source_offset")
    spans = rows.group_by("source").agg(offset.min().alias("low"), offset.max().alias("high"))
    for source, low, high in spans.rows():
        if source not in after or low is None or low < first[source] or high >= after[source]:
            raise BouncelakeError(f"{name}: rows of source {source} at {low} to {high} lie outside its range")

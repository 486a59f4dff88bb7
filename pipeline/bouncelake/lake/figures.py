"""How large the lake is: rows, files, bytes and days of each table."""

from pathlib import Path

import polars as pl

from bouncelake.lake.lake import Lake
from bouncelake.schema import TABLES

_SHAPE = {
    "table": pl.String,
    "rows": pl.Int64,
    "files": pl.Int64,
    "bytes": pl.Int64,
    "first_day": pl.Date,
    "last_day": pl.Date,
}


def figures(lake: Lake) -> pl.DataFrame:
    """Return one row per table; files that no longer count are not in it."""
    return pl.DataFrame([_figures(lake, name) for name in TABLES], schema=_SHAPE, orient="row")


def _figures(lake: Lake, table: str) -> tuple[object, ...]:
    files = [Path(file) for file in lake.files(table)]
    days = pl.Series([file.parent.name.removeprefix("day=") for file in files], dtype=pl.String).str.to_date()
    rows = lake.scan(table).select(pl.len()).collect().item()
    return table, rows, len(files), sum(file.stat().st_size for file in files), days.min(), days.max()

"""The Parquet files of a table: how rows become files, and files rows."""

import json
import os
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake.transaction import AddAction

from bouncelake.lake.durable import make_folder, reported, sync
from bouncelake.schema import Table

ROW_GROUP = 500_000
LEVEL = 1
DISTINCT = frozenset(
    [
        "ts",
        "source_offset",
        "offset_from",
        "offset_to",
        "line_id",
        "event_id",
        "queue_id",
        "child_queue_id",
        "parent_queue_id",
        "message_key",
        "parent_key",
        "attempt_key",
        "message_id",
        "vendor_event_id",
        "recipient",
        "reply",
        "text",
        "delay",
        "size",
        "tail",
    ]
)
"""Columns whose values hardly repeat: a dictionary of them would cost time and save nothing."""
DAY = pl.col("ts").dt.date().alias("day")


@contextmanager
def drafts() -> Iterator[list[Path]]:
    """Yield a list for the paths of files that are written but not committed; a failure removes these files."""
    paths: list[Path] = []
    try:
        yield paths
    except BaseException:
        for path in paths:
            path.unlink(missing_ok=True)
        raise


def write_parts(store: Path, table: Table, rows: pl.DataFrame, batch: int, drafts: list[Path]) -> list[AddAction]:
    """Write the rows, one file per day, safe on disk before this returns; nobody sees them until they are committed.

    The batch number goes into the file names: it tells which files a torn batch left behind.
    """
    if rows["ts"].null_count():
        raise ValueError(f"{table.name}: a row has no ts")
    adds: list[AddAction] = []
    with reported(store):
        for day, part in by_day(table.conform(rows.with_columns(DAY))):
            name = f"day={day}/batch-{batch}-{uuid.uuid4().hex}.parquet"
            drafts.append(store / name)
            size = _write(store / name, part)
            moment = int(time.time() * 1000)
            adds.append(AddAction(name, size, {"day": day}, moment, data_change=True, stats=_stats(part)))
    return adds


def by_day(rows: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield each day's rows, in their order; rows that are in order of day are not copied."""
    if not rows["day"].is_sorted():
        rows = rows.sort("day", maintain_order=True)
    start = 0
    for run in rows["day"].rle().to_list():
        yield str(run["value"]), rows.slice(start, run["len"])
        start += run["len"]


def _write(path: Path, rows: pl.DataFrame) -> int:
    # Arrow wraps a full disk in an error of its own: so it writes into memory, and we to the disk.
    content = pa.BufferOutputStream()
    pq.write_table(
        rows.drop("day").to_arrow(compat_level=pl.CompatLevel.newest()),
        content,
        row_group_size=ROW_GROUP,
        compression="zstd",
        compression_level=LEVEL,
        use_dictionary=[name for name in rows.columns if name not in DISTINCT],
        write_statistics=["ts"],
        store_schema=False,
    )
    make_folder(path.parent)
    with path.open("wb") as file:
        size = file.write(content.getvalue())
        file.flush()
        os.fsync(file.fileno())
    sync(path.parent)
    return size


def _stats(rows: pl.DataFrame) -> str:
    """Give other engines what they need to skip the file; statistics of an address column would outlive its erasure."""
    first, last = rows.select(pl.col("ts").min().alias("first"), pl.col("ts").max().alias("last")).row(0)
    # Delta cuts statistics to milliseconds: the upper bound must not fall below the last row.
    low, high = _milliseconds(first), _milliseconds(last + timedelta(milliseconds=1))
    return json.dumps({"numRecords": rows.height, "minValues": {"ts": low}, "maxValues": {"ts": high}})


def _milliseconds(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def scan_parts(table: Table, files: Sequence[str]) -> pl.LazyFrame:
    """Return a lazy frame over the files with exactly the table's columns; columns younger than a file are null."""
    if not files:
        return table.empty().lazy()
    stored = {name: dtype for name, dtype in table.polars().items() if name != "day"}
    # The day is computed: a `name=value` folder above the lake would be taken for a partition, and `[` for a glob.
    rows = pl.scan_parquet(
        list(files),
        glob=False,
        hive_partitioning=False,
        schema=stored,
        missing_columns="insert",
        extra_columns="ignore",
    )
    return rows.with_columns(DAY).select(table.polars().names())

"""One Delta table: its live files, its marks, and its commits.

A mark is a number that a commit sets in the same instant as its rows (Delta's `txn`).
"""

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import polars as pl
from deltalake import CommitProperties, DeltaTable, Field, Schema, Transaction
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction

from bouncelake.errors import LakeError
from bouncelake.lake.durable import reported, sync
from bouncelake.lake.parts import drafts, scan_parts, write_parts
from bouncelake.schema import Table

LOG = "_delta_log"
_CONFIGURATION = {"delta.dataSkippingStatsColumns": "ts"}
Change = Callable[[pl.DataFrame], pl.DataFrame]
_LIVE = {"path": pl.String, "day": pl.Date, "size": pl.Int64, "batch": pl.Int64}


def create_table(root: Path, table: Table) -> None:
    """Make an empty Delta table at `root`, complete or not at all."""
    unborn = root.with_name(f".new-{table.name}")
    with reported(root):
        shutil.rmtree(unborn, ignore_errors=True)
        DeltaTable.create(
            str(unborn), Schema.from_arrow(table.polars()), partition_by=["day"], configuration=_CONFIGURATION
        )
        for path in (*(unborn / LOG).iterdir(), unborn / LOG, unborn):
            sync(path)
        unborn.rename(root)
        sync(root.parent)


class Store:
    """One Delta table, opened. State is read and written by the same handle, so that a stale decision cannot commit."""

    def __init__(self, root: Path, table: Table) -> None:
        self.root = root
        self.table = table
        with reported(root):
            self._handle = DeltaTable(str(root))

    def refresh(self) -> None:
        """See what was committed since, by us or by others."""
        try:
            self._handle.update_incremental()
        except DeltaError:  # the log has been tidied away below this handle
            with reported(self.root):
                self._handle = DeltaTable(str(self.root))

    def mark(self, name: str) -> int:
        """Return the mark's value, 0 when it was never set."""
        return self._handle.transaction_version(name) or 0

    def live(self) -> pl.DataFrame:
        """Return the live files: `path` inside the table, `day`, `size`, and the `batch` that wrote them, or 0."""
        with reported(self.root):
            actions = pl.DataFrame(self._handle.get_add_actions(flatten=True))
        if actions.is_empty():
            return pl.DataFrame(schema=_LIVE)
        number = pl.col("path").str.extract(r"(?:^|/)batch-([0-9]+)-[0-9a-f]{32}\.parquet$")
        return actions.select(
            "path",
            pl.col("partition.day").alias("day"),
            pl.col("size_bytes").cast(pl.Int64).alias("size"),
            number.cast(pl.Int64).fill_null(0).alias("batch"),
        ).sort("day", "batch", "path")

    def full(self, live: pl.DataFrame) -> list[str]:
        """Return the live files as absolute paths."""
        return [f"{self.root}/{path}" for path in live["path"]]

    def scan(self, live: pl.DataFrame) -> pl.LazyFrame:
        """Return a lazy frame over these live files."""
        return scan_parts(self.table, self.full(live))

    def write(self, rows: pl.DataFrame, batch: int, written: list[Path]) -> list[AddAction]:
        """Write rows into files that a commit may add; see `write_parts`."""
        return write_parts(self.root, self.table, rows, batch, written)

    def commit(self, adds: Sequence[AddAction], removes: pl.DataFrame, marks: Mapping[str, int]) -> None:
        """Add files, remove live files and set marks in one step that is on disk before this returns."""
        now = int(time.time() * 1000)
        gone = [
            RemoveAction(path, data_change=True, deletion_timestamp=now, size=size, partition_values={"day": str(day)})
            for path, day, size in removes.select("path", "day", "size").rows()
        ]
        marked = [Transaction(name, value) for name, value in marks.items()]
        with reported(self.root):
            self._handle.create_write_transaction(
                [*gone, *adds],
                mode="append",
                schema=self._handle.schema(),
                partition_by=["day"],
                commit_properties=CommitProperties(app_transactions=marked),
            )
            self.refresh()
            self._sync_log()

    def _sync_log(self) -> None:
        log, version = self.root / LOG, f"{self._handle.version():020d}"
        checkpoint = list(log.glob(f"{version}.checkpoint*.parquet"))
        pointer = [log / "_last_checkpoint"] if checkpoint else []
        for path in (log / f"{version}.json", *checkpoint, *pointer, log):
            sync(path)

    def replace(self, live: pl.DataFrame, change: Change, marks: Mapping[str, int]) -> None:
        """Put what `change` makes of each live file's rows in its place, all in one step.

        One file at a time is in memory. A file is left alone when `change` returns the very frame it got.
        """
        with drafts() as written:
            pairs = [
                (path, self._changed(path, batch, change, written))
                for path, batch in live.select("path", "batch").rows()
            ]
        adds = [add for _, parts in pairs for add in parts or ()]
        changed = [path for path, parts in pairs if parts is not None]
        if changed or marks:
            self.commit(adds, live.filter(pl.col("path").is_in(changed)), marks)

    def _changed(self, path: str, batch: int, change: Change, written: list[Path]) -> list[AddAction] | None:
        before = scan_parts(self.table, [f"{self.root}/{path}"]).collect()
        after = change(before)
        return None if after is before else self.write(after, batch, written)

    def evolve(self) -> None:
        """Add the columns that this version of the schema has and the table has not; old rows read null there."""
        wanted = Schema.from_arrow(self.table.polars()).fields
        have = {field.name for field in self._handle.schema().fields}
        if unknown := have - {field.name for field in wanted}:
            raise LakeError(f"{self.root}: column {min(unknown)} is from a newer bouncelake: upgrade before you write")
        missing: list[Field] = [field for field in wanted if field.name not in have]
        if missing:
            with reported(self.root):
                self._handle.alter.add_columns(missing)
                self.refresh()
                self._sync_log()

"""The lake as its users see it: open, read, commit, rewrite, drop."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import polars as pl

from bouncelake import schema
from bouncelake.errors import BouncelakeError
from bouncelake.lake.folder import opened
from bouncelake.lake.lock import locked
from bouncelake.lake.parts import DAY, drafts
from bouncelake.lake.protocol import BATCH, drop, settle
from bouncelake.lake.ranges import check_ranges
from bouncelake.lake.store import Store

_NEWEST = ("source_name", "heads", "tail", "offset_to", "finished")
_NOTHING = pl.DataFrame(schema={"path": pl.String, "day": pl.Date, "size": pl.Int64})


@dataclass(frozen=True, slots=True)
class Batch:
    """What goes in together: the rows of each table, and in `runs` the byte ranges that they came from.

    Each source's ranges in `runs` continue where the lake has ended so far. `day` may be missing.
    """

    tables: Mapping[str, pl.DataFrame]


class Lake:
    """A folder of four Delta tables (`messages`, `refused`, `events`, `runs`) and a lock file."""

    def __init__(self, root: Path, stores: Mapping[str, Store]) -> None:
        self.root = root
        self._stores = stores
        self._writing = False
        self._reached: dict[str, int] | None = None

    @classmethod
    def open(cls, root: Path, *, create: bool = False) -> "Lake":
        """Open a lake; with `create`, make it in a new or empty folder, or complete a half-made one.

        Raises LakeError for a folder that is no lake, and never writes into one that holds other things.
        """
        return cls(root.absolute(), opened(root.absolute(), create=create))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only writer; what a killed writer left half done is undone first. Raises LakeBusyError at once."""
        with locked(self.root):
            self._writing = True
            try:
                self._settle()
                for store in self._stores.values():
                    store.evolve()
                yield
            finally:
                self._writing = False

    def sources(self) -> pl.DataFrame:
        """Return one row per source: its newest state, and the time span of all its lines.

        Columns: `source`, `source_name`, `heads`, `tail`, `offset_to`, `finished`, `first_ts`, `last_ts`.
        """
        newest = (pl.col(name).sort_by("offset_to", "ts").last() for name in _NEWEST)
        spans = (pl.col("first_ts").min(), pl.col("last_ts").max())
        return self.scan("runs").group_by("source").agg(*newest, *spans).sort("source").collect()

    def commit(self, batch: Batch) -> None:
        """Add a batch: all of it is in when this returns, and none of it counts if it does not return."""
        self._settle()
        tables = {name: batch.tables.get(name, table.empty()) for name, table in schema.TABLES.items()}
        reached = check_ranges(tables, self._known())
        number = self._stores["runs"].mark(BATCH) + 1
        # All files first: a full disk is most likely met here, and here it leaves nothing to undo.
        with drafts() as written:
            parts = {name: store.write(tables[name], number, written) for name, store in self._stores.items()}
        for name, store in self._stores.items():
            store.commit(parts[name], _NOTHING, {BATCH: number})
        self._known().update(reached)

    def files(self, table: str) -> list[str]:
        """Return the absolute paths of the table's live Parquet files; they hold every column but `day`."""
        store = self._store(table)
        return store.full(store.live())

    def scan(self, table: str, since: datetime | None = None, until: datetime | None = None) -> pl.LazyFrame:
        """Return a lazy frame of the rows with `since <= ts < until`; other days' files are not opened."""
        store = self._store(table)
        live = store.live()
        if since is not None:
            live = live.filter(pl.col("day") >= pl.lit(since).dt.convert_time_zone("UTC").dt.date())
        if until is not None:
            live = live.filter(pl.col("day") <= pl.lit(until).dt.convert_time_zone("UTC").dt.date())
        rows = store.scan(live)
        rows = rows if since is None else rows.filter(pl.col("ts") >= since)
        return rows if until is None else rows.filter(pl.col("ts") < until)

    def rewrite(self, table: str, rows: pl.DataFrame, days: Sequence[date]) -> None:
        """Replace all rows of the given days by `rows`, in one step; a day without rows becomes empty."""
        self._settle()
        if not rows.select(DAY.is_in(list(days)).all()).item():
            raise ValueError(f"{table}: a row lies outside the days that are rewritten")
        store = self._stores[table]
        with drafts() as written:
            parts = store.write(rows, store.mark(BATCH), written)
        store.commit(parts, store.live().filter(pl.col("day").is_in(list(days))), {})

    def revise(self, table: str, days: Sequence[date], change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
        """Replace the rows of the given days by what `change` makes of them, in one step.

        `change` gets the rows of one file at a time, so a day of any size fits into memory; a file whose frame it
        returns as it is (the same object) is left alone.
        """
        self._settle()
        store = self._stores[table]
        live = store.live().filter(pl.col("day").is_in(list(days)))
        store.replace(live, change, {})

    def drop_source(self, *sources: str) -> None:
        """Remove all rows of these sources and forget their offsets; the next writer completes a killed drop."""
        self._settle()
        drop(self._stores, sources)
        self._reached = None

    def _settle(self) -> None:
        if not self._writing:
            raise BouncelakeError(f"{self.root}: written to without the lock: this is a fault in bouncelake")
        if settle(self._stores):
            self._reached = None

    def _known(self) -> dict[str, int]:
        if self._reached is None:
            self._reached = dict(self.sources().select("source", "offset_to").rows())
        return self._reached

    def _store(self, table: str) -> Store:
        store = self._stores[table]
        store.refresh()
        return store

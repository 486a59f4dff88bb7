"""The lake as its users see it: open, read, commit, rewrite, drop."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from threading import Lock

import polars as pl

from bouncelake import schema
from bouncelake.errors import BouncelakeError
from bouncelake.lake.folder import opened, stores_of
from bouncelake.lake.lock import locked
from bouncelake.lake.parts import DAY, drafts
from bouncelake.lake.protocol import BATCH, SETTLED, drop, settle
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
    """A folder of four Delta tables (`messages`, `refused`, `events`, `runs`) and a lock file.

    Reading sees whole batches only, and may be done from any thread; writing is for one thread inside `writing()`.
    """

    def __init__(self, root: Path, stores: Mapping[str, Store]) -> None:
        self.root = root
        self._readers = stores
        self._reading = Lock()
        # Apart from the readers: nothing may move a handle between the state it shows and the commit it makes.
        self._writers: Mapping[str, Store] | None = None
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
            self._writers = stores_of(self.root)
            try:
                for store in self._settled().values():
                    store.evolve()
                yield
            finally:
                self._writers = self._reached = None

    def sources(self) -> pl.DataFrame:
        """Return one row per source: its newest state, and the time span of all its lines.

        Columns: `source`, `source_name`, `heads`, `tail`, `offset_to`, `finished`, `first_ts`, `last_ts`.
        """
        newest = (pl.col(name).sort_by("offset_to", "ts").last() for name in _NEWEST)
        spans = (pl.col("first_ts").min(), pl.col("last_ts").max())
        return self.scan("runs").group_by("source").agg(*newest, *spans).sort("source").collect()

    def commit(self, batch: Batch) -> None:
        """Add a batch: all of it is in when this returns, and nobody sees a part of it before."""
        stores = self._settled()
        tables = {name: batch.tables.get(name, table.empty()) for name, table in schema.TABLES.items()}
        known = self._known()
        reached = check_ranges(tables, known)
        number = stores["runs"].mark(BATCH) + 1
        # All files first: a full disk is most likely met here, and here it leaves nothing to undo.
        with drafts() as written:
            parts = {name: store.write(tables[name], number, written) for name, store in stores.items()}
        self._reached = None
        for name, store in stores.items():
            store.commit(parts[name], _NOTHING, {BATCH: number})
        self._reached = known | reached

    def files(self, table: str) -> list[str]:
        """Return the absolute paths of the table's live Parquet files; they hold every column but `day`."""
        return self._readers[table].full(self._live(table))

    def scan(self, table: str, since: datetime | None = None, until: datetime | None = None) -> pl.LazyFrame:
        """Return a lazy frame of the rows with `since <= ts < until`; other days' files are not opened."""
        live = self._live(table)
        if since is not None:
            live = live.filter(pl.col("day") >= pl.lit(since).dt.convert_time_zone("UTC").dt.date())
        if until is not None:
            live = live.filter(pl.col("day") <= pl.lit(until).dt.convert_time_zone("UTC").dt.date())
        rows = self._readers[table].scan(live)
        rows = rows if since is None else rows.filter(pl.col("ts") >= since)
        return rows if until is None else rows.filter(pl.col("ts") < until)

    def rewrite(self, table: str, rows: pl.DataFrame, days: Sequence[date]) -> None:
        """Replace all rows of the given days by `rows`, in one step; a day without rows becomes empty."""
        store = self._settled()[table]
        if not rows.select(DAY.is_in(list(days)).all()).item():
            raise ValueError(f"{table}: a row lies outside the days that are rewritten")
        with drafts() as written:
            parts = store.write(rows, SETTLED, written)
        store.commit(parts, store.live().filter(pl.col("day").is_in(list(days))), {})

    def revise(self, table: str, days: Sequence[date], change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
        """Replace the rows of the given days by what `change` makes of them, in one step.

        `change` gets the rows of one file at a time, so a day of any size fits into memory; a file whose frame it
        returns as it is (the same object) is left alone.
        """
        store = self._settled()[table]
        live = store.live().filter(pl.col("day").is_in(list(days)))
        store.replace(live, change, {})

    def drop_source(self, *sources: str) -> None:
        """Remove all rows of these sources and forget their offsets; the next writer completes a killed drop."""
        drop(self._settled(), sources)
        self._reached = None

    def _settled(self) -> Mapping[str, Store]:
        if self._writers is None:
            raise BouncelakeError(f"{self.root}: written to without the lock: this is a fault in bouncelake")
        if settle(self._writers):
            self._reached = None
        return self._writers

    def _known(self) -> dict[str, int]:
        return dict(self.sources().select("source", "offset_to").rows()) if self._reached is None else self._reached

    def _live(self, table: str) -> pl.DataFrame:
        """Return the live files of whole batches: `runs` is asked first, so that a batch under way is left out."""
        with self._reading:
            runs, store = self._readers["runs"], self._readers[table]
            runs.refresh()
            whole = runs.mark(BATCH)
            store.refresh()
            return store.live() if table == "runs" else store.live().filter(pl.col("batch") <= whole)

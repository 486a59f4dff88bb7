"""The commit protocol: killed anywhere, fed in any order, nothing is lost and nothing doubled.

The same sequences run against a model of a few lines, which mirrors `docs/identity.md`, and against the lake.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Protocol
from unittest.mock import patch
from zlib import crc32

import polars as pl
import pytest
from deltalake.transaction import AddAction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bouncelake.lake import Batch, Lake
from bouncelake.lake.store import Store

Row = tuple[str, int, str]
Range = tuple[str, int, int]
ROWS = ("messages", "refused", "events")


class Killed(BaseException):
    """Stands for SIGKILL: nothing of the writer runs after it."""


class Fuse:
    """Burns one step for each moment at which a writer may be killed, and kills at zero."""

    steps: int | None = None

    def burn(self) -> None:
        """Pass one moment."""
        if self.steps is not None:
            self.steps -= 1
            if self.steps < 0:
                raise Killed


class Tables(Protocol):
    """What the walk needs of a lake."""

    fuse: Fuse

    def settle(self) -> None:
        """Begin to write."""

    def reached(self) -> dict[str, int]:
        """Return the offset of each source."""

    def rows(self, table: str) -> list[Row]:
        """Return the rows of a table."""

    def commit(self, rows: Sequence[Row], ranges: Sequence[Range]) -> None:
        """Commit these rows to all tables but `runs`."""

    def drop(self, source: str) -> None:
        """Forget a source."""


@dataclass
class Table:
    """A table whose every commit is atomic: rows with the batch that brought them, and marks."""

    rows: list[tuple[int, Row]] = field(default_factory=list)
    batch: int = 0
    drops: int = 0


@dataclass
class Model:
    """The protocol in memory. `undo=False` is the protocol without its heart, which the tests must find out."""

    undo: bool = True
    fuse: Fuse = field(default_factory=Fuse)
    tables: dict[str, Table] = field(default_factory=lambda: {name: Table() for name in ROWS})
    runs: Table = field(default_factory=Table)
    dropped: dict[str, int] = field(default_factory=dict)

    def settle(self) -> None:
        """Undo what `runs` does not know, complete what it has dropped."""
        for table in self.tables.values():
            if table.batch > self.runs.batch and self.undo:
                self.fuse.burn()
                table.rows = [(batch, row) for batch, row in table.rows if batch <= self.runs.batch]
                table.batch = self.runs.batch
        self._forget()

    def reached(self) -> dict[str, int]:
        """Return the largest `offset_to` of each source."""
        return {
            source: max(o for _, (s, o, _) in self.runs.rows if s == source) for _, (source, _, _) in self.runs.rows
        }

    def rows(self, table: str) -> list[Row]:
        """Return the rows of a table."""
        return [row for _, row in self.tables[table].rows]

    def commit(self, rows: Sequence[Row], ranges: Sequence[Range]) -> None:
        """Write one table after the other, `runs` last."""
        number = self.runs.batch + 1
        ends = [(source, stop, "") for source, _, stop in ranges]
        for table, new in [*((table, rows) for table in self.tables.values()), (self.runs, ends)]:
            self.fuse.burn()
            table.rows += [(number, row) for row in new]
            table.batch = number
            self.fuse.burn()

    def drop(self, source: str) -> None:
        """Let `runs` forget the source, then the others."""
        self.fuse.burn()
        self.runs.rows = [(batch, row) for batch, row in self.runs.rows if row[0] != source]
        self.runs.drops += 1
        self.dropped[source] = self.runs.drops
        self._forget()

    def _forget(self) -> None:
        for table in self.tables.values():
            if table.drops < self.runs.drops:
                self.fuse.burn()
                late = {source for source, number in self.dropped.items() if number > table.drops}
                table.rows = [(batch, row) for batch, row in table.rows if row[0] not in late]
                table.drops = self.runs.drops


@dataclass
class Real:
    """The lake itself, killed between the commits of its tables."""

    root: Path
    fuse: Fuse = field(default_factory=Fuse)

    def settle(self) -> None:
        """Begin to write."""
        with self._writing():
            pass

    def reached(self) -> dict[str, int]:
        """Return the offset of each source."""
        return dict(self._reader.sources().select("source", "offset_to").rows())

    def rows(self, table: str) -> list[Row]:
        """Return the rows of a table."""
        found: list[Row] = self._reader.scan(table).select("source", "source_offset", "line_id").collect().rows()
        return found

    def commit(self, rows: Sequence[Row], ranges: Sequence[Range]) -> None:
        """Commit the rows."""
        moment = datetime(2026, 3, 1, tzinfo=UTC)
        frame = pl.DataFrame(rows, ["source", "source_offset", "line_id"], orient="row") if rows else pl.DataFrame()
        tables = {} if frame.is_empty() else dict.fromkeys(ROWS, frame.with_columns(ts=pl.lit(moment)))
        runs = pl.DataFrame(ranges, ["source", "offset_from", "offset_to"], orient="row").with_columns(
            ts=pl.lit(moment + timedelta(days=1))
        )
        with self._writing() as lake:
            lake.commit(Batch({**tables, "runs": runs}))

    @cached_property
    def _reader(self) -> Lake:
        return Lake.open(self.root)

    def drop(self, source: str) -> None:
        """Forget a source."""
        with self._writing() as lake:
            lake.drop_source(source)

    @contextmanager
    def _writing(self) -> Iterator[Lake]:
        commit = Store.commit

        def fragile(store: Store, adds: Sequence[AddAction], removes: pl.DataFrame, marks: Mapping[str, int]) -> None:
            self.fuse.burn()
            commit(store, adds, removes, marks)
            self.fuse.burn()

        lake = Lake.open(self.root, create=True)
        with patch.object(Store, "commit", fragile), lake.writing():
            yield lake


@dataclass
class World:
    """Logs that grow and rotate; each is also there as a shorter old copy, and half of it in a file of its own."""

    logs: list[list[str]] = field(default_factory=lambda: [[]])

    def grow(self, lines: int) -> None:
        """Append lines to the newest log."""
        log, start = len(self.logs) - 1, len(self.logs[-1])
        self.logs[-1] += [f"log{log}:{start + n}" for n in range(lines)]

    def files(self, seed: int) -> list[tuple[str, list[str]]]:
        """Return all files as (source, lines), in an order that depends on the seed."""
        found: list[tuple[str, list[str]]] = []
        for number, lines in enumerate(self.logs):
            old_copy = lines[: len(lines) // 2]
            found += [(f"log{number}", lines), (f"log{number}", old_copy), (f"info{number}", lines[1::2])]
        return sorted((file for file in found if file[1]), key=lambda file: crc32(f"{seed}{file}".encode()))


def walk(world: World, lake: Tables, seed: int, size: int) -> None:
    """Ingest all files in batches of `size` lines; lines that another source has brought are left out."""
    lake.settle()
    reached = lake.reached()
    rows: list[Row] = []
    ranges: list[Range] = []
    for source, lines in world.files(seed):
        start = reached.get(source, 0)
        for begin in range(start, len(lines), size):
            chunk = lines[begin : begin + size]
            others = {name for table in ROWS for where, _, name in [*lake.rows(table), *rows] if where != source}
            rows += [(source, begin + n, name) for n, name in enumerate(chunk) if name not in others]
            ranges.append((source, begin, begin + len(chunk)))
            if sum(stop - begun for _, begun, stop in ranges) >= size:
                lake.commit(rows, ranges)
                rows, ranges = [], []
        reached[source] = max(start, len(lines))
    if ranges:
        lake.commit(rows, ranges)


def check(world: World, lake: Tables, *, whole: bool) -> None:
    """Compare each table with what `runs` says; `whole` also wants every line of every file."""
    lake.fuse.steps = None
    lake.settle()
    lines = dict(world.files(0))
    lines |= {f"log{number}": log for number, log in enumerate(world.logs)}
    reached = lake.reached()
    read = {name for source, stop in reached.items() for name in lines[source][:stop]}
    for table in ROWS:
        found = lake.rows(table)
        names = [name for _, _, name in found]
        assert len(names) == len(set(names)), f"{table}: doubled"
        assert all(offset < reached.get(source, 0) for source, offset, _ in found), f"{table}: ahead of runs"
        assert set(names) <= read
        assert not whole or set(names) == {name for log in world.logs for name in log}, f"{table}: lost"


Step = tuple[str, int, int, int | None]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("grow"), st.integers(1, 6), st.just(0), st.none()),
        st.tuples(st.just("rotate"), st.integers(1, 4), st.just(0), st.none()),
        st.tuples(st.just("ingest"), st.integers(0, 99), st.integers(1, 5), st.one_of(st.none(), st.integers(0, 20))),
        st.tuples(st.just("drop"), st.integers(0, 1), st.just(0), st.one_of(st.none(), st.integers(0, 8))),
    ),
    max_size=10,
)
# The heart of it: `messages` is written, the writer dies, and the next one begins with a copy of the same lines.
COPY_FIRST: list[Step] = [("grow", 4, 0, None), ("ingest", 0, 9, 2), ("ingest", 2, 9, None)]


def play(steps: Sequence[Step], lake: Tables) -> None:
    """Do the steps, checking after each, then ingest everything once more without a kill."""
    world = World()
    for what, number, size, kill in steps:
        lake.fuse.steps = kill
        try:
            if what == "grow":
                world.grow(number)
            elif what == "rotate":
                world.logs.append([])
                world.grow(number)
            elif what == "ingest":
                walk(world, lake, number, size)
            else:
                lake.settle()
                lake.drop(f"log{number}")
        except Killed:
            pass
        check(world, lake, whole=False)
    walk(world, lake, 7, 3)
    check(world, lake, whole=True)


@given(STEPS)
@example(COPY_FIRST)
@settings(max_examples=300, deadline=None)
def test_the_model_loses_and_doubles_nothing(steps: list[Step]) -> None:
    """The protocol holds for every sequence of growth, rotation, copies, order, drops and kills."""
    play(steps, Model())


def test_the_model_test_can_fail() -> None:
    """Without the undoing of torn batches the same check finds doubled rows."""
    with pytest.raises(AssertionError, match=r"doubled|ahead"):
        play(COPY_FIRST, Model(undo=False))


@given(STEPS)
@example(COPY_FIRST)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
def test_the_lake_does_as_the_model(steps: list[Step]) -> None:
    """The lake itself, killed between any two commits of its tables, keeps the same promises."""
    with tempfile.TemporaryDirectory() as folder:
        play(steps, Real(Path(folder) / "lake"))

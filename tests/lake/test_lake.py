"""What a lake answers: sources, scans, files, rewrites, drops, and what it refuses."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest
from deltalake import DeltaTable
from polars.testing import assert_frame_equal

from bouncelake.errors import BouncelakeError, LakeError
from bouncelake.lake import Batch, Lake
from bouncelake.schema import EVENTS, TABLES, Column

from .conftest import START, Batches, Rows

FIRST, SECOND = date(2026, 3, 1), date(2026, 3, 2)


def offsets(lake: Lake, table: str = "events", source: str = "a") -> list[int]:
    """Return the sorted offsets of a source's rows."""
    return sorted(lake.scan(table).filter(pl.col("source") == source).collect()["source_offset"])


def marked(lake: Lake, table: str) -> int | None:
    """Return the number of the last batch that the table took part in."""
    return DeltaTable(str(lake.root / table)).transaction_version("bouncelake/batch")


def test_an_empty_lake_answers_with_empty_tables(lake: Lake) -> None:
    """Every table of a new lake can be scanned and has its columns; there are no files and no sources."""
    for name, table in TABLES.items():
        assert_frame_equal(lake.scan(name).collect(), table.empty())
        assert lake.files(name) == []
    assert lake.sources().is_empty()


def test_commit_and_scan(filled: Lake) -> None:
    """What was committed comes back in the schema's columns and types, with the day that `ts` says."""
    for name in ("messages", "refused", "events"):
        frame = filled.scan(name).collect()
        assert frame.schema == TABLES[name].polars()
        assert offsets(filled, name) == list(range(20))
        assert frame.filter(pl.col("day") != pl.col("ts").dt.date()).is_empty()


def test_sources_tells_the_newest_state(filled: Lake, batch: Batches) -> None:
    """Each source has one row: the farthest offset, the newest of equal ones, and the span of all its lines."""
    for minutes, finished in ((2, True), (1, False)):
        runs = (
            batch(("b", 5, 5))
            .tables["runs"]
            .with_columns(
                ts=pl.lit(START + timedelta(minutes=minutes)), finished=pl.lit(finished), first_ts=pl.lit(START)
            )
        )
        with filled.writing():
            filled.commit(Batch({"runs": runs}))
    known = filled.sources()
    assert known.select("source", "offset_to", "finished").rows() == [("a", 20, False), ("b", 5, True)]
    assert known["first_ts"].to_list() == [None, START]
    assert known["heads"].to_list() == [["a"], ["b"]]


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [(None, None, 20), (0, 20, 20), (5, None, 15), (None, 5, 5), (9, 11, 2), (20, None, 0), (None, 0, 0)],
)
def test_scan_bounds(filled: Lake, since: int | None, until: int | None, expected: int) -> None:
    """`since` is inclusive, `until` exclusive."""
    first, last = (None if n is None else START + timedelta(seconds=n) for n in (since, until))
    assert filled.scan("events", first, last).filter(pl.col("source") == "a").collect().height == expected


def test_scan_opens_only_the_days_asked_for(filled: Lake) -> None:
    """A file of another day may be missing altogether."""
    for path in filled.files("events"):
        if f"day={SECOND}" in path:
            Path(path).unlink()
    assert filled.scan("events", until=START + timedelta(seconds=9)).collect().height == 14


def test_scan_is_lazy_in_columns(filled: Lake) -> None:
    """Only the columns that a query uses are read; the day costs nothing when nobody asks for it."""
    plan = filled.scan("events").select("source").explain()
    assert f"1/{len(EVENTS.columns) - 1} COLUMNS" in plan.upper()


def test_files_are_the_live_ones(filled: Lake) -> None:
    """Files that a rewrite has replaced, and strays, are not among them."""
    before = filled.files("events")
    with filled.writing():
        filled.rewrite("events", filled.scan("events").collect(), [FIRST, SECOND])
    Path(before[0]).with_name("stray.parquet").write_bytes(b"")
    after = filled.files("events")
    assert not set(before) & set(after)
    assert pl.read_parquet(after, hive_partitioning=False).height == 25


def test_rewrite_replaces_days(filled: Lake) -> None:
    """The days get exactly the rows given, other days and tables stay, and so does every mark."""
    marks = [marked(filled, name) for name in TABLES]
    kept = filled.scan("events").filter(pl.col("source") == "a", pl.col("day") == SECOND).collect().head(3)
    with filled.writing():
        filled.rewrite("events", kept, [SECOND])
    assert offsets(filled) == list(range(13))
    assert offsets(filled, "messages") == list(range(20))
    assert [marked(filled, name) for name in TABLES] == marks
    with filled.writing():
        filled.rewrite("events", kept.clear(), [SECOND])
    assert offsets(filled) == list(range(10))


def test_rewrite_refuses_rows_of_other_days(filled: Lake) -> None:
    """A row outside the days would be doubled: it is refused before anything is written."""
    with filled.writing(), pytest.raises(ValueError, match="outside"):
        filled.rewrite("events", filled.scan("events").collect(), [SECOND])
    assert offsets(filled) == list(range(20))


def test_revise_changes_file_by_file(filled: Lake) -> None:
    """Each file is replaced by what the function makes of it, or left alone."""
    before = filled.files("events")
    seen: list[int] = []

    def change(rows: pl.DataFrame) -> pl.DataFrame:
        seen.append(rows.height)
        return rows.with_columns(provider=pl.lit("example")) if "b" in rows["source"].to_list() else rows

    with filled.writing():
        filled.revise("events", [FIRST, SECOND], change)
    assert seen == [15, 2, 8]
    assert filled.scan("events").collect()["provider"].null_count() == 10
    assert len(set(before) & set(filled.files("events"))) == 2
    assert offsets(filled) == list(range(20))


def test_drop_source_forgets(filled: Lake, batch: Batches) -> None:
    """Its rows and its offset are gone, other sources stay, and it can be read again from byte 0."""
    with filled.writing():
        filled.drop_source("a", "unknown")
        assert filled.sources()["source"].to_list() == ["b"]
        assert [offsets(filled, name) for name in ("messages", "refused", "events")] == [[], [], []]
        assert offsets(filled, source="b") == list(range(5))
        filled.commit(batch(("a", 0, 4)))
    assert offsets(filled) == list(range(4))


def gap(batch: Batches, rows: Rows) -> Batch:  # noqa: ARG001
    """Leave a gap."""
    return batch(("a", 21, 22))


def overlap(batch: Batches, rows: Rows) -> Batch:  # noqa: ARG001
    """Begin too early."""
    return batch(("a", 19, 22))


def torn(batch: Batches, rows: Rows) -> Batch:  # noqa: ARG001
    """Leave a gap inside the batch."""
    return batch(("a", 20, 22), ("a", 23, 24))


def outside(batch: Batches, rows: Rows) -> Batch:
    """Hold a row after its range."""
    return Batch({"events": rows("a", [22]), "runs": batch(("a", 20, 22)).tables["runs"]})


def stranger(batch: Batches, rows: Rows) -> Batch:
    """Hold a row of a source without a range."""
    return Batch({"events": rows("c", [0]), "runs": batch(("a", 20, 22)).tables["runs"]})


@pytest.mark.parametrize("wrong", [gap, overlap, torn, outside, stranger])
def test_commit_refuses_what_breaks_the_promise(
    filled: Lake, batch: Batches, rows: Rows, wrong: Callable[[Batches, Rows], Batch]
) -> None:
    """A batch that does not continue where the lake ends, or has rows outside its ranges, leaves no trace."""
    with filled.writing(), pytest.raises(BouncelakeError, match=r"continue|outside"):
        filled.commit(wrong(batch, rows))
    assert offsets(filled) == list(range(20))
    assert len(list(filled.root.glob("events/day=*/*"))) == len(filled.files("events"))


def test_rows_without_time_are_refused(lake: Lake, batch: Batches) -> None:
    """A row without `ts` has no day, so it is no row; it must not become a partition of its own."""
    one = batch(("a", 0, 1)).tables
    timeless = one["events"].with_columns(ts=pl.lit(None, pl.Datetime("us", "UTC")))
    with lake.writing(), pytest.raises(ValueError, match="no ts"):
        lake.commit(Batch({**one, "events": timeless}))


def test_writing_needs_the_lock(filled: Lake, batch: Batches) -> None:
    """Nothing is written outside `writing()`."""
    with pytest.raises(BouncelakeError, match="lock"):
        filled.commit(batch(("a", 20, 21)))
    with pytest.raises(BouncelakeError, match="lock"):
        filled.drop_source("a")


def test_many_sources_are_found_fast(lake: Lake) -> None:
    """100,000 rows in `runs` are no trouble (0.1 s on the author's machine)."""
    number = pl.int_range(100_000, dtype=pl.Int64)
    runs = pl.select(
        source=pl.format("s{}", number % 1000),
        offset_from=number // 1000,
        offset_to=number // 1000 + 1,
        ts=pl.lit(START) + pl.duration(seconds=number // 1000),
        heads=pl.concat_list(pl.format("{}", number)),
    )
    with lake.writing():
        lake.commit(Batch({"runs": runs}))
    known = lake.sources()
    assert known.height == 1000
    assert set(known["offset_to"]) == {100}


def test_a_new_column_appears_in_an_old_lake(filled: Lake, batch: Batches) -> None:
    """A lake of an older schema gets the column at the next write; its old rows read null, its new ones do not."""
    novel = Column("novel", pl.String(), "New.")
    new = batch(("a", 20, 22)).tables
    with patch.dict(TABLES, {"events": replace(EVENTS, columns=(*EVENTS.columns, novel))}):
        wider = Lake.open(filled.root)
        with wider.writing():
            wider.commit(Batch({**new, "events": new["events"].with_columns(novel=pl.lit("x"))}))
    assert wider.scan("events").collect()["novel"].value_counts(sort=True).rows() == [(None, 25), ("x", 2)]
    assert "novel" in [field.name for field in DeltaTable(str(filled.root / "events")).schema().fields]
    with pytest.raises(LakeError, match="newer bouncelake"), Lake.open(filled.root).writing():
        pass

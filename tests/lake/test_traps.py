"""What the libraries do that the lake is built around: an upgrade that changes one of these shows here."""

from pathlib import Path

import polars as pl
import pytest
from deltalake import CommitProperties, DeltaTable, Schema, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError

from bouncelake.lake import Batch, Lake


@pytest.fixture
def table(filled: Lake) -> DeltaTable:
    """Return the events table as the Delta library sees it."""
    return DeltaTable(str(filled.root / "events"))


def mark(table: DeltaTable, value: int) -> None:
    """Commit nothing but a mark."""
    marks = CommitProperties(app_transactions=[Transaction("test", value)])
    table.create_write_transaction([], "append", table.schema(), ["day"], commit_properties=marks)


def test_a_commit_without_files_sets_its_mark(table: DeltaTable) -> None:
    """The handle itself does not move; marks may go down."""
    version = table.version()
    mark(table, 7)
    assert (table.version(), table.transaction_version("test")) == (version, None)
    table.update_incremental()
    assert (table.version(), table.transaction_version("test")) == (version + 1, 7)
    mark(table, 3)
    table.update_incremental()
    assert table.transaction_version("test") == 3


def test_two_handles_with_one_mark_collide(table: DeltaTable) -> None:
    """The handle is the guard: a stale one cannot set the same mark, a fresh one can."""
    stale = DeltaTable(table.table_uri)
    mark(table, 1)
    with pytest.raises(CommitFailedError):
        mark(stale, 1)
    mark(DeltaTable(table.table_uri), 1)


def test_marks_survive_checkpoints(table: DeltaTable) -> None:
    """State is not lost when the log is shortened."""
    table.create_checkpoint()
    table.cleanup_metadata()
    assert DeltaTable(table.table_uri).transaction_version("bouncelake/batch") == 2


def test_no_statistics_of_addresses(filled: Lake, table: DeltaTable) -> None:
    """The log holds the smallest and largest `ts` of a file, and of no other column; the row count is right."""
    actions = pl.DataFrame(table.get_add_actions(flatten=True))
    assert {name for name in actions.columns if name.startswith(("min.", "max."))} == {"min.ts", "max.ts"}
    rows = filled.scan("events")
    first, last = rows.select(pl.col("ts").min().alias("first"), pl.col("ts").max().alias("last")).collect().row(0)
    assert actions.filter(pl.col("min.ts") <= first).height == 1
    assert actions.filter(pl.col("max.ts") >= last).height == 1
    assert table.count() == 25


def test_uris_are_quoted(tmp_path: Path) -> None:
    """`file_uris()` quotes what is special in an address, so it does not give file names."""
    lake = Lake.open(tmp_path / "a #b", create=True)
    with lake.writing():
        frame = pl.select(source=pl.lit("a"), offset_from=0, offset_to=1, ts=pl.datetime(2026, 3, 1, time_zone="UTC"))
        lake.commit(Batch({"runs": frame}))
    [uri] = DeltaTable(str(lake.root / "runs")).file_uris()
    assert "a%20%23b" in uri
    assert not Path(uri).exists()
    assert Path(lake.files("runs")[0]).exists()


def test_percent_in_a_path_is_decoded(tmp_path: Path) -> None:
    """The library would look for the table elsewhere: such a path is refused by us."""
    with pytest.raises(DeltaError, match="File not found"):
        DeltaTable.create(str(tmp_path / "a%20b"), Schema.from_arrow(pl.Schema({"x": pl.String()})))


def test_a_partition_name_above_the_lake_is_taken_for_a_column(tmp_path: Path) -> None:
    """Polars reads partitions out of the whole path, so the lake computes `day` from `ts`."""
    (tmp_path / "day=1999-01-01").mkdir()
    file = tmp_path / "day=1999-01-01" / "rows.parquet"
    pl.DataFrame({"x": [1]}).write_parquet(file)
    assert "day" in pl.scan_parquet([file], hive_partitioning=True).collect_schema()


def test_an_empty_list_of_files_cannot_be_scanned() -> None:
    """The lake answers for a table without files itself."""
    with pytest.raises((ValueError, TypeError, pl.exceptions.PolarsError)):
        pl.scan_parquet([]).collect()

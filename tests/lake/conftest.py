"""Small batches for the lake's tests: row `n` of a source stands at offset `n` and `n` seconds after the first."""

import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from bouncelake.lake import Batch, Lake
from bouncelake.schema import EVENTS, MESSAGES

START = datetime(2026, 3, 1, 23, 59, 50, tzinfo=UTC)

Rows = Callable[..., pl.DataFrame]
Batches = Callable[..., Batch]


def _rows(source: str, offsets: Sequence[int], ids: Sequence[str] | None = None) -> pl.DataFrame:
    names = ids or [f"{source}:{offset}" for offset in offsets]
    moments = [START + timedelta(seconds=offset) for offset in offsets]
    columns = {"ts": moments, "source": [source] * len(names), "source_offset": offsets, "line_id": names}
    return pl.DataFrame(columns, schema_overrides={"ts": pl.Datetime("us", "UTC"), "source_offset": pl.Int64})


def _batch(*ranges: tuple[str, int, int]) -> Batch:
    rows = pl.concat(_rows(source, range(start, stop)) for source, start, stop in ranges)
    runs = pl.DataFrame(
        {"source": source, "offset_from": start, "offset_to": stop, "ts": START, "finished": False, "heads": [source]}
        for source, start, stop in ranges
    )
    return Batch({"messages": MESSAGES.conform(rows), "refused": rows, "events": EVENTS.conform(rows), "runs": runs})


@pytest.fixture
def rows() -> Rows:
    """Return the builder of rows: source, offsets and, when they are not the source's own, line ids."""
    return _rows


@pytest.fixture
def batch() -> Batches:
    """Return the builder of batches: one row per offset of each range (source, from, to), in each table."""
    return _batch


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a new lake and a filled one, to be copied: making them takes longer."""
    folder = tmp_path_factory.mktemp("lakes")
    Lake.open(folder / "new", create=True)
    lake = Lake.open(folder / "filled", create=True)
    with lake.writing():
        lake.commit(_batch(("a", 0, 12), ("b", 0, 5)))
        lake.commit(_batch(("a", 12, 20)))
    return folder


@pytest.fixture
def lake(templates: Path, tmp_path: Path) -> Lake:
    """Return a new lake."""
    return Lake.open(shutil.copytree(templates / "new", tmp_path / "lake"))


@pytest.fixture
def filled(templates: Path, tmp_path: Path) -> Lake:
    """Return a lake with 20 rows of source a and 5 of b per table, on two days."""
    return Lake.open(shutil.copytree(templates / "filled", tmp_path / "lake"))

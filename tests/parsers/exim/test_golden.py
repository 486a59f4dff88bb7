"""Lines of a true Exim, with three choices of selectors, against what a person saw was read from them once."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from bouncelake.framing import Clock, Framer
from bouncelake.parsers import Facts
from bouncelake.parsers.exim import HINT, parse, sniff
from tests.parsers.exim.conftest import DATA


def read(hint: str) -> Facts:
    """Frame and read the excerpt."""
    now = datetime(2026, 11, 24, tzinfo=UTC)
    lines = pl.DataFrame({"line": (DATA / "excerpt.log").read_text("utf-8").splitlines()})
    offsets = (pl.col("line").str.len_bytes() + 1).cum_sum().shift(1, fill_value=0).cast(pl.Int64)
    framer = Framer(hint, Clock(ZoneInfo("UTC"), None, now, now, None))
    parts = [framer.frame(lines.select(offset=offsets, line="line")), framer.finish()]
    return parse(pl.concat([part.records for part in parts]).filter(sniff()))


def told(frame: pl.DataFrame) -> list[dict[str, object]]:
    """Return the rows without what is null in them."""
    rows = frame.drop("line").with_columns(pl.col("ts").dt.to_string("iso:strict")).to_dicts()
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


@pytest.mark.parametrize("table", ["events", "messages"])
def test_golden(table: str) -> None:
    """Every column of every row is as it was when the golden file was looked at (delete it to write a new one)."""
    golden = DATA / f"{table}.jsonl"
    rows = told(getattr(read(HINT), table))
    if not golden.exists():
        golden.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows))
        pytest.fail(f"wrote {golden}: look at it")
    assert rows == [json.loads(line) for line in golden.read_text("utf-8").splitlines()]


def test_the_hint_loses_nothing() -> None:
    """Lines without a word of the hint tell this parser nothing."""
    for table in ("events", "messages"):
        assert told(getattr(read(HINT), table)) == told(getattr(read(""), table))
    assert read("").refused.is_empty()

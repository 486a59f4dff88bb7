"""Frames a few lines with a clock that a test can set."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from bouncelake.framing import Clock, Framed, Framer

DATA = Path(__file__).parent.parent / "data" / "framing"
Frame = Callable[..., Framed]


def numbered(lines: Sequence[str]) -> pl.DataFrame:
    """Return lines with the offsets they would have in a file."""
    frame = pl.DataFrame({"line": lines}, schema={"line": pl.String})
    return frame.select(
        (pl.col("line").str.len_bytes() + 1).cum_sum().shift(1, fill_value=0).cast(pl.Int64).alias("offset"), "line"
    )


def clock(
    zone: str = "UTC", year: int | None = None, modified: str = "2026-03-20", now: str = "2026-03-20", after: str = ""
) -> Clock:
    """Return a clock; times are ISO 8601 in UTC."""
    known = datetime.fromisoformat(after).replace(tzinfo=UTC) if after else None
    written, started = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (modified, now))
    return Clock(ZoneInfo(zone), year, written, started, known)


def run(lines: Sequence[str], cuts: Sequence[int] = (), hint: str = "", **given: str | int) -> Framed:
    """Frame lines, cut into chunks before the given line numbers, and put the results together."""
    framer = Framer(hint, clock(**given))  # type: ignore[arg-type]
    frame = numbered(lines)
    edges = [0, *sorted(cuts), frame.height]
    parts = [framer.frame(frame.slice(a, b - a)) for a, b in pairwise(edges)]
    parts.append(framer.finish())
    return Framed(
        pl.concat([part.records for part in parts]),
        pl.concat([part.refused for part in parts]),
        sum(part.foreign for part in parts),
        sum(part.context for part in parts),
        parts[-1].held,
    )


@pytest.fixture(scope="session")
def framed() -> Frame:
    """Return a function that frames lines."""
    return run


@pytest.fixture(scope="session")
def chunked() -> Callable[..., list[Framed]]:
    """Return a function that frames lines chunk by chunk, without an end."""

    def frame(lines: Sequence[str], cut: int) -> list[Framed]:
        framer = Framer("", clock())
        return [framer.frame(part) for part in (numbered(lines)[:cut], numbered(lines)[cut:])]

    return frame


@pytest.fixture
def excerpt() -> Callable[[str], pl.DataFrame]:
    """Return a function that reads a short true log."""
    return lambda name: pl.read_lines(DATA / name, name="line")

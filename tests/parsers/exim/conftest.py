"""Makes records as framing does, and reads what Exim's parser tells of them."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from bouncelake.parsers import Facts
from bouncelake.parsers.exim import parse

Told = Callable[..., dict[str, Any]]
Read = Callable[..., Facts]
DATA = Path(__file__).parents[2] / "data" / "exim"
ID = "1xVbnP-00007c-01"
LONG_ID = "1xVbnP-0000000007c-0001"


def cases(name: str) -> list[tuple[str, dict[str, Any]]]:
    """Return lines of a table of `tests/data/exim`, each with what it must tell."""
    table = (DATA / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [(case["text"], case["told"]) for case in map(json.loads, table)]


def records(texts: Sequence[str], host: str | None = None) -> pl.DataFrame:
    """Return records with the given texts, all of one second and process; with a host they came by syslog."""
    line = [f"2026-11-23 21:42:05 {text}" for text in texts]
    return pl.DataFrame({"text": texts, "line": line}, schema={"text": pl.String, "line": pl.String}).select(
        pl.int_range(pl.len(), dtype=pl.Int64).alias("offset"),
        pl.lit(0, pl.Int32).alias("copy"),
        "line",
        pl.lit(datetime(2026, 11, 23, 21, 42, 5, tzinfo=UTC)).cast(pl.Datetime("us", "UTC")).alias("ts"),
        pl.lit(host, pl.String).alias("host"),
        pl.lit("exim").alias("tag"),
        pl.lit("77").alias("pid"),
        "text",
    )


@pytest.fixture
def read() -> Read:
    """Give a function that reads texts."""
    return lambda texts, host=None: parse(records(texts, host))


@pytest.fixture
def event() -> Told:
    """Give a function that reads one text that must tell one event, without what is null in it."""

    def single(text: str, host: str | None = None) -> dict[str, Any]:
        facts = parse(records([text], host))
        assert facts.refused.is_empty()
        assert facts.events.height == 1
        return {name: value for name, value in facts.events.row(0, named=True).items() if value is not None}

    return single


@pytest.fixture
def message() -> Told:
    """Give a function that reads one text that must tell one thing about a message, without what is null in it."""

    def single(text: str, host: str | None = None) -> dict[str, Any]:
        facts = parse(records([text], host))
        assert facts.refused.is_empty()
        assert facts.messages.height == 1
        return {name: value for name, value in facts.messages.row(0, named=True).items() if value is not None}

    return single

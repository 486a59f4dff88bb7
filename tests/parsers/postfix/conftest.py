"""Makes records as framing does, and reads what Postfix's parser tells of them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from bouncelake.parsers import Facts
from bouncelake.parsers.postfix import parse

Told = Callable[..., dict[str, Any]]
Read = Callable[..., Facts]


def records(texts: Sequence[str], tag: str | None = "postfix/smtp") -> pl.DataFrame:
    """Return records with the given texts, all of one second and process."""
    line = [f"Mar  9 04:05:06 mx1 {tag}[77]: {text}" for text in texts]
    return pl.DataFrame({"text": texts, "line": line}, schema={"text": pl.String, "line": pl.String}).select(
        pl.int_range(pl.len(), dtype=pl.Int64).alias("offset"),
        pl.lit(0, pl.Int32).alias("copy"),
        "line",
        pl.lit(datetime(2026, 3, 9, 4, 5, 6, tzinfo=UTC)).cast(pl.Datetime("us", "UTC")).alias("ts"),
        pl.lit("mx1").alias("host"),
        pl.lit(tag, pl.String).alias("tag"),
        pl.lit("77").alias("pid"),
        "text",
    )


@pytest.fixture
def read() -> Read:
    """Give a function that reads texts."""
    return lambda texts, tag="postfix/smtp": parse(records(texts, tag))


def _single(text: str, tag: str | None = "postfix/smtp") -> dict[str, Any]:
    facts = parse(records([text], tag))
    assert facts.refused.is_empty()
    assert facts.events.height == 1
    return facts.events.row(0, named=True)


@pytest.fixture
def event() -> Told:
    """Give a function that reads one text that must tell one event."""
    return _single


@pytest.fixture
def message() -> Told:
    """Give a function that reads one text that must tell one thing about a message."""

    def single(text: str, tag: str | None = "postfix/smtpd") -> dict[str, Any]:
        facts = parse(records([text], tag))
        assert facts.refused.is_empty()
        assert facts.messages.height == 1
        return facts.messages.row(0, named=True)

    return single

"""Ten thousand lines of mixed versions tell what the grammar put into them; damaged ones tell nothing wrong."""

import random
from collections.abc import Iterator

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bouncelake.parsers.exim import parse
from tests.parsers.exim.conftest import ID, records
from tests.support.eximlines import lines

COUNT = 10_000


@pytest.fixture(scope="module")
def written() -> list[tuple[str, dict[str, object]]]:
    """Return the lines with what they must tell."""
    return list(lines(COUNT, 1))


def differing(texts: list[str], told: list[dict[str, object]]) -> Iterator[tuple[str, str, object, object]]:
    """Yield line, column, and the two values where a line was read otherwise than it was meant."""
    rows = {row["offset"]: row for row in parse(records(texts)).events.to_dicts()}
    for place, (text, columns) in enumerate(zip(texts, told, strict=True)):
        row = rows.get(place, {})
        yield from ((text, name, value, row.get(name)) for name, value in columns.items() if row.get(name) != value)


def test_lines_tell_what_was_put_in(written: list[tuple[str, dict[str, object]]]) -> None:
    """Each column of each line is what the grammar says, and one line is one event."""
    texts, told = [text for text, _ in written], [columns for _, columns in written]
    assert list(differing(texts, told))[:3] == []
    assert parse(records(texts)).events.height == COUNT


def test_neighbours_change_nothing(written: list[tuple[str, dict[str, object]]]) -> None:
    """Shuffled, and each kind alone, the lines tell the same."""
    shuffled = written[:2000]
    random.Random(2).shuffle(shuffled)  # noqa: S311
    assert list(differing([text for text, _ in shuffled], [told for _, told in shuffled]))[:3] == []
    for text, told in written[:40]:
        assert list(differing([text], [told])) == []


def test_torn_lines_are_no_error(written: list[tuple[str, dict[str, object]]]) -> None:
    """A line that was cut anywhere is read, refused or context; it never names another recipient."""
    chance = random.Random(3)  # noqa: S311
    whole = [(text, told) for text, told in written[:3000] if told.get("recipient")]
    torn = [text[: chance.randrange(20, len(text))] for text, _ in whole]
    facts = parse(records(torn))
    for row in facts.events.select("offset", "recipient").drop_nulls().to_dicts():
        assert row["recipient"] in torn[row["offset"]].replace('"', "") or '"' in row["recipient"]
    assert facts.events.height + facts.messages.height + facts.refused.height <= len(torn)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.text(max_size=60), max_size=8),
    st.sampled_from(["", f"{ID} ", f"{ID} == ", f"{ID} ** ", f"{ID} => ", f"{ID} <= ", "H="]),
)
def test_any_text_is_read(texts: list[str], before: str) -> None:
    """Whatever a stranger writes, a record is at most one event and at most one refusal."""
    facts = parse(records([before + text for text in texts]))
    assert facts.events["offset"].is_unique().all()
    assert not set(facts.events["offset"]) & set(facts.refused["offset"])
    assert facts.events.schema["ts"] == pl.Datetime("us", "UTC")

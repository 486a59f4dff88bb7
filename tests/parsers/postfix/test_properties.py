"""What must hold for any text: no exception, one fate per record, nothing guessed from a cut one."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bouncelake import schema
from bouncelake.parsers import Facts

Read = Callable[..., Facts]

DATA = Path(__file__).parents[2] / "data" / "postfix"
TEXTS = [line.split("]: ", 1)[1] for line in (DATA / "rfc3164.log").read_text().splitlines() if " postfix" in line]
ODDITIES = [
    "4C20E4AE: to=<",
    "NOQUEUE: reject: RCPT from ",
    "4C20E4AE: reject: header ",
    "4C20E4AE: host x said: ",
    ", status=sent (",
    " (in reply to DATA command))",
    "; from=<a> to=<b> proto=ESMTP helo=<c>",
    "warning: ",
    ": ",
    "[",
    "]: ",
    "(",
    ")",
    "<",
    ">",
    '"',
    "\\",
    "\x00",
    "é",
    "connect to ",
]

NEVER_GUESSED = (
    *("stage", "remote_host", "remote_ip", "remote_port", "recipient", "original_recipient", "sender", "client_host"),
    *("client_ip", "queue_id", "reply_by", "direction", "dsn", "delay", "source_event"),
)

relaxed = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def fates(facts: Facts) -> list[int]:
    """Return the offsets of all records that are events or refused."""
    return [*facts.events["offset"], *facts.refused["offset"]]


@relaxed
@given(st.lists(st.lists(st.sampled_from(ODDITIES) | st.text(max_size=9), max_size=12).map("".join), max_size=8))
def test_garbage_never_raises(read: Read, texts: list[str]) -> None:
    """Any text is an event, refused or context, and never two of these."""
    facts = read(texts)
    seen = fates(facts)
    assert len(seen) == len(set(seen))
    assert set(seen) <= set(range(len(texts)))
    assert set(facts.messages["offset"]).isdisjoint(facts.refused["offset"])


@relaxed
@given(st.lists(st.sampled_from(TEXTS), max_size=20), st.randoms(use_true_random=False))
def test_records_do_not_depend_on_neighbours(read: Read, texts: list[str], random: object) -> None:
    """A record tells the same whatever stands beside it, in any order."""
    alone = pl.concat([read([text]).events for text in texts]) if texts else read([]).events
    shuffled = list(enumerate(texts))
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    together = read([text for _, text in shuffled]).events
    names = [name for name in together.columns if name not in {"offset", "line"}]
    assert sorted(map(str, alone.select(names).rows())) == sorted(map(str, together.select(names).rows()))


@relaxed
@given(st.sampled_from(TEXTS), st.integers(min_value=0, max_value=2000))
def test_cut_records_tell_nothing_wrong(read: Read, text: str, length: int) -> None:
    """A cut record tells what the whole one told, or null: the stage, the code and the people are never guessed."""
    whole, cut = read([text]).events, read([text[:length]]).events
    if cut.is_empty() or whole.is_empty():
        return
    first, second = whole.row(0, named=True), cut.row(0, named=True)
    # Before its third word an echo looks like any other deferral.
    early = {"deferred"} if first["event"] == "suspended" else set()
    assert second["event"] in {first["event"], *early}
    for name in NEVER_GUESSED:
        assert second[name] in {first[name], None}, name
    assert second["final"] in {first["final"], None}
    if second["reply_by"] and second["reply"] is not None:
        size = min(len(first["reply"]), len(second["reply"]))
        assert second["reply"][:size] == first["reply"][:size]


@relaxed
@given(st.sampled_from(TEXTS))
def test_one_fate(read: Read, text: str) -> None:
    """A true record alone is at most one event, and is never refused."""
    facts = read([text])
    assert facts.refused.is_empty()
    assert facts.events.height <= 1


def test_columns_are_those_of_the_tables(read: Read) -> None:
    """Events and messages have known columns in their types, also without any record."""
    for facts in (read([]), read(TEXTS)):
        for frame, table in ((facts.events, schema.EVENTS), (facts.messages, schema.MESSAGES)):
            types = dict(table.polars())
            extra = set(frame.columns) - set(types)
            assert extra <= {"copy", "offset", "line", "attempt"}
            assert all(frame.schema[name] == types[name] for name in frame.columns if name in types)
        assert facts.refused.columns == ["offset", "copy", "ts", "line", "reason"]


def test_words_are_those_of_the_schema(read: Read) -> None:
    """Event, direction, stage and author use only the words that the schema names."""
    events = read(TEXTS).events
    words = {column.name: column.meaning for column in schema.EVENTS.columns}
    for name in ("event", "direction", "stage", "reply_by"):
        assert all(f"`{word}`" in words[name] for word in events[name].drop_nulls().unique())

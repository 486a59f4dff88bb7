"""Links do not depend on how the lines came in, and short queue ids that return do no harm."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bouncelake.linking import LINKED, Linker, open_ended, relink
from bouncelake.schema import EVENTS, MESSAGES

START = datetime(2026, 3, 1, tzinfo=UTC)


def at(second: float) -> datetime:
    """Return the instant so many seconds after the start."""
    return START + timedelta(seconds=second)


def message(second: float, queue_id: str, kind: str, **columns: object) -> dict[str, object]:
    """Return a row of `messages` on host mx1."""
    row = {"ts": at(second), "source_offset": int(second * 1000), "host": "mx1", "instance": "postfix"}
    return {**row, "queue_id": queue_id, "kind": kind, **columns}


def event(second: float, queue_id: str | None, **columns: object) -> dict[str, object]:
    """Return an outbound event on host mx1."""
    row = {"ts": at(second), "source_offset": int(second * 1000) + 1, "host": "mx1", "instance": "postfix"}
    return {**row, "queue_id": queue_id, "direction": "outbound", **columns}


def messages(*rows: dict[str, object]) -> pl.DataFrame:
    """Return a frame of the table `messages`."""
    return MESSAGES.conform(pl.DataFrame(rows, infer_schema_length=None)) if rows else MESSAGES.empty()


def events(*rows: dict[str, object]) -> pl.DataFrame:
    """Return a frame of the table `events`."""
    return EVENTS.conform(pl.DataFrame(rows, infer_schema_length=None)) if rows else EVENTS.empty()


ARRIVAL = (
    message(0, "A1B2C3", "client", client_ip="198.51.100.5", client_host="mail.example.net"),
    message(0, "A1B2C3", "message_id", message_id="<one@example.net>"),
    message(1, "A1B2C3", "active", sender="a@example.net", size=10),
)


def test_an_event_takes_what_its_message_said() -> None:
    """Sender, client, message id and size come from the other lines of the queue id."""
    (row,) = relink(events(event(2, "A1B2C3")), messages(*ARRIVAL)).select(LINKED).to_dicts()
    assert row == {
        "message_key": "mx1/A1B2C3@2026-03-01T00:00:00Z",
        "parent_key": None,
        "origin": "forwarded",
        "sender": "a@example.net",
        "message_id": "<one@example.net>",
        "client_host": "mail.example.net",
        "client_ip": "198.51.100.5",
        "sasl_user": None,
        "local_user": None,
        "script_dir": None,
        "size": 10,
    }


def test_an_unknown_message_has_an_open_key() -> None:
    """Without an opening line the key ends in `?`, and the event counts as waiting."""
    linked = relink(events(event(2, "A1B2C3")), messages(ARRIVAL[2]))
    assert linked["message_key"].item() == "mx1/A1B2C3@2026-03-01T00:00:01Z?"
    assert linked.select(open_ended()).item()


def test_a_long_queue_id_needs_no_time() -> None:
    """A long queue id never returns, so the key holds only host and id."""
    row = message(0, "4jYKCs67wRz12X", "client", client_ip="192.0.2.1")
    assert relink(events(event(1, "4jYKCs67wRz12X")), messages(row))["message_key"].item() == "mx1/4jYKCs67wRz12X"


@pytest.mark.parametrize(
    ("second", "first_life"),
    [(2, True), (30, True), (62, True), (64, False), (90, False)],
)
def test_a_late_line_belongs_to_the_removed_message_for_a_minute(second: int, *, first_life: bool) -> None:
    """A line after `removed` is late for a minute, then it is of a message that we do not know."""
    rows = messages(*ARRIVAL, message(3, "A1B2C3", "removed"))
    assert (relink(events(event(second, "A1B2C3")), rows)["sender"].item() == "a@example.net") is first_life


def test_a_reused_id_is_another_message() -> None:
    """The next opening line begins a new life, also when `removed` was lost."""
    again = message(500, "A1B2C3", "client", client_ip="192.0.2.77", sasl_user="shop")
    rows = messages(*ARRIVAL, again, message(501, "A1B2C3", "active", sender="shop@example.org"))
    linked = relink(events(event(2, "A1B2C3"), event(502, "A1B2C3")), rows)
    assert linked["sender"].to_list() == ["a@example.net", "shop@example.org"]
    assert linked["origin"].to_list() == ["forwarded", "submitted"]
    assert linked["message_key"].n_unique() == 2


def test_six_days_of_silence_end_a_message() -> None:
    """Postfix gives up after five days, so an id that returns later is another message."""
    linked = relink(events(event(7 * 86400, "A1B2C3")), messages(*ARRIVAL))
    assert linked["sender"].item() is None


def test_an_opening_line_may_be_written_late() -> None:
    """A syslog daemon that swaps lines of one second does not split the message."""
    swapped = (ARRIVAL[1], {**ARRIVAL[0], "ts": at(0.5)}, ARRIVAL[2])
    linked = relink(events(event(2, "A1B2C3")), messages(*swapped))
    assert linked.select("message_id", "client_ip").row(0) == ("<one@example.net>", "198.51.100.5")


def test_a_filtered_message_inherits_its_client() -> None:
    """Mail that comes back from a filter keeps the client that brought it, and names its parent."""
    rows = (
        *ARRIVAL,
        message(2, "D4E5F6", "client", client_ip="127.0.0.1", client_host="localhost"),
        message(2, "D4E5F6", "active", sender="a@example.net"),
        message(3, "A1B2C3", "child", child_queue_id="D4E5F6"),
        message(3, "A1B2C3", "removed"),
    )
    linked = relink(events(event(4, "D4E5F6")), messages(*rows))
    assert linked["parent_key"].item() == "mx1/A1B2C3@2026-03-01T00:00:00Z"
    assert linked.select("origin", "client_ip").row(0) == ("forwarded", "198.51.100.5")


def test_a_bounce_is_null_sender_and_names_its_parent() -> None:
    """A delivery notification has no client of its own and does not inherit one."""
    rows = (
        *ARRIVAL,
        message(2, "B0B0B0", "message_id"),
        message(2, "A1B2C3", "child", child_queue_id="B0B0B0"),
        message(2, "B0B0B0", "active", sender="<>"),
    )
    linked = relink(events(event(3, "B0B0B0")), messages(*rows))
    assert linked.select("origin", "client_ip", "sender").row(0) == ("null_sender", None, "<>")
    assert linked["parent_key"].item() == "mx1/A1B2C3@2026-03-01T00:00:00Z"


def test_two_instances_may_hold_one_id_at_once() -> None:
    """The instance tells apart two messages that are open under one id at the same time."""
    other = {"instance": "postfix-out"}
    rows = (
        *ARRIVAL,
        message(1.5, "A1B2C3", "client", client_ip="192.0.2.9", **other),
        message(1.6, "A1B2C3", "active", sender="out@example.org", **other),
    )
    linked = relink(events(event(2, "A1B2C3"), event(2, "A1B2C3", **other)), messages(*rows))
    assert linked["sender"].to_list() == ["a@example.net", "out@example.org"]


def test_a_refused_client_keeps_its_own_words() -> None:
    """What an inbound line says of its client is not overwritten by the message's lines."""
    refused = event(1, "A1B2C3", direction="inbound", sender="b@example.com", client_ip="203.0.113.9")
    linked = relink(events(refused), messages(*ARRIVAL))
    assert linked.select("sender", "client_ip").row(0) == ("b@example.com", "203.0.113.9")


def test_mail_to_our_own_mailboxes_is_not_forwarded() -> None:
    """Only mail that goes out again is `forwarded`."""
    assert relink(events(event(2, "A1B2C3", direction="local")), messages(*ARRIVAL))["origin"].item() is None


def test_events_without_a_queue_id_stay_as_they_are() -> None:
    """An event that names no message is not linked, and its row keeps its place."""
    linked = relink(events(event(1, None), event(2, "A1B2C3")), messages(*ARRIVAL))
    assert linked["message_key"].to_list() == [None, "mx1/A1B2C3@2026-03-01T00:00:00Z"]


@st.composite
def histories(draw: st.DrawFn) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Draw the lines of some messages over few ids: opened or not, filtered or bounced, removed or left open."""
    said: list[dict[str, object]] = []
    happened: list[dict[str, object]] = []
    free = {"AAAAAA": 0.0, "BBBBBB": 0.0, "CCCCCC": 0.0, "DDDDDD": 0.0}
    unclosed: set[str] = set()

    def live(queue_id: str, begin: float, depth: int) -> None:
        span = draw(st.sampled_from([2.0, 50.0, 200000.0]))
        if queue_id in unclosed or draw(st.booleans()):
            said.append(message(begin, queue_id, "client", client_ip=draw(st.sampled_from(["192.0.2.8", "127.0.0.1"]))))
        sender = draw(st.sampled_from(["<>", f"s{begin:.0f}@example.org"]))
        said.append(message(begin + 0.1, queue_id, "active", sender=sender, size=int(begin)))
        happened.extend(event(begin + span * part, queue_id) for part in (0.3, 0.8)[: draw(st.integers(0, 2))])
        free[queue_id] = begin + span
        unclosed.add(queue_id)
        idle = [name for name, since in free.items() if since < begin and name not in unclosed]
        if idle and depth < 3 and draw(st.booleans()):
            child = draw(st.sampled_from(idle))
            lag = draw(st.sampled_from([-0.4, 0.2, 3.0]))
            said.append(message(begin + 0.5 + lag, queue_id, "child", child_queue_id=child))
            live(child, begin + 0.5, depth + 1)
        if draw(st.booleans()):
            said.append(message(begin + span, queue_id, "removed"))
            unclosed.discard(queue_id)

    for _ in range(draw(st.integers(1, 5))):
        queue_id = draw(st.sampled_from(sorted(free)))
        live(queue_id, free[queue_id] + draw(st.sampled_from([3.0, 100.0, 90000.0])), 0)
    return events(*happened), messages(*said)


def _sorted(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select("ts", "source_offset", "queue_id", *LINKED).sort("ts", "source_offset", "queue_id")


@given(histories(), st.lists(st.floats(0, 300000), max_size=4))
@settings(max_examples=150, deadline=None)
def test_batches_and_a_repair_give_what_all_lines_give(
    history: tuple[pl.DataFrame, pl.DataFrame], cuts: list[float]
) -> None:
    """Whatever the batches, events that are not waiting are linked as all lines together link them."""
    happened, said = history
    whole = relink(happened, said)
    linker, parts = Linker(), []
    edges = [at(-1), *(at(cut) for cut in sorted(cuts)), at(10**7)]
    for begin, end in pairwise(edges):
        inside = (pl.col("ts") >= begin) & (pl.col("ts") < end)
        parts.append(linker.link(happened.filter(inside), said.filter(inside)))
    linked = pl.concat(parts)
    complete = ~linked.select(open_ended() | pl.col("parent_key").is_null()).to_series()
    agreed = _sorted(whole).join(
        linked.filter(complete).select("ts", "source_offset", "queue_id"), on=["ts", "source_offset", "queue_id"]
    )
    assert _sorted(agreed).equals(_sorted(linked.filter(complete)))
    assert _sorted(relink(linked, said)).equals(_sorted(whole))


@given(histories(), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_the_order_of_rows_does_not_matter(history: tuple[pl.DataFrame, pl.DataFrame], chance: random.Random) -> None:
    """Shuffled rows give the same links."""
    happened, said = history
    mixed = list(range(said.height))
    chance.shuffle(mixed)
    assert _sorted(relink(happened, said[mixed])).equals(_sorted(relink(happened, said)))

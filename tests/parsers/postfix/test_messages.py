"""What lines say about a whole message in the queue."""

from collections.abc import Callable
from typing import Any

import pytest

from bouncelake.parsers import Facts

Told = Callable[..., dict[str, Any]]
Read = Callable[..., Facts]

TABLE: list[tuple[str, dict[str, Any]]] = [
    (
        "4C20E4AE: client=app.example.org[192.0.2.20], sasl_method=PLAIN, sasl_username=news@example.org",
        {
            "kind": "client",
            "queue_id": "4C20E4AE",
            "client_host": "app.example.org",
            "client_ip": "192.0.2.20",
            "sasl_user": "news@example.org",
            "parent_queue_id": None,
        },
    ),
    (
        "4C20E4AE: client=app.example.org[192.0.2.20]:40123, sasl_method=LOGIN, sasl_username=jörg b, sasl_sender=x",
        {"client_ip": "192.0.2.20", "sasl_user": "jörg b"},
    ),
    ("4C20E4AE: client=unknown[2001:db8::7]", {"client_host": None, "client_ip": "2001:db8::7", "sasl_user": None}),
    ("4C20E4AE: client=unknown[unknown]", {"client_host": None, "client_ip": None}),
    (
        "4C20E4AF: client=localhost[127.0.0.1], orig_queue_id=4C20E4AE, orig_client=mx.example.net[203.0.113.1]",
        {"client_ip": "127.0.0.1", "parent_queue_id": "4C20E4AE"},
    ),
    ("4C20E4AE: uid=1000 from=<root>", {"kind": "pickup", "local_user": "1000", "sender": "root"}),
    ("4C20E4AE: uid=1000 from=<>", {"kind": "pickup", "sender": "<>"}),
    (
        "4C20E4AE: uid=102 from=<news@example.org> orig_id=4jYKCg6bPVzbp",
        {"kind": "requeued", "local_user": None, "sender": "news@example.org", "parent_queue_id": "4jYKCg6bPVzbp"},
    ),
    ("4C20E4AE: message-id=<a@b.example>", {"kind": "message_id", "message_id": "<a@b.example>"}),
    ("4C20E4AE: message-id=<>", {"message_id": "<>"}),
    ("4C20E4AE: message-id=", {"kind": "message_id", "message_id": None}),
    ("4C20E4AE: message-id=no brackets, to=<x>", {"message_id": "no brackets, to=<x>"}),
    (
        "4C20E4AE: from=<news@example.org>, size=9753, nrcpt=1 (queue active)",
        {"kind": "active", "sender": "news@example.org", "size": 9753},
    ),
    ("4C20E4AE: from=<>, size=1, nrcpt=12 (queue active)", {"sender": "<>", "size": 1}),
    (
        '4C20E4AE: from=<"a>, size=5, b"@example.org>, size=7, nrcpt=1 (queue active)',
        {"sender": '"a>, size=5, b"@example.org', "size": 7},
    ),
    ("4jYKCs67wRz12X: removed", {"kind": "removed", "queue_id": "4jYKCs67wRz12X"}),
    ("4C20E4AE: removed (canceled)", {"kind": "removed", "queue_id": "4C20E4AE"}),
    ("4C20E4AE: removed (discarded)", {"kind": "removed"}),
    ("4C20E4AE: canceled", {"kind": "removed"}),
    (
        "4C20E4AE: sender non-delivery notification: 4jYKCR1Rpcz4g",
        {"kind": "child", "queue_id": "4C20E4AE", "child_queue_id": "4jYKCR1Rpcz4g"},
    ),
    ("4C20E4AE: sender delay notification: 4C20E4AF", {"kind": "child", "child_queue_id": "4C20E4AF"}),
    ("4C20E4AE: sender delivery status notification: 4C20E4AF", {"kind": "child", "child_queue_id": "4C20E4AF"}),
    ("4C20E4AE: postmaster non-delivery notification: 4C20E4AF", {"kind": "child", "child_queue_id": "4C20E4AF"}),
]


@pytest.mark.parametrize(("text", "expected"), TABLE)
def test_messages(message: Told, text: str, expected: dict[str, Any]) -> None:
    """Each line tells one thing about its message."""
    told = message(text)
    assert {name: told[name] for name in expected} == expected


@pytest.mark.parametrize("word", ["expired", "force-expired"])
def test_expired(read: Read, word: str) -> None:
    """The end by age is an event without recipient, and the end of the message's story."""
    facts = read([f"4C20E4AE: from=<a@example.org>, status={word}, returned to sender"], "postfix/qmgr")
    told = facts.events.row(0, named=True)
    assert (told["event"], told["final"], told["recipient"], told["reply"]) == ("expired", True, None, None)
    assert (told["queue_id"], told["sender"], told["source_event"]) == ("4C20E4AE", "a@example.org", word)
    assert facts.messages["kind"].to_list() == ["expired"]


def test_order_and_origin_are_kept(read: Read) -> None:
    """Facts come in the order of their lines, and each says which line it is from."""
    texts = [TABLE[number][0] for number in (17, 0, 12, 9)]
    facts = read(["connect from unknown[192.0.2.1]", *texts])
    assert facts.messages["kind"].to_list() == ["removed", "client", "active", "message_id"]
    assert facts.messages["offset"].to_list() == [1, 2, 3, 4]
    assert all(text in line for text, line in zip(texts, facts.messages["line"], strict=True))


@pytest.mark.parametrize(
    "text",
    [
        "4C20E4AE: client=nobody",
        "4C20E4AE: uid=x from=<root>",
        "4C20E4AE: from=<a@example.org>, size=12, nrc",
        "4C20E4AE: from=<a@example.org>, status=expi",
    ],
)
def test_broken_records_are_refused(read: Read, text: str) -> None:
    """A line that begins like one of these and breaks off is counted as refused."""
    facts = read([text])
    assert facts.messages.is_empty()
    assert facts.refused["line"].str.ends_with(text).to_list() == [True]


@pytest.mark.parametrize("word", ["warning", "statistics", "NOQUEUE", "connect", "fatal"])
def test_words_are_no_queue_ids(read: Read, word: str) -> None:
    """A word before the colon is not taken for a queue id."""
    facts = read([f"{word}: client=unknown[192.0.2.1]", f"{word}: removed", f"{word}: message-id=<a@b>"])
    assert facts.messages.is_empty()

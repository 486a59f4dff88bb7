"""Non-final records: one host failed, the next is tried."""

from collections.abc import Callable
from typing import Any

import pytest

from bouncelake.parsers import Facts

Told = Callable[..., dict[str, Any]]
Read = Callable[..., Facts]

MX = "mx.example.com[203.0.113.9]"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"5D1E02AB: host {MX} said: 421 4.7.0 from 192.0.2.10 deferred (in reply to MAIL FROM command)",
            ("5D1E02AB", "mail", "421 4.7.0 from 192.0.2.10 deferred", "remote", "203.0.113.9", None),
        ),
        (
            f"5D1E02AB: host {MX} refused to talk to me: 554 5.7.1 no thanks",
            ("5D1E02AB", "connect", "554 5.7.1 no thanks", "remote", "203.0.113.9", None),
        ),
        (
            f"5D1E02AB: Protocol error: host {MX} said: 199 what (in reply to RCPT TO command)",
            ("5D1E02AB", "rcpt", "199 what", "remote", "203.0.113.9", None),
        ),
        (
            f"5D1E02AB: lost connection with {MX} while sending RCPT TO",
            ("5D1E02AB", "rcpt", f"lost connection with {MX} while sending RCPT TO", "local", "203.0.113.9", None),
        ),
        (
            f"5D1E02AB: conversation with {MX} timed out while receiving the initial server greeting",
            (
                "5D1E02AB",
                "connect",
                f"conversation with {MX} timed out while receiving the initial server greeting",
                "local",
                "203.0.113.9",
                None,
            ),
        ),
        (
            "connect to mx6.example.com[2001:db8::25]:25: Connection timed out",
            (
                None,
                "connect",
                "connect to mx6.example.com[2001:db8::25]:25: Connection timed out",
                "local",
                "2001:db8::25",
                25,
            ),
        ),
        (
            f"connect to {MX}: Connection refused (port 25)",
            (None, "connect", f"connect to {MX}: Connection refused (port 25)", "local", "203.0.113.9", None),
        ),
        (
            "4jYKCs67wRz12X: Cannot start TLS: handshake failure",
            ("4jYKCs67wRz12X", "starttls", "Cannot start TLS: handshake failure", "local", None, None),
        ),
    ],
)
def test_attempts(event: Told, text: str, expected: tuple[Any, ...]) -> None:
    """An attempt names the server and its reply, never a recipient, and is not the end."""
    told = event(text)
    names = ("queue_id", "stage", "reply", "reply_by", "remote_ip", "remote_port")
    assert tuple(told[name] for name in names) == expected
    assert (told["event"], told["final"], told["direction"], told["recipient"]) == ("attempt", False, "outbound", None)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (f"5D1E02AB: host {MX} said: 421 x (in reply to RCPT TO command)", "said"),
        (f"5D1E02AB: host {MX} refused to talk to me: 554 x said", "refused to talk to me"),
        (f"5D1E02AB: lost connection with {MX} while sending RCPT TO", "lost connection"),
        (f"connect to {MX}:25: Connection refused", "connect to"),
        ("5D1E02AB: Cannot start TLS: handshake failure", "Cannot start"),
    ],
)
def test_source_event(event: Told, text: str, word: str) -> None:
    """The log has no status word here: its own words for what happened stand instead."""
    assert event(text)["source_event"] == word


def test_only_replies_have_an_attempt(read: Read) -> None:
    """A reply is told apart from another; a connection that failed answered nothing."""
    said = f"5D1E02AB: host {MX} said: 421 no (in reply to RCPT TO command)"
    facts = read([said, said, f"connect to {MX}:25: Connection refused"])
    first, second, third = facts.events["attempt"]
    assert first == second
    assert third is None


@pytest.mark.parametrize(
    ("peer", "ip"), [("f.example[10.9.8.7]:25", "10.9.8.7"), ("mx1.example.org[private/lmtp]", None)]
)
def test_near_hosts_are_local(event: Told, peer: str, ip: str | None) -> None:
    """A filter or socket of our own that does not answer is no trouble with a receiver."""
    told = event(f"connect to {peer}: Connection refused")
    assert (told["direction"], told["remote_ip"]) == ("local", ip)


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        (f"5D1E02AB: host {MX} said: 421 x (in reply to MAIL FROM comma", None),
        (f"5D1E02AB: host {MX} said: 421 x (in reply to MAIL FROM command", None),
        (f"5D1E02AB: host {MX} said: 421 (in reply to DATA command) x", None),
        (f"5D1E02AB: lost connection with {MX} while sending RC", None),
        (f"5D1E02AB: lost connection with {MX} while sending end of data", None),
    ],
)
def test_cut_attempts_have_no_stage(event: Told, text: str, stage: str | None) -> None:
    """What the record lost is not guessed."""
    assert event(text)["stage"] == stage


@pytest.mark.parametrize(
    "text",
    [
        "connect from unknown[198.51.100.7]",
        "disconnect from unknown[198.51.100.7] ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4",
        "connect to private/anvil: Connection refused",
        "warning: connect to Milter service inet:localhost:8891: Connection refused",
        f"warning: host {MX} said: 500 what (in reply to XFORWARD NAME command)",
        f"warning: {MX}:25: multi-line response longer than 2048 550-5.7.1 very long",
        f'{MX}:25: replacing server reply "550 5.7.1 a" with "450 4.7.1 a"',
        f"Untrusted TLS connection established to {MX}:25: TLSv1.3 with cipher x",
        "lost connection after RCPT from unknown[198.51.100.7]",
        "NOQUEUE: lost connection after RCPT from unknown[198.51.100.7]",
        "timeout after EHLO from unknown[198.51.100.7]",
        "statistics: max connection rate 2/20s for (smtp:198.51.100.7) at Nov 23 21:42:29",
        "4C20E4AE: passing <u@example.com> to transport=relay",
        "4C20E4AE: placed on hold",
        "4C20E4AE: resent-message-id=<a@b.example>",
        "CONNECT from [198.51.100.7]:41713 to [192.0.2.10]:25",
        "PREGREET 24 after 0 from [198.51.100.7]:34069: EHLO eager.example.net\\r\\n",
        "",
    ],
)
def test_context(read: Read, text: str) -> None:
    """Lines that tell no event are neither events nor refused."""
    facts = read([text])
    assert facts.events.is_empty()
    assert facts.messages.is_empty()
    assert facts.refused.is_empty()

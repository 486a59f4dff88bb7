"""Outcome lines of all versions and selectors, each against what it says."""

from typing import Any

import pytest

from tests.parsers.exim.conftest import ID, LONG_ID, Read, Told, cases

MX = "H=mx.example.com [203.0.113.9]"
REMOTE = "R=dnslookup T=remote_smtp"
SAID = "SMTP error from remote mail server after"


@pytest.mark.parametrize(("text", "told"), cases("delivered"))
@pytest.mark.parametrize("queue_id", [ID, LONG_ID])
def test_delivered(event: Told, queue_id: str, text: str, told: dict[str, Any]) -> None:
    """Every form of a delivery, with ids of both lengths."""
    row = event(f"{queue_id} {text}")
    assert row["queue_id"] == queue_id
    assert {name: row.get(name) for name in told} == told


@pytest.mark.parametrize(("text", "told"), cases("failed"))
@pytest.mark.parametrize("queue_id", [ID, LONG_ID])
def test_failed(event: Told, queue_id: str, text: str, told: dict[str, Any]) -> None:
    """Every form of a failure, of all three generations."""
    row = event(f"{queue_id} {text}")
    assert {name: row.get(name) for name in told} == told


@pytest.mark.parametrize(("text", "told"), cases("attempts"))
def test_attempts(event: Told, text: str, told: dict[str, Any]) -> None:
    """Lines of one failed host are attempts that end nothing and name no recipient."""
    row = event(f"{ID} {text}")
    assert row["event"] == "attempt"
    assert row["final"] is False
    assert "recipient" not in row
    assert {name: row.get(name) for name in told} == told


CONTEXT = [
    f"{ID} Message is frozen",
    f"{ID} Frozen (delivery error message)",
    f"{ID} Unfrozen by errmsg timer",
    f"{ID} Spool file for {ID} is locked (another process is handling this message)",
    f"{ID} u@example.com <U@example.com>: error ignored",
    f"{ID} removed by root",
    f"{ID} cancelled by timeout_frozen_after",
    f"{ID} remote host address is the local host: mail.example.org",
    f"{ID} TLS session: (x): delivering unencrypted to {MX} (not in hosts_require_tls)",
    f"{ID} {MX} TLS error on connection (recv): closed",
    f"{ID} H=client.example.net (x) [198.51.100.9] Warning: looks odd",
    "Start queue run: pid=77",
    "SMTP connection from [198.51.100.9] lost",
    "no MAIL in SMTP connection from (x) [198.51.100.9] D=2s C=EHLO,QUIT",
    "no host name found for IP address 198.51.100.9",
    'SMTP syntax error in "H=(x) [198.51.100.8] rejected RCPT <a@b>" H=(evil) [198.51.100.6] unrecognized command',
    "exim 4.96 daemon started: pid=432, -q4s, listening for SMTP on port 25",
    "",
]


def test_context(read: Read) -> None:
    """The noise of queue runs and connections tells nothing, and none of it is refused."""
    facts = read(CONTEXT)
    assert (facts.events.height, facts.messages.height, facts.refused.height) == (0, 0, 0)


@pytest.mark.parametrize("text", ["<= ", "=> ", "== u@example.com R=", "** ", "== u@example.com defer"])
def test_broken_lines_are_refused(read: Read, text: str) -> None:
    """A line that has lost its end is refused, not guessed at."""
    facts = read([f"{ID} {text}"])
    assert (facts.events.height, facts.refused["reason"].to_list()) == (0, ["bad_record"])


def test_syslog_leaves_its_own_marks(event: Told) -> None:
    """A second stamp, a second pid and an escaped tab are taken off."""
    stamped = f"2026-11-23 21:42:05.001 +0000 [77] {ID} ** u@example.com {REMOTE} {MX}: {SAID} DATA: 550 a#011b"
    assert event(stamped, "mx1")["reply"] == "550 a\tb"
    assert event(f"[77] {ID} ** u@example.com: Unrouteable address", "mx1")["queue_id"] == ID


def test_arrival_is_in_the_id(event: Told) -> None:
    """The delay counts from the second in the id where the queue time is not logged, and never backwards."""
    assert event(f"{ID} == u@example.com {REMOTE} defer (-54): retry time not reached")["delay"] == 10.0
    assert "delay" not in event("1xVcnP-00007c-01 == u@example.com routing defer (-52): retry time not reached")


def test_one_reply_has_one_attempt(read: Read) -> None:
    """Recipients that one reply answered share its attempt; an echo has none."""
    again = f'{REMOTE} {MX} C="250 OK"'
    facts = read(
        [
            f"{ID} => a@example.com {again}",
            f"{ID} -> b@example.com {again}",
            f"{ID} == c@example.com routing defer (-52): x",
        ]
    )
    first, second, third = facts.events["attempt"].to_list()
    assert first == second is not None
    assert third is None

"""What our own servers refused, held, discarded or changed."""

from collections.abc import Callable
from typing import Any

import pytest

from bouncelake.parsers import Facts

Told = Callable[..., dict[str, Any]]
Read = Callable[..., Facts]

CLIENT = "c.example.net[198.51.100.7]"
TAIL = "from=<s@example.net> to=<r@example.org> proto=ESMTP helo=<h.example.net>"
COMMAS = "from=<s@example.net>, to=<r@example.org>, proto=ESMTP, helo=<h.example.net>"
ODD = 'from=<"semi;colon, proto=X helo=<y>"@example.org> to=<"a b; from=<1@c>"@example.net> proto=ESMTP helo=<h>'
RAW = "from=<a b@c@d> to=<grüße@example.org> proto=ESMTP helo=<a?b=c,?from=?x??[1]>"
LISTED = (
    "554 5.7.1 Client host [198.51.100.7] blocked using dnsbl.example; https://dnsbl.example/q?ip=1; listed, really"
)
PROBED = (
    "550 5.1.1 <r@example.org>: Recipient address rejected: undeliverable address: host mx.example.com[203.0.113.9]"
    " said: 550 no (in reply to RCPT TO command)"
)
ACTIONS = ("hold", "discard", "filter", "redirect", "bcc", "prepend", "delay", "warn", "info", "permit")
NAMES = ("event", "source_event", "stage", "final", "reply")
PEOPLE = ("queue_id", "client_host", "client_ip", "sender", "recipient", "helo")
ALL = ("s@example.net", "r@example.org", "h.example.net")


@pytest.mark.parametrize(
    ("text", "expected", "people"),
    [
        (
            f"NOQUEUE: reject: RCPT from {CLIENT}: 554 5.7.1 <r@example.org>: Relay access denied; {TAIL}",
            ("rejected", "reject", "rcpt", True, "554 5.7.1 <r@example.org>: Relay access denied"),
            (None, "c.example.net", "198.51.100.7", *ALL),
        ),
        (
            f"4C20E4AE: reject: RCPT from unknown[2001:db8::7]: 450 4.7.1 later; {TAIL}",
            ("rejected", "reject", "rcpt", False, "450 4.7.1 later"),
            ("4C20E4AE", None, "2001:db8::7", *ALL),
        ),
        (
            f"NOQUEUE: reject: RCPT from unknown[unknown]:40123: 421 4.7.0 x; {TAIL}",
            ("rejected", "reject", "rcpt", False, "421 4.7.0 x"),
            (None, None, None, *ALL),
        ),
        (
            f"NOQUEUE: reject: MAIL from {CLIENT}: 552 5.3.4 too big; from=<> proto=ESMTP helo=<h.example.net>",
            ("rejected", "reject", "mail", True, "552 5.3.4 too big"),
            (None, "c.example.net", "198.51.100.7", "<>", None, "h.example.net"),
        ),
        (
            f"NOQUEUE: reject: CONNECT from {CLIENT}: 554 5.7.1 go away; proto=SMTP",
            ("rejected", "reject", "connect", True, "554 5.7.1 go away"),
            (None, "c.example.net", "198.51.100.7", None, None, None),
        ),
        (
            f"4C20E4AE: reject: DATA content from {CLIENT}: 550 5.5.2 bare <LF>; {TAIL}",
            ("rejected", "reject", "data", True, "550 5.5.2 bare <LF>"),
            ("4C20E4AE", "c.example.net", "198.51.100.7", *ALL),
        ),
        (
            f"NOQUEUE: reject: RCPT from {CLIENT}: {LISTED}; {TAIL}",
            ("rejected", "reject", "rcpt", True, LISTED),
            (None, "c.example.net", "198.51.100.7", *ALL),
        ),
        (
            f"NOQUEUE: reject: RCPT from {CLIENT}: 554 5.7.1 <a b; from=<1@c>@example.net>: Relay access denied; {ODD}",
            ("rejected", "reject", "rcpt", True, "554 5.7.1 <a b; from=<1@c>@example.net>: Relay access denied"),
            (
                None,
                "c.example.net",
                "198.51.100.7",
                '"semi;colon, proto=X helo=<y>"@example.org',
                '"a b; from=<1@c>"@example.net',
                "h",
            ),
        ),
        (
            f"NOQUEUE: reject: RCPT from {CLIENT}: 550 5.1.1 x; {RAW}",
            ("rejected", "reject", "rcpt", True, "550 5.1.1 x"),
            (None, "c.example.net", "198.51.100.7", "a b@c@d", "grüße@example.org", "a?b=c,?from=?x??[1]"),
        ),
        (
            f"NOQUEUE: reject: RCPT from {CLIENT}: {PROBED}; {TAIL}",
            ("rejected", "reject", "rcpt", True, PROBED),
            (None, "c.example.net", "198.51.100.7", *ALL),
        ),
        (
            f"NOQUEUE: reject: RCPT from [198.51.100.7]:47555: 550 5.7.1 x; client [198.51.100.7] blocked; {COMMAS}",
            ("rejected", "reject", "rcpt", True, "550 5.7.1 x; client [198.51.100.7] blocked"),
            (None, None, "198.51.100.7", *ALL),
        ),
        (
            "NOQUEUE: reject: CONNECT from [2001:db8::7]:47555: too many connections",
            ("rejected", "reject", "connect", None, "too many connections"),
            (None, None, "2001:db8::7", None, None, None),
        ),
        (
            f"4C20E4AE: milter-reject: END-OF-MESSAGE from {CLIENT}: 5.7.1 spam; {TAIL}",
            ("rejected", "milter-reject", "eod", True, "5.7.1 spam"),
            ("4C20E4AE", "c.example.net", "198.51.100.7", *ALL),
        ),
        (
            "4C20E4AE: milter-reject: END-OF-MESSAGE from localhost[127.0.0.1]: 4.7.1 later; from=<a@b> to=<r@e>",
            ("rejected", "milter-reject", "eod", False, "4.7.1 later"),
            ("4C20E4AE", "localhost", "127.0.0.1", "a@b", "r@e", None),
        ),
        (
            f"4C20E4AE: milter-hold: END-OF-MESSAGE from {CLIENT}: milter triggers HOLD action; {TAIL}",
            ("other", "milter-hold", "eod", None, "milter triggers HOLD action"),
            ("4C20E4AE", "c.example.net", "198.51.100.7", *ALL),
        ),
        (
            f"NOQUEUE: reject_warning: RCPT from {CLIENT}: 554 5.7.1 x; {TAIL}",
            ("other", "reject_warning", "rcpt", None, "554 5.7.1 x"),
            (None, "c.example.net", "198.51.100.7", *ALL),
        ),
        *(
            (
                f"NOQUEUE: {action}: RCPT from {CLIENT}: <s@example.net>: Sender address x; {TAIL}",
                ("other", action, "rcpt", None, "<s@example.net>: Sender address x"),
                (None, "c.example.net", "198.51.100.7", *ALL),
            )
            for action in ACTIONS
        ),
        (
            f"NOQUEUE: proxy-reject: END-OF-MESSAGE: 550 5.7.1 Reject; {TAIL}",
            ("rejected", "proxy-reject", "eod", True, "550 5.7.1 Reject"),
            (None, None, None, *ALL),
        ),
        (
            f"proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as 4C20E4AF; {TAIL}",
            ("accepted", "proxy-accept", "eod", False, "250 2.0.0 Ok: queued as 4C20E4AF"),
            (None, None, None, *ALL),
        ),
        (
            f"4C20E4AE: reject: header Subject: buy from x[192.0.2.9]; from=<a@b> from {CLIENT}; {TAIL}: 5.7.1 spam",
            ("rejected", "reject", "eod", True, "5.7.1 spam"),
            ("4C20E4AE", "c.example.net", "198.51.100.7", *ALL),
        ),
        (
            f"4C20E4AE: reject: body http://x.example/;from=<a@b> from {CLIENT}; {TAIL}: 4.7.1 not: now; ok",
            ("rejected", "reject", "eod", False, "4.7.1 not: now; ok"),
            ("4C20E4AE", "c.example.net", "198.51.100.7", *ALL),
        ),
        (
            f"4C20E4AE: warning: header Subject: hm from {CLIENT}; {TAIL}: look",
            ("other", "warning", "eod", None, "look"),
            ("4C20E4AE", "c.example.net", "198.51.100.7", *ALL),
        ),
        (
            f"4C20E4AE: warning: header Subject: hm from {CLIENT}; {TAIL}",
            ("other", "warning", "eod", None, None),
            ("4C20E4AE", "c.example.net", "198.51.100.7", *ALL),
        ),
        (
            "4C20E4AE: reject: header Subject: hm from local; from=<root@example.org> to=<r@example.org>: 5.7.1 no",
            ("rejected", "reject", None, True, "5.7.1 no"),
            ("4C20E4AE", "local", None, "root@example.org", "r@example.org", None),
        ),
    ],
)
def test_rejects(event: Told, text: str, expected: tuple[Any, ...], people: tuple[Any, ...]) -> None:
    """What stood at the right end is read from there, and the text before it is our own reply."""
    told = event(text, "postfix/smtpd")
    assert tuple(told[name] for name in NAMES) == expected
    assert tuple(told[name] for name in PEOPLE) == people
    assert told["reply_by"] == "local"
    assert told["direction"] == ("local" if people[1] == "local" else "inbound")
    assert told["attempt"] is None


@pytest.mark.parametrize(
    ("tail", "user"),
    [
        (" sasl_method=PLAIN sasl_username=u@example.org", "u@example.org"),
        (" sasl_method=PLAIN sasl_username=a b sasl_sender=x", "a b"),
        (" sasl_username=<u@example.org>", "u@example.org"),
        ("", None),
    ],
)
def test_sasl_user(event: Told, tail: str, user: str | None) -> None:
    """Since 3.10 a reject names the account; milters have always done so."""
    told = event(f"NOQUEUE: reject: RCPT from {CLIENT}: 554 5.7.1 x; {TAIL}{tail}", "postfix/submission/smtpd")
    assert (told["sasl_user"], told["helo"], told["recipient"]) == (user, "h.example.net", "r@example.org")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"warning: {CLIENT}: SASL PLAIN authentication failed: bad: base64, sasl_username=a b",
            ("auth", "SASL PLAIN authentication failed: bad: base64", "c.example.net", "198.51.100.7", "a b"),
        ),
        (
            "warning: unknown[2001:db8::7]: SASL LOGIN authentication failed: x, sasl_username=(unavailable)",
            ("auth", "SASL LOGIN authentication failed: x", None, "2001:db8::7", None),
        ),
        (
            f"warning: {CLIENT}: SASL LOGIN authentication failed",
            ("auth", "SASL LOGIN authentication failed", "c.example.net", "198.51.100.7", None),
        ),
        (
            "warning: Connection rate limit exceeded: 13 from unknown[198.51.100.7] for service smtp",
            (
                "connect",
                "Connection rate limit exceeded: 13 from unknown[198.51.100.7] for service smtp",
                None,
                "198.51.100.7",
                None,
            ),
        ),
        (
            f"warning: Recipient address rate limit exceeded: 99 from {CLIENT} for service smtp",
            (
                "rcpt",
                f"Recipient address rate limit exceeded: 99 from {CLIENT} for service smtp",
                "c.example.net",
                "198.51.100.7",
                None,
            ),
        ),
        (
            "warning: 4C20E4AE: queue file size limit exceeded",
            (None, "queue file size limit exceeded", None, None, None),
        ),
        (
            "4C20E4AE: warning: queue file size limit exceeded",
            (None, "queue file size limit exceeded", None, None, None),
        ),
    ],
)
def test_refusals_without_a_code(event: Told, text: str, expected: tuple[Any, ...]) -> None:
    """No code is logged for these: none is told, nor whether it was for good."""
    told = event(text, "postfix/smtpd")
    names = ("stage", "reply", "client_host", "client_ip", "sasl_user")
    assert tuple(told[name] for name in names) == expected
    assert (told["event"], told["direction"], told["final"]) == ("rejected", "inbound", None)
    assert told["queue_id"] == ("4C20E4AE" if "4C20E4AE" in text else None)


def test_cut_reject_names_nobody(event: Told) -> None:
    """Without its right end a reject keeps its text, but no address that a stranger may have put there."""
    told = event(f"NOQUEUE: reject: RCPT from {CLIENT}: 554 5.7.1 <a; from=<x@y> to=<z@q>", "postfix/smtpd")
    assert (told["sender"], told["recipient"], told["client_ip"]) == (None, None, "198.51.100.7")
    assert told["final"] is True


@pytest.mark.parametrize(
    "text",
    ["NOQUEUE: reject: RCPT from c.exam", "4C20E4AE: reject: header Subject: x from c.ex", "NOQUEUE: reject: "],
)
def test_broken_rejects_are_refused(read: Read, text: str) -> None:
    """A reject that does not even name its client is counted as refused."""
    facts = read([text], "postfix/smtpd")
    assert facts.events.is_empty()
    assert facts.refused["reason"].to_list() == ["bad_record"]

"""Delivery records of every agent and version, and what their parenthesis says."""

from collections.abc import Callable
from typing import Any

import pytest

from bouncelake.parsers import Facts

Told = Callable[..., dict[str, Any]]
Read = Callable[..., Facts]

MX = "mx.example.com[203.0.113.9]:25"
HEAD = f"4C20E4AE: to=<u@example.com>, relay={MX}, delay=1.5, delays=0.1/0/0.9/0.5"
SAID = "host mx.example.com[203.0.113.9] said: "


def failed(reason: str, *, relay: str = MX, status: str = "deferred", dsn: str = "4.0.0") -> str:
    """Write a delivery record with this reason."""
    return (
        f"4C20E4AE: to=<u@example.com>, relay={relay}, delay=1, delays=0/0/1/0, dsn={dsn}, status={status} ({reason})"
    )


HEADS = [
    pytest.param(
        f"{HEAD}, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4A1B2C)",
        {
            "queue_id": "4C20E4AE",
            "recipient": "u@example.com",
            "original_recipient": None,
            "remote_host": "mx.example.com",
            "remote_ip": "203.0.113.9",
            "remote_port": 25,
            "delay": 1.5,
            "dsn": "2.0.0",
            "tls": None,
            "source_event": "sent",
            "event": "delivered",
            "final": True,
            "direction": "outbound",
            "stage": "eod",
            "reply": "250 2.0.0 Ok: queued as 4A1B2C",
            "reply_by": "remote",
            "instance": "postfix",
            "service": "smtp",
            "system": "postfix",
        },
        id="sent",
    ),
    pytest.param(
        f"4jYKCs67wRz12X: to=<u@example.com>, orig_to=<all@example.org>, relay={MX}, conn_use=7, delay=12,"
        " delays=9.1/0.01/0/3, tls=may:none?/requiretls, dsn=2.0.0, status=sent (250 ok)",
        {
            "queue_id": "4jYKCs67wRz12X",
            "recipient": "u@example.com",
            "original_recipient": "all@example.org",
            "remote_port": 25,
            "delay": 12.0,
            "tls": "may:none?/requiretls",
            "dsn": "2.0.0",
        },
        id="every-option",
    ),
    pytest.param(
        f"149A2C3: to=<u@example.com>, relay={MX[:-3]}, delay=3, status=sent (250 Ok)",
        {"queue_id": "149A2C3", "delay": 3.0, "dsn": None, "remote_ip": "203.0.113.9", "remote_port": None},
        id="before-2.3",
    ),
    pytest.param(
        "4C20E4AE: to=<u@example.com>, relay=mx6.example.com[2001:db8::25]:25, delay=1, delays=0/0/1/0,"
        " tls=!secure:may, dsn=2.0.0, quic=yes, status=sent (250 ok)",
        {"remote_ip": "2001:db8::25", "remote_port": 25, "tls": "!secure:may", "dsn": "2.0.0"},
        id="a-field-of-tomorrow",
    ),
    pytest.param(
        f'4C20E4AE: to=<"a, relay=none, b"@example.com>, orig_to=<"x> y"@example.org>, relay={MX}, delay=1,'
        " delays=0/0/1/0, dsn=2.0.0, status=sent (250 ok)",
        {"recipient": '"a, relay=none, b"@example.com', "original_recipient": '"x> y"@example.org'},
        id="quoted-fields",
    ),
    pytest.param(
        f'4C20E4AE: to=<"x, status=sent (y"@example.com>, relay={MX}, delay=1, delays=0/0/1/0, dsn=5.1.1,'
        " status=bounced (no)",
        {"recipient": '"x, status=sent (y"@example.com', "event": "bounced", "reply": "no"},
        id="quoted-status",
    ),
    pytest.param(
        f"4C20E4AE: to=<a b>c,d@e@example.com>, relay={MX}, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 ok)",
        {"recipient": "a b>c,d@e@example.com"},
        id="unquoted-before-3.5",
    ),
    pytest.param(
        f"4C20E4AE: to=<jörg@exämple.com>, relay={MX}, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 ok)",
        {"recipient": "jörg@exämple.com", "remote_ip": "203.0.113.9"},
        id="utf8",
    ),
    pytest.param(
        f"4C20E4AE: to=a@b@c, relay={MX}, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 ok)",
        {"recipient": "a@b@c"},
        id="no-brackets",
    ),
    pytest.param(
        f"4C20E4AE: to=<>, relay={MX}, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 ok)",
        {"recipient": "<>"},
        id="null-recipient",
    ),
    pytest.param(
        "4C20E4AE: to=<root>, relay=local, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (delivered to mailbox)",
        {
            "recipient": "root",
            "event": "delivered",
            "final": True,
            "direction": "local",
            "stage": None,
            "reply": "delivered to mailbox",
            "reply_by": "local",
            "remote_host": None,
            "remote_ip": None,
            "attempt": None,
        },
        id="mailbox",
    ),
    pytest.param(
        "4C20E4AE: status=deferred (bounce failed)",
        {"recipient": None, "event": "deferred", "final": False, "reply": "bounce failed", "direction": "local"},
        id="no-recipient",
    ),
    pytest.param(
        f"{HEAD}, dsn=2.0.0, status=sent (250 ok)7",
        {"reply": "250 ok", "event": "delivered"},
        id="torn-write",
    ),
]


@pytest.mark.parametrize(("text", "expected"), HEADS)
def test_fields(event: Told, text: str, expected: dict[str, Any]) -> None:
    """Each field is read whatever the version wrote, and whatever stands in an address."""
    told = event(text)
    assert {name: told[name] for name in expected} == expected


PEER = "mx.example.com[203.0.113.9]"
LOST_BYTES = f"lost connection with {PEER} while sending end of data -- message may be sent more than once"

FAKE = "550 5.7.0 Blocked (in reply to end of DATA command) status=sent (250 ok) to=<fake@example.com>, relay=none"

REASONS = [
    (f"{SAID}450 4.2.0 Greylisted (in reply to RCPT TO command)", "rcpt", "450 4.2.0 Greylisted", "remote"),
    (f"{SAID}550 no (in reply to MAIL FROM command)", "mail", "550 no", "remote"),
    (f"{SAID}554 no (in reply to DATA command)", "data", "554 no", "remote"),
    (f"{SAID}552-5.7.0 a 552 5.7.0 b (in reply to end of DATA command)", "eod", "552-5.7.0 a 552 5.7.0 b", "remote"),
    (f"{SAID}421 bye (in reply to final RSET command)", None, "421 bye", "remote"),
    (f"{SAID} (in reply to RCPT TO command)", "rcpt", "", "remote"),
    (
        f"host {PEER} refused to talk to me: 554 5.7.1 poor (x)",
        "connect",
        "554 5.7.1 poor (x)",
        "remote",
    ),
    (f"Protocol error: {SAID}299 hm (in reply to RCPT TO command)", "rcpt", "299 hm", "remote"),
    (
        f"{SAID}{FAKE} (in reply to RCPT TO command)",
        "rcpt",
        FAKE,
        "remote",
    ),
    (
        f"SASL authentication failed; server {PEER} said: 535 5.7.8 bad",
        "auth",
        "535 5.7.8 bad",
        "remote",
    ),
    (f"SASL [CACHED] authentication failed; server {PEER} said: 535 x", "auth", "535 x", "remote"),
    (
        "SASL authentication failed; cannot authenticate to server mx.example.com[203.0.113.9]: no mechanism available",
        "auth",
        "SASL authentication failed; cannot authenticate to server mx.example.com[203.0.113.9]: no mechanism available",
        "local",
    ),
    (
        "TLS is required, but host mx.example.com[203.0.113.9] refused to start TLS: 454 4.7.0 not now",
        "starttls",
        "454 4.7.0 not now",
        "remote",
    ),
    *(
        (text, stage, text, "local")
        for text, stage in (
            ("TLS is required, but was not offered by host mx.example.com[203.0.113.9]", "starttls"),
            ("Cannot start TLS: handshake failure", "starttls"),
            ("Server certificate not trusted", "starttls"),
            ("connect to mx.example.com[203.0.113.9]:25: Connection timed out", "connect"),
            ("connect to mx.example.com[2001:db8::9]:25: No route to host", "connect"),
            ("lost connection with mx.example.com[203.0.113.9] while receiving the initial server greeting", "connect"),
            ("lost connection with mx.example.com[203.0.113.9] while performing the EHLO handshake", "helo"),
            ("lost connection with mx.example.com[203.0.113.9] while sending MAIL FROM", "mail"),
            ("conversation with mx.example.com[203.0.113.9] timed out while sending RCPT TO", "rcpt"),
            ("lost connection with mx.example.com[203.0.113.9] while sending message body", "data"),
            (LOST_BYTES, "eod"),
            ("local data error while talking to mx.example.com[203.0.113.9]", None),
            (
                "Host or domain name not found. Name service error for name=d.example type=MX: try again",
                None,
            ),
            ("Domain d.example does not accept mail (nullMX)", None),
            ("mail for d.example loops back to myself", None),
            ('unknown user: "x"', None),
            ("temporary failure. Command output: try again ", None),
            (
                "user unknown. Command output: host mx.example.com[203.0.113.9] said: 550 (in reply to DATA command)",
                None,
            ),
        )
    ),
]


@pytest.mark.parametrize(("reason", "stage", "reply", "by"), REASONS)
def test_reasons(event: Told, reason: str, stage: str | None, reply: str, by: str) -> None:
    """The reply, its author and the stage come from the reason alone; a network error is no reply."""
    told = event(failed(reason))
    assert (told["stage"], told["reply"], told["reply_by"]) == (stage, reply, by)
    assert (told["event"], told["final"]) == ("deferred", False)


@pytest.mark.parametrize(("reason", "stage", "reply", "by"), REASONS)
def test_echoes_quote_an_older_reply(event: Told, reason: str, stage: str | None, reply: str, by: str) -> None:
    """A suspended delivery is no attempt: it keeps the quoted reply, but nothing that could count it twice."""
    told = event(failed(f"delivery temporarily suspended: {reason}", relay="none"), "postfix/error")
    assert (told["event"], told["final"], told["attempt"]) == ("suspended", False, None)
    assert (told["stage"], told["reply"], told["reply_by"]) == (stage, reply, by)


@pytest.mark.parametrize(
    ("reason", "peer"),
    [
        (f"{SAID}450 no (in reply to RCPT TO command)", ("mx.example.com", "203.0.113.9", None)),
        ("connect to mx.example.com[203.0.113.9]:2525: Connection refused", ("mx.example.com", "203.0.113.9", 2525)),
        (
            "lost connection with mx6.example.com[2001:db8::9] while sending RCPT TO",
            ("mx6.example.com", "2001:db8::9", None),
        ),
        (
            "TLS is required, but was not offered by host mx.example.com[203.0.113.9]",
            ("mx.example.com", "203.0.113.9", None),
        ),
        ("mail for d.example loops back to myself", (None, None, None)),
    ],
)
def test_peer_from_the_reason(event: Told, reason: str, peer: tuple[str | None, str | None, int | None]) -> None:
    """Without an open connection (`relay=none`) the reason names the server."""
    told = event(failed(reason, relay="none"))
    assert (told["remote_host"], told["remote_ip"], told["remote_port"]) == peer
    assert told["direction"] == "outbound"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("sent", ("delivered", True)),
        ("deferred", ("deferred", False)),
        ("bounced", ("bounced", True)),
        ("SOFTBOUNCE", ("deferred", False)),
        ("deliverable", ("probe", None)),
        ("undeliverable", ("probe", None)),
        ("undeliverable-but-not-cached", ("probe", None)),
    ],
)
def test_status_decides_the_event(event: Told, status: str, expected: tuple[str, bool | None]) -> None:
    """The status word alone says whether it is over, whatever code stands in the reply."""
    told = event(failed(f"{SAID}550 5.1.1 gone (in reply to RCPT TO command)", status=status))
    assert (told["event"], told["final"], told["source_event"]) == (*expected, status)


def test_code_does_not_decide(event: Told) -> None:
    """A 5xx greeting is deferred, with the MTA's own dsn beside the reply."""
    told = event(failed("host mx.example.com[203.0.113.9] refused to talk to me: 554 5.7.1 no", dsn="4.7.1"))
    assert (told["event"], told["dsn"], told["reply"]) == ("deferred", "4.7.1", "554 5.7.1 no")


HOPS = [
    # relay, tag, reply -> event, direction, child
    (
        "127.0.0.1[127.0.0.1]:10024",
        "postfix/smtp",
        "250 2.0.0 Ok: queued as 4A1B2C3D",
        ("accepted", "local", "4A1B2C3D"),
    ),
    (
        "127.0.0.1[127.0.0.1]:10024",
        "postfix/smtp",
        "250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as FFFFFF1) (queued as 4A1B2C3D",
        ("accepted", "local", "4A1B2C3D"),
    ),
    ("filter.example[10.1.2.3]:25", "postfix/smtp", "250 2.6.0 Queued mail for delivery", ("accepted", "local", None)),
    ("filter.example[172.31.0.1]:25", "postfix/smtp", "250 ok", ("accepted", "local", None)),
    ("filter.example[fd00:1::1]:25", "postfix/smtp", "250 ok", ("accepted", "local", None)),
    ("filter.example[fe80::1%eth0]:25", "postfix/smtp", "250 ok", ("accepted", "local", None)),
    ("far.example[172.32.0.1]:25", "postfix/smtp", "250 ok: queued as 4A1B2C3D", ("delivered", "outbound", None)),
    ("mx.example[192.0.2.9]:25", "postfix/smtp", "250 ok: queued as 4A1B2C3D", ("delivered", "outbound", None)),
    ("127.0.0.1[127.0.0.1]:24", "postfix/lmtp", "250 2.0.0 <u@example.com> abc Saved", ("delivered", "local", None)),
    ("127.0.0.1[127.0.0.1]:24", "postfix-out", "250 2.0.0 <u@example.com> abc Saved", ("delivered", "local", None)),
    ("127.0.0.1[127.0.0.1]:10026", "postfix/lmtp", "250 ok, queued as 4A1B2C3D", ("accepted", "local", "4A1B2C3D")),
    ("mx1.example.org[private/dovecot-lmtp]", "postfix/lmtp", "250 2.0.0 <u@e> x Saved", ("delivered", "local", None)),
    ("mx1.example.org[/run/lmtp.sock]", "postfix/lmtp", "250 ok", ("delivered", "local", None)),
    ("lmtp.example[203.0.113.7]:24", "postfix/lmtp", "250 ok", ("delivered", "outbound", None)),
    ("local", "postfix/local", "forwarded as 4A1B2C3D", ("accepted", "local", "4A1B2C3D")),
    ("local", "postfix/local", "delivered to command: procmail", ("delivered", "local", None)),
    ("spamfilter", "postfix/pipe", "delivered via spamfilter service", ("delivered", "local", None)),
    ("none", "postfix/discard", "nobody reads this", ("other", "local", None)),
]


@pytest.mark.parametrize(("relay", "tag", "reply", "expected"), HOPS)
def test_hops(read: Read, relay: str, tag: str, reply: str, expected: tuple[str, str, str | None]) -> None:
    """Our own filter or alias is a hop and names the id the mail goes on with; a mailbox or server is the end."""
    facts = read([failed(reply, relay=relay, status="sent")], tag)
    told = facts.events.row(0, named=True)
    children = facts.messages.filter(kind="child")["child_queue_id"].to_list()
    assert (told["event"], told["direction"], next(iter(children), None)) == expected
    assert len(children) <= 1


def test_socket_is_no_ip(event: Told) -> None:
    """The path of a socket stands in the brackets of a relay: it is not an IP."""
    told = event(failed("250 ok", relay="mx1.example.org[private/lmtp]", status="sent"), "postfix/lmtp")
    assert (told["remote_ip"], told["remote_port"], told["reply_by"]) == (None, None, "remote")


@pytest.mark.parametrize(
    ("reason", "status", "tag", "expected"),
    [
        ("administratively prohibited", "bounced", "postfix/error", ("bounced", "local")),
        ("administratively prohibited", "bounced", "postfix-out", ("bounced", "local")),
        ("mail transport unavailable", "deferred", "postfix/error", ("deferred", "local")),
        ("deferred transport", "deferred", "postfix/error", ("suspended", "local")),
        ("Host or domain name not found. Name service error", "bounced", "postfix/smtp", ("bounced", "outbound")),
        ("Host or domain name not found. Name service error", "bounced", "postfix", ("bounced", "outbound")),
        ("connect to f.example[10.0.0.1]:25: Connection refused", "deferred", "postfix/smtp", ("deferred", "local")),
        ("unreasonable virtual alias map expansion", "bounced", "postfix/cleanup", ("bounced", "local")),
    ],
)
def test_policy_of_our_own(event: Told, reason: str, status: str, tag: str, expected: tuple[str, str]) -> None:
    """What no client tried is local: error and retry transports, also where syslog lost the daemon's name."""
    told = event(failed(reason, relay="none", status=status), tag)
    assert (told["event"], told["direction"], told["reply_by"], told["attempt"]) == (*expected, "local", None)


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("postfix/smtp", ("postfix", "smtp")),
        ("postfix/relay/smtp", ("postfix/relay", "smtp")),
        ("postfix-192.0.2.7/smtp", ("postfix-192.0.2.7", "smtp")),
        ("postfix-out", ("postfix-out", None)),
        (None, (None, None)),
    ],
)
def test_tag(event: Told, tag: str | None, expected: tuple[str | None, str | None]) -> None:
    """The service is the tag's last part; a tag that lost it is the instance."""
    told = event(failed("250 ok", status="sent"), tag)
    assert (told["instance"], told["service"]) == expected


def test_one_reply_has_one_attempt(read: Read) -> None:
    """Recipients that one reply answered share their attempt; another reply or message is another."""
    reason = f"{SAID}550 no (in reply to end of DATA command)"
    text = failed(reason, status="bounced")
    other = text.replace("u@", "v@")
    facts = read([text, other, text.replace("550", "551"), text.replace("4C20E4AE", "4C20E4AF")])
    attempts = facts.events["attempt"].to_list()
    assert attempts[0] == attempts[1]
    assert len(set(attempts)) == 3


@pytest.mark.parametrize(
    "text",
    [
        "4C20E4AE: to=<u@example.com>, relay=no",
        "4C20E4AE: to=<u@example.com>, relay=none, delay=1, delays=0/0/0/0, dsn=4.0.0, status=def",
        "4C20E4AE: to=<u@example.com>, relay=none, delay=1, delays=0/0/0/0, dsn=4.0.0, status=frozen (x)",
        "4C20E4AE: to=",
        "4C20E4AE: status=",
    ],
)
def test_broken_records_are_refused(read: Read, text: str) -> None:
    """A delivery record without its fields is neither an event nor silently dropped."""
    facts = read([text])
    assert facts.events.is_empty()
    assert facts.refused["reason"].to_list() == ["bad_record"]


def test_cut_after_the_status(event: Told) -> None:
    """A record cut right after its status word still tells the outcome."""
    told = event(f"{HEAD}, dsn=5.0.0, status=bounced")
    assert (told["event"], told["reply"], told["stage"], told["reply_by"]) == ("bounced", None, None, None)


def test_full_record_has_no_sure_stage(event: Told) -> None:
    """A record as long as Postfix's limit may end in a stranger's words: no stage is told."""
    reason = f"{SAID}550 {'x' * 1900}"
    text = failed(f"{reason} (in reply to DATA command)", status="bounced")
    pad = 2000 - len(text)
    told = event(text.replace("550 x", "550 " + "x" * (pad + 1)))
    assert (told["stage"], told["event"]) == (None, "bounced")

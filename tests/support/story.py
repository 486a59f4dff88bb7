"""A small lake with one of everything, for tests of SQL, reports and commands.

Two weeks before Tuesday 17 November 2026, noon UTC: deliveries everywhere; Google begins to refuse one IP on the 14th;
Microsoft asks for SPF; greylisting, echoes, probes, filters, strangers, bounces of bounces and waiting mail beside it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from bouncelake.lake import Batch, Lake
from bouncelake.schema import EVENTS, MESSAGES, REFUSED, RUNS

END = datetime(2026, 11, 17, 12, tzinfo=UTC)
OUR_IP = "192.0.2.10"

HOSTS = {
    "google": ("gmail-smtp-in.l.google.com", "192.0.2.101"),
    "exchange-online": ("example-com.mail.protection.outlook.com", "192.0.2.102"),
    None: ("mx.example.net", "203.0.113.5"),
}
DOMAINS = {"google": "gmail.com", "exchange-online": "example.com", None: "example.net"}

LOW_REPUTATION: dict[str, Any] = {
    "reply_code": 421,
    "reply_enhanced": "4.7.0",
    "stage": "eod",
    "category": "ip_reputation",
    "reason": "low_ip_reputation",
    "spam_signal": "verdict",
    "spam_related": True,
    "bounce": "soft",
    "owner": "sender_infrastructure",
    "severity": 5,
    "rule": "google-low-ip-reputation",
    "matched_by": "provider+code+phrase",
    "blamed": OUR_IP,
    "blamed_kind": "ip",
    "reply": f"421-4.7.0 [{OUR_IP}] Our system has detected that this message is suspicious due to the very low"
    " reputation of the sending IP address. - gsmtp",
    "template": "421-4.7.0 [<ip>] our system has detected that this message is suspicious due to the very low"
    " reputation of the sending ip address. - gsmtp",
}
SPF: dict[str, Any] = {
    "reply_code": 550,
    "reply_enhanced": "5.7.23",
    "stage": "eod",
    "category": "authentication",
    "reason": "spf_fail",
    "spam_signal": "gate",
    "spam_related": True,
    "bounce": "block",
    "owner": "sender_infrastructure",
    "severity": 4,
    "rule": "exchange-spf",
    "matched_by": "provider+code",
    "blamed": "shop.example.org",
    "blamed_kind": "domain",
    "reply": "550 5.7.23 The message was rejected because of Sender Policy Framework violation",
    "template": "550 5.7.23 the message was rejected because of sender policy framework violation",
}
UNKNOWN_USER: dict[str, Any] = {
    "reply_code": 550,
    "reply_enhanced": "5.1.1",
    "stage": "rcpt",
    "category": "recipient",
    "reason": "mailbox_unknown",
    "spam_signal": "none",
    "spam_related": False,
    "bounce": "hard",
    "owner": "list_hygiene",
    "severity": 2,
    "rule": "any-user-unknown",
    "matched_by": "phrase",
    "reply": "550 5.1.1 <\x1b[31muser@example.net>: user unknown",
    "template": "550 5.1.1 <mail>: user unknown",
}
UNCLASSIFIED: dict[str, Any] = {
    "reply_code": 554,
    "stage": "eod",
    "category": "unclassified",
    "reason": "unknown",
    "spam_signal": "undecided",
    "spam_related": False,
    "bounce": "undetermined",
    "severity": 1,
    "reply": "554 =nope| <b>no</b>",
    "template": "554 =nope| <b>no</b>",
    "matched_by": "class-digit",
}
GREYLIST: dict[str, Any] = {
    "reply_code": 450,
    "reply_enhanced": "4.2.0",
    "stage": "rcpt",
    "category": "greylist",
    "reason": "greylisted",
    "spam_signal": "gate",
    "spam_related": False,
    "bounce": "soft",
    "severity": 1,
    "rule": "any-greylist",
    "reply": "450 4.2.0 Greylisted, try later",
    "template": "450 4.2.0 greylisted, try later",
}
TIMEOUT: dict[str, Any] = {
    "reply": "connect to mx.example.net[203.0.113.5]:25: Connection timed out", "reply_by": "local",
    "category": "network", "reason": "connect_timeout", "spam_signal": "none", "spam_related": False,
    "severity": 1, "dsn": "4.4.1", "bounce": "soft",
}  # fmt: skip
REMEDIES = pl.DataFrame(
    [
        ("google-low-ip-reputation", "Google distrusts the sending IP.",
         "Stop bulk mail from this IP and find what was sent.", "https://support.google.com/a/answer/81126", "spam", 5),
        ("exchange-spf", "SPF does not allow this IP.", "Add the sending IP to the SPF record of the blamed domain.",
         "https://learn.microsoft.com/", "identity", 4),
        ("any-user-unknown", "The mailbox does not exist.", "Remove the address from your list.", None, "recipient", 2),
        ("any-greylist", "First contact is put off.", "Do nothing: a retry is accepted.", None, "flow", 1),
    ],
    schema=["rule", "meaning", "remedy", "document", "family", "severity"],
    orient="row",
)  # fmt: skip


def at(days: float = 0, hours: float = 0) -> datetime:
    """Return the instant that many days and hours before the end of the story."""
    return END - timedelta(days=days, hours=hours)


def event(ts: datetime, key: str, kind: str, provider: str | None = "google", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return one outbound event with sensible values for what is not said."""
    host, ip = HOSTS[provider]
    delivered = kind == "delivered"
    values = {
        "ts": ts, "system": "postfix", "host": "mx1.example.org", "instance": "postfix", "service": "smtp",
        "direction": "outbound", "origin": "submitted", "message_key": key, "queue_id": key,
        "event": kind, "final": kind in {"delivered", "bounced", "expired"}, "asynchronous": False,
        "sender": "news@shop.example.org", "sender_domain": "shop.example.org",
        "recipient": f"{key.lower()}@{DOMAINS[provider]}", "recipient_domain": DOMAINS[provider],
        "provider": provider, "remote_host": host, "remote_ip": ip, "remote_port": 25,
        "local_ip": OUR_IP, "local_ip_from": "config", "delay": 2.0, "size": 2048,
        "reply_by": "remote", "reply_code": 250 if delivered else None,
        "reply": "250 2.0.0 OK" if delivered else None,
    }  # fmt: skip
    return values | more


def _deliveries() -> Iterator[dict[str, Any]]:
    for number in range(84):
        yield event(at(hours=4 * number), f"G{number}", "delivered", "google")
        if number % 2:
            yield event(at(hours=4 * number), f"E{number}", "delivered", "exchange-online")
        if number % 3 == 0:
            yield event(at(hours=4 * number), f"N{number}", "delivered", None, local_ip=None, local_ip_from=None)


def _google() -> Iterator[dict[str, Any]]:
    """Twelve messages refused from the 14th on: six still wait, three were let through, three expired."""
    for number in range(12):
        key, first = f"R{number}", at(3 - number / 8)
        yield event(first, key, "deferred", **LOW_REPUTATION, attempt_key=f"a-{key}-1")
        if number < 3:
            yield event(first + timedelta(hours=1), key, "delivered", attempt_key=f"a-{key}-2")
        elif number < 6:
            yield event(first + timedelta(hours=20), key, "expired", recipient=None, reply=None, reply_by=None)
        else:
            echo: dict[str, Any] = {
                "reply": "delivery temporarily suspended: " + LOW_REPUTATION["reply"],
                "reply_by": "local",
            }
            yield event(first + timedelta(hours=1), key, "suspended", **echo)


def _others() -> Iterator[dict[str, Any]]:
    for number in range(11):
        day = 1 + number if number < 9 else 10
        yield event(at(day), f"S{number}", "bounced", "exchange-online", **SPF, attempt_key=f"a-S{number}")
    yield event(at(2), "U1", "bounced", None, **UNKNOWN_USER, attempt_key="a-U1")
    yield event(at(2), "U2", "bounced", None, **UNCLASSIFIED, attempt_key="a-U2")
    yield event(at(2), "Y1", "deferred", None, **GREYLIST, attempt_key="a-Y1")
    yield event(at(2, -1), "Y1", "delivered", None, attempt_key="a-Y1-2")
    yield event(at(1), "T1", "deferred", None, **TIMEOUT)
    absorbed = SPF | {"reply_code": 451, "bounce": "soft"}
    yield event(at(1), "M1", "attempt", recipient=None, recipient_domain=None, **absorbed, attempt_key="a-M1")
    for name in ("one", "two"):
        yield event(at(1, -0.1), "M1", "delivered", recipient=f"{name}@gmail.com", attempt_key="a-M1-2")
    reply_only = LOW_REPUTATION | {"local_ip": "192.0.2.99", "local_ip_from": "reply"}
    yield event(at(1), "I1", "deferred", **reply_only, attempt_key="a-I1")
    yield event(at(2), "B1", "bounced", **UNKNOWN_USER, origin="null_sender", sender="<>", attempt_key="a-B1")
    yield event(at(1), "H1", "accepted", None, service="relay", remote_host="smarthost.example.org")
    yield event(at(1), "P1", "probe", None, final=None, reply="250 ok", reply_code=250)


def _local_and_inbound() -> Iterator[dict[str, Any]]:
    yield event(at(1), "L1", "accepted", None, direction="local", remote_ip="127.0.0.1", remote_host="127.0.0.1")
    inbound: dict[str, Any] = {
        "direction": "inbound", "final": True, "message_key": None, "queue_id": None, "reply_by": "local",
        "provider": None, "remote_host": None, "remote_ip": None, "local_ip": None, "local_ip_from": None,
        "reply_code": 554, "reply_enhanced": "5.7.1", "stage": "rcpt", "category": "policy", "reason": "local_policy",
        "reply": "554 5.7.1 <x@example.com>: Relay access denied", "template": "554 5.7.1 <mail>: relay access denied",
    }  # fmt: skip
    for number in range(7):
        yield event(at(1, number), f"J{number}", "rejected", **inbound, origin=None, client_ip="198.51.100.66")
    yield event(at(1), "J9", "rejected", **inbound, sasl_user="anna", client_ip="192.0.2.77")


def events() -> pl.DataFrame:
    """Return the story's events, in the order of time, as the lake holds them."""
    told = [*_deliveries(), *_google(), *_others(), *_local_and_inbound()]
    rows = pl.DataFrame(told, infer_schema_length=None).sort("ts", "message_key", maintain_order=True)
    number = pl.int_range(pl.len(), dtype=pl.Int64)
    marked = rows.with_columns(
        day=pl.col("ts").dt.date(),
        line_id=pl.format("l{}", number),
        event_id=pl.format("l{}.0", number),
        source=pl.lit("s1"),
        source_name=pl.lit("/var/log/mail.log"),
        source_offset=number * 100,
        attempt_key=pl.coalesce("attempt_key", pl.format("a-{}-{}", "message_key", number)),
    )
    return EVENTS.conform(marked)


def _runs(rows: int) -> pl.DataFrame:
    end = rows * 100
    run = {
        "ts": END, "source": "s1", "source_name": "/var/log/mail.log", "offset_from": 0, "offset_to": end,
        "lines": rows + 1003, "events": rows, "context": 900, "foreign": 102, "refused": 1, "duplicates": 0,
        "first_ts": at(14), "last_ts": END, "versions": "schema 1", "finished": True, "heads": ["h"], "tail": "t",
    }  # fmt: skip
    return RUNS.conform(pl.DataFrame([run]).with_columns(day=pl.col("ts").dt.date()))


def _refused() -> pl.DataFrame:
    line = {
        "day": at(1).date(), "line_id": "x1", "ts": at(1), "source": "s1", "source_name": "/var/log/mail.log",
        "source_offset": 5, "reason": "no_header", "text": "\x1b]0;owned\x07 garbage",
    }  # fmt: skip
    return REFUSED.conform(pl.DataFrame([line]))


def build(root: Path) -> Lake:
    """Write the story into a new lake and return it."""
    lake, rows = Lake.open(root, create=True), events()
    tables = {"messages": MESSAGES.empty(), "refused": _refused(), "events": rows, "runs": _runs(rows.height)}
    with lake.writing():
        lake.commit(Batch(tables))
    return Lake.open(root)

"""The story with more of what goes wrong, for the reports that look at one kind of trouble each.

Throttled hours, listings, warnings before enforcement, dead addresses with and without a directory outage, forwarded
mail and backscatter, greylisting by behaviour, a silent night, a clock that jumps back, and a local script that sends.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl

from bouncelake.lake import Batch, Lake
from bouncelake.schema import EVENTS, MESSAGES
from tests.support import story
from tests.support.story import GREYLIST, SPF, UNKNOWN_USER, at, event

Row = dict[str, Any]

RATE: Row = {
    "reply_code": 421, "reply_enhanced": "4.7.28", "stage": "eod", "category": "rate_limit",
    "reason": "unsolicited_rate_ip", "spam_signal": "verdict", "spam_related": True, "bounce": "soft", "severity": 4,
    "rule": "google-rate-ip", "matched_by": "phrase", "blamed": "192.0.2.10", "blamed_kind": "ip",
    "reply": "421-4.7.28 [192.0.2.10] unusual rate of unsolicited mail", "template": "421-4.7.28 [<ip>] unusual rate",
}  # fmt: skip
LISTED: Row = {
    "reply_code": 554, "reply_enhanced": "5.7.1", "stage": "rcpt", "category": "ip_reputation",
    "reason": "dnsbl_listed", "spam_signal": "verdict", "spam_related": True, "bounce": "block", "severity": 4,
    "rule": "dnsbl-spamhaus",
    "matched_by": "phrase", "listed_by": "spamhaus-zen", "blamed": "192.0.2.10", "blamed_kind": "ip",
    "reply": "554 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using zen.spamhaus.org",
    "template": "554 5.7.1 service unavailable; client host [<ip>] blocked using zen.spamhaus.org",
}  # fmt: skip
SLOW: Row = {
    "reply_code": 451, "reply_enhanced": "4.3.0", "stage": "rcpt", "category": "system", "reason": "busy",
    "spam_signal": "none", "spam_related": False, "bounce": "soft", "severity": 1, "rule": "busy",
    "reply": "451 4.3.0 try again", "template": "451 4.3.0 try again",
}  # fmt: skip


def _throttled() -> Iterator[Row]:
    """Two hours of throttling: one account sends most, another some."""
    for hour, refused in ((30, 4), (29, 9)):
        for number in range(24):
            user = "bulk" if number % 4 else "anna"
            who: Row = {"sasl_user": user, "sender": f"{user}@example.org", "sender_domain": "example.org"}
            moment, key = at(hours=hour - number / 60), f"T{hour}-{number}"
            if number < refused:
                yield event(moment, key, "deferred", **RATE, **who, attempt_key=f"a-{key}")
                yield event(moment + timedelta(hours=3), key, "delivered", **who, delay=10_800.0)
            else:
                yield event(moment, key, "delivered", **who)


def _listed() -> Iterator[Row]:
    script: Row = {"script_dir": "/srv/www/shop", "local_user": "www"}
    for number in range(5):
        yield event(at(2, number), f"XL{number}", "bounced", None, **LISTED, **script)
    warned = SPF | {"reply_code": 451, "reply_enhanced": "4.7.23", "bounce": "soft"}
    for number in range(3):
        yield event(at(4, number), f"XW{number}", "deferred", "exchange-online", **warned)
        yield event(at(4, number - 1), f"XW{number}", "delivered", "exchange-online", delay=3600.0)


def _dead() -> Iterator[Row]:
    """One dead address, one that came back to life, and a day on which a domain's directory is down."""
    for days in (6, 3):
        yield event(at(days), f"XD{days}", "bounced", None, **UNKNOWN_USER, recipient="gone@example.net")
        yield event(at(days), f"XV{days}", "bounced", None, **UNKNOWN_USER, recipient="alive@example.net")
    yield event(at(2), "XV2", "delivered", None, recipient="alive@example.net")
    for number in range(12):
        person: Row = {"recipient": f"p{number}@example.com"}
        yield event(at(5, number / 60), f"XO5-{number}", "bounced", "exchange-online", **UNKNOWN_USER, **person)
    for number in range(2):
        person = {"recipient": f"p{number}@example.com"}
        yield event(at(4, number / 60), f"XO4-{number}", "bounced", "exchange-online", **UNKNOWN_USER, **person)


def _passed_on() -> Iterator[Row]:
    """Mail that we forward, and bounces of our own."""
    for number in range(4):
        forwarded: Row = {"origin": "forwarded", "sender": "x@else.example", "sender_domain": "else.example"}
        yield event(at(3, number), f"XF{number}", "bounced", **{**SPF, "blamed": "else.example"}, **forwarded)
        yield event(at(3, number), f"XFD{number}", "delivered", **forwarded)
        null: Row = {"origin": "null_sender", "sender": "<>", "sender_domain": None}
        yield event(at(2, number), f"XN{number}", "bounced", None, **UNKNOWN_USER, **null)


def _put_off() -> Iterator[Row]:
    """Greylisting that says so, and one that only behaves so."""
    for number in range(6):
        words = GREYLIST if number < 4 else SLOW
        yield event(at(3, number), f"XY{number}", "deferred", None, **words)
        later = at(3, number) + timedelta(minutes=10 + number)
        yield event(later, f"XY{number}", "delivered", None, delay=600.0 + number)
    yield event(at(1, 5), "XY9", "deferred", None, **SLOW)


def events() -> pl.DataFrame:
    """Return the rows of the story and of the incidents, numbered anew."""
    more = [*_throttled(), *_listed(), *_dead(), *_passed_on(), *_put_off()]
    rows = pl.concat([story.events(), EVENTS.conform(pl.DataFrame(more, infer_schema_length=None))])
    rows = rows.sort("ts", "message_key", maintain_order=True)
    number = pl.int_range(pl.len(), dtype=pl.Int64)
    # The line at three quarters of the log stands there with a clock of hours before.
    place = pl.when(number == pl.len() // 2).then(pl.len() * 75).otherwise(number * 100)
    return rows.with_columns(
        day=pl.col("ts").dt.date(),
        line_id=pl.format("l{}", number),
        event_id=pl.format("l{}.0", number),
        source=pl.lit("s1"),
        source_name=pl.lit("/var/log/mail.log"),
        source_offset=place,
        attempt_key=pl.coalesce("attempt_key", pl.format("a-{}-{}", "message_key", number)),
    )


def build(root: Path) -> Lake:
    """Write the incidents into a new lake and return it."""
    lake, rows = Lake.open(root, create=True), EVENTS.conform(events())
    runs = story._runs(rows.height)
    tables = {"messages": MESSAGES.empty(), "refused": story._refused(), "events": rows, "runs": runs}
    with lake.writing():
        lake.commit(Batch(tables))
    return Lake.open(root)

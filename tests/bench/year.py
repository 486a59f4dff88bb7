"""A year of mail as rows of the lake, day by day: what a busy sender's events look like, without any log.

Most mail is delivered at the first try; the rest is greylisted, deferred, refused, given up, or refused by us. The same
day always gives the same rows. Addresses are example domains and documentation IPs.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import polars as pl

from bouncelake.schema import EVENTS, INSTANT, MESSAGES, REFUSED, RUNS

SPACING = 180  # bytes from one line to the next
HOSTS = ("mx1.example.org", "mx2.example.org", "mx3.example.org")
PROVIDERS = ("google", "exchange-online", "microsoft", "yahoo", "apple", "gmx", None, None)
DOMAINS, SENDER_DOMAINS, USERS = 20_000, 60, 300

# share of the messages, then its events: word, minutes after the message, tags, and for how many of the messages
Step = tuple[str, float, str]
FATES: tuple[tuple[float, tuple[Step, ...]], ...] = (
    (0.920, (("delivered", 0, ""),)),
    (0.030, (("deferred", 0, "greylist"), ("delivered", 6, ""))),
    (0.016, (("deferred", 0, "rate"), ("suspended", 15, ""), ("delivered", 40, ""))),
    (0.012, (("deferred", 0, "network"), ("deferred", 30, "network"), ("delivered", 90, ""))),
    (0.004, (("deferred", 0, "reputation"), ("deferred", 60, "reputation"), ("bounced", 240, "reputation"))),
    (0.012, (("bounced", 0, "unknown"),)),
    (0.004, (("bounced", 0, "dmarc"),)),
    (0.002, (("attempt", 0, "rate"), ("delivered", 0.1, ""))),
)
TYPES = EVENTS.polars()
REJECTED = 0.02  # rejections by us, for each message

# category, reason, signal, bounce, owner, severity, rule, code, enhanced, stage, text
Tags = tuple[str, str, str, str, str, int, str, int | None, str | None, str | None, str]
TAGS: Mapping[str, Tags] = {
    "greylist": ("greylist", "greylisted", "gate", "soft", "receiving_system", 1, "any-greylist", 450, "4.2.0", "rcpt",
                 "450 4.2.0 Greylisted, come back later"),
    "rate": ("rate_limit", "unsolicited_rate_ip", "verdict", "soft", "sender_infrastructure", 4, "google-rate-ip", 421,
             "4.7.28", "eod", "421 4.7.28 unusual rate of unsolicited mail originating from your IP address"),
    "network": ("network", "connect_timeout", "none", "soft", "receiving_system", 1, "mta-timeout", None, None, None,
                "connect to the server: Connection timed out"),
    "reputation": ("ip_reputation", "low_ip_reputation", "verdict", "soft", "sender_infrastructure", 5, "google-low-ip",
                   421, "4.7.0", "eod", "421 4.7.0 very low reputation of the sending IP address"),
    "unknown": ("recipient", "mailbox_unknown", "none", "hard", "list_hygiene", 2, "any-user-unknown", 550, "5.1.1",
                "rcpt", "550 5.1.1 user unknown"),
    "dmarc": ("authentication", "dmarc_policy_reject", "gate", "block", "sender_infrastructure", 5, "google-dmarc", 550,
              "5.7.26", "eod", "550 5.7.26 not accepted due to domain's DMARC policy"),
}  # fmt: skip
TAG_COLUMNS = ("category", "reason", "spam_signal", "bounce", "owner", "severity", "rule", "reply_code",
               "reply_enhanced", "stage", "text")  # fmt: skip


def tables(day: date, messages: int) -> dict[str, pl.DataFrame]:
    """Return the rows of one day that had so many messages, for `Lake.commit`."""
    sent = _sent(day, messages)
    rows = pl.concat([*_events(sent), _rejected(sent)], how="diagonal").sort("ts", "key", maintain_order=True)
    events = EVENTS.conform(_numbered(rows, day))
    return {
        "messages": MESSAGES.empty(),
        "refused": REFUSED.empty(),
        "events": events,
        "runs": _runs(events, day),
    }


def _dice(sides: int, seed: int) -> pl.Expr:
    """Return a number below `sides` for each row, another for each seed, the same in each run."""
    return (pl.col("number").hash(seed) % sides).cast(pl.Int64)


def _skewed(size: int, seed: int, power: int) -> pl.Expr:
    """Return a number below `size`, small ones far more often."""
    unit = _dice(1_000_000, seed) / 1_000_000
    return (unit.pow(power) * size).cast(pl.Int64)


def _sent(day: date, messages: int) -> pl.DataFrame:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    moment = pl.duration(seconds=_dice(86_400, 1), microseconds=_dice(1_000_000, 2))
    number = pl.int_range(messages, eager=True) + day.toordinal() * messages
    frame = pl.DataFrame({"number": number}).with_columns(
        at=pl.lit(start).cast(INSTANT) + moment,
        domain=_skewed(DOMAINS, 3, 5),
        sender=_skewed(SENDER_DOMAINS, 4, 2),
        user=_skewed(USERS, 5, 2),
        server=_dice(len(HOSTS), 6),
        fate=_dice(1_000_000, 7) / 1_000_000,
        person=_skewed(400, 8, 1),
        id=_dice(1 << 40, 9),
    )
    host = pl.col("server").replace_strict(dict(enumerate(HOSTS)), return_dtype=pl.String)
    name = pl.format("d{}.example.com", "domain")
    return frame.with_columns(
        host=host,
        key=pl.format("{}/4{}z{}", host, pl.col("id"), pl.col("number")),
        queue_id=pl.format("4{}z{}", pl.col("id"), pl.col("number")),
        recipient=pl.format("person{}@{}", "person", name),
        recipient_domain=name,
        provider=(pl.col("domain") % len(PROVIDERS)).replace_strict(dict(enumerate(PROVIDERS)), return_dtype=pl.String),
        remote_host=pl.format("mx.{}", name),
        remote_ip=pl.format("203.0.113.{}", pl.col("domain") % 250),
        local_ip=pl.format("192.0.2.{}", pl.col("server") * 3 + pl.col("id") % 3),
        sender_domain=pl.format("s{}.example.org", "sender"),
        sender=pl.format("user{}@s{}.example.org", "user", "sender"),
        sasl_user=pl.format("user{}", "user"),
        client_ip=pl.format("198.51.100.{}", pl.col("user") % 250),
        origin=pl.when(pl.col("id") % 50 == 0).then(pl.lit("forwarded"))
        .when(pl.col("id") % 70 == 0).then(pl.lit("null_sender")).otherwise(pl.lit("submitted")),
    )  # fmt: skip


def _events(sent: pl.DataFrame) -> list[pl.DataFrame]:
    frames, low = [], 0.0
    for share, steps in FATES:
        mine = sent.filter((pl.col("fate") >= low) & (pl.col("fate") < low + share))
        low += share
        frames += [_step(mine, number, *step) for number, step in enumerate(steps)]
    return frames


def _step(sent: pl.DataFrame, number: int, word: str, minutes: float, tag: str) -> pl.DataFrame:
    delivered, later = word == "delivered", pl.duration(seconds=round(minutes * 60))
    answer = pl.format("250 2.0.0 OK {} 4z{}-v6si{}.12 - gsmtp", pl.col("at").dt.epoch("s"), "id", "number")
    common = sent.with_columns(
        ts=pl.col("at") + later,
        event=pl.lit(word),
        direction=pl.lit("outbound"),
        service=pl.lit("smtp"),
        final=pl.lit(word in {"delivered", "bounced"}),
        asynchronous=pl.lit(value=False),
        delay=pl.lit(2.0 + minutes * 60),
        size=pl.col("id") % 60_000,
        reply_by=pl.lit("local" if word == "suspended" or tag == "network" else "remote"),
        reply=answer if delivered else pl.lit(None, pl.String),
        reply_code=pl.lit(250 if delivered else None, pl.Int16),
        template=pl.lit(None, pl.String),
        attempt_key=pl.col("key").hash(number).cast(pl.String),
        local_ip_from=pl.lit("instance"),
        message_key="key",
    )
    return _tagged(common, tag) if tag else common


def _tagged(rows: pl.DataFrame, tag: str) -> pl.DataFrame:
    values = dict(zip(TAG_COLUMNS, TAGS[tag], strict=True))
    text = str(values.pop("text"))
    tagged = rows.with_columns(pl.lit(value).cast(TYPES[name]).alias(name) for name, value in values.items())
    return tagged.with_columns(
        reply=pl.format("{} ({})", pl.lit(text), "id"),
        template=pl.lit(f"{text.lower()} (<id>)"),
        spam_related=pl.lit(values["spam_signal"] in {"verdict", "gate"} and tag != "greylist"),
        matched_by=pl.lit("phrase"),
        blamed=pl.when(pl.lit(tag in {"rate", "reputation"})).then("local_ip"),
        blamed_kind=pl.when(pl.lit(tag in {"rate", "reputation"})).then(pl.lit("ip")),
    )


def _rejected(sent: pl.DataFrame) -> pl.DataFrame:
    return sent.filter(pl.col("fate") < REJECTED).select(
        "key", "host", "client_ip", "recipient", "recipient_domain",
        ts="at", event=pl.lit("rejected"), direction=pl.lit("inbound"), service=pl.lit("smtpd"),
        final=pl.lit(value=True), reply=pl.lit("554 5.7.1 Relay access denied"), reply_by=pl.lit("local"),
        reply_code=pl.lit(554, pl.Int16),
        template=pl.lit("554 5.7.1 relay access denied"), category=pl.lit("relay"), reason=pl.lit("relay_denied"),
    )  # fmt: skip


def _numbered(rows: pl.DataFrame, day: date) -> pl.DataFrame:
    number = pl.int_range(pl.len(), dtype=pl.Int64)
    line = pl.format("{}", pl.struct("ts", "key").hash())
    return rows.with_columns(
        line_id=line,
        event_id=pl.format("{}.0", line),
        source=pl.lit(f"bench-{day}"),
        source_name=pl.lit("/var/log/mail.log"),
        source_offset=number * SPACING,
        system=pl.lit("postfix"),
        instance=pl.lit("postfix"),
    )


def _runs(events: pl.DataFrame, day: date) -> pl.DataFrame:
    end = events.height * SPACING
    run = {
        "ts": events["ts"].max(), "source": f"bench-{day}", "source_name": "/var/log/mail.log", "offset_from": 0,
        "offset_to": end, "lines": 5 * events.height, "events": events.height, "context": 4 * events.height,
        "foreign": 0, "refused": 0, "duplicates": 0, "first_ts": events["ts"].min(), "last_ts": events["ts"].max(),
        "versions": "bench", "finished": True, "heads": [f"{day}"], "tail": f"{day}",
    }  # fmt: skip
    return RUNS.conform(pl.DataFrame([run]))

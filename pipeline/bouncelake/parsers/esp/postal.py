"""Postal: an object per event."""

import polars as pl

from bouncelake.parsers.esp.rows import CONTEXT, FOREIGN, address, epoch, filled, key, made, of, word
from bouncelake.values.engine import TEXT, Shape

MARK = '"payload"'
KEYS = ("event", "uuid", "payload", "timestamp")

_MESSAGE: dict[str, Shape] = dict.fromkeys(("id", "token", "direction", "message_id", "to", "from", "tag"), TEXT)
SHAPE: dict[str, Shape] = {
    **dict.fromkeys(("event", "uuid", "timestamp"), TEXT),
    "payload": {
        **dict.fromkeys(("status", "details", "output", "sent_with_ssl", "time", "url"), TEXT),
        "message": _MESSAGE,
        "original_message": _MESSAGE,
        "bounce": {"id": TEXT},
        "server": {"permalink": TEXT},
    },
}

EVENTS = {
    "MessageSent": "delivered",
    "MessageDelayed": "deferred",
    "MessageDeliveryFailed": "bounced",
    "MessageHeld": "suspended",
    "MessageBounced": "bounced",
    "MessageLinkClicked": "clicked",
    "MessageLoaded": "opened",
    "DomainDNSError": CONTEXT,
    "SendLimitApproaching": CONTEXT,
    "SendLimitExceeded": CONTEXT,
}


def prepare(values: pl.DataFrame) -> pl.DataFrame:
    """Return the values with the message that the event is about."""
    bounced = of("payload", "original_message", "id").is_not_null()
    message = pl.when(bounced).then(of("payload", "original_message")).otherwise(of("payload", "message"))
    return values.with_columns(about=message)


def claims() -> pl.Expr:
    """Tell Postal's values."""
    known = pl.col("event").is_in([name for name, event in EVENTS.items() if event == CONTEXT])
    whole = pl.all_horizontal(pl.col("event", "uuid", "timestamp").is_not_null())
    return whole & (known | of("about", "id").is_not_null())


def read(values: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each event."""
    event = pl.col("event")
    late = event == "MessageBounced"
    # A bounce comes in by itself; its message is ours.
    foreign = (of("about", "direction") == "incoming") & ~late
    output, details = filled(of("payload", "output")), filled(of("payload", "details"))
    return made(
        values,
        ts=epoch(pl.col("timestamp")),
        event=_event(event, foreign),
        asynchronous=late,
        recipient=address(of("about", "to")),
        sender=address(of("about", "from")),
        message=pl.coalesce(of("about", "token"), of("about", "id")),
        message_id=_bracketed(of("about", "message_id")),
        vendor_event_id=pl.col("uuid"),
        key=key("uuid"),
        instance=of("payload", "server", "permalink"),
        reply=pl.coalesce(output, details),
        reply_by=pl.when(output.is_null() & details.is_not_null()).then(pl.lit("vendor")),
        tls=pl.when(of("payload", "sent_with_ssl") == "true").then(pl.lit("TLS")),
        source_event=event,
        source_class=of("payload", "status"),
        tags=pl.when(filled(of("about", "tag")).is_not_null()).then(pl.concat_list(of("about", "tag"))),
    )


def _event(event: pl.Expr, foreign: pl.Expr) -> pl.Expr:
    listed = (event == "MessageHeld") & of("payload", "details").str.contains("suppression list", literal=True)
    return (
        pl.when(foreign).then(pl.lit(FOREIGN))
        .when(listed).then(pl.lit("suppressed"))
        .otherwise(word(event, EVENTS))
    )  # fmt: skip


def _bracketed(message_id: pl.Expr) -> pl.Expr:
    bare = message_id.str.strip_chars("<> ")
    return pl.when(bare != "").then(pl.concat_str(pl.lit("<"), bare, pl.lit(">")))

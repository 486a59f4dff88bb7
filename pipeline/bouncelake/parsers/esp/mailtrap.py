"""Mailtrap: arrays of events under `events`."""

import polars as pl

from bouncelake.parsers.esp.rows import address, epoch, filled, key, made, word
from bouncelake.values.engine import TEXT, Shape

MARK = '"sending_stream"'
KEYS = ("event", "event_id", "email", "timestamp")

_FIELDS = (
    "event", "event_id", "message_id", "email", "timestamp", "sending_stream", "sending_domain_name",
    "category", "response",
    "response_code", "bounce_category", "reason",
)  # fmt: skip
SHAPE: dict[str, Shape] = dict.fromkeys(_FIELDS, TEXT)

EVENTS = {
    "delivery": "delivered",
    "bounce": "bounced",
    "soft bounce": "deferred",
    "open": "opened",
    "click": "clicked",
    "spam": "complained",
    "unsubscribe": "unsubscribed",
    "suspension": "suppressed",
    "reject": "suppressed",
}


def prepare(values: pl.DataFrame) -> pl.DataFrame:
    """Return the values as they are."""
    return values


def claims() -> pl.Expr:
    """Tell Mailtrap's values."""
    return pl.all_horizontal(pl.col("event", "event_id", "email", "timestamp", "sending_stream").is_not_null())


def read(values: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each event."""
    event = pl.col("event")
    own = event.is_in(["suspension", "reject"])
    return made(
        values,
        ts=epoch(pl.col("timestamp")),
        event=word(event, EVENTS),
        recipient=address(pl.col("email")),
        message=pl.col("message_id"),
        vendor_event_id=pl.col("event_id"),
        # One id is known to come with several events.
        key=key("event_id", event, "email"),
        instance=filled(pl.col("sending_domain_name")),
        service=pl.col("sending_stream"),
        reply=pl.coalesce(filled(pl.col("response")), filled(pl.col("reason"))),
        reply_by=pl.when(own).then(pl.lit("vendor")),
        given_code=pl.when(~own).then("response_code"),
        source_event=event,
        source_class=filled(pl.col("bounce_category")),
        tags=pl.when(filled(pl.col("category")).is_not_null()).then(pl.concat_list("category")),
    )

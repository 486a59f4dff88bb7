"""Brevo (formerly Sendinblue): an object per event."""

import polars as pl

from bouncelake.parsers.esp.rows import CONTEXT, FOREIGN, address, epoch, filled, key, listed, made, word
from bouncelake.values.engine import TEXT, Shape

MARK = '"message-id"|"Uuid"'
KEYS = ("event", "email", "message-id")

_FIELDS = (
    "event", "email", "message-id", "ts_epoch", "ts_event", "ts", "date", "reason", "sending_ip", "tags",
    "tag", "template_id",
    "link",
)  # fmt: skip
SHAPE: dict[str, Shape] = {**dict.fromkeys(_FIELDS, TEXT), "items": [{"Uuid": TEXT, "MessageId": TEXT}]}

EVENTS = {
    "request": "accepted",
    "delivered": "delivered",
    "deferred": "deferred",
    "soft_bounce": "bounced",
    "hard_bounce": "bounced",
    "blocked": "suppressed",
    "invalid_email": "suppressed",
    "error": "suppressed",
    "spam": "complained",
    "complaint": "complained",
    "unique_opened": "opened",
    "opened": "opened",
    "unique_proxy_open": "opened",
    "proxy_open": "opened",
    "click": "clicked",
    "unsubscribe": "unsubscribed",
    "unsubscribed": "unsubscribed",
    "list_addition": CONTEXT,
}
_OWN = ("blocked", "invalid_email", "error")
_TRIED = ("delivered", "deferred", "soft_bounce", "hard_bounce")


def prepare(values: pl.DataFrame) -> pl.DataFrame:
    """Tell mail that came in."""
    first = pl.col("items").list.first().struct
    inbound = first.field("Uuid").is_not_null() & first.field("MessageId").is_not_null()
    return values.with_columns(inbound=inbound.fill_null(value=False))


def claims() -> pl.Expr:
    """Tell Brevo's values."""
    timed = pl.coalesce("ts_epoch", "ts_event", "date").is_not_null()
    return pl.col("inbound") | (timed & pl.all_horizontal(pl.col("event", "email", "message-id").is_not_null()))


def read(values: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each event."""
    event = pl.col("event")
    # The other times are said to be in the account's own zone: only where this one is missing.
    at = pl.coalesce("ts_epoch", "ts_event", "ts")
    return made(
        values,
        ts=epoch(at),
        event=pl.when(pl.col("inbound")).then(pl.lit(FOREIGN)).otherwise(word(event, EVENTS)),
        recipient=address(pl.col("email")),
        message=pl.col("message-id"),
        message_id=pl.col("message-id"),
        key=key("message-id", event, "email", at, "link"),
        reply=filled(pl.col("reason")),
        reply_by=pl.when(event.is_in(_OWN)).then(pl.lit("vendor")),
        local_ip=pl.when(event.is_in(_TRIED)).then(filled(pl.col("sending_ip"))),
        source_event=event,
        campaign=filled(pl.col("template_id")),
        tags=pl.coalesce(listed(filled(pl.col("tags"))), listed(filled(pl.col("tag")))),
    )

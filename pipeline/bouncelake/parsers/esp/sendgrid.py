"""Twilio SendGrid: the event webhook, a flat object per event."""

import polars as pl

from bouncelake.parsers.esp.rows import address, epoch, key, listed, made, word
from bouncelake.values.engine import TEXT, Shape

MARK = '"sg_(?:event|message)_id"'
KEYS = ("event", "timestamp", "email")

_FIELDS = (
    "event", "timestamp", "email", "sg_event_id", "sg_message_id", "smtp-id", "type", "bounce_classification", "reason",
    "response", "status", "ip", "attempt", "category", "tls", "url", "marketing_campaign_id", "subuser",
)  # fmt: skip
SHAPE: dict[str, Shape] = {**dict.fromkeys(_FIELDS, TEXT), "pool": {"name": TEXT}}

EVENTS = {
    "processed": "accepted",
    "dropped": "suppressed",
    "delivered": "delivered",
    "deferred": "deferred",
    "bounce": "bounced",
    "open": "opened",
    "click": "clicked",
    "spamreport": "complained",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
    "group_resubscribe": "other",
    "account_status_change": "context",
}
_SENT = ("delivered", "deferred", "bounce")


def claims() -> pl.Expr:
    """Tell SendGrid's values: a user may add any field, so all of its own must be there."""
    ids = pl.coalesce("sg_event_id", "sg_message_id").is_not_null()
    return ids & pl.all_horizontal(pl.col("event", "timestamp", "email").is_not_null())


def prepare(values: pl.DataFrame) -> pl.DataFrame:
    """Return the values as they are."""
    return values


def read(values: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each event."""
    event = pl.col("event")
    sent = event.is_in(_SENT)
    second = key("sg_message_id", event, "email", "timestamp", pl.coalesce("attempt", "url"))
    expired = (event == "bounce") & (pl.col("type") == "expired")
    own = pl.concat_str(pl.coalesce("type", "asm"), "bounce_classification", separator="/", ignore_nulls=True)
    return made(
        values.with_columns(asm=pl.lit(None, pl.String)),
        ts=epoch(pl.col("timestamp")),
        event=pl.when(expired).then(pl.lit("expired")).otherwise(word(event, EVENTS)),
        recipient=address(pl.col("email")),
        message=pl.col("sg_message_id"),
        message_id=pl.col("smtp-id"),
        vendor_event_id=pl.col("sg_event_id"),
        # The event id is known to change when a post is repeated, so the event itself is the key.
        key=pl.when(pl.col("sg_message_id").is_not_null()).then(second).otherwise(pl.col("sg_event_id")),
        instance=pl.col("subuser"),
        reply=pl.when(event == "delivered").then("response").otherwise(pl.coalesce("reason", "response")),
        reply_by=pl.when(event == "dropped").then(pl.lit("vendor")),
        dsn=pl.col("status"),
        local_ip=pl.when(sent).then("ip"),
        tls=pl.when(sent & pl.col("tls").is_in(["1", "true"])).then(pl.lit("TLS")),
        source_event=event,
        source_class=pl.when(own != "").then(own),
        campaign=pl.coalesce("marketing_campaign_id", pl.col("pool").struct.field("name")),
        tags=listed(pl.col("category")),
    )

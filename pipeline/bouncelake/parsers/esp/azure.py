"""Azure Communication Services: e-mail reports of Event Grid, also as CloudEvents."""

import polars as pl

from bouncelake.parsers.esp.rows import CONTEXT, address, filled, iso, key, made, of, word
from bouncelake.values.engine import TEXT, Shape

MARK = r'"Microsoft\.(?:Communication|EventGrid)\.'
KEYS = ("eventType", "type", "id", "data")

SHAPE: dict[str, Shape] = {
    **dict.fromkeys(("id", "eventType", "type", "eventTime", "time", "topic", "source"), TEXT),
    "data": {
        **dict.fromkeys(
            (
                "status",
                "sender",
                "recipient",
                "messageId",
                "internetMessageId",
                "deliveryAttemptTimestamp",
                "engagementType",
            ),
            TEXT,
        ),
        **dict.fromkeys(("userActionTimestamp", "validationCode"), TEXT),
        "deliveryStatusDetails": {"statusMessage": TEXT, "recipientMailServerHostName": TEXT},
    },
}

EVENTS = {
    "Delivered": "delivered",
    "Expanded": "accepted",
    "Bounced": "bounced",
    "Failed": "bounced",
    "Quarantined": "bounced",
    "FilteredSpam": "bounced",
    "Suppressed": "suppressed",
    "view": "opened",
    "click": "clicked",
}
_STAMP = r'"deliveryAttemptTimeStamp"\s*:\s*"([^"]+)"'


def prepare(values: pl.DataFrame) -> pl.DataFrame:
    """Bring both envelopes under one name."""
    return values.with_columns(
        kind=pl.coalesce("eventType", "type"),
        at=pl.coalesce("eventTime", "time"),
        # The documentation writes this field in two ways.
        attempt=pl.coalesce(of("data", "deliveryAttemptTimestamp"), pl.col("text").str.extract(_STAMP, 1)),
    )


def claims() -> pl.Expr:
    """Tell reports on e-mail, and the question whether the endpoint is ours."""
    mail = pl.col("kind").str.starts_with("Microsoft.Communication.Email")
    hello = (pl.col("kind") == "Microsoft.EventGrid.SubscriptionValidationEvent") & of(
        "data", "validationCode"
    ).is_not_null()
    return pl.col("id").is_not_null() & (mail | hello)


def read(values: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each report."""
    status = pl.coalesce(of("data", "status"), of("data", "engagementType"))
    at = pl.coalesce("attempt", of("data", "userActionTimestamp"), "at")
    hello = pl.col("kind").str.starts_with("Microsoft.EventGrid.")
    return made(
        values,
        ts=iso(at),
        event=pl.when(hello).then(pl.lit(CONTEXT)).otherwise(word(status, EVENTS)),
        recipient=address(of("data", "recipient")),
        sender=address(of("data", "sender")),
        message=of("data", "messageId"),
        message_id=filled(of("data", "internetMessageId")),
        vendor_event_id=pl.col("id"),
        key=key("id"),
        reply=filled(of("data", "deliveryStatusDetails", "statusMessage")),
        reply_by=pl.when(status == "Suppressed").then(pl.lit("vendor")),
        remote_host=filled(of("data", "deliveryStatusDetails", "recipientMailServerHostName")),
        source_event=status,
        alone=of("data", "engagementType").is_not_null(),
    )

"""MailerSend: an object per event."""

import polars as pl

from bouncelake.parsers.esp.rows import CONTEXT, FOREIGN, address, filled, iso, key, made, of, word
from bouncelake.values.engine import TEXT, TEXTS, Shape

MARK = '"(?:activity|inbound)\\.'
KEYS = ("type", "data", "created_at")

SHAPE: dict[str, Shape] = {
    **dict.fromkeys(("type", "created_at", "domain_id"), TEXT),
    "data": {
        **dict.fromkeys(("id", "type", "created_at"), TEXT),
        "email": {
            **dict.fromkeys(("from", "status"), TEXT),
            "tags": TEXTS,
            "message": {"id": TEXT},
            "recipient": {"email": TEXT},
        },
        "morph": {"object": TEXT, "reason": TEXT, "readable_reason": TEXT},
    },
}

EVENTS = {
    "sent": "accepted",
    "delivered": "delivered",
    "deferred": "deferred",
    "soft_bounced": "bounced",
    "hard_bounced": "bounced",
    "opened": "opened",
    "opened_unique": "opened",
    "clicked": "clicked",
    "clicked_unique": "clicked",
    "unsubscribed": "unsubscribed",
    "spam_complaint": "complained",
    "survey_opened": CONTEXT,
    "survey_submitted": CONTEXT,
}


def prepare(values: pl.DataFrame) -> pl.DataFrame:
    """Give the word for the event alone."""
    inbound = pl.col("type") == "inbound.message"
    return values.with_columns(
        kind=pl.col("type").str.strip_prefix("activity."), inbound=inbound.fill_null(value=False)
    )


def claims() -> pl.Expr:
    """Tell MailerSend's values."""
    activity = pl.col("type").str.starts_with("activity.") & of("data", "id").is_not_null()
    mail = of("data", "email", "recipient", "email").is_not_null() | of("data", "email", "message", "id").is_not_null()
    return (activity & mail) | (pl.col("inbound") & of("data", "id").is_not_null())


def read(values: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each event."""
    kind = pl.col("kind")
    at = pl.coalesce(of("data", "created_at"), "created_at")
    return made(
        values,
        ts=iso(at),
        event=pl.when(pl.col("inbound")).then(pl.lit(FOREIGN)).otherwise(word(kind, EVENTS)),
        recipient=address(of("data", "email", "recipient", "email")),
        sender=address(of("data", "email", "from")),
        message=of("data", "email", "message", "id"),
        vendor_event_id=of("data", "id"),
        key=key(of("data", "id")),
        instance=pl.col("domain_id"),
        reply=pl.coalesce(filled(of("data", "morph", "reason")), filled(of("data", "morph", "readable_reason"))),
        source_event=kind,
        source_class=pl.coalesce(of("data", "morph", "object"), of("data", "email", "status")),
        tags=pl.when(of("data", "email", "tags").list.len() > 0).then(of("data", "email", "tags")),
    )

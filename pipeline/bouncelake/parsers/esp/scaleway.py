"""Scaleway Transactional Email: an object per event."""

import polars as pl

from bouncelake.parsers.esp.rows import address, filled, iso, key, made, word
from bouncelake.values.engine import TEXT, Shape

MARK = '"email_to"'
KEYS = ("type", "id", "email_id", "email_to")

_FIELDS = (
    "type", "id", "created_at", "email_id", "email_message_id", "email_to", "email_from", "domain_name", "project_id",
    "email_response_code", "email_response_message", "email_flags",
)  # fmt: skip
SHAPE: dict[str, Shape] = dict.fromkeys(_FIELDS, TEXT)

EVENTS = {
    "email_queued": "accepted",
    "email_delivered": "delivered",
    "email_deferred": "deferred",
    "email_dropped": "bounced",
    "email_spam": "bounced",
    "email_mailbox_not_found": "bounced",
    "email_blocklisted": "suppressed",
}


def prepare(values: pl.DataFrame) -> pl.DataFrame:
    """Return the values as they are."""
    return values


def claims() -> pl.Expr:
    """Tell Scaleway's values."""
    whole = pl.all_horizontal(pl.col("type", "email_id", "email_to", "created_at").is_not_null())
    return whole & pl.col("type").str.starts_with("email_")


def read(values: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each event."""
    kind = pl.col("type")
    own = kind == "email_blocklisted"
    return made(
        values,
        ts=iso(pl.col("created_at")),
        event=word(kind, EVENTS),
        recipient=address(pl.col("email_to")),
        sender=address(pl.col("email_from")),
        message=pl.col("email_id"),
        message_id=filled(pl.col("email_message_id")),
        vendor_event_id=pl.col("id"),
        key=pl.coalesce("id", key("email_id", kind, "email_to", "created_at")),
        instance=filled(pl.col("project_id")),
        reply=filled(pl.col("email_response_message")),
        reply_by=pl.when(own).then(pl.lit("vendor")),
        given_code=pl.when(~own).then("email_response_code"),
        source_event=kind,
    )

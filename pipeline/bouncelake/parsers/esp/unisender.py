"""Unisender Go: events under users, or one flat object."""

import polars as pl

from bouncelake.parsers.esp.rows import CONTEXT, address, filled, iso, key, made, of, word
from bouncelake.values.engine import TEXT, Shape

MARK = '"event_data"|"transactional_'
KEYS = ("event_name", "event_data", "status", "email")

_EVENT: dict[str, Shape] = {
    **dict.fromkeys(("job_id", "email", "status", "event_time", "url"), TEXT),
    "delivery_info": dict.fromkeys(("delivery_status", "destination_response"), TEXT),
}
SHAPE: dict[str, Shape] = {"event_name": TEXT, "event_data": _EVENT, **_EVENT}

EVENTS = {
    "sent": "accepted",
    "delivered": "delivered",
    "soft_bounced": "bounced",
    "hard_bounced": "bounced",
    "opened": "opened",
    "clicked": "clicked",
    "spam": "complained",
    "unsubscribed": "unsubscribed",
    "subscribed": "other",
}
_NEVER_TRIED = ("err_skip_letter", "err_spam_skipped", "err_unsubscribed")
_RETRIED = ("err_will_retry",)


def prepare(values: pl.DataFrame) -> pl.DataFrame:
    """Bring the event out of its envelope."""
    wrapped = of("event_data", "status").is_not_null()
    fields = [pl.when(wrapped).then(of("event_data", name)).otherwise(name).alias(name) for name in _EVENT]
    return values.with_columns(fields)


def claims() -> pl.Expr:
    """Tell Unisender Go's values."""
    mail = pl.all_horizontal(pl.col("job_id", "email", "status", "event_time").is_not_null())
    return (mail & (pl.col("event_name") == "transactional_email_status")) | (
        pl.col("event_name") == "transactional_spam_block"
    )


def read(values: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each event."""
    status, cause = pl.col("status"), of("delivery_info", "delivery_status")
    bounced = status.is_in(["soft_bounced", "hard_bounced"])
    event = (
        pl.when(pl.col("event_name") == "transactional_spam_block").then(pl.lit(CONTEXT))
        .when(bounced & cause.is_in(_NEVER_TRIED)).then(pl.lit("suppressed"))
        .when(bounced & cause.is_in(_RETRIED)).then(pl.lit("deferred"))
        .otherwise(word(status, EVENTS))
    )  # fmt: skip
    return made(
        values,
        ts=iso(pl.col("event_time")),
        event=event,
        recipient=address(pl.col("email")),
        message=pl.col("job_id"),
        key=key("job_id", status, "email", "event_time", "url"),
        reply=filled(of("delivery_info", "destination_response")),
        reply_by=pl.when(cause.is_in(_NEVER_TRIED)).then(pl.lit("vendor")),
        source_event=status,
        source_class=cause,
    )

"""Mailjet: an object, or an array of "group events"."""

import polars as pl

from bouncelake.parsers.esp.rows import address, epoch, filled, key, made, word
from bouncelake.values.engine import TEXT, Shape

MARK = '"Message_GUID"|"mj_campaign_id"|"CustomID"'
KEYS = ("event", "MessageID", "time", "email")

_FIELDS = (
    "event", "time", "email", "MessageID", "Message_GUID", "CustomID", "mj_campaign_id", "mj_contact_id",
    "customcampaign",
    "smtp_reply", "comment", "error", "error_related_to", "hard_bounce", "blocked", "url", "source",
)  # fmt: skip
SHAPE: dict[str, Shape] = dict.fromkeys(_FIELDS, TEXT)

EVENTS = {
    "sent": "delivered",
    "bounce": "bounced",
    "blocked": "suppressed",
    "open": "opened",
    "click": "clicked",
    "spam": "complained",
    "unsub": "unsubscribed",
}


def prepare(values: pl.DataFrame) -> pl.DataFrame:
    """Return the values as they are."""
    return values


def claims() -> pl.Expr:
    """Tell Mailjet's values."""
    one = pl.coalesce("mj_campaign_id", "CustomID", "Message_GUID").is_not_null()
    return one & pl.all_horizontal(pl.col("event", "MessageID", "time", "email").is_not_null())


def read(values: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each event."""
    event = pl.col("event")
    greylisted = (event == "bounce") & (pl.col("error") == "greylisted") & ~pl.col("hard_bounce").eq_missing("true")
    cause = filled(
        pl.concat_str(filled(pl.col("error_related_to")), filled(pl.col("error")), separator=": ", ignore_nulls=True)
    )
    said = pl.coalesce(filled(pl.col("smtp_reply")), filled(pl.col("comment")))
    return made(
        values,
        ts=epoch(pl.col("time")),
        event=pl.when(greylisted).then(pl.lit("deferred")).otherwise(word(event, EVENTS)),
        recipient=address(pl.col("email")),
        message=pl.col("MessageID"),
        key=key("MessageID", event, "email", "time", "url"),
        reply=pl.when(event.is_in(["sent", "bounce", "blocked"])).then(pl.coalesce(said, cause)),
        reply_by=pl.when((event == "blocked") | (said.is_null() & cause.is_not_null())).then(pl.lit("vendor")),
        source_event=event,
        source_class=cause,
        campaign=pl.coalesce(
            filled(pl.col("customcampaign")), pl.when(pl.col("mj_campaign_id") != "0").then("mj_campaign_id")
        ),
        tags=pl.when(filled(pl.col("CustomID")).is_not_null()).then(pl.concat_list("CustomID")),
    )

"""Postmark: one object per event."""

import polars as pl

from bouncelake.parsers.esp.rows import FOREIGN, address, filled, iso, key, made, word
from bouncelake.values.engine import TEXT, Shape

MARK = '"RecordType"|"FromFull"'
KEYS = ("RecordType", "MessageID")

_FIELDS = (
    "RecordType", "MessageID", "ID", "Type", "Recipient", "Email", "From", "DeliveredAt", "BouncedAt", "ReceivedAt",
    "ChangedAt", "Details", "Description", "MessageStream", "ServerID", "Tag", "SuppressSending", "SuppressionReason",
    "FromFull", "MailboxHash",
)  # fmt: skip
SHAPE: dict[str, Shape] = dict.fromkeys(_FIELDS, TEXT)

RECORDS = {
    "Delivery": "delivered",
    "Bounce": "bounced",
    "SpamComplaint": "complained",
    "Open": "opened",
    "Click": "clicked",
    "SubscriptionChange": "other",
}
BOUNCES = {
    "HardBounce": "bounced",
    "SoftBounce": "bounced",
    "Blocked": "bounced",
    "DMARCPolicy": "bounced",
    "SpamNotification": "bounced",
    "VirusNotification": "bounced",
    "Transient": "deferred",
    "DnsError": "deferred",
    "OpenRelayTest": "deferred",
    "SpamComplaint": "complained",
    "Unsubscribe": "unsubscribed",
    "BadEmailAddress": "suppressed",
    "ManuallyDeactivated": "suppressed",
    "Unconfirmed": "suppressed",
    "SMTPApiError": "suppressed",
    "TemplateRenderingFailed": "suppressed",
    "InboundError": FOREIGN,
    "AutoResponder": "other",
    "AddressChange": "other",
    "ChallengeVerification": "other",
    "Subscribe": "other",
    "Unknown": "other",
}
"""What a bounce's `Type` says; bounces of Postmark's own making never reached a receiver."""
_TIMES = {
    "Delivery": "DeliveredAt",
    "Bounce": "BouncedAt",
    "SpamComplaint": "BouncedAt",
    "Open": "ReceivedAt",
    "Click": "ReceivedAt",
    "SubscriptionChange": "ChangedAt",
}


def prepare(values: pl.DataFrame) -> pl.DataFrame:
    """Call mail that came in by a name of its own: it has none."""
    inbound = pl.col("RecordType").is_null() & pl.col("FromFull").is_not_null() & pl.col("MailboxHash").is_not_null()
    return values.with_columns(record=pl.when(inbound).then(pl.lit("Inbound")).otherwise("RecordType"))


def claims() -> pl.Expr:
    """Tell Postmark's values."""
    return pl.col("record").is_not_null() & pl.col("MessageID").is_not_null()


def read(values: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each event."""
    record, kind = pl.col("record"), pl.col("Type")
    at = pl.coalesce(*(pl.when(record == name).then(field) for name, field in _TIMES.items()))
    at = pl.coalesce(at, "DeliveredAt", "BouncedAt", "ReceivedAt", "ChangedAt")
    recipient = address(pl.coalesce("Recipient", "Email"))
    own = (record == "Bounce") & kind.replace_strict(BOUNCES, default=None, return_dtype=pl.String).is_in(
        ["suppressed"]
    )
    numbered = record.is_in(["Bounce", "SpamComplaint"]) & pl.col("ID").is_not_null()
    details = filled(pl.col("Details"))
    return made(
        values,
        ts=iso(at),
        event=_event(record, kind),
        recipient=recipient,
        sender=address(pl.col("From")),
        message=pl.col("MessageID"),
        vendor_event_id=pl.when(numbered).then("ID"),
        key=pl.when(numbered).then(key("ServerID", "ID")).otherwise(key(record, "MessageID", recipient, at)),
        instance=pl.col("ServerID"),
        service=pl.col("MessageStream"),
        reply=pl.when(record.is_in(["Bounce", "Delivery"])).then(pl.coalesce(details, filled(pl.col("Description")))),
        reply_by=pl.when(own | ((record == "Bounce") & details.is_null())).then(pl.lit("vendor")),
        source_event=record,
        source_class=pl.coalesce("Type", filled(pl.col("SuppressionReason"))),
        tags=pl.when(filled(pl.col("Tag")).is_not_null()).then(pl.concat_list("Tag")),
    )


def _event(record: pl.Expr, kind: pl.Expr) -> pl.Expr:
    """Return our event; a change after a bounce or complaint only repeats it."""
    left = (pl.col("SuppressSending") == "true") & (pl.col("SuppressionReason") == "ManualSuppression")
    return (
        pl.when(record == "Inbound").then(pl.lit(FOREIGN))
        .when((record == "Bounce") & kind.is_not_null()).then(word(kind, BOUNCES))
        .when((record == "SubscriptionChange") & left).then(pl.lit("unsubscribed"))
        .otherwise(word(record, RECORDS))
    )  # fmt: skip

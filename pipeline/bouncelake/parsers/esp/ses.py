"""Amazon SES: event publishing and the older notifications."""

import polars as pl

from bouncelake.parsers.esp.rows import FOREIGN, address, filled, iso, key, made, of, pairs, word
from bouncelake.values.engine import MAP, TEXT, TEXTS, Shape, decode

MARK = '"mail"'
KEYS = ("eventType", "notificationType", "mail")

SHAPE: dict[str, Shape] = {
    "eventType": TEXT,
    "notificationType": TEXT,
    "mail": {
        **dict.fromkeys(("timestamp", "messageId", "source", "sendingAccountId", "tags"), TEXT),
        "destination": TEXTS,
        "commonHeaders": {"messageId": TEXT},
    },
    "delivery": {
        **dict.fromkeys(("timestamp", "smtpResponse", "remoteMtaIp", "processingTimeMillis"), TEXT),
        "recipients": TEXTS,
    },
}
_PERSON = {"emailAddress": TEXT, "status": TEXT, "diagnosticCode": TEXT}
RARE: dict[str, Shape] = {
    "bounce": {
        **dict.fromkeys(
            ("timestamp", "bounceType", "bounceSubType", "feedbackId", "reportingMTA", "remoteMtaIp"), TEXT
        ),
        "bouncedRecipients": [_PERSON],
    },
    "deliveryDelay": {"timestamp": TEXT, "delayType": TEXT, "delayedRecipients": [_PERSON]},
    "complaint": {
        **dict.fromkeys(("timestamp", "feedbackId", "complaintFeedbackType", "complaintSubType"), TEXT),
        "complainedRecipients": [_PERSON],
    },
    "reject": {"reason": TEXT},
    "failure": {"errorMessage": TEXT},
    "open": {"timestamp": TEXT},
    "click": {"timestamp": TEXT},
    "subscription": {"timestamp": TEXT},
}
"""What only the events have that are neither `Send` nor `Delivery`."""

EVENTS = {
    "Send": "accepted",
    "Delivery": "delivered",
    "Bounce": "bounced",
    "DeliveryDelay": "deferred",
    "Complaint": "complained",
    "Reject": "suppressed",
    "Rendering Failure": "suppressed",
    "Open": "opened",
    "Click": "clicked",
    "Subscription": "unsubscribed",
    "Received": FOREIGN,
}
_FREQUENT = ("Send", "Delivery")
_SUPPRESSED = ("Suppressed", "OnAccountSuppressionList", "OnTenantSuppressionList", "UnsubscribedRecipient")
_UNTRIED = ("Reject", "Rendering Failure")
_OWN_DELAYS = ("InternalFailure", "TransientCommunicationFailure", "BYOIPHostNameLookupUnavailable", "SendingDeferral")
"""Delays that no receiver caused by a word of its own."""
_OWN_HOST = r"(?:^|\.)amazonses\.com$"


def prepare(values: pl.DataFrame) -> pl.DataFrame:
    """Give the word for the event one name."""
    return values.with_columns(kind=pl.coalesce("eventType", "notificationType"))


def claims() -> pl.Expr:
    """Tell SES's values."""
    return pl.col("kind").is_not_null() & of("mail", "messageId").is_not_null()


def read(values: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each recipient of each event."""
    values = _tagged(values)
    frequent = pl.col("kind").is_in(_FREQUENT)
    rare = values.filter(~frequent)
    told = _frequent(values.filter(frequent))
    return told if rare.is_empty() else pl.concat([told, _rare(rare.hstack(decode(rare["text"], RARE)))])


def _frequent(values: pl.DataFrame) -> pl.DataFrame:
    """Read what is accepted and what is delivered."""
    kind, at = pl.col("kind"), pl.coalesce(of("delivery", "timestamp"), of("mail", "timestamp"))
    values = _for_each(values, pl.coalesce(of("delivery", "recipients"), of("mail", "destination")))
    recipient = address(pl.col("person"))
    return made(
        values,
        **_common(),
        ts=iso(at),
        event=word(kind, EVENTS),
        recipient=recipient,
        key=key(kind, of("mail", "messageId"), recipient, at),
        reply=of("delivery", "smtpResponse"),
        remote_ip=of("delivery", "remoteMtaIp"),
        local_ip=pl.when(kind == "Delivery").then("outgoing_ip"),
        delay=of("delivery", "processingTimeMillis").cast(pl.Float64, strict=False) / 1000,
    )


def _rare(values: pl.DataFrame) -> pl.DataFrame:
    """Read all other events."""
    people = (
        of("bounce", "bouncedRecipients"),
        of("deliveryDelay", "delayedRecipients"),
        of("complaint", "complainedRecipients"),
    )
    told = values.with_columns(people=pl.coalesce(people))
    named = (pl.col("people").list.len() > 0).fill_null(value=False)
    several = told.with_columns(several=pl.when(named).then(pl.col("people").list.len()))
    rest = _for_each(several.filter(~named), of("mail", "destination"))
    rest = rest.with_columns(people=pl.lit(None, several.schema["people"].inner))  # type: ignore[attr-defined]
    each = several.filter(named).explode("people").with_columns(person=of("people", "emailAddress"))
    return _others(pl.concat([each, rest.select(each.columns)]))


def _for_each(values: pl.DataFrame, people: pl.Expr) -> pl.DataFrame:
    """Return a row for each person of a list; nearly all lists have one."""
    values = values.with_columns(person=people)
    if (values["person"].list.len() > 1).any():
        return values.explode("person")
    return values.with_columns(pl.col("person").list.first())


def _others(values: pl.DataFrame) -> pl.DataFrame:
    kind, person = pl.col("kind"), pl.col("people").struct
    recipient, diagnostic = address(pl.col("person")), filled(person.field("diagnosticCode"))
    suppressed = (kind == "Bounce") & of("bounce", "bounceSubType").is_in(_SUPPRESSED)
    # Without a reply there was no SMTP dialogue: a report of a bounce came in later.
    late = (kind == "Bounce") & ~suppressed & diagnostic.is_null()
    host = of("bounce", "reportingMTA").str.replace(r"(?i)^dns; *", "").str.to_lowercase()
    at = pl.coalesce(*(of(part, "timestamp") for part in _TIMED), of("mail", "timestamp"))
    feedback = pl.coalesce(of("bounce", "feedbackId"), of("complaint", "feedbackId"))
    unnamed = key(kind, of("mail", "messageId"), recipient, at)
    untold = kind.is_in(_UNTRIED) | suppressed | of("deliveryDelay", "delayType").is_in(_OWN_DELAYS)
    return made(
        values,
        **_common(),
        ts=iso(at),
        event=_event(suppressed),
        asynchronous=late,
        recipient=recipient,
        vendor_event_id=feedback,
        key=pl.when(feedback.is_not_null()).then(key(feedback, recipient)).otherwise(unnamed),
        reply=pl.coalesce(diagnostic, of("reject", "reason"), of("failure", "errorMessage")),
        reply_by=pl.when(untold).then(pl.lit("vendor")),
        dsn=person.field("status"),
        remote_host=pl.when(late & ~host.str.contains(_OWN_HOST)).then(host),
        remote_ip=of("bounce", "remoteMtaIp"),
        source_class=_class(),
    )


_TIMED = ("bounce", "deliveryDelay", "complaint", "open", "click", "subscription")


def _common() -> dict[str, pl.Expr]:
    return {
        "sender": address(of("mail", "source")),
        "message": of("mail", "messageId"),
        "message_id": of("mail", "commonHeaders", "messageId"),
        "instance": of("mail", "sendingAccountId"),
        "source_event": pl.col("kind"),
        "campaign": pl.col("configuration_set"),
        "tags": pl.col("user_tags"),
    }


def _event(suppressed: pl.Expr) -> pl.Expr:
    listed = of("complaint", "complaintSubType") == "OnAccountSuppressionList"
    kindly = of("complaint", "complaintFeedbackType") == "not-spam"
    return (
        pl.when(suppressed | listed).then(pl.lit("suppressed"))
        .when(kindly).then(pl.lit("other"))
        .otherwise(word(pl.col("kind"), EVENTS))
    )  # fmt: skip


def _class() -> pl.Expr:
    """Return type and sub-type; a complaint names everyone at that domain, so it says of how many it is one."""
    bounce = pl.concat_str(of("bounce", "bounceType"), of("bounce", "bounceSubType"), separator="/")
    many = pl.when(pl.col("several") > 1).then(pl.lit("one of ") + pl.col("several").cast(pl.String))
    kind = pl.coalesce(of("complaint", "complaintSubType"), of("complaint", "complaintFeedbackType"))
    complaint = pl.concat_str(kind, many, separator=", ", ignore_nulls=True)
    named = of("complaint", "timestamp").is_not_null() & (complaint != "")
    return pl.coalesce(bounce, of("deliveryDelay", "delayType"), pl.when(named).then(complaint))


def _tagged(values: pl.DataFrame) -> pl.DataFrame:
    """Return the values with what their tags say: SES's own, and the user's as `name=value`; few tags differ."""
    texts = values.select(of("mail", "tags").alias("text"))
    distinct = texts.unique().drop_nulls()
    distinct = distinct.filter(pl.col("text").str.starts_with("{"))
    told = decode(distinct.select(pl.lit('{"tags":') + pl.col("text") + "}").to_series(), {"tags": MAP})
    known = distinct.hstack(told).select(
        "text",
        user_tags=pairs(pl.col("tags").list.filter(~pl.element().struct.field("key").str.starts_with("ses:"))),
        outgoing_ip=_tag("ses:outgoing-ip"),
        configuration_set=_tag("ses:configuration-set"),
    )
    return values.hstack(texts.join(known, on="text", how="left", maintain_order="left").drop("text"))


def _tag(name: str) -> pl.Expr:
    """Return the first value of a tag."""
    mine = pl.col("tags").list.filter(pl.element().struct.field("key") == name).list.first()
    return mine.struct.field("value").str.extract(r'^\["([^"]*)"', 1)

"""Amazon SES: event publishing and the older notifications."""

import polars as pl

from bouncelake.parsers.esp.rows import FOREIGN, address, iso, key, made, of, pairs, word
from bouncelake.values.engine import MAP, TEXT, TEXTS, Shape

MARK = '"mail"'
KEYS = ("eventType", "notificationType", "mail")

_PERSON = {"emailAddress": TEXT, "status": TEXT, "diagnosticCode": TEXT}
SHAPE: dict[str, Shape] = {
    "eventType": TEXT,
    "notificationType": TEXT,
    "mail": {
        **dict.fromkeys(("timestamp", "messageId", "source", "sendingAccountId"), TEXT),
        "destination": TEXTS,
        "commonHeaders": {"messageId": TEXT},
        "tags": MAP,
    },
    "bounce": {
        **dict.fromkeys(
            ("timestamp", "bounceType", "bounceSubType", "feedbackId", "reportingMTA", "remoteMtaIp"), TEXT
        ),
        "bouncedRecipients": [_PERSON],
    },
    "delivery": {
        **dict.fromkeys(("timestamp", "smtpResponse", "remoteMtaIp", "processingTimeMillis"), TEXT),
        "recipients": TEXTS,
    },
    "deliveryDelay": {"timestamp": TEXT, "delayType": TEXT, "reportingMTA": TEXT, "delayedRecipients": [_PERSON]},
    "complaint": {
        **dict.fromkeys(("timestamp", "feedbackId", "complaintFeedbackType", "complaintSubType"), TEXT),
        "complainedRecipients": [_PERSON],
    },
    "reject": {"reason": TEXT},
    "failure": {"errorMessage": TEXT},
    "open": {"timestamp": TEXT},
    "click": {"timestamp": TEXT, "link": TEXT},
    "subscription": {"timestamp": TEXT, "source": TEXT},
}

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
_SUPPRESSED = ("Suppressed", "OnAccountSuppressionList", "OnTenantSuppressionList", "UnsubscribedRecipient")
_OWN = r"(?:^|\.)amazonses\.com$"


def claims() -> pl.Expr:
    """Tell SES's values."""
    return pl.col("kind").is_not_null() & _mail("messageId").is_not_null()


def prepare(values: pl.DataFrame) -> pl.DataFrame:
    """Give the word for the event one name."""
    return values.with_columns(kind=pl.coalesce("eventType", "notificationType"))


def read(values: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each recipient of each event."""
    people = pl.coalesce(
        of("bounce", "bouncedRecipients"),
        of("deliveryDelay", "delayedRecipients"),
        of("complaint", "complainedRecipients"),
    )
    values = values.with_columns(
        people=people,
        plain=pl.coalesce(of("delivery", "recipients"), _mail("destination")),
        tags=_mail("tags").cast(pl.List(pl.Struct({"key": pl.String, "value": pl.String}))),
    ).with_columns(several=pl.coalesce(pl.col("people").list.len(), pl.col("plain").list.len()))
    named = pl.col("people").list.len() > 0
    told = values.filter(named).explode("people").with_columns(plain=pl.lit(None, pl.String))
    rest = values.filter(named.fill_null(value=False).not_()).explode("plain")
    rest = rest.with_columns(people=pl.lit(None, told.schema["people"]))
    return _rows(pl.concat([told, rest], how="vertical"))


def _rows(values: pl.DataFrame) -> pl.DataFrame:
    kind, sub = pl.col("kind"), of("bounce", "bounceSubType")
    recipient = address(pl.coalesce(_person("emailAddress"), "plain"))
    reply = pl.coalesce(_person("diagnosticCode"), of("delivery", "smtpResponse"))
    suppressed = (kind == "Bounce") & sub.is_in(_SUPPRESSED)
    bounced = (kind == "Bounce") & ~suppressed
    # Without a reply there was no SMTP dialogue: a report of a bounce came in later.
    late = bounced & reply.is_null()
    host = of("bounce", "reportingMTA").str.replace(r"(?i)^dns; *", "").str.to_lowercase()
    at = pl.coalesce(*(of(part, "timestamp") for part in _TIMED), _mail("timestamp"))
    feedback = pl.coalesce(of("bounce", "feedbackId"), of("complaint", "feedbackId"))
    return made(
        values,
        ts=iso(at),
        event=_event(suppressed),
        asynchronous=late,
        recipient=recipient,
        sender=address(_mail("source")),
        message=_mail("messageId"),
        message_id=of("mail", "commonHeaders").struct.field("messageId"),
        vendor_event_id=feedback,
        key=pl.when(feedback.is_not_null())
        .then(key(feedback, recipient))
        .otherwise(key(kind, _mail("messageId"), recipient, at)),
        instance=_mail("sendingAccountId"),
        reply=pl.coalesce(reply, of("reject", "reason"), of("failure", "errorMessage")),
        reply_by=pl.when(kind.is_in(["Reject", "Rendering Failure"]) | suppressed).then(pl.lit("vendor")),
        dsn=_person("status"),
        remote_host=pl.when(late & ~host.str.contains(_OWN)).then(host),
        remote_ip=pl.coalesce(of("bounce", "remoteMtaIp"), of("delivery", "remoteMtaIp")),
        local_ip=pl.when(kind == "Delivery").then(_tag("ses:outgoing-ip")),
        delay=of("delivery", "processingTimeMillis").cast(pl.Float64, strict=False) / 1000,
        source_event=kind,
        source_class=_class(),
        campaign=_tag("ses:configuration-set"),
        tags=_user_tags(),
    )


_TIMED = ("bounce", "delivery", "deliveryDelay", "complaint", "open", "click", "subscription")


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


def _mail(name: str) -> pl.Expr:
    return of("mail", name)


def _person(name: str) -> pl.Expr:
    return pl.col("people").struct.field(name)


def _tag(name: str) -> pl.Expr:
    value = pl.col("tags").list.filter(pl.element().struct.field("key") == name).list.first().struct.field("value")
    return value.str.extract(r'^\["([^"]*)"', 1)


def _user_tags() -> pl.Expr:
    own = pl.col("tags").list.filter(~pl.element().struct.field("key").str.starts_with("ses:"))
    return pairs(own)

"""Resend: an object per event; Amazon SES works underneath."""

import polars as pl

from bouncelake.parsers.esp.rows import CONTEXT, FOREIGN, address, filled, iso, key, made, of, word
from bouncelake.values.engine import TEXT, TEXTS, Shape

MARK = '"email_id"|"(?:contact|domain)\\.(?:created|updated|deleted)"'
KEYS = ("type", "created_at", "data")

SHAPE: dict[str, Shape] = {
    **dict.fromkeys(("type", "created_at"), TEXT),
    "data": {
        **dict.fromkeys(("id", "email_id", "from", "broadcast_id", "message_id"), TEXT),
        "to": TEXTS,
        "tags": [{"name": TEXT, "value": TEXT}],
        "bounce": {"type": TEXT, "subType": TEXT, "message": TEXT, "diagnosticCode": TEXTS},
        "failed": {"reason": TEXT},
        "suppressed": {"message": TEXT, "type": TEXT},
    },
}

EVENTS = {
    "email.sent": "accepted",
    "email.delivered": "delivered",
    "email.delivery_delayed": "deferred",
    "email.bounced": "bounced",
    "email.complained": "complained",
    "email.opened": "opened",
    "email.clicked": "clicked",
    "email.failed": "suppressed",
    "email.suppressed": "suppressed",
    "email.scheduled": CONTEXT,
    "email.received": FOREIGN,
}
_SUPPRESSED = ("Suppressed", "OnAccountSuppressionList", "OnTenantSuppressionList", "UnsubscribedRecipient")


def prepare(values: pl.DataFrame) -> pl.DataFrame:
    """Tell what is about a contact or a domain."""
    control = pl.col("type").str.contains(r"^(?:contact|domain)\.") & of("data", "id").is_not_null()
    return values.with_columns(control=control.fill_null(value=False))


def claims() -> pl.Expr:
    """Tell Resend's values."""
    mail = pl.col("type").str.starts_with("email.") & of("data", "email_id").is_not_null()
    return pl.col("created_at").is_not_null() & (mail | pl.col("control"))


def read(values: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each event; which of several recipients it is about is not said."""
    kind = pl.col("type")
    sub = of("data", "bounce", "subType")
    prose = of("data", "bounce", "message")
    suppressed = (kind == "email.bounced") & (
        sub.is_in(_SUPPRESSED) | prose.str.contains("suppressed sending", literal=True)
    )
    coded = filled(of("data", "bounce", "diagnosticCode").list.first())
    one = pl.when(of("data", "to").list.len() == 1).then(of("data", "to").list.first())
    event = (
        pl.when(pl.col("control")).then(pl.lit(CONTEXT))
        .when(suppressed.fill_null(value=False)).then(pl.lit("suppressed"))
        .otherwise(word(kind, EVENTS))
    )  # fmt: skip
    made_by = suppressed.fill_null(value=False) | kind.is_in(["email.failed", "email.suppressed"])
    label = pl.concat_str(pl.element().struct.field("name"), pl.element().struct.field("value"), separator="=")
    return made(
        values,
        ts=iso(pl.col("created_at")),
        event=event,
        recipient=address(one),
        alone=of("data", "to").list.len() > 1,
        sender=address(of("data", "from")),
        message=of("data", "email_id"),
        message_id=of("data", "message_id"),
        key=key(of("data", "email_id"), kind, "created_at"),
        reply=pl.coalesce(coded, prose, of("data", "failed", "reason"), of("data", "suppressed", "message")),
        reply_by=pl.when(made_by).then(pl.lit("vendor")),
        source_event=kind,
        source_class=pl.concat_str(of("data", "bounce", "type"), sub, separator="/"),
        campaign=filled(of("data", "broadcast_id")),
        tags=pl.when(of("data", "tags").list.len() > 0).then(of("data", "tags").list.eval(label)),
    )

"""Mailgun: webhooks, items of the Events API, and the older webhooks' form posts."""

import polars as pl

from bouncelake.parsers.esp.mailboxes import named
from bouncelake.parsers.esp.rows import CONTEXT, address, epoch, filled, key, made, of
from bouncelake.values.engine import TEXT, TEXTS, Shape
from bouncelake.values.forms import LEGACY

MARK = f'"event-data"|"log-level"|"{LEGACY}"'
KEYS = ("event-data", "event", "timestamp")

_FORM = (
    "event",
    "recipient",
    "domain",
    "code",
    "error",
    "notification",
    "description",
    "reason",
    "message-id",
)
_EVENT: dict[str, Shape] = {
    **dict.fromkeys(
        ("event", "timestamp", "id", "severity", "reason", "recipient", "log-level", "recipient-provider"), TEXT
    ),
    "delivery-status": dict.fromkeys(
        (
            "message",
            "description",
            "code",
            "enhanced-code",
            "mx-host",
            "tls",
            "bounce-type",
            "last-code",
            "last-message",
        ),
        TEXT,
    ),
    "envelope": {"sender": TEXT, "sending-ip": TEXT},
    "message": {"headers": {"message-id": TEXT, "from": TEXT, "to": TEXT}, "size": TEXT},
    "flags": {"is-test-mode": TEXT, "is-delayed-bounce": TEXT},
    "tags": TEXTS,
    "campaigns": [{"name": TEXT}],
    "domain": {"name": TEXT},
}
SHAPE: dict[str, Shape] = {
    "event-data": _EVENT,
    **_EVENT,
    "signature": {"token": TEXT},
    LEGACY: dict.fromkeys((*_FORM, "timestamp", "token"), TEXT),
}

EVENTS = {
    "accepted": "accepted",
    "delivered": "delivered",
    "rejected": "suppressed",
    "opened": "opened",
    "clicked": "clicked",
    "unsubscribed": "unsubscribed",
    "complained": "complained",
    "bounced": "bounced",
    "dropped": "bounced",
    "stored": CONTEXT,
}
_SUPPRESSED = ("605", "606", "607")
_OWN_CODES = ("498", "499", *_SUPPRESSED)
"""Codes of Mailgun's own: no server wrote them."""
_ENHANCED = r"^[245]\.[0-9]+\.[0-9]+$"


def prepare(values: pl.DataFrame) -> pl.DataFrame:
    """Bring all three forms under the names of the newest."""
    wrapped = of("event-data", "event").is_not_null()
    event = [pl.when(wrapped).then(of("event-data", name)).otherwise(name).alias(name) for name in _EVENT]
    values = values.with_columns(event)
    legacy = of(LEGACY, "event").is_not_null()
    simple = {name: of(LEGACY, name) for name in ("event", "timestamp", "recipient", "reason")}
    return values.with_columns(
        legacy=legacy,
        wrapped=wrapped,
        token=pl.coalesce(of("signature", "token"), of(LEGACY, "token")),
        status=of("delivery-status", "message"),
        code=pl.coalesce(of("delivery-status", "code"), of(LEGACY, "code")),
        sender=pl.coalesce(of("envelope", "sender"), of("message", "headers", "from")),
        message_id=pl.coalesce(of("message", "headers", "message-id"), of(LEGACY, "message-id")),
        instance=pl.coalesce(of("domain", "name"), of(LEGACY, "domain")),
        **{name: pl.when(legacy).then(field).otherwise(name) for name, field in simple.items()},
    )


def claims() -> pl.Expr:
    """Tell Mailgun's values."""
    bare = pl.col("log-level").is_not_null() & pl.col("id").is_not_null()
    return (
        pl.col("event").is_not_null()
        & pl.col("timestamp").is_not_null()
        & (pl.col("wrapped") | pl.col("legacy") | bare)
    )


def read(values: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each event."""
    event, reason, code = pl.col("event"), pl.col("reason").fill_null(""), pl.col("code")
    suppressed = (
        reason.str.starts_with("suppress") | code.is_in(_SUPPRESSED).fill_null(value=False) | (event == "rejected")
    )
    expired = (reason == "old") & event.is_in(["failed", "dropped"])
    ts = epoch(pl.col("timestamp"))
    day = key("id", ts.dt.date(), "recipient", event)
    legacy = key("token", event, "recipient", "timestamp")
    own = suppressed | code.is_in(_OWN_CODES)
    last = expired & of("delivery-status", "last-message").is_not_null()
    text = pl.coalesce(
        filled(pl.col("status")),
        *(filled(of(LEGACY, name)) for name in ("error", "notification", "description")),
        filled(of("delivery-status", "description")),
        pl.when(suppressed & (reason != "")).then(reason),
    )
    enhanced = pl.coalesce(of("delivery-status", "enhanced-code"), pl.when(code.str.contains(_ENHANCED)).then(code))
    recipient = pl.coalesce("recipient", of("message", "headers", "to"))
    return made(
        values,
        ts=ts,
        event=_event(event, suppressed, expired),
        asynchronous=of("flags", "is-delayed-bounce") == "true",
        recipient=address(recipient),
        sender=address(pl.col("sender")),
        message=pl.col("message_id").str.strip_chars("<>"),
        message_id=_bracketed(pl.col("message_id")),
        vendor_event_id=pl.coalesce("id", "token"),
        key=pl.when(pl.col("id").is_not_null()).then(day).otherwise(legacy),
        instance=pl.col("instance"),
        alone=event == "rejected",
        reply=pl.when(last).then(of("delivery-status", "last-message")).otherwise(text),
        reply_by=pl.when(own & ~last).then(pl.lit("vendor")),
        given_code=pl.when(last).then(of("delivery-status", "last-code")).when(~own.fill_null(value=False)).then(code),
        given_enhanced=pl.when(~last & (enhanced != "")).then(enhanced),
        provider=named(pl.col("recipient-provider")),
        remote_host=filled(of("delivery-status", "mx-host")),
        local_ip=pl.when(event.is_in(["delivered", "failed"]) & ~own.fill_null(value=False)).then(
            filled(of("envelope", "sending-ip"))
        ),
        tls=pl.when(of("delivery-status", "tls") == "true").then(pl.lit("TLS")),
        size=of("message", "size").cast(pl.Int64, strict=False),
        source_event=pl.concat_str(event, filled(pl.col("severity")), separator="/", ignore_nulls=True),
        source_class=pl.coalesce(filled(pl.col("reason")), of("delivery-status", "bounce-type")),
        campaign=pl.col("campaigns").list.first().struct.field("name"),
        tags=pl.when(pl.col("tags").list.len() > 0).then("tags"),
    )


def _event(event: pl.Expr, suppressed: pl.Expr, expired: pl.Expr) -> pl.Expr:
    severity = pl.col("severity")
    return (
        pl.when((of("flags", "is-test-mode") == "true") | event.str.starts_with("list_")).then(pl.lit(CONTEXT))
        .when(event.is_in(["failed", "dropped", "rejected"]) & suppressed).then(pl.lit("suppressed"))
        .when(expired & (severity != "temporary").fill_null(value=True)).then(pl.lit("expired"))
        .when((event == "failed") & (severity == "permanent")).then(pl.lit("bounced"))
        .when((event == "failed") & (severity == "temporary")).then(pl.lit("deferred"))
        .otherwise(event.replace_strict(EVENTS, default="other", return_dtype=pl.String))
    )  # fmt: skip


def _bracketed(message_id: pl.Expr) -> pl.Expr:
    bare = message_id.str.strip_chars("<>")
    return pl.when(bare != "").then(pl.concat_str(pl.lit("<"), bare, pl.lit(">")))

"""SparkPost: webhook batches, and results of its Events API."""

import polars as pl

from bouncelake.parsers.esp.mailboxes import named
from bouncelake.parsers.esp.rows import CONTEXT, FOREIGN, address, filled, instant, made, of, word
from bouncelake.values.engine import TEXT, TEXTS, Shape

MARK = '"msys"|"raw_rcpt_to"|"rcpt_to"'
KEYS = ("msys", "type", "event_id", "timestamp")

_EVENT: dict[str, Shape] = {
    **dict.fromkeys(
        (
            "type", "event_id", "message_id", "timestamp", "rcpt_to", "raw_rcpt_to", "msg_from",
            "friendly_from", "msg_size",
            "raw_reason", "reason", "error_code", "bounce_class", "sending_ip", "ip_address", "mailbox_provider",
            "queue_time", "outbound_tls", "campaign_id", "subaccount_id", "delv_method", "ip_pool", "relay_id",
        ),
        TEXT,
    ),
    "rcpt_tags": TEXTS,
}  # fmt: skip
_CLASSES = (
    "message_event",
    "track_event",
    "gen_event",
    "unsubscribe_event",
    "relay_event",
    "ingest_event",
    "ab_test_event",
)
SHAPE: dict[str, Shape] = {
    "msys": {**dict.fromkeys(_CLASSES, _EVENT), "relay_message": {"rcpt_to": TEXT, "webhook_id": TEXT}},
    **_EVENT,
}

EVENTS = {
    "injection": "accepted",
    "delivery": "delivered",
    "delay": "deferred",
    "bounce": "bounced",
    "out_of_band": "bounced",
    "policy_rejection": "suppressed",
    "generation_failure": "suppressed",
    "generation_rejection": "suppressed",
    "spam_complaint": "complained",
    "open": "opened",
    "initial_open": "opened",
    "amp_open": "opened",
    "amp_initial_open": "opened",
    "click": "clicked",
    "amp_click": "clicked",
    "list_unsubscribe": "unsubscribed",
    "link_unsubscribe": "unsubscribed",
    "sms_status": CONTEXT,
    "ab_test_completed": CONTEXT,
    "ab_test_cancelled": CONTEXT,
    "success": CONTEXT,
    "error": CONTEXT,
    "ingest_success": CONTEXT,
    "ingest_error": CONTEXT,
    "relay_injection": FOREIGN,
    "relay_rejection": FOREIGN,
    "relay_delivery": FOREIGN,
    "relay_tempfail": FOREIGN,
    "relay_permfail": FOREIGN,
}
_OWN_POLICY = "25"
_EMPTY = r'^\s*\{\s*"msys"\s*:\s*\{\s*\}\s*\}\s*$'
_TRIED = ("delivery", "delay", "bounce")


def prepare(values: pl.DataFrame) -> pl.DataFrame:
    """Bring the event out of its class."""
    classes = [of("msys", name) for name in _CLASSES]
    inner = [pl.when(part.struct.field("type").is_not_null()).then(part) for part in classes]
    relay = (
        of("msys", "relay_message", "webhook_id").is_not_null() | of("msys", "relay_message", "rcpt_to").is_not_null()
    )
    control = pl.when(pl.col("text").str.contains(_EMPTY)).then(pl.lit(CONTEXT)).when(relay).then(pl.lit(FOREIGN))
    values = values.with_columns(told=pl.coalesce(inner), control=control)
    wrapped = of("told", "type").is_not_null()
    fields = [pl.when(wrapped).then(of("told", name)).otherwise(name).alias(name) for name in _EVENT]
    return values.with_columns(*fields, wrapped=wrapped)


def claims() -> pl.Expr:
    """Tell SparkPost's values; a bare event of its API by all of its ids."""
    ids = pl.all_horizontal(pl.col(name).is_not_null() for name in ("type", "event_id", "message_id", "timestamp"))
    return pl.col("control").is_not_null() | pl.col("wrapped") | (ids & pl.col("rcpt_to").is_not_null())


def read(values: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each event."""
    kind, bounce = pl.col("type"), pl.col("bounce_class")
    reply = pl.coalesce(filled(pl.col("raw_reason")), filled(pl.col("reason")))
    internal = reply.str.contains("[internal]", literal=True)
    policy = (kind == "bounce") & (bounce == _OWN_POLICY)
    expired = (kind == "bounce") & internal & reply.str.contains("5.4.7", literal=True)
    event = (
        pl.when(pl.col("control").is_not_null()).then("control")
        .when(policy).then(pl.lit("suppressed"))
        .when(expired).then(pl.lit("expired"))
        .otherwise(word(kind, EVENTS))
    )  # fmt: skip
    own = policy | internal | event.is_in(["suppressed"])
    tried = kind.is_in(_TRIED) & ~own.fill_null(value=False)
    return made(
        values,
        ts=instant(pl.col("timestamp")),
        event=event,
        asynchronous=kind == "out_of_band",
        recipient=address(pl.coalesce("raw_rcpt_to", "rcpt_to")),
        sender=address(pl.coalesce("msg_from", "friendly_from")),
        message=pl.col("message_id"),
        vendor_event_id=pl.col("event_id"),
        key=pl.coalesce("event_id", pl.concat_str("type", "message_id", "timestamp", separator="\x1f"), "text"),
        instance=filled(pl.col("subaccount_id")),
        service=filled(pl.col("ip_pool")),
        reply=reply,
        reply_by=pl.when(own).then(pl.lit("vendor")),
        given_code=pl.when(~own.fill_null(value=False)).then("error_code"),
        provider=named(pl.col("mailbox_provider")),
        remote_ip=pl.when(tried).then(filled(pl.col("ip_address"))),
        local_ip=pl.when(tried).then(filled(pl.col("sending_ip"))),
        tls=pl.when(tried & pl.col("outbound_tls").is_in(["1", "true"])).then(pl.lit("TLS")),
        size=pl.col("msg_size").cast(pl.Int64, strict=False),
        delay=pl.col("queue_time").cast(pl.Float64, strict=False) / 1000,
        source_event=kind,
        source_class=bounce,
        campaign=filled(pl.col("campaign_id")),
        tags=pl.when(pl.col("rcpt_tags").list.len() > 0).then("rcpt_tags"),
    )

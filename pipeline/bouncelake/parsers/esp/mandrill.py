"""Mandrill (Mailchimp Transactional): form posts of event arrays."""

import polars as pl

from bouncelake.parsers.esp.rows import CONTEXT, FOREIGN, address, epoch, filled, key, made, of, word
from bouncelake.values.engine import TEXT, TEXTS, Shape

MARK = '"msg"|"reject"'
KEYS = ("event", "msg", "ts")

SHAPE: dict[str, Shape] = {
    **dict.fromkeys(("event", "type", "action", "_id", "ts"), TEXT),
    "msg": {
        **dict.fromkeys(("_id", "email", "sender", "subaccount", "diag", "bounce_description", "bgtools_code"), TEXT),
        "tags": TEXTS,
        "reject": {"reason": TEXT},
        "smtp_events": [dict.fromkeys(("ts", "type", "diag", "source_ip", "destination_ip"), TEXT)],
    },
    "reject": {"email": TEXT, "reason": TEXT},
}

EVENTS = {
    "send": "accepted",
    "deferral": "deferred",
    "hard_bounce": "bounced",
    "soft_bounce": "bounced",
    "delivered": "delivered",
    "open": "opened",
    "click": "clicked",
    "spam": "complained",
    "unsub": "unsubscribed",
    "reject": "suppressed",
    "inbound": FOREIGN,
}
_TRIED = ("deferral", "hard_bounce", "soft_bounce", "delivered")


def prepare(values: pl.DataFrame) -> pl.DataFrame:
    """Tell the changes of a block list, which are no events of a message."""
    sync = (
        pl.col("event").is_null()
        & pl.col("type").is_in(["whitelist", "blacklist"])
        & of("reject", "email").is_not_null()
    )
    return values.with_columns(sync=sync)


def claims() -> pl.Expr:
    """Tell Mandrill's values."""
    message = of("msg", "email").is_not_null() | (pl.col("event") == "inbound")
    return pl.col("ts").is_not_null() & (pl.col("sync") | (pl.col("event").is_not_null() & message))


def read(values: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each event."""
    event = pl.col("event")
    last = of("msg", "smtp_events").list.last().struct
    tried = event.is_in(_TRIED)
    reply = pl.coalesce(
        filled(of("msg", "diag")), pl.when(tried).then(last.field("diag")), of("msg", "reject", "reason")
    )
    ident = pl.coalesce("_id", of("msg", "_id"))
    return made(
        values,
        ts=epoch(pl.col("ts")),
        event=pl.when(pl.col("sync")).then(pl.lit(CONTEXT)).otherwise(word(event, EVENTS)),
        recipient=address(of("msg", "email")),
        sender=address(of("msg", "sender")),
        message=ident,
        vendor_event_id=ident,
        key=key(ident, event, "ts"),
        instance=filled(of("msg", "subaccount")),
        reply=reply,
        reply_by=pl.when(event == "reject").then(pl.lit("vendor")),
        local_ip=pl.when(tried).then(last.field("source_ip")),
        remote_ip=pl.when(tried).then(last.field("destination_ip")),
        source_event=event,
        source_class=pl.coalesce(filled(of("msg", "bounce_description")), of("msg", "reject", "reason")),
        tags=pl.when(of("msg", "tags").list.len() > 0).then(of("msg", "tags")),
    )

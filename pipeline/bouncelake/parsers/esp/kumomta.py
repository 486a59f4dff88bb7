"""KumoMTA: its JSON log records, from the log directory or a webhook."""

import polars as pl

from bouncelake.parsers.esp.rows import CONTEXT, address, epoch, filled, iso, key, listed, made, of, word
from bouncelake.values.engine import TEXT, Shape

MARK = '"nodeid"'
KEYS = ("type", "id", "nodeid", "timestamp", "recipient")

_FIELDS = (
    "type", "id", "nodeid", "num_attempts", "sender", "recipient", "queue", "site", "size", "timestamp", "event_time",
    "created", "created_time", "bounce_classification", "egress_source", "egress_pool", "delivery_protocol",
    "tls_cipher",
    "tls_protocol_version",
)  # fmt: skip
SHAPE: dict[str, Shape] = {
    **dict.fromkeys(_FIELDS, TEXT),
    "response": {
        **dict.fromkeys(("code", "content", "command"), TEXT),
        "enhanced_code": dict.fromkeys(("class", "subject", "detail"), TEXT),
    },
    "peer_address": {"name": TEXT, "addr": TEXT},
    "source_address": {"address": TEXT},
    "feedback_report": {"original_rcpt_to": TEXT, "feedback_type": TEXT},
    "headers": {"Message-ID": TEXT, "Subject": TEXT},
}

EVENTS = {
    "Reception": "accepted",
    "Delivery": "delivered",
    "TransientFailure": "deferred",
    "Bounce": "bounced",
    "Expiration": "expired",
    "AdminBounce": "suppressed",
    "OOB": "bounced",
    "Feedback": "complained",
    "Rejection": "rejected",
    "Delayed": "suspended",
    "AdminRebind": CONTEXT,
    "DeferredInjectionRebind": CONTEXT,
    "XferIn": CONTEXT,
    "XferOut": CONTEXT,
}
STAGES = {
    "MAIL": "mail",
    "RCPT": "rcpt",
    ".": "eod",
    "DATA": "data",
    "EHLO": "helo",
    "HELO": "helo",
    "STAR": "starttls",
    "AUTH": "auth",
}
_INBOUND = ("Reception", "Rejection")
_TRIED = ("Delivery", "TransientFailure", "Bounce")
_OWN = ("Expiration", "AdminBounce", "Rejection", "Reception", "Delayed")
_PORT = r"^\[?([0-9A-Fa-f.:]+?)\]?:[0-9]+$"


def prepare(values: pl.DataFrame) -> pl.DataFrame:
    """Return the values as they are."""
    return values


def claims() -> pl.Expr:
    """Tell KumoMTA's records."""
    return pl.all_horizontal(pl.col(name).is_not_null() for name in ("type", "id", "nodeid", "num_attempts"))


def read(values: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each recipient of each record."""
    named = pl.coalesce(listed(pl.col("recipient")), listed(of("feedback_report", "original_rcpt_to")))
    people = pl.when(named.list.len() > 0).then(named).otherwise(pl.concat_list(pl.lit(None, pl.String)))
    return _rows(values.with_columns(person=people).explode("person"))


def _rows(values: pl.DataFrame) -> pl.DataFrame:
    kind = pl.col("type")
    recipient = address(pl.col("person"))
    inbound = kind.is_in(_INBOUND)
    tried = kind.is_in(_TRIED)
    peer = of("peer_address", "addr").str.replace(_PORT, "${1}")
    host = filled(of("peer_address", "name").str.strip_chars_end("."))
    own = kind.is_in(_OWN) | of("response", "content").str.starts_with("KumoMTA internal")
    ts = pl.coalesce(iso(pl.col("event_time")), epoch(pl.col("timestamp")))
    created = pl.coalesce(iso(pl.col("created_time")), epoch(pl.col("created")))
    local = pl.col("delivery_protocol").is_in(["ESMTP", "LMTP"]).not_() & (kind != "Reception")
    command = of("response", "command")
    enhanced = of("response", "enhanced_code")
    dotted = pl.concat_str((enhanced.struct.field(part) for part in ("class", "subject", "detail")), separator=".")
    size = pl.col("size").cast(pl.Int64, strict=False)
    return made(
        values,
        ts=ts,
        event=word(kind, EVENTS),
        asynchronous=kind == "OOB",
        direction=pl.when(inbound).then(pl.lit("inbound")).when(local).then(pl.lit("local")),
        recipient=recipient,
        alone=kind.is_in(["Rejection", "Feedback", "OOB"]),
        sender=pl.when(pl.col("sender") == "").then(pl.lit("<>")).otherwise(address(pl.col("sender"))),
        message=key("nodeid", "id").str.replace("\x1f", ":", literal=True),
        message_id=of("headers", "Message-ID"),
        key=key("nodeid", "id", kind, "num_attempts", pl.coalesce("event_time", "timestamp"), recipient),
        instance=filled(pl.col("queue").str.extract(r":([^@:]*)@", 1)),
        service=filled(pl.col("egress_source")),
        reply=pl.when(kind != "Reception").then(_reply()),
        reply_by=pl.when(own).then(pl.lit("local")),
        given_code=of("response", "code"),
        given_enhanced=dotted,
        stage=pl.when(command != "").then(word(command.str.to_uppercase().str.head(4), STAGES, "")),
        remote_host=pl.when(tried).then(host),
        remote_ip=pl.when(tried).then(peer),
        client_host=pl.when(inbound).then(host),
        client_ip=pl.when(inbound).then(peer),
        local_ip=pl.when(tried).then(of("source_address", "address").str.replace(_PORT, "${1}")),
        tls=pl.when(tried | inbound).then(_tls()),
        size=pl.when(size > 0).then(size),
        delay=((ts - created).dt.total_microseconds() / 1_000_000).round(6),
        source_event=kind,
        source_class=pl.col("bounce_classification"),
        campaign=filled(pl.col("queue").str.extract(r"^([^:@]*):", 1)),
    )


def _tls() -> pl.Expr:
    return filled(pl.concat_str("tls_protocol_version", "tls_cipher", separator=" ", ignore_nulls=True))


def _reply() -> pl.Expr:
    """Put the codes, which KumoMTA keeps apart, before the text again."""
    enhanced = of("response", "enhanced_code")
    dotted = pl.concat_str((enhanced.struct.field(part) for part in ("class", "subject", "detail")), separator=".")
    content = filled(of("response", "content"))
    code = pl.when(of("response", "code") != "0").then(of("response", "code"))
    return pl.when(code.is_not_null() | content.is_not_null()).then(
        pl.concat_str(code, dotted, content, separator=" ", ignore_nulls=True)
    )

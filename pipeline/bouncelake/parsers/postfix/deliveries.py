"""Delivery records of every agent and version: `QID: to=<...>, relay=..., delay=..., dsn=..., status=WORD (REASON)`."""

import polars as pl

from bouncelake.parsers.postfix import fields, grammar, trouble
from bouncelake.parsers.postfix.part import Part, part

_EVENTS = {
    "sent": "delivered",
    "deferred": "deferred",
    "bounced": "bounced",
    "SOFTBOUNCE": "deferred",
    "deliverable": "probe",
    "undeliverable": "probe",
    "undeliverable-but-not-cached": "probe",
}
_TOLD = (
    "row",
    "direction",
    "event",
    "final",
    "queue_id",
    "recipient",
    "original_recipient",
    "remote_host",
    "remote_ip",
    "remote_port",
    "stage",
    "delay",
    "tls",
    "dsn",
    "reply",
    "reply_by",
    "source_event",
)
# Reasons that the SMTP client gives without a connection; anything else without a relay is policy of our own.
_CLIENT = (
    r"^(?:connect to |lost connection |conversation |Host |Name service |Domain |mail for |unable to |TLS "
    r"|Cannot start TLS|Server certificate |SASL |[0-9A-Z]+ is required|REQUIRETLS|no |host )"
)
_POLICY_SERVICES = ["error", "retry", "discard", "cleanup", "qmgr", "local", "virtual", "pipe"]


def read(records: pl.DataFrame) -> Part:
    """Read delivery records into one event each, and hand-overs into the ids that continue them."""
    frame = fields.taken_apart(records).with_columns(
        _closed(),
        grammar.null_sender("recipient"),
        event=pl.col("source_event").replace_strict(_EVENTS, default=None, return_dtype=pl.String),
    )
    smooth = frame["source_event"].is_in(["sent", "deliverable"])
    parts = [_taken(frame.filter(smooth)), _failed(frame.filter(~smooth))]
    events = pl.concat([part.select(*_TOLD) for part in parts])
    return part(records, events, _children(events))


def _closed() -> pl.Expr:
    """Return the reason without what a torn write left behind its closing parenthesis."""
    reason = pl.col("reason")
    torn = pl.when(~reason.str.ends_with(")")).then(reason)
    return pl.coalesce(torn.str.replace(r"\)[0-9]+$", ")"), reason).alias("reason")


def _taken(frame: pl.DataFrame) -> pl.DataFrame:
    """Read what was accepted: by a server (the reply is its own), or by a mailbox, pipe or alias (Postfix's words)."""
    server = pl.col("bracket").is_not_null()
    near = grammar.private("remote_ip").fill_null(value=True)
    frame = frame.with_columns(
        reply=pl.col("reason").str.strip_suffix(")"),
        reply_by=pl.when(server).then(pl.lit("remote")).otherwise(pl.lit("local")),
        direction=pl.when(near).then(pl.lit("local")).otherwise(pl.lit("outbound")),
        stage=pl.when(server & (pl.col("event") == "delivered")).then(pl.lit("eod")),
    )
    frame = frame.with_columns(event=_hop())
    return frame.with_columns(final=pl.when(pl.col("event") != "probe").then(pl.col("event") == "delivered"))


def _hop() -> pl.Expr:
    """Tell a hop from a delivery: our own filter or an alias takes the mail only to pass it on."""
    reply = pl.col("reply")
    mailbox = (
        (pl.col("service") == "lmtp").fill_null(value=False)
        | (pl.col("remote_port") == 24).fill_null(value=False)
        | pl.col("remote_ip").is_null()
        | reply.str.ends_with(" Saved").fill_null(value=False)
    )
    passed_on = reply.str.contains("queued as ", literal=True).fill_null(value=False)
    near = (pl.col("direction") == "local") & pl.col("bracket").is_not_null()
    alias = pl.col("bracket").is_null() & reply.str.starts_with("forwarded as ").fill_null(value=False)
    discarded = (pl.col("name") == "none").fill_null(value=False)
    return (
        pl.when(pl.col("event") == "probe")
        .then(pl.lit("probe"))
        .when((near & (passed_on | ~mailbox)) | alias)
        .then(pl.lit("accepted"))
        .when(discarded)
        .then(pl.lit("other"))
        .otherwise(pl.lit("delivered"))
    )


def _failed(frame: pl.DataFrame) -> pl.DataFrame:
    frame = trouble.explain(frame).with_columns(remote_ip=grammar.address("bracket"))
    suspended = (pl.col("event") == "deferred") & (pl.col("echo") | (pl.col("reply") == "deferred transport"))
    event = pl.when(suspended.fill_null(value=False)).then(pl.lit("suspended")).otherwise("event")
    frame = frame.with_columns(event=event, direction=_direction())
    return frame.with_columns(final=pl.when(pl.col("event") != "probe").then(pl.col("event") == "bounced"))


def _direction() -> pl.Expr:
    """Call local what needs no other host: a near IP, a socket, a named transport, a policy of our own."""
    ip, bracket, name = pl.col("remote_ip"), pl.col("bracket"), pl.col("name")
    by_service = pl.col("service").is_in(_POLICY_SERVICES)
    unexplained = pl.when(bracket.is_null() & pl.col("service").is_null()).then("reply")
    by_text = ~unexplained.str.contains(_CLIENT)
    policy = ~pl.col("echo") & (pl.col("reply_by") == "local") & pl.coalesce(by_service, by_text)
    local = (
        pl.when(ip.is_not_null())
        .then(grammar.private("remote_ip"))
        .otherwise(bracket.is_not_null() | (name != "none") | name.is_null() | policy)
    )
    return pl.when(local.fill_null(value=False)).then(pl.lit("local")).otherwise(pl.lit("outbound"))


def _children(events: pl.DataFrame) -> pl.DataFrame | None:
    """Name the id under which an accepted message goes on: the last one that its reply names."""
    taken = events.filter(pl.col("event") == "accepted")
    if taken.is_empty():
        return None
    child = rf"(?s)^.*(?:queued|forwarded) as ({grammar.QUEUE_ID})"
    taken = taken.select("row", "queue_id", child_queue_id=pl.col("reply").str.extract(child), kind=pl.lit("child"))
    return taken.filter(pl.col("child_queue_id").is_not_null())

"""Delivery records of every agent and version: `QID: to=<...>, relay=..., delay=..., dsn=..., status=WORD (REASON)`."""

import polars as pl

from bouncelake.parsers.postfix import grammar, trouble
from bouncelake.parsers.postfix.part import Part, part

MASK = rf"^{grammar.QUEUE_ID}: (?:to=|status=)"

_EVENTS = {
    "sent": "delivered",
    "deferred": "deferred",
    "bounced": "bounced",
    "SOFTBOUNCE": "deferred",
    "deliverable": "probe",
    "undeliverable": "probe",
    "undeliverable-but-not-cached": "probe",
}
_WORDS = "|".join(sorted(_EVENTS, key=len, reverse=True))

# What stands left of `, status=`, when it can be split at its commas.
_FIELDS = (
    rf"^{grammar.QUEUE_ID}: to=<{grammar.PLAIN}>(?:, orig_to=<{grammar.PLAIN}>)?"
    r", relay=[!-+\--Z\\^-~]*(?:\[[!-Z\\^-~]*\](?::[0-9]+)?)?(?:, conn_use=[0-9]+)?"
    r", delay=[0-9.]+(?:, delays=[0-9./]+)?(?:, tls=[!-+\--~]+)?(?:, dsn=[0-9.]+)?$"
)
_ANY = (
    rf"(?s)^({grammar.QUEUE_ID}): to=<?({grammar.ADDRESS}|.*?)>?(?:, orig_to=<?({grammar.ADDRESS}|.*?)>?)?"
    r", relay=([^,\[\]]*)(?:\[([^\]]*)\](?::([0-9]+))?)?(?:, conn_use=[0-9]+)?"
    r", delay=([0-9.]+)(?:, delays=[0-9./]+)?(?:, tls=([^ ,]+))?(?:, dsn=([0-9.]+))?(?:, [a-z_]+=[^ ,]*)*"
    rf", status=({_WORDS})(?: ?$| \((.*)$)"
)
_NAMES = (
    "queue_id",
    "recipient",
    "original_recipient",
    "relay",
    "bracket",
    "remote_port",
    "delay",
    "tls",
    "dsn",
    "source_event",
    "reason",
)
_WITHOUT_RECIPIENT = rf"(?s)^({grammar.QUEUE_ID}): status=({_WORDS}) \((.*)$"

# Reasons that the SMTP client gives without a connection; anything else without a relay is policy of our own.
_CLIENT = (
    r"^(?:connect to |lost connection |conversation |Host |Name service |Domain |mail for |unable to |TLS "
    r"|Cannot start TLS|Server certificate |SASL |[0-9A-Z]+ is required|REQUIRETLS|no |host )"
)
_POLICY_SERVICES = ["error", "retry", "discard", "cleanup", "qmgr", "local", "virtual", "pipe"]


def read(records: pl.DataFrame) -> Part:
    """Read delivery records into one event each, and hand-overs into the ids that continue them."""
    records = records.with_columns(length=pl.col("text").str.len_bytes())
    fields = pl.concat(_fields(records), how="diagonal").with_columns(_closed())
    fields = _placed(fields)
    smooth = fields["source_event"].is_in(["sent", "deliverable"])
    events = pl.concat([_taken(fields.filter(smooth)), _failed(fields.filter(~smooth))], how="diagonal")
    return part(records, events, _children(events), events["row"])


def _fields(records: pl.DataFrame) -> list[pl.DataFrame]:
    """Take records apart: at their commas where that is safe, else by the whole grammar."""
    frame = grammar.split(records, "text", ", status=", "left", "right")
    frame = grammar.split(frame, "right", " (", "source_event", "reason")
    safe = frame["left"].str.contains(_FIELDS) & frame["source_event"].is_in(list(_EVENTS))
    safe = safe.fill_null(value=False)
    rest = records.filter(~safe)
    odd = grammar.extract(rest, "text", _NAMES, _ANY)
    bare = grammar.extract(rest, "text", ("queue_id", "source_event", "reason"), _WITHOUT_RECIPIENT)
    plain = _split(frame.filter(safe)).select("row", "service", "length", *_NAMES)
    return [plain, odd.drop("text"), bare.drop("text")]


def _split(frame: pl.DataFrame) -> pl.DataFrame:
    for column, at, left, right in (
        ("left", ", relay=", "left", "right"),
        ("left", ": to=<", "queue_id", "recipient"),
        ("right", ", delay=", "relay", "right"),
        ("right", ", dsn=", "delay", "dsn"),
        ("relay", "[", "relay", "bracket"),
        ("bracket", "]", "bracket", "remote_port"),
    ):
        frame = grammar.split(frame, column, at, left, right)
    frame = _option(frame, "recipient", ">, orig_to=<", "original_recipient")
    frame = _option(frame, "delay", ", tls=", "tls")
    frame = grammar.split(frame, "delay", ",", "delay", "right")
    frame = grammar.split(frame, "relay", ",", "relay", "right")
    return frame.with_columns(
        pl.col("recipient", "original_recipient").str.strip_suffix(">"),
        pl.col("remote_port").str.extract("^:([0-9]+)"),
    )


def _option(frame: pl.DataFrame, column: str, at: str, name: str) -> pl.DataFrame:
    """Split off a field that most logs do not have."""
    if frame[column].str.contains(at, literal=True).any():
        return grammar.split(frame, column, at, column, name)
    return frame.with_columns(pl.lit(None, pl.String).alias(name))


def _closed() -> pl.Expr:
    """Return the reason without what a torn write left behind its closing parenthesis."""
    reason = pl.col("reason")
    torn = ~reason.str.ends_with(")")
    return pl.when(torn).then(reason.str.replace(r"\)[0-9]+$", ")")).otherwise(reason).alias("reason")


def _placed(frame: pl.DataFrame) -> pl.DataFrame:
    """Name the relay: host and IP of a TCP connection; a path in the brackets is a socket of our own."""
    socket = pl.col("bracket").str.contains("/", literal=True)
    host = pl.when(pl.col("bracket").is_not_null()).then(pl.col("relay"))
    return frame.with_columns(
        grammar.null_sender("recipient"),
        remote_host=host,
        remote_ip=pl.when(~socket).then(pl.col("bracket")),
        socket=socket.fill_null(value=False),
        event=pl.col("source_event").replace_strict(_EVENTS, default=None, return_dtype=pl.String),
        delay=pl.col("delay").cast(pl.Float64, strict=False),
        remote_port=pl.col("remote_port").cast(pl.Int32, strict=False),
    )


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
        | pl.col("socket")
        | reply.str.ends_with(" Saved").fill_null(value=False)
    )
    passed_on = reply.str.contains("queued as ", literal=True).fill_null(value=False)
    near = (pl.col("direction") == "local") & pl.col("bracket").is_not_null()
    alias = pl.col("bracket").is_null() & reply.str.starts_with("forwarded as ").fill_null(value=False)
    discarded = (pl.col("relay") == "none").fill_null(value=False)
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
    frame = trouble.explain(frame)
    ip = pl.coalesce("remote_ip", "said_ip")
    socket = ip.str.contains("/", literal=True)
    frame = frame.with_columns(
        remote_host=pl.coalesce("remote_host", "said_host"),
        remote_ip=pl.when(~socket).then(ip),
        remote_port=pl.coalesce("remote_port", pl.col("said_port").cast(pl.Int32, strict=False)),
    )
    suspended = (pl.col("event") == "deferred") & (pl.col("echo") | (pl.col("reply") == "deferred transport"))
    event = pl.when(suspended.fill_null(value=False)).then(pl.lit("suspended")).otherwise("event")
    frame = frame.with_columns(event=event, direction=_direction())
    return frame.with_columns(final=pl.when(pl.col("event") != "probe").then(pl.col("event") == "bounced"))


def _direction() -> pl.Expr:
    ip = pl.col("remote_ip")
    by_service = pl.col("service").is_in(_POLICY_SERVICES)
    by_text = ~pl.col("reply").str.contains(_CLIENT)
    policy = ~pl.col("echo") & pl.when(pl.col("service").is_null()).then(by_text).otherwise(by_service)
    named = (pl.col("relay") != "none") & pl.col("bracket").is_null()
    local = (
        pl.when(ip.is_not_null())
        .then(grammar.private("remote_ip"))
        .otherwise(pl.col("socket") | named | pl.col("relay").is_null() | policy)
    )
    return pl.when(local.fill_null(value=False)).then(pl.lit("local")).otherwise(pl.lit("outbound"))


def _children(events: pl.DataFrame) -> pl.DataFrame:
    """Name the id under which an accepted message goes on: the last one that its reply names."""
    taken = events.filter((pl.col("event") == "accepted") & pl.col("reply").str.contains("(?:queued|forwarded) as "))
    child = rf"(?s)^.*(?:queued|forwarded) as ({grammar.QUEUE_ID})"
    taken = taken.select("row", "queue_id", child_queue_id=pl.col("reply").str.extract(child), kind=pl.lit("child"))
    return taken.filter(pl.col("child_queue_id").is_not_null())

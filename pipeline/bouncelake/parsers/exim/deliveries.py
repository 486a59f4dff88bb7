"""Outcomes of one recipient: delivered (`=> -> >> *>`), put off (`==`), given up (`**`)."""

import polars as pl

from bouncelake.parsers.exim import escapes, grammar, recipients, trouble
from bouncelake.parsers.exim.part import Part, part

_SENDER = rf"(?: F=<(?:{grammar.ADDRESS})>)?"
_RETURN = rf"(?: P=<(?:{grammar.ADDRESS})>)?(?: SRS=<[^>]*>)?"
_ROUTE = r"(?: R=(?<router>[^ :]+))?(?: T=(?<transport>[^ :]+))?"
_TLS = rf"(?: (?:TFO\*?|PS=[^ ]+))*{grammar.TLS}"
_FIELDS = rf"{_SENDER}(?: Q=[^ ]+)?{_RETURN}"
_ROUTED = rf"{_FIELDS} R=(?<router>[^ :]+)(?: T=(?<transport>[^ :]+))?"
_BEFORE = rf"{_FIELDS}{_ROUTE}"


def _patterns(after: str) -> tuple[str, ...]:
    """Return the patterns of a line; an odd address ends where a router follows, if any does."""
    heads = (f"{address}{fields}" for fields in (_ROUTED, _BEFORE) for address in (recipients.PLAIN, recipients.LOOSE))
    return tuple(f"(?s)^{head}{after}$" for head in heads)


# -- delivered
_DELIVERED = _patterns(rf"(?: ST=[^ ]+)?(?: S=[0-9]+)?{grammar.SERVER}{_TLS}(?<more> .*)?")
_QUEUE_TIME = rf" QT=({grammar.TIME})"
_LMTP = r"(?i)lmtp"


def delivered(lines: pl.DataFrame) -> Part:
    """Read deliveries into one event each; what was thrown away, or answered by a filter, is `other`."""
    frame = grammar.extract(lines, "rest", *_DELIVERED)
    reply = pl.col("more").str.extract(r'(?s) C="((?:[^"\\]|\\.)*)', 1)
    frame = frame.with_columns(
        reply=escapes.unquoted(reply), queue_time=pl.col("more").str.extract(_QUEUE_TIME), near=grammar.near("remote_ip")
    )
    frame = escapes.decoded(frame, "reply")
    remote = pl.col("remote_ip").is_not_null()
    outbound = remote & ~pl.col("near").fill_null(value=True)
    frame = frame.with_columns(
        *recipients.named(),
        event=_delivery(),
        direction=pl.when(outbound).then(pl.lit("outbound")).otherwise(pl.lit("local")),
        stage=pl.when(remote & pl.col("reply").is_not_null()).then(pl.lit("eod")),
        reply_by=pl.when(pl.col("reply").is_not_null()).then(pl.lit("remote")),
        source_event=pl.col("flag"),
    )
    final = pl.when(pl.col("event") != "other").then(pl.col("event") == "delivered")
    return part(lines, frame.with_columns(final=final, delay=grammar.seconds("queue_time"), service="transport"))


def _delivery() -> pl.Expr:
    """Tell a hop from a delivery: a server of our own that is no mailbox takes the mail only to pass it on."""
    reply = pl.col("reply").fill_null("")
    mailbox = (
        pl.col("transport").str.contains(_LMTP).fill_null(value=False)
        | (pl.col("remote_port") == "24").fill_null(value=False)
        | reply.str.ends_with(" Saved")
    )
    passed_on = reply.str.contains("queued as ", literal=True)
    nowhere = pl.col("transport").is_null() | (pl.col("transport") == "**bypassed**") | (pl.col("flag") == "*>")
    return (
        pl.when(nowhere | recipients.thrown() | recipients.automatic())
        .then(pl.lit("other"))
        .when(pl.col("near").fill_null(value=False) & (passed_on | ~mailbox))
        .then(pl.lit("accepted"))
        .otherwise(pl.lit("delivered"))
    )


# -- put off
_AFTER = rf"{grammar.SERVER}(?: DT={grammar.TIME})?(?:: (?<message>.*))?"
_DEFER = r"(?: routing)? defer "
_DEFERRED = (
    *_patterns(rf"{_DEFER}\((?<number>0|-[0-9]+)\)(?<strerror>){_AFTER}"),
    *_patterns(rf"{_DEFER}\((?<number>[1-9][0-9]*)\): (?<strerror>[^:]*?){_AFTER}"),
)
# Errors below this number mean that nothing was tried.
_NOT_TRIED = -52
_UNKNOWN = -1
# What `defer (-1)` says when it was no policy of ours.
_LOOKUP = r"host lookup did not complete|lowest numbered MX|remote host address is the local host|DNS|lookup"
_OWN_ERRORS = (-22, -34)


def deferred(lines: pl.DataFrame) -> Part:
    """Read deferrals into one event each; what was not tried, or held by a policy of ours, is `suspended`."""
    frame = grammar.extract(lines, "rest", *_DEFERRED)
    number = pl.col("number").cast(pl.Int64, strict=False)
    frame = frame.with_columns(number=number, strerror=pl.when(pl.col("strerror") != "").then("strerror"))
    frame = trouble.explain(frame)
    lookup = pl.col("message").str.contains(_LOOKUP).fill_null(value=False)
    held = (pl.col("number") == _UNKNOWN) & ~lookup & (pl.col("reply_by") != "remote").fill_null(value=True)
    suspended = (pl.col("number") <= _NOT_TRIED) | held
    own = (pl.col("number") > _OWN_ERRORS[1] - 1) & (pl.col("number") <= _OWN_ERRORS[0])
    return part(lines, _failed(frame).with_columns(
        event=pl.when(suspended).then(pl.lit("suspended")).otherwise(pl.lit("deferred")),
        final=pl.lit(value=False),
        direction=_direction(own | held),
        source_class="defer (" + pl.col("number").cast(pl.String) + ")",
    ))  # fmt: skip


# -- given up
_SEPARATOR = r"(?: ?: |$)(?<message>.*?)"
_FAILED = _patterns(rf"{grammar.SERVER}{_TLS}{_SEPARATOR}(?: DT={grammar.TIME})?")
# A line of a router that names neither itself nor a transport may lack the colon.
_EXPIRED = (
    r"^(?:retry timeout exceeded|retry time not reached for any host after a long failure period|message timed out"
    r"|all hosts (?:for '.*' )?have been failing for a long time)|(?:: retry timeout exceeded|; message timed out)$"
)
_ROUTING = r"host lookup|MX or SRV record|MX records point|lowest numbered MX|remote host address is the local host"


def failed(lines: pl.DataFrame) -> Part:
    """Read failures into one event each; those that only say that time is up are `expired`."""
    frame = grammar.extract(lines, "rest", *_FAILED)
    frame = frame.with_columns(strerror=pl.lit(None, pl.String))
    frame = trouble.explain(frame)
    expired = pl.col("message").str.contains(_EXPIRED).fill_null(value=False) & (pl.col("reply_by") != "remote")
    routed = pl.col("transport").is_null() & ~expired & ~pl.col("message").str.contains(_ROUTING).fill_null(value=False)
    local = pl.col("remote_ip").is_null() & pl.col("address").str.contains(r"^(?:\||/|save |>)|^[^@]+$")
    return part(lines, _failed(frame).with_columns(
        event=pl.when(expired).then(pl.lit("expired")).otherwise(pl.lit("bounced")),
        final=pl.lit(value=True),
        direction=_direction(routed | local),
        source_class=pl.lit(None, pl.String),
    ))  # fmt: skip


def _failed(frame: pl.DataFrame) -> pl.DataFrame:
    """Name recipient and server; up to Exim 4.84 the server stands inside the message."""
    return frame.with_columns(
        *recipients.named(),
        remote_host=pl.coalesce("remote_host", "said_host"),
        remote_ip=pl.coalesce("remote_ip", "said_ip"),
        source_event=pl.col("flag"),
        service="transport",
    )


def _direction(local: pl.Expr) -> pl.Expr:
    """Call local what needs no other host: a near server, a router's own words, a pipe."""
    near = grammar.near("remote_ip")
    return pl.when(near.fill_null(local)).then(pl.lit("local")).otherwise(pl.lit("outbound"))


# -- one host of several failed
_BRACKET = rf"\[(?<remote_ip>{grammar.IP})\](?::(?<remote_port>[0-9]+))?"
_HOST = rf"^H=(?<remote_host>[^ ()\[\]]+)(?: DS)? {_BRACKET}(?: I=\[(?<local_ip>{grammar.IP})\](?::[0-9]+)?)?"
_SYSTEM = (
    r"SMTP |LMTP |PRDR |Connection |No route|Network |Operation |Remote host|Malformed|TLS session|a TLS |bad first|Host |Permission "
    r"|Can|Broken pipe|Protocol |Invalid |Address |Too many |Resource |Socket |No such|Unknown error|errno|Interrupted"
)
_ATTEMPT = (
    rf"(?s){_HOST}(?:: | )(?<message>(?:{_SYSTEM}).*)$",
    rf"(?s){_HOST}: (?<message>.*)$",
    # Up to 4.84 a host stands before a network error, or after a timeout, or inside the server's answer.
    rf"(?s)^(?<remote_host>[^ ()\[\]]+) {_BRACKET}(?:: | )(?<message>(?:{_SYSTEM}).*)$",
    rf"(?s)^(?<message>(?:SMTP|LMTP) timeout.*): host (?<remote_host>[^ ]+) {_BRACKET}$",
    r"(?s)^(?<message>(?:SMTP|LMTP) (?:error|timeout).*)$",
)
ATTEMPT = (
    rf"^(?:H=[^ ()\[\]]+(?: DS)? \[{grammar.IP}\](?::[0-9]+)?(?: I=[^ ]+)?(?:: | (?:{_SYSTEM}))"
    rf"|(?:SMTP|LMTP) (?:error|timeout)|[^ ()\[\]=]+ \[{grammar.IP}\](?::[0-9]+)?:? (?:{_SYSTEM}))"
)
"""How lines look that tell of one host's failure."""


def attempts(lines: pl.DataFrame) -> Part:
    """Read attempts at one host into one event each; the lines name no recipient."""
    frame = grammar.extract(lines, "body", *_ATTEMPT).with_columns(strerror=pl.lit(None, pl.String))
    frame = trouble.explain(frame)
    return part(lines, frame.with_columns(
        remote_host=pl.coalesce("remote_host", "said_host"),
        remote_ip=pl.coalesce("remote_ip", "said_ip"),
        event=pl.lit("attempt"),
        final=pl.lit(value=False),
        source_event=pl.lit("attempt"),
    ).with_columns(direction=_direction(pl.lit(value=False))))  # fmt: skip

"""Failures: put off (`==`), given up (`**`), and one host of several that failed (no flag, no recipient)."""

import polars as pl

from bouncelake.parsers.exim import escapes, fields, grammar, recipients, trouble
from bouncelake.parsers.exim.part import Part, part

_ERROR = "SMTP error from remote mail server after "
_COLON = " ?:? $"
_DEFER_FIELDS = (
    rf"{fields.PLAIN} defer \((?<number>-?[0-9]+)\) {fields.HOST}{fields.OWN}(?: DT={grammar.TIME})?{_COLON}"
)
_FAIL_FIELDS = rf"{fields.PLAIN} {fields.HOST}{fields.OWN}{fields.TLS}{_COLON}"
_HOST_FIELDS = rf"^{fields.HOST}{fields.OWN}{_COLON}"
_LATE = rf" DT={grammar.TIME}$"


def _answered(lines: pl.DataFrame, column: str, before: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read lines that quote a server's answer to a plain command, at their literals; return the others too."""
    addressed = column == "rest"
    frame = lines.with_columns(grammar.halves(column, _ERROR, "fields", "right"))
    if addressed:
        frame = frame.with_columns(grammar.halves("fields", " ", "address", "fields"))
    frame = grammar.distinct(frame, "fields", before).with_columns(grammar.halves("right", ": ", "command", "reply"))
    command, reply = pl.col("command").str.strip_prefix("pipelined "), pl.col("reply")
    safe = pl.col("read") & reply.is_not_null() & command.str.contains(trouble.PLAIN) & ~reply.str.starts_with("host ")
    if addressed:
        safe = safe & pl.col("address").str.contains(recipients.SIMPLE)
    good = frame.select(safe.fill_null(value=False)).to_series()
    nothing = pl.lit(None, pl.String)
    told = frame.filter(good).with_columns(
        stage=trouble.stage(command),
        reply_by=pl.lit("remote"),
        **dict.fromkeys(("original", "parents", "message", "said_host", "said_ip"), nothing),
    )
    if addressed and told["reply"].str.contains(" DT=", literal=True).any():
        told = told.with_columns(reply.str.replace(_LATE, ""))
    return escapes.decoded(told, "reply"), lines.filter(~good)


_AFTER = rf"{grammar.SERVER}(?: DT={grammar.TIME})?(?:: (?<message>.*))?"
_DEFER = r"(?: routing)? defer "
_DEFERRED = (
    *fields.patterns(rf"{_DEFER}\((?<number>0|-[0-9]+)\)(?<strerror>){_AFTER}"),
    *fields.patterns(rf"{_DEFER}\((?<number>[1-9][0-9]*)\): (?<strerror>[^:]*?){_AFTER}"),
)
# Errors below this number mean that nothing was tried.
_NOT_TRIED = -52
_UNKNOWN = -1
# What `defer (-1)` says when it was no policy of ours.
_LOOKUP = r"host lookup did not complete|lowest numbered MX|remote host address is the local host|DNS|lookup"
_OWN_ERRORS = (-22, -34)


def deferred(lines: pl.DataFrame) -> Part:
    """Read deferrals into one event each; what was not tried, or held by a policy of ours, is `suspended`."""
    usual, odd = _answered(lines, "rest", _DEFER_FIELDS)
    slow = grammar.extract(odd, "rest", *_DEFERRED)
    slow = trouble.explain(slow.with_columns(strerror=pl.when(pl.col("strerror") != "").then("strerror")))
    frame = pl.concat([usual, slow], how="diagonal").with_columns(pl.col("number").cast(pl.Int64, strict=False))
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


_SEPARATOR = r"(?: ?: |$)(?<message>.*?)"
_FAILED = fields.patterns(rf"{grammar.SERVER}{fields.TLS}{_SEPARATOR}(?: DT={grammar.TIME})?")
# A line of a router that names neither itself nor a transport may lack the colon.
_EXPIRED = (
    r"^(?:retry timeout exceeded|retry time not reached for any host after a long failure period|message timed out"
    r"|all hosts (?:for '.*' )?have been failing for a long time)|(?:: retry timeout exceeded|; message timed out)$"
)
_ROUTING = r"host lookup|MX or SRV record|MX records point|lowest numbered MX|remote host address is the local host"


def failed(lines: pl.DataFrame) -> Part:
    """Read failures into one event each; those that only say that time is up are `expired`."""
    usual, odd = _answered(lines, "rest", _FAIL_FIELDS)
    slow = trouble.explain(grammar.extract(odd, "rest", *_FAILED).with_columns(strerror=pl.lit(None, pl.String)))
    frame = pl.concat([usual, slow], how="diagonal")
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
    return recipients.named(frame).with_columns(
        grammar.null_sender("sender"),
        remote_host=pl.coalesce("remote_host", "said_host"),
        remote_ip=pl.coalesce("remote_ip", "said_ip"),
        source_event=pl.col("flag"),
        service="transport",
    )


def _direction(local: pl.Expr) -> pl.Expr:
    """Call local what needs no other host: a near server, a router's own words, a pipe."""
    near = grammar.near("remote_ip")
    return pl.when(near.fill_null(local)).then(pl.lit("local")).otherwise(pl.lit("outbound"))


_HOST = rf"^H=(?<remote_host>[^ ()\[\]]+)(?: DS)? {fields.BRACKET}{fields.OWN}"
_SYSTEM = (
    r"SMTP |LMTP |PRDR |Connection |No route|Network |Operation |Remote host|Malformed|TLS session|a TLS |bad first"
    r"|Host |Permission |Can|Broken pipe|Protocol |Invalid |Address |Too many |Resource |Socket |No such|Unknown error"
    r"|errno|Interrupted"
)
_ATTEMPT = (
    rf"(?s){_HOST}(?:: | )(?<message>(?:{_SYSTEM}).*)$",
    rf"(?s){_HOST}: (?<message>.*)$",
    # Up to 4.84 a host stands before a network error, or after a timeout, or inside the server's answer.
    rf"(?s)^(?<remote_host>[^ ()\[\]]+) {fields.BRACKET}(?:: | )(?<message>(?:{_SYSTEM}).*)$",
    rf"(?s)^(?<message>(?:SMTP|LMTP) timeout.*): host (?<remote_host>[^ ]+) {fields.BRACKET}$",
    r"(?s)^(?<message>(?:SMTP|LMTP) (?:error|timeout).*)$",
)
ATTEMPT = (
    rf"^(?:H=[^ ()\[\]]+(?: DS)? \[{grammar.IP}\](?::[0-9]+)?(?: I=[^ ]+)?(?:: | (?:{_SYSTEM}))"
    rf"|(?:SMTP|LMTP) (?:error|timeout)|[^ ()\[\]=]+ \[{grammar.IP}\](?::[0-9]+)?:? (?:{_SYSTEM}))"
)
"""How lines look that tell of one host's failure."""


def attempts(lines: pl.DataFrame) -> Part:
    """Read attempts at one host into one event each; the lines name no recipient."""
    usual, odd = _answered(lines, "body", _HOST_FIELDS)
    slow = trouble.explain(grammar.extract(odd, "body", *_ATTEMPT).with_columns(strerror=pl.lit(None, pl.String)))
    frame = pl.concat([usual, slow], how="diagonal")
    return part(lines, frame.with_columns(
        remote_host=pl.coalesce("remote_host", "said_host"),
        remote_ip=pl.coalesce("remote_ip", "said_ip"),
        event=pl.lit("attempt"),
        final=pl.lit(value=False),
        source_event=pl.lit("attempt"),
    ).with_columns(direction=_direction(pl.lit(value=False))))  # fmt: skip

"""Failures: put off (`==`), given up (`**`), and one host of several that failed (no flag, no recipient)."""

import polars as pl

from bouncelake.parsers.exim import escapes, fields, grammar, recipients, trouble
from bouncelake.parsers.exim.part import Part, part

DEFERRED, FAILED, ATTEMPTED = "==", "**", "attempt"
"""What `flag` is for each kind of line."""

_COLON = " ?:? $"
# Before the answer: of a deferral and of a failure, or of an attempt, which begins with the server.
_FIELDS = grammar.pattern(
    "fields",
    rf"^(?:{fields.PLAIN[1:]} (?:defer \((?<number>-?[0-9]+)\) )?)?{fields.HOST}{fields.OWN}"
    rf"(?<secured>{fields.TLS})(?<late>(?: DT={grammar.TIME})?){_COLON}",
)
_LATE = rf" DT={grammar.TIME}$"
_CUT = grammar.halves("rest", "SMTP error from remote mail server after ", "fields", "right")
_ATTEMPT_LINE = pl.col("flag") == ATTEMPTED
_WORDS = (
    pl.col("fields").str.splitn(" ", 2).struct.rename_fields(["address", "after"]).struct.unnest(),
    grammar.halves("right", ": ", "command", "reply"),
)
_OWN_FIELDS = (
    pl.when(~_ATTEMPT_LINE).then("address").alias("address"),
    pl.when(_ATTEMPT_LINE).then("fields").otherwise("after").alias("fields"),
    pl.col("command").str.strip_prefix("pipelined "),
)
_SHAPE = (
    pl.when(pl.col("fields").str.starts_with("H="))
    .then(pl.when((pl.col("secured") == "") & (pl.col("late") == "")).then(pl.lit(ATTEMPTED)))
    .when(pl.col("number").is_not_null())
    .then(pl.when(pl.col("secured") == "").then(pl.lit(DEFERRED)))
    .otherwise(pl.when(pl.col("router").is_not_null() & (pl.col("late") == "")).then(pl.lit(FAILED)))
    .alias("shape")
)
_SAFE = (
    pl.col("read")
    & (pl.col("shape") == pl.col("flag"))
    & pl.col("command").str.contains(trouble.PLAIN)
    & ~pl.col("reply").str.starts_with("host ")
    & (_ATTEMPT_LINE | pl.col("address").str.contains(recipients.SIMPLE))
).fill_null(value=False)
_NO_TEXT = pl.lit(None, pl.String)
_ANSWERED = (
    trouble.stage(pl.col("command")).alias("stage"),
    pl.lit("remote").alias("reply_by"),
    pl.col("address").alias("recipient"),
    *(_NO_TEXT.alias(name) for name in ("original_recipient", "message", "said_host", "said_ip")),
)
_WITHOUT_TIME = pl.when(_ATTEMPT_LINE).then("reply").otherwise(pl.col("reply").str.replace(_LATE, "")).alias("reply")


def _answered(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read lines that quote a server's answer to a plain command, at their literals; return the others too."""
    frame = lines.with_columns(_CUT).with_columns(_WORDS).with_columns(_OWN_FIELDS)
    frame = grammar.distinct(frame, _FIELDS, _SHAPE)
    good = frame.select(_SAFE).to_series()
    told = frame.filter(good).with_columns(_ANSWERED)
    if told["reply"].str.contains(" DT=", literal=True).any():
        told = told.with_columns(_WITHOUT_TIME)
    return escapes.decoded(told, "reply"), lines.filter(~good)


_AFTER = rf"{grammar.SERVER}(?: DT={grammar.TIME})?(?:: (?<message>.*))?"
_DEFER = r"(?: routing)? defer "
_SEPARATOR = r"(?: ?: |$)(?<message>.*?)"
_HOST = rf"^H=(?<remote_host>[^ ()\[\]]+)(?: DS)? {fields.BRACKET}{fields.OWN}"
_SYSTEM = (
    r"SMTP |LMTP |PRDR |Connection |No route|Network |Operation |Remote host|Malformed|TLS session|a TLS |bad first"
    r"|Host |Permission |Can|Broken pipe|Protocol |Invalid |Address |Too many |Resource |Socket |No such|Unknown error"
    r"|errno|Interrupted"
)
_PATTERNS = {
    DEFERRED: (
        *fields.patterns(rf"{_DEFER}\((?<number>0|-[0-9]+)\)(?<strerror>){_AFTER}"),
        *fields.patterns(rf"{_DEFER}\((?<number>[1-9][0-9]*)\): (?<strerror>[^:]*?){_AFTER}"),
    ),
    FAILED: fields.patterns(rf"{grammar.SERVER}{fields.TLS}{_SEPARATOR}(?: DT={grammar.TIME})?"),
    ATTEMPTED: tuple(
        grammar.pattern("rest", regex)
        for regex in (
            rf"(?s){_HOST}(?:: | )(?<message>(?:{_SYSTEM}).*)$",
            rf"(?s){_HOST}: (?<message>.*)$",
            # Up to 4.84 a host stands before a network error, or after a timeout, or inside the server's answer.
            rf"(?s)^(?<remote_host>[^ ()\[\]]+) {fields.BRACKET}(?:: | )(?<message>(?:{_SYSTEM}).*)$",
            rf"(?s)^(?<message>(?:SMTP|LMTP) timeout.*): host (?<remote_host>[^ ]+) {fields.BRACKET}$",
            r"(?s)^(?<message>(?:SMTP|LMTP) (?:error|timeout).*)$",
        )
    ),
}
ATTEMPT = (
    rf"^(?:H=[^ ()\[\]]+(?: DS)? \[{grammar.IP}\](?::[0-9]+)?(?: I=[^ ]+)?(?:: | (?:{_SYSTEM}))"
    rf"|(?:SMTP|LMTP) (?:error|timeout)|[^ ()\[\]=]+ \[{grammar.IP}\](?::[0-9]+)?:? (?:{_SYSTEM}))"
)
"""How lines look that tell of one host's failure."""


def _explained(lines: pl.DataFrame) -> pl.DataFrame:
    """Read lines of any shape."""
    kinds = [(lines.filter(pl.col("flag") == flag), patterns) for flag, patterns in _PATTERNS.items()]
    found = [grammar.extract(some, *patterns) for some, patterns in kinds if not some.is_empty()]
    frame = grammar.filled(pl.concat(found, how="diagonal"), "strerror", "address", "original", "parents", "number")
    frame = trouble.explain(frame.with_columns(strerror=pl.when(pl.col("strerror") != "").then("strerror")))
    return recipients.named(frame)


# Errors below this number mean that nothing was tried.
_NOT_TRIED = -52
_UNKNOWN = -1
# What `defer (-1)` says when it was no policy of ours.
_LOOKUP = r"host lookup did not complete|lowest numbered MX|remote host address is the local host|DNS|lookup"
_OWN_ERRORS = (-34, -22)
# A line of a router that names neither itself nor a transport may lack the colon.
_EXPIRED = (
    r"^(?:retry timeout exceeded|retry time not reached for any host after a long failure period|message timed out"
    r"|all hosts (?:for '.*' )?have been failing for a long time)|(?:: retry timeout exceeded|; message timed out)$"
)
_ROUTING = r"host lookup|MX or SRV record|MX records point|lowest numbered MX|remote host address is the local host"
_INDIRECT = r"^(?:\||/|save |>)|^[^@]+$"


def _says(regex: str) -> pl.Expr:
    return pl.col("message").str.contains(regex).fill_null(value=False)


_NAMED = (
    pl.col("number").cast(pl.Int64, strict=False),
    grammar.null_sender("sender"),
    pl.coalesce("remote_host", "said_host").alias("remote_host"),
    pl.coalesce("remote_ip", "said_ip").alias("remote_ip"),
)
_MARKS = (
    pl.when(pl.col("flag") == DEFERRED)
    .then((pl.col("number") == _UNKNOWN) & ~_says(_LOOKUP) & (pl.col("reply_by") != "remote").fill_null(value=True))
    .otherwise(pl.lit(value=False))
    .alias("held"),
    (_says(_EXPIRED) & (pl.col("reply_by") != "remote")).alias("expired"),
    pl.col("number").is_between(*_OWN_ERRORS).alias("own"),
    grammar.near("remote_ip").alias("near"),
)
_SUSPENDED = (pl.col("number") <= _NOT_TRIED) | pl.col("held")
_WITHOUT_SERVER = (pl.col("transport").is_null() & ~pl.col("expired") & ~_says(_ROUTING)) | (
    pl.col("remote_ip").is_null() & pl.col("address").str.contains(_INDIRECT)
)
_HERE = (
    pl.when(pl.col("flag") == DEFERRED)
    .then(pl.col("own") | pl.col("held"))
    .when(pl.col("flag") == FAILED)
    .then(_WITHOUT_SERVER)
    .otherwise(pl.lit(value=False))
)
_TOLD = (
    pl.when(_ATTEMPT_LINE)
    .then(pl.lit("attempt"))
    .when(pl.col("flag") == DEFERRED)
    .then(pl.when(_SUSPENDED).then(pl.lit("suspended")).otherwise(pl.lit("deferred")))
    .otherwise(pl.when("expired").then(pl.lit("expired")).otherwise(pl.lit("bounced")))
    .alias("event"),
    (pl.col("flag") == FAILED).alias("final"),
    # What needs no other host is local: a near server, a router's own words, a pipe.
    pl.when(pl.col("near").fill_null(_HERE)).then(pl.lit("local")).otherwise(pl.lit("outbound")).alias("direction"),
    pl.col("flag").alias("source_event"),
    pl.when(~_ATTEMPT_LINE).then("transport").alias("service"),
    pl.when(pl.col("flag") == DEFERRED).then("defer (" + pl.col("number").cast(pl.String) + ")").alias("source_class"),
)


def read(lines: pl.DataFrame) -> Part:
    """Read failures into one event each.

    Of deferrals those are `suspended` that were not tried, or held by a policy of ours; failures that only say that
    time is up are `expired`; attempts at one host name no recipient.
    """
    usual, odd = _answered(lines)
    frame = usual if odd.is_empty() else pl.concat([usual, _explained(odd)], how="diagonal")
    return part(lines, frame.with_columns(_NAMED).with_columns(_MARKS).with_columns(_TOLD))

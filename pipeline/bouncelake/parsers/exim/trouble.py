"""Why a delivery failed: the message at the end of a `==`, `**` or attempt line."""

import polars as pl

from bouncelake.parsers.exim import escapes, grammar

_COMMAND = (
    r"initial connection|EHLO [^ ]*|HELO [^ ]*|LHLO [^ ]*|STARTTLS|AUTH.*?|XCLIENT.*?"
    rf"|MAIL FROM:<(?:{grammar.ADDRESS})>(?: [A-Z]+(?:=[^ :]*)?)*|MAIL FROM:<.*?>(?: [A-Z]+(?:=[^ :]*)?)*"
    rf"|RCPT TO:<(?:{grammar.ADDRESS})>(?: [A-Z]+(?:=[^ :]*)?)*|RCPT TO:<.*?>(?: [A-Z]+(?:=[^ :]*)?)*"
    r"|DATA|BDAT [0-9]+|sending data block|end of data|QUIT|RSET"
)
PLAIN = (
    r"^(?:initial connection|(?:EHLO|HELO|LHLO) [!-~]+|STARTTLS|MAIL FROM:<[!-9;=?-~]*>(?: [A-Z]+=[0-9A-Z]+)*"
    r"|RCPT TO:<[!-9;=?-~]*>|DATA|sending data block|end of data)$"
)
"""A command without surprises: no colon but its own."""
_SERVER = rf"(?:host (?<said_host>[^ ]+) \[(?<said_ip>{grammar.IP})\](?::[0-9]+)?: )?"
_FOUND = grammar.pattern(
    "message",
    r"(?s)^(?:SMTP error from remote (?:mail server|mailer)|LMTP error|PRDR error)"
    rf" after (?:pipelined )?(?<command>{_COMMAND}): {_SERVER}(?<said>.*)$",
)
# The server's words are inside: it refused EHLO, and hung up at HELO; or its answer was too long for Exim.
_INSIDE = r"(?s)\(EHLO response was: (.*)\)$|^Malformed SMTP reply in response to [^:]*: ([245][0-9][0-9][ -].*)$"
_ACTIVITY = (
    r"^(?:SMTP timeout after|Remote host closed connection in response to"
    rf"|Malformed (?:SMTP|LMTP) reply(?: \(an empty line\))? in response to) (?:pipelined )?({_COMMAND})(?:[:( ]|$)"
)
_NETWORK = (
    r"^(?:Connection (?:refused|timed out|reset by peer)|No route to host|Network is (?:unreachable|down)|Host is down"
    r"|Operation timed out|No such host)"
)
_TLS = r"^(?:TLS (?:session|connection)|a TLS session is required|bad first read from TLS|Cannot use TLS|TLS )"

_STAGES = {
    "init": "connect",
    "EHLO": "helo",
    "HELO": "helo",
    "LHLO": "helo",
    "STAR": "starttls",
    "AUTH": "auth",
    "MAIL": "mail",
    "RCPT": "rcpt",
    "end ": "eod",
    "send": "data",
    "DATA": "data",
    "BDAT": "eod",
}
"""Stages by the first four characters of a command."""


def explain(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `stage`, `reply`, `reply_by`, `said_host` and `said_ip` to lines with a `message` (null where none is told).

    `strerror` is the system's own error, if known.
    """
    told = frame.with_columns(_FOUND.groups, *_INNER).with_columns(_WHOLE, _COMMANDED).with_columns(_TOLD)
    return escapes.decoded(told, "reply").drop("command", "said", "ehlo", "long", "activity", "own")


def stage(command: pl.Expr) -> pl.Expr:
    """Return the stage that a command belongs to."""
    return command.str.head(4).replace_strict(_STAGES, default=None, return_dtype=pl.String)


_TEXT = pl.col("message")
_INNER = (
    _TEXT.str.extract(_INSIDE, 1).alias("ehlo"),
    _TEXT.str.extract(_INSIDE, 2).alias("long"),
    _TEXT.str.extract(_ACTIVITY).alias("activity"),
)
_SAID = pl.coalesce("said", "ehlo", "long")
# An attempt line and the line of the outcome order the two halves of a network error differently.
_ERROR = pl.when(~_TEXT.str.ends_with(": " + pl.col("strerror")).fill_null(value=False)).then(pl.col("strerror"))
_WHOLE = (
    pl.when(_TEXT.is_not_null() | pl.col("strerror").is_not_null())
    .then(pl.concat_str(_TEXT, _ERROR, separator=": ", ignore_nulls=True))
    .alias("own")
)
_REFUSED_EHLO = pl.when(pl.col("ehlo").is_not_null()).then(pl.lit("EHLO"))
_COMMANDED = pl.coalesce("command", _REFUSED_EHLO, "activity").alias("command")
_LOCAL_DELIVERY = _TEXT.str.starts_with("LMTP error after DATA") | _TEXT.str.starts_with("PRDR error")
_TOLD = (
    pl.when(_LOCAL_DELIVERY)
    .then(pl.lit("eod"))
    .when(pl.col("command").is_not_null())
    .then(stage(pl.col("command")))
    .when(pl.col("own").str.contains(_NETWORK))
    .then(pl.lit("connect"))
    .when(pl.col("own").str.contains(_TLS))
    .then(pl.lit("starttls"))
    .alias("stage"),
    pl.coalesce(_SAID, "own").alias("reply"),
    pl.when(_SAID.is_not_null())
    .then(pl.lit("remote"))
    .when(pl.col("own").is_not_null())
    .then(pl.lit("local"))
    .alias("reply_by"),
)

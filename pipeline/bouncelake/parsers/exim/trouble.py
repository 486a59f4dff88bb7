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
_SAID = (
    r"(?s)^(?:SMTP error from remote (?:mail server|mailer)|LMTP error|PRDR error)"
    rf" after (?:pipelined )?(?<command>{_COMMAND}): {_SERVER}(?<said>.*)$"
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

    `lmtp` is true where LMTP's final reply speaks for one recipient. `strerror` is the system's own error, if known.
    """
    text = pl.col("message")
    frame = frame.with_columns(text.str.extract_groups(_SAID).struct.unnest())
    frame = frame.with_columns(
        ehlo=text.str.extract(_INSIDE, 1), long=text.str.extract(_INSIDE, 2), activity=text.str.extract(_ACTIVITY)
    )
    said = pl.coalesce("said", "ehlo", "long")
    remote = said.is_not_null()
    # An attempt line and the line of the outcome order the two halves of a network error differently.
    whole = pl.concat_str(
        text,
        pl.when(~text.str.ends_with(": " + pl.col("strerror")).fill_null(value=False)).then(pl.col("strerror")),
        separator=": ",
        ignore_nulls=True,
    )
    own = pl.when(text.is_not_null() | pl.col("strerror").is_not_null()).then(whole)
    command = pl.coalesce("command", pl.when(pl.col("ehlo").is_not_null()).then(pl.lit("EHLO")), "activity")
    local_delivery = text.str.starts_with("LMTP error after DATA") | text.str.starts_with("PRDR error")
    place = (
        pl.when(local_delivery)
        .then(pl.lit("eod"))
        .when(command.is_not_null())
        .then(stage(command))
        .when(own.str.contains(_NETWORK))
        .then(pl.lit("connect"))
        .when(own.str.contains(_TLS))
        .then(pl.lit("starttls"))
    )
    told = frame.with_columns(
        stage=place,
        reply=pl.when(remote).then(said).otherwise(own),
        reply_by=pl.when(remote).then(pl.lit("remote")).when(own.is_not_null()).then(pl.lit("local")),
    )
    return escapes.decoded(told, "reply").drop("command", "said", "ehlo", "long", "activity")


def stage(command: pl.Expr) -> pl.Expr:
    """Return the stage that a command belongs to."""
    return command.str.head(4).replace_strict(_STAGES, default=None, return_dtype=pl.String)

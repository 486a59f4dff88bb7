"""Why a delivery or an attempt failed: the parenthesis of a delivery record, or the text of a non-final record."""

import polars as pl

from bouncelake.parsers.postfix import grammar

_ECHO = "delivery temporarily suspended: "

_HOST = r"([^ \[\]]+)(?:\[([^\]]*)\])?(?::([0-9]+))?"
_REMOTE = (
    r"^((?:(?:Protocol error: )?host|(SASL) (?:\[CACHED\] )?authentication failed; server|(TLS) is required, but host) "
    + _HOST
    + r" (said|refused to talk to me|refused to start TLS): )"
)
_LOCAL = (
    r"^(?:(connect to)|lost connection with|conversation with|local data error while talking to"
    r"|[0-9A-Z]+ is required, but was not offered by host|SASL authentication failed; cannot authenticate to server) "
    + _HOST
    + r"(?: timed out)?(?: while ([^)]*))?"
)
_IN_REPLY_TO = r" \(in reply to ([^()]*)\)\)$"

_COMMANDS = {
    "EHLO command": "helo",
    "HELO command": "helo",
    "LHLO command": "helo",
    "STARTTLS command": "starttls",
    "AUTH command": "auth",
    "MAIL FROM command": "mail",
    "RCPT TO command": "rcpt",
    "DATA command": "data",
    "end of DATA command": "eod",
}
_ACTIVITIES = {
    "receiving the initial server greeting": "connect",
    "performing the EHLO handshake": "helo",
    "performing the HELO handshake": "helo",
    "performing the LHLO handshake": "helo",
    "sending MAIL FROM": "mail",
    "sending MAIL FROM command": "mail",
    "sending RCPT TO": "rcpt",
    "sending RCPT TO command": "rcpt",
    "sending DATA command": "data",
    "sending message body": "data",
    "sending end of data -- message may be sent more than once": "eod",
}
_TLS = r"^(?:TLS is required|Cannot start TLS|Server certificate not |REQUIRETLS )"
_SASL = r"^SASL (?:\[CACHED\] )?authentication failed"


def explain(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `echo`, `reply`, `reply_by`, `stage`, `said_host`, `said_ip` and `said_port` to records with a `reason`.

    `reason` ends with the closing parenthesis of a delivery record; without it the record is cut, and its stage
    unknown. `length` is that of the record's text. The order of the records is lost.
    """
    reason = pl.col("reason")
    frame = frame.with_columns(echo=reason.str.starts_with(_ECHO))
    frame = frame.with_columns(reason=pl.when("echo").then(reason.str.strip_prefix(_ECHO)).otherwise(reason))
    remote = frame["reason"].str.contains(_REMOTE)
    parts = [_remote(frame.filter(remote)), _local(frame.filter(~remote))]
    return pl.concat(parts, how="diagonal")


def _remote(frame: pl.DataFrame) -> pl.DataFrame:
    """Read the reply of a server: the text after `said: `, up to the last `(in reply to `."""
    names = ("head", "sasl", "tls_refused", "said_host", "said_ip", "said_port", "verb")
    frame = grammar.extract(frame, "reason", names, _REMOTE)
    reply = pl.col("reason").str.strip_prefix(pl.col("head"))
    command = pl.when(pl.col("verb") == "said").then(reply.str.extract(_IN_REPLY_TO))
    frame = frame.with_columns(reply=reply, command=command)
    return frame.with_columns(_without_command(), _stage(), reply_by=pl.lit("remote")).drop(
        "head", "sasl", "tls_refused", "verb", "command"
    )


def _without_command() -> pl.Expr:
    reply, command = pl.col("reply"), pl.col("command")
    length = reply.str.len_bytes() - command.str.len_bytes() - len(" (in reply to ))")
    head = reply.cast(pl.Binary).bin.slice(0, length).cast(pl.String)
    return pl.when(command.is_null()).then(reply.str.strip_suffix(")")).otherwise(head).alias("reply")


def _stage() -> pl.Expr:
    """Name the stage; a record as long as Postfix's limit may have lost the command that was really answered."""
    command = pl.col("command").replace_strict(_COMMANDS, default=None, return_dtype=pl.String)
    return (
        pl.when(pl.col("sasl").is_not_null())
        .then(pl.lit("auth"))
        .when(pl.col("tls_refused").is_not_null())
        .then(pl.lit("starttls"))
        .when(pl.col("verb") != "said")
        .then(pl.lit("connect"))
        .when(pl.col("length") < grammar.CUT)
        .then(command)
        .alias("stage")
    )


def _local(frame: pl.DataFrame) -> pl.DataFrame:
    """Read Postfix's own reason: network, DNS, TLS, local delivery."""
    names = ("connect", "said_host", "said_ip", "said_port", "activity")
    groups = pl.col("reason").str.extract_groups(_LOCAL).struct.rename_fields(names)
    frame = frame.with_columns(groups.alias("groups")).unnest("groups")
    activity = pl.col("activity").replace_strict(_ACTIVITIES, default=None, return_dtype=pl.String)
    stage = (
        pl.when(pl.col("connect").is_not_null())
        .then(pl.lit("connect"))
        .when(pl.col("reason").str.contains(_TLS))
        .then(pl.lit("starttls"))
        .when(pl.col("reason").str.contains(_SASL))
        .then(pl.lit("auth"))
        .otherwise(activity)
    )
    reply = pl.col("reason").str.strip_suffix(")")
    return frame.with_columns(stage=stage, reply=reply, reply_by=pl.lit("local")).drop("connect", "activity")

"""Why a delivery or an attempt failed: the parenthesis of a delivery record, or the text of a non-final record."""

import polars as pl

from bouncelake.parsers.postfix import grammar

_ECHO = "delivery temporarily suspended: "

_PROTOCOL = "Protocol error: "

# What stands before the first `: ` of a reason; a host, an IPv6 address or a port never holds one.
_SERVER = (
    r"^(?:host|SASL (?:\[CACHED\] )?authentication failed; server|TLS is required, but host)"
    r" [!-~]+ (?:said|refused to talk to me|refused to start TLS)$"
)
_PEER = (
    r"^(?:host|connect to|lost connection with|conversation with|local data error while talking to"
    r"|SASL (?:\[CACHED\] )?authentication failed; (?:cannot authenticate to )?server|TLS is required, but host"
    r"|[0-9A-Z]+ is required, but was not offered by host) ([!-Z\\^-~]+)\[([!-\\^-~]*)\](?::([0-9]+))?"
)
_ACTIVITY = r"^(?:lost connection|conversation) with [!-~]+ (?:timed out )?while ([ -(*-~]*)"
_TLS = ("TLS is required", "Cannot start TLS", "Server certificate not ", "REQUIRETLS ")
_IN_REPLY_TO = r" \(in reply to ([ -'*-~]*)\)\)$"

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


def explain(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `echo`, `reply`, `reply_by`, `stage` to records with a `reason`, and the peer where none is known.

    `reason` ends with the closing parenthesis of a delivery record; without it the record is cut, and its stage
    unknown. `length` is that of the record's text. The peer (`remote_host`, `bracket`, `remote_port`) comes from the
    reason where `remote_host` is null.
    """
    reason, said = pl.col("reason"), pl.col("said")
    bare = reason.str.strip_prefix(_ECHO).str.strip_prefix(_PROTOCOL)
    frame = frame.with_columns(echo=reason.str.starts_with(_ECHO), reason=bare)
    frame = frame.with_columns(grammar.halves("reason", ": ", "who", "said"))
    frame = frame.join(_authors(frame), on="who", how="left", maintain_order="left").with_columns(
        remote=pl.col("server") & said.is_not_null(),
        command=pl.when("spoke").then(said).str.extract(_IN_REPLY_TO),
    )
    return frame.with_columns(*_peer(), reply=_reply(), stage=_stage(), reply_by=_by())


def _authors(frame: pl.DataFrame) -> pl.DataFrame:
    """Tell what each distinct `who` says by itself: its peer, whether it is a server that spoke, and the stage."""
    who = pl.col("who")
    early = (
        pl.when(who.str.starts_with("connect to ") | who.str.ends_with(" refused to talk to me"))
        .then(pl.lit("connect"))
        .when(who.str.starts_with("SASL "))
        .then(pl.lit("auth"))
        .when(pl.any_horizontal(who.str.starts_with(word) for word in _TLS))
        .then(pl.lit("starttls"))
    )
    lost = who.str.starts_with("lost connection with ") | who.str.starts_with("conversation with ")
    activity = pl.when(lost).then(who).str.extract(_ACTIVITY)
    return frame.select(who.unique()).with_columns(
        grammar.groups("who", ("peer", "ip", "port"), _PEER),
        server=who.str.contains(_SERVER),
        spoke=who.str.ends_with(" said"),
        early=early,
        activity=activity.replace_strict(_ACTIVITIES, default=None, return_dtype=pl.String),
    )


def _reply() -> pl.Expr:
    """Take the text after `said: ` up to the last `(in reply to `; of a reason that nobody said, all of it."""
    said, command = pl.col("said"), pl.col("command")
    length = said.str.len_bytes() - command.str.len_bytes() - len(" (in reply to ))")
    head = said.cast(pl.Binary).bin.slice(0, length).cast(pl.String)
    whole = pl.when("remote").then(said).otherwise("reason").str.strip_suffix(")")
    return pl.when(pl.col("remote") & command.is_not_null()).then(head).otherwise(whole)


def _by() -> pl.Expr:
    """Name the author; a reason that broke off before it said so may have been anybody's."""
    whole = pl.col("reason").str.ends_with(")")
    return pl.when("remote").then(pl.lit("remote")).when(whole).then(pl.lit("local"))


def _stage() -> pl.Expr:
    """Name the stage; a record as long as Postfix's limit may have lost the command that was really answered."""
    command = pl.col("command").replace_strict(_COMMANDS, default=None, return_dtype=pl.String)
    whole = pl.col("remote") & (pl.col("length") < grammar.CUT)
    return pl.coalesce("early", pl.when(whole).then(command).when(~pl.col("remote")).then("activity"))


def _peer() -> tuple[pl.Expr, ...]:
    new = pl.when(pl.col("remote_host").is_null())
    port = pl.when(pl.col("said").is_not_null()).then(pl.col("port").cast(pl.Int32, strict=False))
    return (
        pl.coalesce("remote_host", "peer"),
        pl.coalesce("bracket", new.then("ip")),
        pl.coalesce("remote_port", new.then(port)),
    )

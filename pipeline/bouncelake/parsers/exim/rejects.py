"""What our own server refused, discarded or checked: access lists, syntax, size, logins, connections.

Exim logs no code of its own, except where its text begins with one. Most of a line may be written by a stranger: each
field is looked for only where it can stand.
"""

from collections.abc import Callable

import polars as pl

from bouncelake.parsers.exim import grammar, trouble
from bouncelake.parsers.exim.part import Part, part

_ADDRESS = rf"(?:{grammar.ADDRESS}|.*?)"
_IDENT = r"(?: U=[^=]*?)?(?: Ci=[^ ]+)?"
_LOGGED_IN = r"(?: SNI=[^ ]+)?(?: A=[^ :]+(?::(?<sasl_user>[^ :]*))?(?::[^ ]*)?)?"
_FIELDS = rf"{grammar.ENDS}{_IDENT}{grammar.TLS}{_LOGGED_IN}"
_FROM = rf"(?: F=<(?<sender>{_ADDRESS})>)?(?: (?:SPF|DMARC|ARC|DKIM)[^ ]*)*"
_PEER = rf"(?:H=)?{grammar.PEER}{_FIELDS}"

_VERIFY = grammar.pattern(
    "body",
    rf"(?s)^H={grammar.PEER}{_FIELDS}{_FROM} (?<source_event>sender verify (?:fail|defer))"
    rf" for <(?<recipient>{_ADDRESS})>(?:: (?<reason>.*))?$",
)
_LOGIN = grammar.pattern(
    "body",
    rf"(?s)^[0-9A-Za-z_-]+ authenticator failed for {_PEER}: (?<reason>.*?)(?: \(set_id=(?<set_id>.*)\))?$",
)
_SYNTAX = grammar.pattern("body", rf"(?s)^rejected (?<what>[A-Z]+) from {_PEER}: (?<reason>.*)$")
_UNQUALIFIED = grammar.pattern(
    "body", rf"(?s)^(?<reason>unqualified (?<what>sender|recipient)) rejected: <(?<about>.*?)> {_PEER}(?: \(.*\))?$"
)
_OVERSIZED = grammar.pattern(
    "body", rf"(?s)^rejected (?<what>from|MAIL FROM:) ?<(?<sender>{_ADDRESS})> {_PEER}: (?<reason>.*)$"
)
_CONNECTIONS = tuple(
    grammar.pattern("body", regex)
    for regex in (
        rf"(?s)^(?<source_event>(?:temporarily )?refused) connection from {_PEER}(?: \(?(?<reason>.*?)\)?)?$",
        rf"(?s)^Connection from {_PEER} (?<source_event>refused): (?<reason>.*)$",
        rf"(?s)^SMTP call from {_PEER} (?<source_event>dropped): (?<reason>.*)$",
    )
)
_HASTY = grammar.pattern(
    "body",
    rf"(?s)^(?<reason>SMTP protocol synchronization error \([^()]*\)): rejected .*?{_PEER}(?: (?:next )?input=.*)?$",
)
_DISCARDED = grammar.pattern(
    "body",
    rf"(?s)^H={grammar.PEER}{_FIELDS}{_FROM} RCPT <(?<recipient>{_ADDRESS})>: (?<reason>discarded by RCPT ACL.*)$",
)
_ACTIONS = r"(?:temporarily )?(?:rejected|dropped)|discarded"
_ACTION = rf"(?<source_event>{_ACTIONS})"
_LISTED = tuple(
    grammar.pattern("body", regex)
    for regex in (
        rf"(?s)^H={grammar.PLAIN_PEER}{_FIELDS}(?: F=<(?<sender>(?:{grammar.PLAIN})?)>)? {_ACTION} (?<rest>.*)$",
        rf"(?s)^H={grammar.PEER}{_FIELDS}{_FROM} {_ACTION} (?<rest>.*)$",
        rf"(?s)^(?:U=(?<local_user>[^ ]+) )?(?:F=<(?<sender>{_ADDRESS})> )?{_ACTION} (?<rest>by .*)$",
    )
)
_WHAT = tuple(
    grammar.pattern("rest", regex)
    for regex in (
        rf"(?s)^(?<what>RCPT|MAIL) <(?<about>{grammar.ADDRESS})>(?: ?: (?<reason>.*))?$",
        r"(?s)^(?<what>RCPT|MAIL) <(?<about>.*?)>(?: ?: (?<reason>.*))?$",
        r"(?s)^(?<what>RCPT|MAIL) (?<about>[^ :]+)(?: ?: (?<reason>.*))?$",
        r'(?s)^(?<what>[^:"]*(?:"[^"]*"[^:"]*)??)(?: ?: (?<reason>.*))?$',
        r"(?s)^(?<what>.*)$",
    )
)

_STAGES = (
    ("connection", "connect"),
    ("by 'connect'", "connect"),
    ('by "connect"', "connect"),
    ("EHLO", "helo"),
    ("HELO", "helo"),
    ("STARTTLS", "starttls"),
    ("AUTH", "auth"),
    ("MAIL", "mail"),
    ("RCPT", "rcpt"),
    ("DATA", "data"),
    ("after DATA", "eod"),
    ("during MIME", "eod"),
    ("DKIM", "eod"),
    ("PRDR", "eod"),
    ("by local_scan", "eod"),
)
_CALLOUT = rf"(?s)^([^ ]+) \[({grammar.IP})\](?::[0-9]+)? ?: ((?:SMTP|LMTP) error .*)$"
_RESPONSE = rf'(?s)response to "[^"]*" (?:from ([^ ]+) \[({grammar.IP})\](?::[0-9]+)? )?was: (.*)$'
WORDS = (
    *("rejected", "temporarily rejected", "dropped", "temporarily dropped", "refused", "temporarily refused"),
    *("authenticator failed", "sender verify fail", "sender verify defer"),
)
"""What `source_event` is for lines that go into the reject log too."""


def _stage() -> pl.Expr:
    expr = pl.lit(None, pl.String)
    for word, stage in reversed(_STAGES):
        expr = pl.when(pl.col("what").str.starts_with(word)).then(pl.lit(stage)).otherwise(expr)
    return expr.alias("stage")


_STAGE = _stage()


def _verified(lines: pl.DataFrame) -> pl.DataFrame:
    """Read checks of a sender's address; the refusal that they led to is a line of its own."""
    return grammar.extract(lines, _VERIFY).with_columns(event=pl.lit("probe"))


def _logins(lines: pl.DataFrame) -> pl.DataFrame:
    """Read failed logins; the code in their text is the one that was sent."""
    frame = grammar.extract(lines, _LOGIN)
    word = pl.lit("authenticator failed")
    return frame.with_columns(sasl_user="set_id", stage=pl.lit("auth"), source_event=word)


def _syntax(lines: pl.DataFrame) -> pl.DataFrame:
    return grammar.extract(lines, _SYNTAX).with_columns(_STAGE, source_event=pl.lit("rejected"))


def _unqualified(lines: pl.DataFrame) -> pl.DataFrame:
    sender = pl.col("what") == "sender"
    return grammar.extract(lines, _UNQUALIFIED).with_columns(
        stage=pl.when(sender).then(pl.lit("mail")).otherwise(pl.lit("rcpt")),
        sender=pl.when(sender).then("about"),
        recipient=pl.when(~sender).then("about"),
        source_event=pl.lit("rejected"),
    )


def _oversized(lines: pl.DataFrame) -> pl.DataFrame:
    stage = pl.when(pl.col("what") == "from").then(pl.lit("eod")).otherwise(pl.lit("mail"))
    return grammar.extract(lines, _OVERSIZED).with_columns(stage=stage, source_event=pl.lit("rejected"))


def _connections(lines: pl.DataFrame) -> pl.DataFrame:
    called = pl.col("source_event") == "dropped"
    stage = pl.when(~called).then(pl.lit("connect"))
    return grammar.extract(lines, *_CONNECTIONS).with_columns(stage=stage)


def _hasty(lines: pl.DataFrame) -> pl.DataFrame:
    return grammar.extract(lines, _HASTY).with_columns(source_event=pl.lit("rejected"))


def _discarded(lines: pl.DataFrame) -> pl.DataFrame:
    frame = grammar.extract(lines, _DISCARDED)
    return frame.with_columns(event=pl.lit("other"), source_event=pl.lit("discarded"), stage=pl.lit("rcpt"))


def _listed(lines: pl.DataFrame) -> pl.DataFrame:
    """Read what an access list refused, or threw away."""
    frame = grammar.extract(lines, *_LISTED)
    frame = grammar.extract(frame, *_WHAT)
    word, thrown = pl.col("what"), pl.col("source_event") == "discarded"
    return grammar.filled(frame, "about", "reason").with_columns(
        _STAGE,
        recipient=pl.when(word == "RCPT").then("about"),
        sender=pl.when(word == "MAIL").then("about").otherwise("sender"),
        event=pl.when(thrown).then(pl.lit("other")).otherwise(pl.lit("rejected")),
    )


# How lines look that each reader takes, in the order in which they are tried; a literal that all of them hold first.
_READERS: tuple[tuple[str, str, Callable[[pl.DataFrame], pl.DataFrame]], ...] = (
    (" sender verify ", r"^H=.* sender verify (?:fail|defer) for <", _verified),
    (" authenticator failed for ", r"^[0-9A-Za-z_-]+ authenticator failed for ", _logins),
    ("rejected ", r"^rejected [A-Z]+ from (?:H=)?[^<]", _syntax),
    ("unqualified ", r"^unqualified (?:sender|recipient) rejected: ", _unqualified),
    ("rejected ", r"^rejected (?:from|MAIL FROM:) ?<", _oversized),
    (
        "from ",
        r"^(?:temporarily )?refused connection from |^Connection from .* refused: |^SMTP call from .* dropped: ",
        _connections,
    ),
    ("SMTP protocol ", r"^SMTP protocol synchronization error .*: rejected ", _hasty),
    (" RCPT <", r"^H=.* RCPT <.*>: discarded by RCPT ACL", _discarded),
    ("ed ", rf"^H=.* (?:{_ACTIONS}) |^(?:U=[^ ]+ )?(?:F=<.*> )?rejected by ", _listed),
)
_HELD = [pl.col("body").str.contains(word, literal=True).any().alias(word) for word in {each[0] for each in _READERS}]


def told(lines: pl.DataFrame) -> pl.DataFrame:
    """Return the lines with `refusal`: which kind of one each is, a number for `read`, or 0 for none."""
    held = lines.select(_HELD).row(0, named=True)
    kind = pl.lit(0, pl.UInt8)
    for number in range(len(_READERS), 0, -1):
        word, mask, _ = _READERS[number - 1]
        if held[word]:
            kind = pl.when(pl.col("body").str.contains(mask)).then(pl.lit(number, pl.UInt8)).otherwise(kind)
    return lines.with_columns(refusal=kind)


_QUOTES = r" error after | error from |response to \""
_TEMPORARY = pl.col("source_event").str.starts_with("temporarily") | pl.col("reason").str.starts_with("4").fill_null(
    value=False
)
_IS_REMOTE = (pl.col("reply_by") == "remote").fill_null(value=False)
_IS_PROBE = pl.col("event") == "probe"
_TOLD = (
    grammar.null_sender("sender"),
    grammar.null_sender("recipient"),
    pl.when(pl.col("event") == "rejected").then(~_TEMPORARY).alias("final"),
    pl.when(_IS_PROBE).then("stage").otherwise("our_stage").alias("stage"),
    pl.coalesce(pl.when(_IS_REMOTE).then("reply"), "reason").alias("reply"),
    pl.when(_IS_REMOTE)
    .then(pl.lit("remote"))
    .when(pl.col("reason").is_not_null())
    .then(pl.lit("local"))
    .alias("reply_by"),
    pl.when(_IS_PROBE & _IS_REMOTE)
    .then(pl.lit("outbound"))
    .when(pl.col("client_ip").is_null())
    .then(pl.lit("local"))
    .otherwise(pl.lit("inbound"))
    .alias("direction"),
)
_NAMES = (
    *("sender", "recipient", "client_host", "helo", "client_ip", "sasl_user", "local_user"),
    *("event", "stage", "reason", "about"),
)
_NOBODY = ("stage", "reply", "reply_by", "remote_host", "remote_ip")


def read(lines: pl.DataFrame) -> Part:
    """Read refusals into one event each; a reply that a callout quotes is the remote server's.

    `refusal` is what `told` tells of each line.
    """
    some = ((lines.filter(pl.col("refusal") == number), reader) for number, (_, _, reader) in enumerate(_READERS, 1))
    found = pl.concat([reader(mine) for mine, reader in some if not mine.is_empty()], how="diagonal")
    frame = grammar.filled(found, *_NAMES).with_columns(pl.col("event").fill_null("rejected"))
    frame = frame.rename({"stage": "our_stage"})
    if frame["reason"].str.contains(_QUOTES).any():
        frame = trouble.explain(frame.with_columns(_QUOTED, strerror=pl.lit(None, pl.String)))
    return part(lines, grammar.filled(frame, *_NOBODY).with_columns(_TOLD))


def _quoted() -> pl.Expr:
    """Return the remote server's words inside a reason, and who it is: `message`, `remote_host`, `remote_ip`."""
    callout, response = (pl.col("reason").str.extract_groups(each).struct for each in (_CALLOUT, _RESPONSE))
    words = response.field("3")
    return pl.struct(
        remote_host=pl.coalesce(callout.field("1"), response.field("1")),
        remote_ip=pl.coalesce(callout.field("2"), response.field("2")),
        message=pl.coalesce(
            callout.field("3"), pl.lit("SMTP error from remote mail server after initial connection: ") + words
        ),
    ).struct.unnest()


_QUOTED = _quoted()

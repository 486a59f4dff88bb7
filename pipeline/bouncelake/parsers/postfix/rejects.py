"""What our own servers refused, held, discarded or changed: smtpd, postscreen, cleanup, milters, before-queue proxies.

Sender and recipient stand at the right end of a record, behind text that a stranger may have written: they are read
from the right, and left out when the record has lost its end.
"""

import polars as pl

from bouncelake.parsers.postfix import grammar
from bouncelake.parsers.postfix.part import Part, part

_ID = rf"{grammar.QUEUE_ID}|NOQUEUE"
_ACTION = (
    "reject|reject_warning|hold|discard|filter|redirect|bcc|prepend|replace|strip|delay|warn|info|pass|permit|hangup"
    "|(?:milter|proxy)-[a-z-]+"
)
MASK = rf"^(?:(?:{_ID}): )?(?:(?:{_ACTION}): |warning: (?:header|body|content) )"

_CONTENT = rf"^(?:{_ID}): [a-z_-]+: (?:header|body|content) "
_CHECK = rf"(?s)^({_ID}): ([a-z_-]+): (?:header|body|content) .* from ([^\[\]; ]+)(?:\[([^\]]*)\](?::[0-9]+)?)?;"
_CHECK_END = r"(?: proto=[0-9A-Za-z]+)?(?: helo=<([^<> ]*)>)?(?:: (.*))?$"
_CHECKS = (
    rf"{_CHECK}(?: from=<({grammar.ADDRESS})>)?(?: to=<({grammar.ADDRESS})>)?{_CHECK_END}",
    rf"{_CHECK}(?: from=<(.*)>)?(?: to=<(.*)>)?{_CHECK_END}",
)
_CHECK_NAMES = ("queue_id", "source_event", "client_host", "client_ip", "sender", "recipient", "helo", "reply")

_LEFT = rf"^(?:{_ID}): (?:{_ACTION}): [A-Z-]+ from [!-Z\\^-~]*\[[0-9A-Fa-f.:]+\]: "
_RIGHT = rf"^{grammar.PLAIN}> to=<{grammar.PLAIN}> proto=[0-9A-Z]+ helo=<[!-;=?-~]*>$"

_HEAD = rf"(?s)^(?:({_ID}): )?({_ACTION}): ([A-Z-]+(?: content)?)(?: from ([^\[\] ]*)\[([^\]]*)\](?::[0-9]+)?)?: (.*)$"
_HEAD_NAMES = ("queue_id", "source_event", "where", "client_host", "client_ip", "rest")
_HELO = r"(?: helo=<([^<> ]*)>)?"
_SASL = r"(?: sasl_method=[^ ]*)?(?: sasl_username=<?(.*?)>?)?(?: sasl_sender=.*)?$"
_STRICT = rf"(?s)^(.*);(?: from=<({grammar.ADDRESS})>,?)?(?: to=<({grammar.ADDRESS})>,?)? proto=[0-9A-Za-z]+,?{_HELO}"
_LOOSE = rf"(?s)^(.*); from=<(.*)>,? to=<({grammar.ADDRESS})>,? proto=[0-9A-Za-z]+,?{_HELO}"
_ODD = rf"(?s)^(.*); from=<(.*)>,? to=<(.*)>,? proto=[0-9A-Za-z]+,?{_HELO}"
_ALONE = rf"(?s)^(.*); from=<(.*)>,?() proto=[0-9A-Za-z]+,?{_HELO}"
_LOCAL = rf"(?s)^(.*); from=<({grammar.ADDRESS})>(?: to=<({grammar.ADDRESS})>)?()()$"
_TAILS = tuple(tail + end for end in ("()$", _SASL) for tail in (_STRICT, _LOOSE, _ODD, _ALONE))
_TAIL_NAMES = ("reply", "sender", "recipient", "helo", "sasl_user")

_STAGES = {
    "CONNECT": "connect",
    "HELO": "helo",
    "EHLO": "helo",
    "STARTTLS": "starttls",
    "AUTH": "auth",
    "MAIL": "mail",
    "RCPT": "rcpt",
    "DATA": "data",
    "BDAT": "data",
    "DATA content": "data",
    "BDAT content": "data",
    "END-OF-MESSAGE": "eod",
}


def read(records: pl.DataFrame) -> Part:
    """Read what we refused, and what we held, discarded or changed, into one event each."""
    plain = pl.col("left").str.contains(_LEFT) & pl.col("right").str.contains(_RIGHT)
    frame = (
        grammar.split(records.lazy().select("row", "text"), (("text", "; from=<", "left", "right"),))
        .with_columns(plain=plain.fill_null(value=False))
        .collect()
    )
    parts = [_plain(frame.lazy().filter("plain"))]
    rest = frame.filter(~pl.col("plain")).select("row", "text")
    content = rest["text"].str.contains(_CONTENT)
    for some, read_some in ((rest.filter(~content), _any), (rest.filter(content), _checks)):
        if not some.is_empty():
            parts.append(read_some(some).lazy())
    return part(records, _finished(pl.concat(parts, how="diagonal")).collect())


def _plain(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Split the usual record, whose left and right half are known to have no surprise."""
    frame = grammar.split(
        frame,
        (("left", "]: ", "left", "reply"), ("right", "> to=<", "sender", "right")),
        (("left", ": ", "queue_id", "left"), ("right", "> proto=", "recipient", "right")),
        (("left", ": ", "source_event", "left"), ("right", " helo=<", "right", "helo")),
        (("left", " from ", "where", "client_host"),),
        (("client_host", "[", "client_host", "client_ip"),),
    )
    return frame.select(
        "row",
        "queue_id",
        "source_event",
        "where",
        "reply",
        "client_host",
        "client_ip",
        "sender",
        "recipient",
        pl.col("helo").str.strip_suffix(">"),
        sasl_user=pl.lit(None, pl.String),
    )


def _any(records: pl.DataFrame) -> pl.DataFrame:
    frame = grammar.extract(records, "text", _HEAD_NAMES, _HEAD).with_columns(reply=pl.col("rest"))
    tailed = frame["rest"].str.contains(" proto=", literal=True)
    ended = grammar.extract(frame.filter(tailed).drop("reply"), "rest", _TAIL_NAMES, *_TAILS)
    # Mail of our own that a milter refused names no protocol.
    milter = frame["source_event"].str.starts_with("milter-") & ~tailed
    own = grammar.extract(frame.filter(milter).drop("reply"), "rest", _TAIL_NAMES, _LOCAL)
    told = pl.concat([ended, own])
    return pl.concat([told, frame.join(told.select("row"), on="row", how="anti")], how="diagonal")


def _checks(records: pl.DataFrame) -> pl.DataFrame:
    """Read header and body checks, which show the message's text before everything else."""
    frame = grammar.extract(records, "text", _CHECK_NAMES, *_CHECKS)
    return frame.with_columns(where=pl.when(pl.col("client_ip").is_not_null()).then(pl.lit("END-OF-MESSAGE")))


def _finished(frame: pl.LazyFrame) -> pl.LazyFrame:
    action, reply = pl.col("source_event"), pl.col("reply")
    refused = action.str.ends_with("reject")
    event = (
        pl.when(refused)
        .then(pl.lit("rejected"))
        .when(action == "proxy-accept")
        .then(pl.lit("accepted"))
        .otherwise(pl.lit("other"))
    )
    permanent = pl.when(reply.str.contains("^[45]")).then(reply.str.starts_with("5"))
    return frame.with_columns(
        event=event,
        final=pl.when(refused).then(permanent).when(event == "accepted").then(pl.lit(value=False)),
        stage=pl.col("where").replace_strict(_STAGES, default=None, return_dtype=pl.String),
        direction=pl.when(pl.col("client_host") == "local").then(pl.lit("local")).otherwise(pl.lit("inbound")),
        reply_by=pl.lit("local"),
    ).with_columns(
        grammar.null_sender("sender"),
        *(grammar.known(pl.col(name)) for name in ("client_host", "client_ip", "sasl_user", "helo")),
        recipient=pl.when(pl.col("recipient") != "").then(pl.col("recipient")),
        queue_id=pl.when(pl.col("queue_id") != "NOQUEUE").then(pl.col("queue_id")),
    )

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
_LOOSE = rf"(?s)^(.*); from=<(.*)>,?(?: to=<({grammar.ADDRESS})>,?)? proto=[0-9A-Za-z]+,?{_HELO}"
_ODD = rf"(?s)^(.*); from=<(.*)>,?(?: to=<(.*)>,?)? proto=[0-9A-Za-z]+,?{_HELO}"
_LOCAL = rf"(?s)^(.*); from=<({grammar.ADDRESS})>(?: to=<({grammar.ADDRESS})>)?()()$"
_TAILS = tuple(tail + end for end in ("()$", _SASL) for tail in (_STRICT, _LOOSE, _ODD))
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
    content = records["text"].str.contains(_CONTENT)
    frame = grammar.split(records.filter(~content), "text", "; from=<", "left", "right")
    plain = (frame["left"].str.contains(_LEFT) & frame["right"].str.contains(_RIGHT)).fill_null(value=False)
    other = frame.filter(~plain).drop("left", "right")
    parts = [_plain(frame.filter(plain)), _any(other), _checks(records.filter(content))]
    events = _finished(pl.concat(parts, how="diagonal"))
    return part(records, events, told=events["row"])


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Split the usual record, whose left and right half are known to have no surprise."""
    for column, at, left, right in (
        ("left", ": ", "queue_id", "left"),
        ("left", ": ", "source_event", "left"),
        ("left", "]: ", "where", "reply"),
        ("where", " from ", "where", "client_host"),
        ("client_host", "[", "client_host", "client_ip"),
        ("right", "> to=<", "sender", "right"),
        ("right", "> proto=", "recipient", "right"),
        ("right", " helo=<", "right", "helo"),
    ):
        frame = grammar.split(frame, column, at, left, right)
    return frame.drop("left", "right").with_columns(pl.col("helo").str.strip_suffix(">"))


def _any(records: pl.DataFrame) -> pl.DataFrame:
    frame = grammar.extract(records, "text", _HEAD_NAMES, _HEAD)
    local = pl.col("source_event").str.starts_with("milter-").alias("milter")
    ended = grammar.extract(frame, "rest", _TAIL_NAMES, *_TAILS)
    rest = frame.join(ended.select("row"), on="row", how="anti").with_columns(local)
    # Mail of our own that a milter refused names no protocol.
    own = grammar.extract(rest.filter("milter"), "rest", _TAIL_NAMES, _LOCAL)
    rest = rest.join(own.select("row"), on="row", how="anti").with_columns(reply=pl.col("rest"))
    return pl.concat([ended, own.drop("milter"), rest.drop("milter")], how="diagonal").drop("rest")


def _checks(records: pl.DataFrame) -> pl.DataFrame:
    """Read header and body checks, which show the message's text before everything else."""
    frame = grammar.extract(records, "text", _CHECK_NAMES, *_CHECKS)
    return frame.with_columns(where=pl.when(pl.col("client_ip").is_not_null()).then(pl.lit("END-OF-MESSAGE")))


def _finished(frame: pl.DataFrame) -> pl.DataFrame:
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
        grammar.null_sender("recipient"),
        *(grammar.known(name) for name in ("client_host", "client_ip", "sasl_user")),
        queue_id=pl.when(pl.col("queue_id") != "NOQUEUE").then(pl.col("queue_id")),
    )

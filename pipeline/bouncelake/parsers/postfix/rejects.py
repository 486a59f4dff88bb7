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

# The usual record, in three parts.
_PLACE = r"^([A-Z-]+) from ([!-Z\\^-~]*)\[([0-9A-Fa-f.:]+)\](?::[0-9]+)?$"
_PLACE_NAMES = ("where", "client_host", "client_ip")
_PEOPLE = rf"^({grammar.PLAIN})>,? to=<({grammar.PLAIN})>,? proto=[0-9A-Z]+,? helo=<([!-;=?-~]*)>$"
_PEOPLE_NAMES = ("sender", "recipient", "helo")

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

_TOLD = ("queue_id", "source_event", *_PLACE_NAMES, "reply", *_PEOPLE_NAMES)
_NOTHING = pl.DataFrame(schema={"row": pl.UInt32(), **dict.fromkeys((*_TOLD, "sasl_user"), pl.String())})

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
    frame = _split(records)
    usual = (frame["queue_id"].is_not_null() | (frame["left"] == "NOQUEUE")) & frame["where"].is_not_null()
    usual &= frame["sender"].is_not_null()
    told = [frame.filter(usual).select("row", *_TOLD)]
    if not usual.all():
        rest = records.filter(~usual).select("row", "text")
        content = rest["text"].str.contains(_CONTENT)
        told += [_any(rest.filter(~content)), _checks(rest.filter(content))]
    return part(records, _finished(pl.concat([_NOTHING, *told], how="diagonal")))


def _split(records: pl.DataFrame) -> pl.DataFrame:
    """Split records as if all of them were usual; where or sender is null in those that are not."""
    frame = records.select("row", "left", "queue_id", grammar.fields("rest", ": ", ("source_event", "place", "said")))
    frame = frame.with_columns(
        grammar.groups("place", _PLACE_NAMES, _PLACE), grammar.halves("said", "; from=<", "reply", "people")
    )
    return frame.with_columns(grammar.groups("people", _PEOPLE_NAMES, _PEOPLE))


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
        *_cleaned(),
        event=event,
        final=pl.when(refused).then(permanent).when(event == "accepted").then(pl.lit(value=False)),
        stage=pl.col("where").replace_strict(_STAGES, default=None, return_dtype=pl.String),
        direction=pl.when(pl.col("client_host") == "local").then(pl.lit("local")).otherwise(pl.lit("inbound")),
        reply_by=pl.lit("local"),
    )


def _cleaned() -> tuple[pl.Expr, ...]:
    return (
        grammar.null_sender("sender"),
        *(grammar.known(pl.col(name)) for name in ("client_host", "client_ip", "sasl_user", "helo")),
        pl.when(pl.col("recipient") != "").then("recipient").alias("recipient"),
        pl.when(pl.col("queue_id") != "NOQUEUE").then("queue_id").alias("queue_id"),
    )

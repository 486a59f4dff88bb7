"""Refusals for which Postfix logs no reject record: failed logins, rate limits, messages that are too large."""

import polars as pl

from bouncelake.parsers.postfix import grammar
from bouncelake.parsers.postfix.part import Part, part

_ID = rf"(?:({grammar.QUEUE_ID})|NOQUEUE)"
_CLIENT = r"([^\[\] ]*)\[([^\]]*)\](?::[0-9]+)?"

LOGIN = rf"^(?:{_ID}: )?warning: (?:{_ID}: )?[^\[\] ]*\[[^\]]*\](?::[0-9]+)?: SASL [^ ]+ authentication failed"
LIMIT = r"^warning: [A-Za-z ]+ limit exceeded: [0-9]+ from "
SIZE = rf"^(?:warning: )?{_ID}: (?:warning: )?queue file size limit exceeded"

_LOGIN = (
    rf"(?s)^(?:{_ID}: )?warning: (?:{_ID}: )?{_CLIENT}: "
    r"(SASL [^ ]+ authentication failed(?:: .*?)?)(?:, sasl_username=(.*))?$"
)
_LIMIT = rf"(?s)^warning: ((.*? limit exceeded): [0-9]+ from {_CLIENT}.*)$"
_SIZE = rf"^(?:warning: )?{_ID}: (?:warning: )?(queue file size limit exceeded)"

_LIMIT_STAGES = {
    "Connection rate limit exceeded": "connect",
    "Connection concurrency limit exceeded": "connect",
    "Message delivery request rate limit exceeded": "mail",
    "Recipient address rate limit exceeded": "rcpt",
    "New TLS session rate limit exceeded": "starttls",
    "AUTH command rate limit exceeded": "auth",
}


def login(records: pl.DataFrame) -> Part:
    """Read failed SASL logins; the code that the client was given is not logged."""
    names = ("queue_id", "second_id", "client_host", "client_ip", "reply", "sasl_user")
    frame = grammar.extract(records, "text", names, _LOGIN)
    return _refused(records, frame, "authentication failed", pl.lit("auth"))


def limit(records: pl.DataFrame) -> Part:
    """Read clients that went over a rate or concurrency limit."""
    frame = grammar.extract(records, "text", ("reply", "limit", "client_host", "client_ip"), _LIMIT)
    stage = pl.col("limit").replace_strict(_LIMIT_STAGES, default=None, return_dtype=pl.String)
    return _refused(records, frame, "limit exceeded", stage)


def size(records: pl.DataFrame) -> Part:
    """Read messages that did not fit into a queue file."""
    frame = grammar.extract(records, "text", ("queue_id", "reply"), _SIZE)
    return _refused(records, frame, "queue file size limit exceeded", pl.lit(None, pl.String))


def _refused(records: pl.DataFrame, frame: pl.DataFrame, word: str, stage: pl.Expr) -> Part:
    clients = [name for name in ("client_host", "client_ip", "sasl_user") if name in frame.columns]
    frame = frame.with_columns(
        *(grammar.known(name) for name in clients),
        event=pl.lit("rejected"),
        source_event=pl.lit(word),
        direction=pl.lit("inbound"),
        reply_by=pl.lit("local"),
        stage=stage,
    )
    return part(records, frame, told=frame["row"])

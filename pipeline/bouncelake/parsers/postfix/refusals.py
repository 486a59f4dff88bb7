"""Refusals for which Postfix logs no reject record: failed logins, rate limits, messages that are too large.

The code that the client was given is not logged, so none is told, nor whether the refusal was permanent.
"""

import polars as pl

from bouncelake.parsers.postfix import grammar
from bouncelake.parsers.postfix.part import Part, part

_ID = rf"(?:({grammar.QUEUE_ID})|NOQUEUE)"
_CLIENT = r"([^\[\] ]*)\[([^\]]*)\](?::[0-9]+)?"

_LOGIN = rf"{_CLIENT}: (SASL [^ ]+ authentication failed(?:: .*?)?)(?:, sasl_username=(.*))?"
_LIMIT = rf"(([A-Za-z ]+ limit exceeded): [0-9]+ from {_CLIENT}.*)"
_SIZE = r"(queue file size limit exceeded).*"
_ANY = rf"(?s)^(?:{_ID}: )?(?:warning: )?(?:{_ID}: )?(?:warning: )?(?:{_LOGIN}|{_LIMIT}|{_SIZE})$"
_NAMES = (
    *("queue_id", "later_id"),
    *("client_host", "client_ip", "login", "sasl_user"),
    *("limit", "kind", "limited_host", "limited_ip"),
    "size",
)
_NOTHING = pl.DataFrame(schema={"row": pl.UInt32(), **dict.fromkeys(_NAMES, pl.String())})
MASK = (
    rf"^(?:(?:{grammar.QUEUE_ID}|NOQUEUE): )?(?:warning: )?(?:(?:{grammar.QUEUE_ID}|NOQUEUE): )?(?:warning: )?"
    r"(?:[^\[\] ]*\[[^\]]*\](?::[0-9]+)?: SASL [^ ]+ authentication failed|[A-Za-z ]+ limit exceeded: [0-9]+ from "
    r"|queue file size limit exceeded)"
)
_LOGIN_BEGIN = r"^SASL [^ ]+ authentication failed(?:: |$)"

_STAGES = {
    "Connection rate limit exceeded": "connect",
    "Connection concurrency limit exceeded": "connect",
    "Message delivery request rate limit exceeded": "mail",
    "Recipient address rate limit exceeded": "rcpt",
    "New TLS session rate limit exceeded": "starttls",
    "AUTH command rate limit exceeded": "auth",
}


def read(records: pl.DataFrame) -> Part:
    """Read refusals that stand only in a warning into one event each."""
    frame = _logins(records)
    usual = (frame["left"] == "warning") & frame["client_ip"].is_not_null()
    usual = (usual & frame["login"].str.contains(_LOGIN_BEGIN)).fill_null(value=False)
    told = [frame.filter(usual).select("row", "client_host", "client_ip", "login", "sasl_user")]
    if not usual.all():
        told.append(grammar.extract(records.filter(~usual).select("row", "text"), "text", _NAMES, _ANY))
    return part(records, _finished(pl.concat([_NOTHING, *told], how="diagonal")))


def _logins(records: pl.DataFrame) -> pl.DataFrame:
    """Split records as if all of them were failed logins, by far the most."""
    frame = records.select("row", "left", grammar.halves("rest", ": ", "client", "login"))
    return frame.with_columns(
        grammar.groups("client", ("client_host", "client_ip"), f"^{_CLIENT}$"),
        grammar.halves("login", ", sasl_username=", "login", "sasl_user"),
    )


def _finished(frame: pl.DataFrame) -> pl.DataFrame:
    login, limit = pl.col("login"), pl.col("limit")
    word = (
        pl.when(login.is_not_null())
        .then(pl.lit("authentication failed"))
        .when(limit.is_not_null())
        .then(pl.lit("limit exceeded"))
        .otherwise("size")
    )
    stage = pl.col("kind").replace_strict(_STAGES, default=None, return_dtype=pl.String)
    return frame.select(
        "row",
        pl.coalesce("queue_id", "later_id"),
        grammar.known(pl.coalesce("client_host", "limited_host")),
        grammar.known(pl.coalesce("client_ip", "limited_ip")),
        grammar.known(pl.col("sasl_user")),
        event=pl.lit("rejected"),
        source_event=word,
        direction=pl.lit("inbound"),
        reply=pl.coalesce("login", "limit", "size"),
        reply_by=pl.lit("local"),
        stage=pl.when(login.is_not_null()).then(pl.lit("auth")).otherwise(stage),
    )

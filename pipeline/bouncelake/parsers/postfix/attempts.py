"""Non-final records of the SMTP client: one host failed, another is tried next. They name no recipient."""

import polars as pl

from bouncelake.parsers.postfix import grammar, trouble
from bouncelake.parsers.postfix.part import Part, part

MASK = (
    rf"^(?:{grammar.QUEUE_ID}: )?(?:(?:Protocol error: )?host [!-~]+ (?:said|refused to talk to me): "
    r"|lost connection with |conversation with |connect to [!-~]+\[|local data error while talking to "
    r"|SASL (?:\[CACHED\] )?authentication failed; |TLS is required, but |Cannot start TLS|Server certificate not "
    r"|REQUIRETLS )"
)

# The log's own words for what happened, where that is not a reply.
_FAILED = r"^([A-Za-z]+ (?:\[CACHED\] )?[A-Za-z]+)"


def read(records: pl.DataFrame) -> Part:
    """Read non-final records into one event each; the id is null where the record has none."""
    said = pl.when(pl.col("queue_id").is_not_null()).then("rest").otherwise("text")
    frame = records.with_columns(
        # The closing parenthesis of a delivery record, which these have not.
        reason=said + ")",
        length=pl.col("text").str.len_bytes(),
        remote_host=pl.lit(None, pl.String),
        bracket=pl.lit(None, pl.String),
        remote_port=pl.lit(None, pl.Int32),
    )
    frame = trouble.explain(frame).with_columns(remote_ip=grammar.address("bracket"))
    near = grammar.private("remote_ip") | pl.col("remote_ip").is_null()
    near = near & pl.col("bracket").is_not_null()
    frame = frame.select(
        "row",
        "queue_id",
        "stage",
        "reply",
        "reply_by",
        "remote_host",
        "remote_ip",
        "remote_port",
        event=pl.lit("attempt"),
        source_event=_word(),
        final=pl.lit(value=False),
        direction=pl.when(near).then(pl.lit("local")).otherwise(pl.lit("outbound")),
    )
    return part(records, frame)


def _word() -> pl.Expr:
    who = pl.col("who")
    reply = pl.when(pl.col("remote") & who.str.starts_with("host "))
    replied = pl.coalesce(
        reply.then(pl.when(who.str.ends_with(word)).then(pl.lit(word.strip())))
        for word in (" said", " refused to talk to me")
    )
    return pl.coalesce(replied, who.str.extract(_FAILED))

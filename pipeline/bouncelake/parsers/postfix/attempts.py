"""Non-final records of the SMTP client: one host failed, another is tried next. They name no recipient."""

import polars as pl

from bouncelake.parsers.postfix import grammar, trouble
from bouncelake.parsers.postfix.part import Part, part

MASK = (
    rf"^(?:{grammar.QUEUE_ID}: )?(?:(?:Protocol error: )?host [^ ]+ (?:said|refused to talk to me): |lost connection with "
    r"|conversation with |connect to [^ ]+\[|SASL (?:\[CACHED\] )?authentication failed; |TLS is required, but "
    r"|Cannot start TLS|Server certificate not |REQUIRETLS |local data error while talking to )"
)
_SHAPE = rf"(?s)^(?:({grammar.QUEUE_ID}): )?(.*)$"


def read(records: pl.DataFrame) -> Part:
    """Read non-final records into one event each; the id is null where the record has none."""
    records = records.with_columns(length=pl.col("text").str.len_bytes())
    frame = grammar.extract(records, "text", ("queue_id", "reason"), _SHAPE)
    # The closing parenthesis of a delivery record, which these have not.
    frame = trouble.explain(frame.with_columns(reason=pl.col("reason") + ")"))
    socket = pl.col("said_ip").str.contains("/", literal=True)
    frame = frame.with_columns(
        event=pl.lit("attempt"),
        source_event=pl.lit("attempt"),
        final=pl.lit(value=False),
        remote_host=pl.col("said_host"),
        remote_ip=pl.when(~socket).then(pl.col("said_ip")),
        remote_port=pl.col("said_port").cast(pl.Int32, strict=False),
    )
    near = grammar.private("remote_ip").fill_null(value=False) | socket.fill_null(value=False)
    return part(
        records,
        frame.with_columns(direction=pl.when(near).then(pl.lit("local")).otherwise(pl.lit("outbound"))),
        told=frame["row"],
    )

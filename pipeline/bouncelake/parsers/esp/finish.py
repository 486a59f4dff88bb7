"""Makes rows of the table `events` out of what the providers' readers made: identity, outcome, reply."""

import polars as pl

from bouncelake.digest import digests
from bouncelake.parsers.esp import mailboxes
from bouncelake.parsers.esp.replies import unpacked

_FINAL = ("delivered", "bounced", "expired", "suppressed")
_OPEN = ("accepted", "deferred", "suspended")
ENGAGEMENT = ("opened", "clicked")


def events(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the events with `event_id`, `line_id`, `message_key`, `attempt` and the codes that stand beside the reply.

    The id of an event comes from its own key alone, so that the same event always has the same, wherever it lies.
    """
    rows = unpacked(rows)
    ids = digests(rows.select(pl.concat_str("system", "key", separator="\x1f")).to_series())
    message = pl.coalesce("message", "message_id")
    owner = pl.concat_str("system", pl.col("instance").fill_null(""), separator="/")
    answered = pl.col("reply_by") == "remote"
    attempt = pl.concat_str(
        owner,
        message.fill_null(""),
        pl.col("recipient").fill_null(""),
        pl.col("ts").dt.epoch("us"),
        "reply",
        separator=" ",
    )
    return (
        rows.with_columns(
            event_id=ids,
            provider=mailboxes.provider(pl.col("provider"), pl.col("recipient"), pl.col("reply")),
            line_id=ids,
            copy=pl.lit(0, pl.Int32),
            message_key=pl.concat_str(owner, message, separator="/"),
            attempt=pl.when(answered).then(attempt),
            asynchronous=pl.col("asynchronous").fill_null(value=False),
            direction=pl.col("direction").fill_null("outbound"),
            final=pl.coalesce("final", _final()),
        )
        .drop("key", "message", "alone")
        .rename({"n": "value"})
    )


def _final() -> pl.Expr:
    """Tell whether the provider tries nothing more; a refusal of its own is final unless it is a temporary one."""
    event = pl.col("event")
    return (
        pl.when(event.is_in(_FINAL)).then(pl.lit(value=True))
        .when(event.is_in(_OPEN)).then(pl.lit(value=False))
        .when(event == "rejected").then(pl.col("given_code") >= 500)
    )  # fmt: skip

"""What a refusal says about the address: soft, hard, block or undetermined."""

import polars as pl

# Reasons whose subject is the address itself: only these can be hard.
HARD = ("mailbox_unknown", "mailbox_disabled", "mailbox_inactive", "mailbox_full_inactive", "moved", "address_syntax", "null_mx")
_DOUBTFUL_WHEN_TEMPORARY = ("mailbox_unknown", "mailbox_disabled")
_GIVEN_UP = ("bounced", "expired", "rejected", "suppressed")
_CODE = r"^([2-5])[0-9]{2}"


def outcome() -> pl.Expr:
    """Return the column `bounce` for rows that know their rule's word (`said`), code, stage and event."""
    digit = pl.coalesce(pl.col("reply_code") // 100, pl.col("template").str.extract(_CODE, 1).cast(pl.Int16))
    enhanced = pl.col("reply_enhanced").str.head(1)
    no_code = pl.when(enhanced.is_not_null()).then(enhanced == "5").otherwise(pl.col("event").is_in(_GIVEN_UP))
    permanent = pl.when(digit.is_in([4, 5])).then(digit == 5).otherwise(no_code)
    final = pl.when(pl.col("said") != "hard").then(pl.col("said")).when(_about_recipient()).then(pl.lit("hard"))
    return (
        pl.when((pl.col("reason") == "null_mx") & (pl.col("said") == "hard"))
        .then(pl.lit("hard"))
        .when(permanent)
        .then(final.otherwise(pl.lit("undetermined")))
        .otherwise(_temporary())
        .alias("bounce")
    )


def _temporary() -> pl.Expr:
    doubtful = pl.col("reason").is_in(_DOUBTFUL_WHEN_TEMPORARY)
    return pl.coalesce("temporary", pl.when(doubtful).then(pl.lit("undetermined")).otherwise(pl.lit("soft")))


def _about_recipient() -> pl.Expr:
    """Tell whether the refusal's subject is the recipient, and the match good enough to say so.

    After the end of data the reply speaks for all recipients: it must be the only one, or named in the reply.
    """
    stage = pl.col("stage")
    named = pl.col("reply").str.to_lowercase().str.contains(pl.col("recipient").str.to_lowercase(), literal=True)
    alone = (pl.col("recipients") == 1) | named.fill_null(value=False) | (pl.col("service") == "lmtp")
    at_recipient = stage.is_null() | (stage == "rcpt") | (stage.is_in(["data", "eod"]) & alone)
    by_words = pl.col("matched_by").is_in(["provider+code+phrase", "phrase"]) | (pl.col("reply_enhanced") == "5.1.1")
    moved = (pl.col("reply_code") != 551) | (pl.col("reason") == "moved") & pl.col("template").str.contains("<mail>", literal=True)
    return (at_recipient & by_words & moved.fill_null(value=True)).fill_null(value=False)

"""What a refusal says about the address: soft, hard, block or undetermined."""

import polars as pl

_DOUBTFUL_WHEN_TEMPORARY = ("mailbox_unknown", "mailbox_disabled")
_GIVEN_UP = ("bounced", "expired", "rejected", "suppressed")


def outcome(matched: pl.DataFrame) -> pl.Series:
    """Return the column `bounce` for rows that know what their rule said, their code, stage and event.

    The rule speaks for a permanent refusal; only an address that is itself the subject of the reply is hard.
    """
    digit = pl.coalesce(pl.col("reply_code") // 100, "digit")
    enhanced = pl.col("reply_enhanced").str.head(1)
    no_code = pl.when(enhanced.is_not_null()).then(enhanced == "5").otherwise(pl.col("event").is_in(_GIVEN_UP))
    permanent = pl.when(digit.is_in([4, 5])).then(digit == 5).otherwise(no_code)
    said, hard = pl.col("said"), pl.col("said") == "hard"
    doubtful = pl.col("reason").is_in(_DOUBTFUL_WHEN_TEMPORARY)
    temporary = pl.coalesce("temporary", pl.when(doubtful).then(pl.lit("undetermined")).otherwise(pl.lit("soft")))
    final = pl.when(hard & ~_about_recipient(matched)).then(pl.lit("undetermined")).otherwise(said)
    always = hard & (pl.col("reason") == "null_mx")
    bounce = pl.when(always).then(said).when(permanent).then(final).otherwise(temporary)
    return matched.select(bounce.alias("bounce")).to_series()


def _about_recipient(matched: pl.DataFrame) -> pl.Expr:
    """Tell whether the refusal's subject is the recipient, and the match good enough to say so.

    After the message's data the reply speaks for all recipients: this must be the only one, or named in the reply.
    """
    stage, after_data = pl.col("stage"), pl.col("stage").is_in(["data", "eod"])
    alone = (pl.col("recipients") == 1) | (pl.col("service") == "lmtp") | pl.lit(_named(matched))
    at_recipient = stage.is_null() | (stage == "rcpt") | (after_data & alone.fill_null(value=False))
    well_matched = pl.col("worded") | (pl.col("reply_enhanced") == "5.1.1").fill_null(value=False)
    moved = (pl.col("reply_code") != 551).fill_null(value=True) | pl.col("names_address")
    return (at_recipient & well_matched & moved).fill_null(value=False)


def _named(matched: pl.DataFrame) -> pl.Series:
    """Tell rows whose reply names the recipient; looked for only where it can matter."""
    some = (pl.col("said") == "hard") & pl.col("stage").is_in(["data", "eod"])
    asked = matched.select("reply", "recipient", asked=some.fill_null(value=False))
    texts = asked.filter("asked").select(pl.col("reply", "recipient").str.to_lowercase())
    found = texts.select(pl.col("reply").str.contains(pl.col("recipient"), literal=True)).to_series()
    place = pl.select(pl.when(asked["asked"]).then(asked["asked"].cast(pl.UInt32).cum_sum() - 1)).to_series()
    return found.gather(place)

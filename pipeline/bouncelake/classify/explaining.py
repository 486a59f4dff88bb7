"""Says what single replies mean, in full: all tags, and what to do about it."""

import polars as pl

from bouncelake.classify.classifier import TAGS, Classifier
from bouncelake.replies import read, unframe

_CONFIDENCE = {
    "provider+code+phrase": "high",
    "phrase": "high",
    "provider+code": "medium",
    "code": "low",
    "class-digit": "low",
}
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_WAIT = (
    r"(?i)(?:for|in|after|within|wait|another|next|least|seconds?:|delay:?) *([0-9]{1,5}) *"
    r"(s|m|h)(?:ec|ecs|econds?|in|ins|inutes?|rs?|ours?)?(?:[^a-z]|$)"
)
_STAGE = r"(?i)\(in reply to ([a-z ]+?)(?: command)?\)"
_STAGES = {"mail from": "mail", "rcpt to": "rcpt", "data": "data", "end of data": "eod", "ehlo": "helo", "helo": "helo"}
_BEGINS = r"^[2-5][0-9]{2}(?:[ -]|$)"
_INSIDE = r"(?:^|[^0-9a-zA-Z.])([45][0-9]{2}[ -][245]\.[0-9]{1,3}\.[0-9]{1,3}(?:[^0-9.].*|)$)"


def explain(replies: pl.DataFrame, classifier: Classifier) -> pl.DataFrame:
    """Return one row per reply, in the same order: its code and template, all tags, and what they mean.

    `replies` has `text`, and perhaps `remote_host`, `reply_code`, `reply_enhanced`, `provider` and `stage`. What an MTA
    logs around a reply is taken off first; codes given beside the text count where the text shows none.
    """
    tagged = classifier.tag(read(_events(replies)))
    remedies = classifier.ruleset.remedies().select("rule", "meaning", "remedy", "document", "family")
    told = tagged.join(remedies, on="rule", how="left", maintain_order="left")
    return told.select(
        replies["text"].cast(pl.String),
        "reply_code",
        "reply_enhanced",
        "template",
        *TAGS,
        "meaning",
        "remedy",
        doc="document",
        family=pl.col("family").fill_null("none"),
        confidence=pl.col("matched_by").replace_strict(_CONFIDENCE, default=None, return_dtype=pl.String),
        retry_after=_retry_after(),
    )


def _events(replies: pl.DataFrame) -> pl.DataFrame:
    """Make events of bare texts: a 4xx was deferred, all else was given up."""
    text = pl.col("text").fill_null("").str.strip_chars()
    stage = text.str.extract(_STAGE, 1).str.to_lowercase().replace_strict(_STAGES, default=None, return_dtype=pl.String)
    framed = replies.select(
        reply=unframe(text),
        remote_host=_given(replies, "remote_host"),
        provider=_given(replies, "provider"),
        stage=pl.coalesce(_given(replies, "stage"), stage),
        code=_given(replies, "reply_code").str.extract(r"^([2-5][0-9]{2})$", 1),
        enhanced=_given(replies, "reply_enhanced").str.extract(r"^([245]\.[0-9]{1,3}\.[0-9]{1,3})$", 1),
    )
    begun = framed.with_columns(reply=_begun())
    temporary = pl.col("reply").str.contains(r"^4")
    event = pl.when(temporary).then(pl.lit("deferred")).otherwise(pl.lit("bounced"))
    by = pl.when(pl.col("reply").str.contains(_BEGINS)).then(pl.lit("remote")).otherwise(pl.lit("local"))
    return begun.select("reply", "remote_host", "provider", "stage", event=event, reply_by=by)


def _given(replies: pl.DataFrame, name: str) -> pl.Expr:
    if name not in replies.columns:
        return pl.lit(None, dtype=pl.String)
    text = pl.col(name).cast(pl.String).str.strip_chars()
    return pl.when(text != "").then(text)


def _begun() -> pl.Expr:
    """Return the reply so that it begins with its code, wherever that was told."""
    reply, code, enhanced = pl.col("reply"), pl.col("code"), pl.col("enhanced")
    shown = reply.str.contains(_BEGINS)
    repeated = enhanced.is_null() | reply.str.starts_with(enhanced).fill_null(value=False)
    head = pl.when(repeated).then(code).otherwise(pl.concat_str(code, enhanced, separator=" ", ignore_nulls=True))
    return (
        pl.when(shown)
        .then(reply)
        .when(code.is_not_null())
        .then(pl.concat_str(head, reply, separator=" "))
        .otherwise(pl.coalesce(reply.str.extract(_INSIDE, 1), reply))
    )


def _retry_after() -> pl.Expr:
    """Return the seconds that the text asks us to wait, null where it names none."""
    number = pl.col("reply").str.extract(_WAIT, 1).cast(pl.Int64)
    unit = pl.col("reply").str.extract(_WAIT, 2).str.to_lowercase()
    return number * unit.replace_strict(_SECONDS, default=None, return_dtype=pl.Int64)

"""What a reply says before any rule looks at it: code, enhanced code, template, and our own IP where it quotes it."""

import polars as pl

from bouncelake.replies.quoted import addresses, quoted
from bouncelake.replies.template import template
from bouncelake.replies.unfold import unfold, unframe

__all__ = ["REFUSALS", "codes", "quoted", "quoted_ip", "read", "template", "unfold", "unframe"]

_CODE = r"^([2-5][0-9]{2})(?:[ -]|$)"
_ENHANCED = r"^ *([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:[^0-9.]|\.$|\.[^0-9]|$)"
_FRONT = 18
"""Characters that can hold the codes."""

_FACTS = ("reply", "reply_code", "reply_enhanced", "template", "quoted_ip")
REFUSALS = ("deferred", "bounced", "expired", "attempt", "suspended", "rejected", "probe", "suppressed")


def codes(reply: pl.Expr) -> list[pl.Expr]:
    """Return the expressions `reply_code` and `reply_enhanced` of an unfolded reply.

    Neither is derived from the other, and an enhanced code whose class disagrees is kept.
    """
    code = reply.str.head(4).str.extract(_CODE, 1).cast(pl.Int16)
    after = reply.str.slice(4, _FRONT - 4).str.extract(_ENHANCED, 1)
    return [code.alias("reply_code"), pl.when(code.is_not_null()).then(after).alias("reply_enhanced")]


def read(events: pl.DataFrame) -> pl.DataFrame:
    """Return the events with `reply` unfolded and `reply_code`, `reply_enhanced`, `template` and `quoted_ip` filled.

    `template` is null for events that refuse nothing; `quoted_ip` is our own IP as a remote server or a provider quotes
    it in a refusal.
    """
    events = _complete(events)
    asked = events.select("reply", "reply_by", "remote_ip").with_row_index("n")
    refused = events["event"].is_in(REFUSALS).fill_null(value=False)
    halves = [_refused(asked.filter(refused)), _accepted(asked.filter(~refused))]
    facts = halves[0] if refused.all() else pl.concat(halves).sort("n")
    return events.drop(_FACTS, strict=False).hstack(facts.drop("n"))


def quoted_ip(events: pl.DataFrame) -> pl.Series:
    """Return our own IP as the reply quotes it (`quoted_ip`), for events that `read` has read before."""
    by_other = pl.col("reply_by").is_in(["remote", "vendor"])
    asked = events.select("reply", "reply_by", "remote_ip", "template")
    distinct = asked.filter(by_other & pl.col("template").str.contains("<ip>", literal=True)).select("reply").unique()
    quotes = distinct.hstack(addresses(distinct["reply"], distinct["reply"].is_not_null()))
    joined = asked.join(quotes, on="reply", how="left", maintain_order="left")
    own = quoted(pl.col("_first"), pl.col("_second"), pl.col("remote_ip"))
    return joined.select(quoted_ip=pl.when(by_other).then(own)).to_series()


def _accepted(asked: pl.DataFrame) -> pl.DataFrame:
    """Read replies that refuse nothing: hardly two of them are equal, and no rule looks at them."""
    unfolded = asked.with_columns(unfold(asked["reply"]))
    none = {name: pl.lit(None, pl.String) for name in ("template", "quoted_ip")}
    return unfolded.with_columns(*codes(pl.col("reply")), **none).select("n", *_FACTS)


def _refused(asked: pl.DataFrame) -> pl.DataFrame:
    """Read refusals, each distinct one once."""
    distinct = asked.select("reply").unique()
    unfolded = unfold(distinct["reply"]).alias("unfolded")
    text = template(unfolded)
    quotes = addresses(unfolded, text.str.contains("<ip>", literal=True))
    distinct = distinct.with_columns(unfolded, text).hstack(quotes).hstack(_coded(unfolded))
    joined = asked.join(distinct, on="reply", how="left", nulls_equal=True, maintain_order="left")
    own = quoted(pl.col("_first"), pl.col("_second"), pl.col("remote_ip"))
    by_other = pl.col("reply_by").is_in(["remote", "vendor"])
    facts = joined.with_columns(reply="unfolded", quoted_ip=pl.when(by_other).then(own))
    by_us = (facts["reply_by"] == "local").fill_null(value=False)
    return (facts.with_columns(_bare()) if by_us.any() else facts).select("n", *_FACTS)


def _coded(unfolded: pl.Series) -> pl.DataFrame:
    """Return the codes of many replies: they stand at the front, and few fronts differ."""
    front = unfolded.str.head(_FRONT).alias("front").to_frame()
    known = front.unique().with_columns(codes(pl.col("front")))
    return front.join(known, on="front", how="left", nulls_equal=True, maintain_order="left").drop("front")


def _bare() -> pl.Expr:
    """Return the enhanced codes, also those that only our own MTA may write: without a code before them."""
    alone = pl.col("reply").str.head(12).str.extract(_ENHANCED, 1)
    by_us = pl.col("reply_by") == "local"
    return pl.coalesce("reply_enhanced", pl.when(by_us).then(alone)).alias("reply_enhanced")


def _complete(events: pl.DataFrame) -> pl.DataFrame:
    missing = [name for name in ("reply", "reply_by", "event", "remote_ip") if name not in events.columns]
    return events.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in missing)

"""What a reply says before any rule looks at it: code, enhanced code, template, and our own IP where it quotes it."""

import polars as pl

from bouncelake.replies.quoted import addresses, quoted
from bouncelake.replies.template import template
from bouncelake.replies.unfold import unfold, unframe

__all__ = ["REFUSALS", "codes", "quoted", "read", "template", "unfold", "unframe"]

ENHANCED = r"[245]\.[0-9]{1,3}\.[0-9]{1,3}"
_CODE = r"^([2-5][0-9]{2})(?:[ -]|$)"
_AFTER_CODE = rf"^[2-5][0-9]{{2}}[ -] *({ENHANCED})(?:[^0-9.]|\.$|\.[^0-9]|$)"
_AT_START = rf"^({ENHANCED})(?:[^0-9.]|$)"

_FACTS = ("reply", "reply_code", "reply_enhanced", "template", "quoted_ip")
REFUSALS = ("deferred", "bounced", "expired", "attempt", "suspended", "rejected", "probe", "suppressed")


def codes(reply: pl.Expr, reply_by: pl.Expr) -> list[pl.Expr]:
    """Return the expressions `reply_code` and `reply_enhanced` of an unfolded reply.

    The two are never derived from one another, and an enhanced code whose class disagrees is kept. Only our own MTA
    may write one without a code before it.
    """
    bare = pl.when(reply_by == "local").then(reply.str.extract(_AT_START, 1))
    return [
        reply.str.extract(_CODE, 1).cast(pl.Int16).alias("reply_code"),
        pl.coalesce(reply.str.extract(_AFTER_CODE, 1), bare).alias("reply_enhanced"),
    ]


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


def _accepted(asked: pl.DataFrame) -> pl.DataFrame:
    """Read replies that refuse nothing: hardly two of them are equal, and no rule looks at them."""
    unfolded = asked.with_columns(unfold(asked["reply"]))
    code = codes(pl.col("reply"), pl.col("reply_by"))
    return unfolded.select("n", "reply", *code, template=pl.lit(None, pl.String), quoted_ip=pl.lit(None, pl.String))


def _refused(asked: pl.DataFrame) -> pl.DataFrame:
    """Read refusals, each distinct one once."""
    keys = ["reply", "reply_by"]
    distinct = asked.select(keys).unique()
    unfolded = unfold(distinct["reply"]).alias("unfolded")
    text = template(unfolded)
    with_ip = text.str.contains("<ip>", literal=True)
    code = codes(pl.lit(unfolded), pl.col("reply_by"))
    distinct = distinct.with_columns(unfolded, text, *code).hstack(addresses(unfolded, with_ip))
    joined = asked.join(distinct, on=keys, how="left", nulls_equal=True, maintain_order="left")
    own = quoted(pl.col("_first"), pl.col("_second"), pl.col("remote_ip"))
    by_other = pl.col("reply_by").is_in(["remote", "vendor"])
    facts = joined.with_columns(reply="unfolded", quoted_ip=pl.when(by_other).then(own))
    return facts.select("n", *_FACTS)


def _complete(events: pl.DataFrame) -> pl.DataFrame:
    missing = [name for name in ("reply", "reply_by", "event", "remote_ip") if name not in events.columns]
    return events.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in missing)

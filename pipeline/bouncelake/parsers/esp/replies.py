"""Unpacks the receiver's reply from what a provider wrote around it, and tells whose words they are."""

import polars as pl

_AROUND = (
    r"(?i)^[ \t\r\n]*(?:(?:smtp|dns|x-[a-z-]+) *; *|(?:550 )?RecipientError: *|undefined +"
    r"|(?:action: failed|status: [0-9.]+)[\r\n]+|diagnostic-code: *)"
)
_QUOTED = r"(?is)^[ \t]*(?:sent|delivered|bounced|soft bounce|hard bounce|deferred|error) *\((.*)\)[ \t\r\n]*$"
_CODE = r"^[2-5][0-9]{2}(?:[ -]|$)"
_PAIR = r"(?:^|[^0-9.])((?:2[0-9]{2}[ -]2|4[0-9]{2}[ -]4|5[0-9]{2}[ -]5)\.[0-9]{1,3}\.[0-9]{1,3})(?:[^0-9.]|$|\.[^0-9])"
_ENHANCED = r"^[245]\.[0-9]{1,3}\.[0-9]{1,3}(?:[^0-9.]|$)"
_FOLDED = r"[\r\n]+[ \t]*(?:[245]\.[0-9]{1,3}\.[0-9]{1,3})[ \t]+"
_FRAME = r"(?is)^(?:[^:]{0,200} (?:said|returned|responded)|smtp error from remote mail server[^:]*): *"
_REAL = r"^[2-5][0-9]{2}$"
_INTERNAL = "[internal]"
_ODD = r"^[2-5][0-9]{2} RecipientError|\[internal\]"


def unpacked(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with `reply` as the receiver wrote it, `reply_by` filled, and the codes that stand beside it.

    A reply whose code the provider took off gets it back in front. A text with an SMTP code of the receiver is
    `remote`, unless the provider marked it as its own; other words are the `vendor`'s.
    """
    asked = rows.select("reply", "reply_by", "given_code", "given_enhanced")
    asked = asked.with_columns(pl.col("reply").str.strip_prefix("smtp;").str.strip_chars())
    plain = pl.col("reply").str.contains(_CODE) & ~pl.col("reply").str.contains(_ODD)
    asked = asked.with_columns(plain=plain.fill_null(value=False))
    simple = asked.with_columns(
        reply=pl.when(pl.col("reply") != "").then("reply"),
        reply_by=pl.when(pl.col("plain")).then(pl.coalesce("reply_by", pl.lit("remote"))),
    ).drop("plain")
    odd = asked.select((~pl.col("plain") & (pl.col("reply") != "")).fill_null(value=False).arg_true()).to_series()
    if not odd.is_empty():
        slow = _unpacked(asked.drop("plain")[odd])
        simple = simple.with_columns(simple[name].scatter(odd, slow[name]) for name in simple.columns)
    return rows.with_columns(simple)


def _unpacked(asked: pl.DataFrame) -> pl.DataFrame:
    """Read replies that do not simply begin with their code, each distinct one once."""
    distinct = asked.unique(maintain_order=True)
    text = pl.col("reply")
    for _ in range(3):
        text = text.str.replace(_AROUND, "").str.replace(_QUOTED, "${1}")
    text = text.str.strip_chars()
    bare = text.str.replace(_FRAME, "")
    framed = text.str.contains(_FRAME) & bare.str.contains(_CODE)
    told = distinct.with_columns(reply=pl.when(framed).then(bare).when(text != "").then(text))
    read = _with_codes(told).rename({name: f"read_{name}" for name in told.columns})
    keys = asked.columns
    joined = asked.join(distinct.hstack(read), on=keys, how="left", nulls_equal=True, maintain_order="left")
    return joined.select(pl.col(f"read_{name}").alias(name) for name in keys)


def _with_codes(rows: pl.DataFrame) -> pl.DataFrame:
    reply, code = pl.col("reply"), pl.col("given_code").cast(pl.String)
    code = pl.when(code.str.contains(_REAL)).then(code)
    pair = reply.str.extract(_PAIR, 1)
    coded, internal = reply.str.contains(_CODE), reply.str.contains(_INTERNAL, literal=True)
    enhanced = pl.when(~reply.str.contains(_ENHANCED)).then("given_enhanced")
    unfolded = reply.str.replace_all(_FOLDED, " ")
    front = pl.concat_str(code, enhanced, unfolded, separator=" ", ignore_nulls=True)
    by = (
        pl.when(reply.is_null()).then(None)
        .when(pl.col("reply_by").is_not_null()).then("reply_by")
        .when(internal).then(pl.lit("vendor"))
        .when(coded | pair.is_not_null() | code.is_not_null()).then(pl.lit("remote"))
        .otherwise(pl.lit("vendor"))
    )  # fmt: skip
    fronted = ~coded.fill_null(value=True) & pair.is_null() & code.is_not_null()
    return rows.with_columns(
        reply=pl.when(fronted & (by == "remote")).then(front).otherwise("reply"),
        reply_by=by,
        # The codes of words in the middle of a sentence still are the receiver's.
        given_code=pl.coalesce(pair.str.head(3), code).cast(pl.Int16),
        given_enhanced=pl.coalesce(pair.str.slice(4), pl.col("given_enhanced")),
    )

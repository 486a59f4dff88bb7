"""Finds our own IP where a receiving server quotes it: for many logs the only place that tells it."""

import polars as pl

from bouncelake.replies.where import where

_TOKEN4 = r"[0-9A-Za-z_-]*[0-9]+(?:\.[0-9A-Za-z_-]+)+"
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IP4 = rf"^{_OCTET}(?:\.{_OCTET}){{3}}$"
_TOKEN6 = r"[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{0,4}){2,7}"
_MAYBE_6 = r"[0-9a-fA-F]:[0-9a-fA-F]*:[0-9a-fA-F]*:"
_IP6 = r"^[23][0-9a-fA-F]{3}(?:(?::[0-9a-fA-F]{1,4}){7}|[0-9a-fA-F:]*::[0-9a-fA-F:]*)$"

# Private, shared, loopback, link-local and multicast ranges; the documentation ranges count as public. 4.16.55.x is
# how Yahoo numbers its own answers.
_NOT_OURS = (
    r"^(?:0|10|127)\.|^192\.168\.|^169\.254\.|^172\.(?:1[6-9]|2[0-9]|3[01])\.|^4\.16\.5[0-9]\."
    r"|^100\.(?:6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|^(?:22[4-9]|2[3-5][0-9])\."
)
_OTHER_HOST = r"(?i)host [^ ]+\[[^\]]*\] said:"


def addresses(replies: pl.Series, asked: pl.Series) -> pl.DataFrame:
    """Return the first two public addresses that each reply quotes, as columns `_first` and `_second`.

    Only replies that are `asked` for are looked into; the rest get null.
    """
    frame = pl.DataFrame({"n": pl.int_range(len(replies), eager=True), "text": replies})
    some = frame.filter(asked.fill_null(value=False))
    quoting = some["text"].str.contains("] said:", literal=True)
    own = where(some["text"], quoting, lambda texts: texts.str.replace_all(_OTHER_HOST, " "))
    long = own.str.contains(_MAYBE_6)
    tokens = pl.concat(
        [
            pl.DataFrame({"n": some["n"], "token": own.str.extract_all(_TOKEN4)}),
            pl.DataFrame({"n": some["n"].filter(long), "token": own.filter(long).str.extract_all(_TOKEN6)}),
        ]
    )
    token = pl.col("token")
    four = token.str.contains(_IP4) & ~token.str.contains(_NOT_OURS)
    found = tokens.explode("token").drop_nulls("token").filter(four | token.str.contains(_IP6))
    found = found.with_columns(token.str.to_lowercase()).unique(maintain_order=True)
    pair = found.group_by("n").agg(_first=token.first(), _second=token.get(1, null_on_oob=True))
    return frame.select("n").join(pair, on="n", how="left", maintain_order="left").select("_first", "_second")


def quoted(first: pl.Expr, second: pl.Expr, remote_ip: pl.Expr) -> pl.Expr:
    """Return the first quoted address that is not the receiving server's own."""
    return pl.when(first.eq_missing(remote_ip)).then(second).otherwise(first)

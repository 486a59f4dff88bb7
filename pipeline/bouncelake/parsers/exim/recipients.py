"""Addresses on outcome lines: `FINAL[ (PARENT[, PARENT...])][ <ORIGINAL>]`."""

import polars as pl

from bouncelake.parsers.exim import grammar

PLAIN = rf"(?<address>{grammar.PLAIN})(?: \((?<parents>[!-'*-~]+)\))?(?: <(?<original>{grammar.PLAIN})>)?"
"""Addresses without blanks."""
LOOSE = rf"(?<address>.+?)(?: \((?<parents>[^()]*)\))?(?: <(?<original>{grammar.ADDRESS}|.*?)>)?"
"""A pipe's command or a quoted local part may hold anything."""

_THROWN = r"^(?::blackhole:|blackhole|discarded)(?: |$)"
SIMPLE = rf"^{grammar.PLAIN}@[0-9A-Za-z.-]+$"
"""A whole address that needs no thought."""
_TARGET = r"^(?:\||/|save |>)"


def thrown() -> pl.Expr:
    """Tell the lines whose mail was thrown away."""
    return pl.col("address").str.contains(_THROWN)


def automatic() -> pl.Expr:
    """Tell the lines that answered a message instead of delivering it."""
    return pl.col("address").str.starts_with(">")


def named(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with `recipient` and `original_recipient`; a line without an address gets none.

    A router lower-cases the local part; the case as it came stands in the original address. A pipe, a file or a bare
    local part is told by the address that led to it.
    """
    plain = frame.select(_PLAIN).to_series()
    told = frame.with_columns(recipient="address", original_recipient=pl.lit(None, pl.String))
    if plain.all():
        return told
    return pl.concat([told.filter(plain), frame.filter(~plain).with_columns(_NAMED)])


_PLAIN = (pl.col("original").is_null() & pl.col("address").str.contains(SIMPLE)).fill_null(value=True)


def _named() -> list[pl.Expr]:
    address, original = pl.col("address"), pl.col("original")
    parent = pl.coalesce(pl.col("parents").str.extract("^([^, ]+)"), "original")
    same = address.str.to_lowercase() == original.str.to_lowercase()
    bare = ~address.str.contains("@", literal=True)
    mailbox = bare & parent.str.to_lowercase().str.starts_with(address.str.to_lowercase() + "@")
    indirect = address.str.contains(_TARGET) | thrown()
    recipient = (
        pl.when(same)
        .then(original)
        .when(indirect)
        .then(parent)
        .when(mailbox.fill_null(value=False))
        .then(parent)
        .otherwise(address)
    )
    other = original.str.to_lowercase() != recipient.str.to_lowercase()
    return [
        _quoted(recipient).alias("recipient"),
        pl.when(other).then(_quoted(original)).alias("original_recipient"),
    ]


def _quoted(address: pl.Expr) -> pl.Expr:
    """Quote a local part with a blank, which Exim leaves bare in the final address."""
    odd = address.str.contains(r'^[^"]*[ ()<>\\,;:][^"]*@[^@ ]+$')
    return pl.when(odd).then(address.str.replace(r"^(.*)@([^@]+)$", '"${1}"@${2}')).otherwise(address)


_NAMED = _named()

"""The pieces of Postfix's log grammar, and the two ways to take records apart.

Every kind of line has a fast path (an ASCII grammar checked by a match without groups, then splits at literals) and a
slow one (a Unicode regex with groups) for the records that the first one leaves over: quoted local parts, SMTPUTF8.
"""

import polars as pl

# A short id begins with microseconds in hex, a long one with seconds in base 52: a digit for many decades to come.
# The class of the first character keeps words such as `warning` out.
QUEUE_ID = r"[0-9A-F][0-9A-Za-z]{5,}"

# An address that needs no thought: ASCII, no blank, quote or angle bracket.
PLAIN = r"[!#-;=?-~]*"

# As Postfix writes any address since 3.5: a local part with odd characters is quoted.
ADDRESS = r'"(?:[^"\\]|\\.)*"@[^<> ]*|[^<>" ]*'

# Postfix keeps this many bytes of a record; a longer one has lost its end.
CUT = 2000

_PRIVATE = (
    r"^(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2[0-9]|3[01])\.|169\.254\.|::1$"
    r"|[fF][cCdD][0-9A-Fa-f]{2}:|[fF][eE][89abAB][0-9A-Fa-f]:)"
)


def private(column: str) -> pl.Expr:
    """Tell which IPs are loopback, private or link-local; null stays null."""
    return pl.col(column).str.contains(_PRIVATE)


def split(frame: pl.DataFrame, column: str, at: str, left: str, right: str) -> pl.DataFrame:
    """Return the frame with the parts of a column left and right of the first `at`; without one, `right` is null."""
    parts = pl.col(column).str.splitn(at, 2).struct.rename_fields([left, right])
    return frame.with_columns(parts.struct.field(left), parts.struct.field(right))


def extract(frame: pl.DataFrame, column: str, names: tuple[str, ...], *patterns: str) -> pl.DataFrame:
    """Return the records that one of the patterns matches, with its groups as columns; earlier patterns win.

    The order of the records is lost; a group that took no part is null.
    """
    found = []
    for pattern in patterns:
        matches = frame[column].str.contains(pattern)
        hits = frame.filter(matches)
        groups = hits[column].str.extract_groups(pattern).struct.rename_fields(list(names)).struct.unnest()
        found.append(hits.hstack(groups))
        frame = frame.filter(~matches)
    return pl.concat(found)


def null_sender(column: str) -> pl.Expr:
    """Return the address column with the empty address written `<>`."""
    return pl.when(pl.col(column) == "").then(pl.lit("<>")).otherwise(pl.col(column)).alias(column)


def known(column: str) -> pl.Expr:
    """Return the column with the words that Postfix writes for "not known" as null."""
    words = pl.col(column)
    return pl.when(words.is_in(["", "unknown", "(unavailable)"])).then(None).otherwise(words).alias(column)

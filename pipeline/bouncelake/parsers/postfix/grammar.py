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


def address(bracket: str) -> pl.Expr:
    """Return the IP in a relay's brackets; null for the path of a socket."""
    return pl.when(~pl.col(bracket).str.contains("/", literal=True)).then(pl.col(bracket))


def fields(column: str, at: str, names: tuple[str, ...]) -> pl.Expr:
    """Return the pieces between all `at` as columns; the last one holds the rest, those that are missing are null."""
    return pl.col(column).str.splitn(at, len(names)).struct.rename_fields(list(names)).struct.unnest()


def halves(column: str, at: str, left: str, right: str) -> pl.Expr:
    """Return two columns: what stands left and right of the first `at`; without one, `right` is null."""
    return fields(column, at, (left, right))


def split(frame: pl.DataFrame, *steps: tuple[tuple[str, str, str, str], ...]) -> pl.DataFrame:
    """Return the frame with columns split in steps; each step holds the arguments of `halves`."""
    for step in steps:
        frame = frame.with_columns(halves(*one) for one in step)
    return frame


def groups(column: str, names: tuple[str, ...], pattern: str) -> pl.Expr:
    """Return the groups of a pattern as columns; all are null where it does not match."""
    return pl.col(column).str.extract_groups(pattern).struct.rename_fields(list(names)).struct.unnest()


def extract(frame: pl.DataFrame, column: str, names: tuple[str, ...], *patterns: str) -> pl.DataFrame:
    """Return the records that one of the patterns matches, with its groups as columns; earlier patterns win.

    The order of the records is lost; a group that took no part is null. Each pattern needs a group that always does.
    """
    found = []
    for pattern in patterns:
        tried = frame.with_columns(groups(column, names, pattern))
        missed = tried.select(pl.all_horizontal(pl.col(name).is_null() for name in names)).to_series()
        found.append(tried.filter(~missed))
        if not missed.any():
            break
        frame = frame.filter(missed)
    return found[0] if len(found) == 1 else pl.concat(found)


def null_sender(column: str) -> pl.Expr:
    """Return the address column with the empty address written `<>`."""
    return pl.when(pl.col(column) == "").then(pl.lit("<>")).otherwise(pl.col(column)).alias(column)


def known(value: pl.Expr) -> pl.Expr:
    """Return the value, null where it is one of the words that Postfix writes for "not known"."""
    return pl.when(~value.is_in(["", "unknown", "(unavailable)"])).then(value)

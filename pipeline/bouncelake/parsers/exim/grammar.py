"""The pieces of Exim's log grammar.

Every kind of line has a fast pattern (ASCII, anchored) and a loose one (Unicode) for the lines it leaves over: quoted
local parts, pipes, SMTPUTF8. Named groups become columns.
"""

from dataclasses import dataclass

import polars as pl

from bouncelake.schema import INSTANT

ID = r"[0-9A-Za-z]{6}-(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{11}-[0-9A-Za-z]{4})"
"""A message id: 6-6-2 characters up to Exim 4.96, 6-11-4 since; the first six are the second of arrival."""

PLAIN = r"[!#-;=?-~]+"
"""An address that needs no thought: ASCII, no blank, quote or angle bracket."""

ADDRESS = r'"(?:[^"\\]|\\.)*"(?:@[^<> ]*)?|[^<>" ]*'
"""Any address between angle brackets: a local part with odd characters is quoted."""

IP = r"[0-9A-Fa-f.:]+"
TIME = r"[0-9wdhms.]+"

SERVER = (
    rf"(?: H=(?<remote_host>[^ \[]+)(?: DS)?(?: \[(?<remote_ip>{IP})\](?::(?<remote_port>[0-9]+))?)?\*?)?"
    r"(?: PRX=[^ ]+)?"
    rf"(?: I=\[(?<local_ip>{IP})\](?::[0-9]+)?)?"
)
"""The server of an outgoing connection, and our own end of it."""

PEER = rf"(?:(?<client_host>[^ ()\[\]]+) )?(?:\((?<helo>.*?)\) )?\[(?<client_ip>{IP})\](?::[0-9]+)?"
"""The client of an incoming connection: verified name, HELO, IP. The HELO may be anything, even another peer's text."""
PLAIN_PEER = rf"(?:(?<client_host>[!-'*-Z^-~]+) )?(?:\((?<helo>[!-'*-~]*)\) )?\[(?<client_ip>{IP})\](?::[0-9]+)?"
ENDS = rf"(?: I=\[{IP}\](?::[0-9]+)?)?(?: TFO\*?)?"
"""Our own end of an incoming connection."""
TLS = r'(?: X=(?<tls>[^ ]+))?(?: CV=[a-z]+)?(?: DN="(?:[^"\\]|\\.)*")?'

_UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_NO_GROUP = pl.all_horizontal(pl.all().is_null())
_EACH_BYTE = 0x0101010101010101
_EVEN_BYTES = 0x00FF00FF00FF
_PRIVATE = (
    r"^(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2[0-9]|3[01])\.|169\.254\.|::1$"
    r"|[fF][cCdD][0-9A-Fa-f]{2}:|[fF][eE][89abAB][0-9A-Fa-f]:)"
)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern over a column: its named groups as columns, and a literal that each line it matches must hold."""

    column: str
    groups: pl.Expr
    needs: str | None


def pattern(column: str, regex: str, *, before: str = "", needs: str | None = None) -> Pattern:
    """Return the pattern, made ready once: to compile it costs as much as to read a thousand lines.

    `before` is put before the column's text.
    """
    text = (before + pl.col(column)).fill_null("") if before else pl.col(column)
    return Pattern(column, text.str.extract_groups(regex).struct.unnest(), needs)


def extract(frame: pl.DataFrame, *patterns: Pattern) -> pl.DataFrame:
    """Return the lines that one of the patterns matches, with its named groups as columns; earlier patterns win.

    The order of the lines is lost. A group that took no part is null, or empty; each pattern has one that always does.
    """
    found = []
    for each in patterns:
        if each.needs is not None and not frame[each.column].str.contains(each.needs, literal=True).any():
            continue
        groups = frame.select(each.groups)
        missed = groups.select(_NO_GROUP).to_series()
        tried = frame.drop(groups.columns, strict=False).hstack(groups)
        if not missed.any():
            found.append(tried)
            break
        found.append(tried.filter(~missed))
        frame = frame.filter(missed)
    return found[0] if len(found) == 1 else pl.concat(found, how="diagonal")


def distinct(frame: pl.DataFrame, pattern: Pattern, *more: pl.Expr) -> pl.DataFrame:
    """Return the frame with the pattern's groups as columns, each distinct text read once; `read` tells which were.

    What stands between the addresses and the reply is the same on many lines; `more` is worked out there too.
    """
    texts = frame.select(pattern.column).unique()
    groups = texts.select(pattern.groups)
    told = texts.hstack(groups.with_columns(read=~_NO_GROUP)).with_columns(*more)
    return frame.join(told, on=pattern.column, how="left", nulls_equal=True, maintain_order="left")


def halves(column: str, at: str, left: str, right: str) -> pl.Expr:
    """Return two columns: what stands left and right of the first `at`; without one, `right` is null."""
    return pl.col(column).str.splitn(at, 2).struct.rename_fields([left, right]).struct.unnest()


def near(column: str) -> pl.Expr:
    """Tell which IPs are loopback, private or link-local; null stays null."""
    return pl.col(column).str.contains(_PRIVATE)


def filled(frame: pl.DataFrame, *names: str) -> pl.DataFrame:
    """Return the frame with these columns of text, null where it had none."""
    missing = set(names).difference(frame.columns)
    return frame.with_columns(pl.lit(None, pl.String).alias(name) for name in missing) if missing else frame


def null_sender(column: str) -> pl.Expr:
    """Return the address column with the empty address written `<>`."""
    return pl.when(pl.col(column).is_in(["", "<>"])).then(pl.lit("<>")).otherwise(pl.col(column)).alias(column)


def seconds(durations: pl.Series) -> pl.Series:
    """Return the seconds of durations such as `0.132s`, `7s`, `1m3s` or `1w2d4h5m`."""
    if durations.null_count() == len(durations):
        return durations.cast(pl.Float64)
    column = durations.alias("text").to_frame()
    plain = pl.col("text").str.strip_suffix("s").cast(pl.Float64, strict=False)
    parts = [
        pl.col("text").str.extract(rf"([0-9.]+){unit}").cast(pl.Float64, strict=False).fill_null(0) * length
        for unit, length in _UNITS.items()
    ]
    told = column.with_columns(plain=plain)
    if told["plain"].null_count() > durations.null_count():
        told = told.with_columns(
            pl.coalesce("plain", pl.when(pl.col("text").is_not_null()).then(pl.sum_horizontal(parts))).alias("plain")
        )
    return told["plain"]


def _arrival() -> tuple[pl.Expr, ...]:
    """Return the steps that lead to the second an id begins with: its six digits are read as one number's bytes."""
    text, letter, digits, pairs = (pl.col(name) for name in ("text", "letter", "digits", "pairs"))
    first, second, third = (pairs // 65536**place % 65536 for place in range(3))
    seconds = ((first * 3844 + second) * 3844 + third).cast(pl.Int64)
    return (
        (pl.col("id").str.head(6) + "00").cast(pl.Binary).bin.reinterpret(dtype=pl.UInt64).alias("text"),
        ((text // 64) & _EACH_BYTE).alias("letter"),
        (text - 48 * _EACH_BYTE - 7 * letter - 6 * ((text // 32) & letter)).alias("digits"),
        ((digits & _EVEN_BYTES) * 62 + ((digits // 256) & _EVEN_BYTES)).alias("pairs"),
        (seconds * 1_000_000).cast(INSTANT).alias("arrived"),
    )


_ARRIVAL = _arrival()


def arrivals(ids: pl.Series) -> pl.Series:
    """Return the second of arrival (UTC) that each id begins with."""
    frame = ids.to_frame("id")
    for step in _ARRIVAL:
        frame = frame.with_columns(step)
    return frame["arrived"]

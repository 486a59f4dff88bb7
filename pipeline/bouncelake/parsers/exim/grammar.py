"""The pieces of Exim's log grammar.

Every kind of line has a fast pattern (ASCII, anchored) and a loose one (Unicode) for the lines it leaves over: quoted
local parts, pipes, SMTPUTF8. Named groups become columns.
"""

import polars as pl

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
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PRIVATE = (
    r"^(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2[0-9]|3[01])\.|169\.254\.|::1$"
    r"|[fF][cCdD][0-9A-Fa-f]{2}:|[fF][eE][89abAB][0-9A-Fa-f]:)"
)


def extract(frame: pl.DataFrame, column: str, *patterns: str) -> pl.DataFrame:
    """Return the lines that one of the patterns matches, with its named groups as columns; earlier patterns win.

    The order of the lines is lost. A group that took no part is null, or empty; each pattern has one that always does.
    """
    found = []
    for pattern in patterns:
        groups = frame.select(pl.col(column).str.extract_groups(pattern).struct.unnest())
        missed = groups.select(pl.all_horizontal(pl.all().is_null())).to_series()
        tried = frame.drop(groups.columns, strict=False).hstack(groups)
        if not missed.any():
            found.append(tried)
            break
        found.append(tried.filter(~missed))
        frame = frame.filter(missed)
    return found[0] if len(found) == 1 else pl.concat(found, how="diagonal")


def distinct(frame: pl.DataFrame, column: str, *patterns: str) -> pl.DataFrame:
    """Return the frame with the patterns' groups as columns, each distinct text read once; `read` tells which were.

    What stands between the addresses and the reply is the same on many lines.
    """
    texts = frame.select(column).unique()
    told = extract(texts, column, *patterns).with_columns(read=pl.lit(value=True))
    joined = frame.join(told, on=column, how="left", nulls_equal=True, maintain_order="left")
    return joined.with_columns(pl.col("read").fill_null(value=False))


def halves(column: str, at: str, left: str, right: str) -> pl.Expr:
    """Return two columns: what stands left and right of the first `at`; without one, `right` is null."""
    return pl.col(column).str.splitn(at, 2).struct.rename_fields([left, right]).struct.unnest()


def near(column: str) -> pl.Expr:
    """Tell which IPs are loopback, private or link-local; null stays null."""
    return pl.col(column).str.contains(_PRIVATE)


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


def arrivals(ids: pl.Series) -> pl.Series:
    """Return the second of arrival (UTC) that each id begins with."""
    stamps = ids.str.head(6).alias("stamp").to_frame()
    distinct = stamps.unique()
    codes = [
        pl.col("stamp").str.slice(place, 1).replace_strict(list(_DIGITS), range(62), return_dtype=pl.Int64)
        * 62 ** (5 - place)
        for place in range(6)
    ]
    instants = pl.from_epoch(pl.sum_horizontal(codes), "s").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    told = distinct.with_columns(instants.alias("arrived"))
    return stamps.join(told, on="stamp", how="left", maintain_order="left")["arrived"]

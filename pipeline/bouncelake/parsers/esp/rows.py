"""What every provider's reader makes: rows of `ROW`, tied to their value by `n`; how times and names are read."""

import polars as pl

from bouncelake.schema import EVENTS, INSTANT

_EVENT_COLUMNS = (
    "ts", "event", "final", "asynchronous", "direction", "recipient", "sender", "message_id", "vendor_event_id",
    "instance", "service", "host", "provider", "remote_host", "remote_ip", "local_ip", "client_host", "client_ip",
    "stage", "delay", "size", "tls", "dsn", "reply", "reply_by", "source_event", "source_class", "campaign", "tags",
)  # fmt: skip

ROW = pl.Schema(
    {"n": pl.UInt32()}
    | {name: EVENTS.polars()[name] for name in _EVENT_COLUMNS}
    | {
        "message": pl.String(),
        "key": pl.String(),
        "given_code": pl.Int16(),
        "given_enhanced": pl.String(),
        "alone": pl.Boolean(),
    }
)
"""`message` is the provider's id of the message, `key` what makes the event one, in the provider's own terms.

`given_code` and `given_enhanced` are those that the provider gives beside the text of a reply. `alone` is true where an
event without a recipient is complete. The event may also be one of `NO_EVENTS`.
"""

CONTEXT, FOREIGN = "context", "foreign"
"""Values that are understood and are no event: about the account or the subscription; about mail that came in."""


def made(values: pl.DataFrame, **columns: pl.Expr) -> pl.DataFrame:
    """Return rows with these columns of `ROW`; the others are null."""
    given = [expression.cast(ROW[name], strict=False).alias(name) for name, expression in columns.items()]
    rest = [pl.lit(None, dtype).alias(name) for name, dtype in ROW.items() if name not in columns and name != "n"]
    return values.select("n", *given, *rest).select(ROW.names())


def word(text: pl.Expr, words: dict[str, str], default: str = "other") -> pl.Expr:
    """Return our event for the provider's word; a word that is not known is `other`."""
    return text.replace_strict(words, default=default, return_dtype=pl.String)


def of(part: str, *names: str) -> pl.Expr:
    """Return a field inside an object."""
    column = pl.col(part)
    for name in names:
        column = column.struct.field(name)
    return column


def filled(text: pl.Expr) -> pl.Expr:
    """Return the text, null where it is empty."""
    return pl.when(text.str.strip_chars() != "").then(text)


def iso(text: pl.Expr) -> pl.Expr:
    """Read `2026-11-25T10:00:00.1234567+01:00`: any number of digits, blank or `T`, with or without zone (UTC then)."""
    return text.map_batches(_iso, return_dtype=INSTANT)


def _iso(text: pl.Series) -> pl.Series:
    seconds = text.str.head(19).str.replace(" ", "T", literal=True)
    behind = text.str.slice(19)
    # Hardly two fractions are equal in a short time, but their number is limited, and most are the same `Z`.
    tails = behind.unique().to_frame("tail").with_columns(shift=_shift(pl.col("tail")))
    shift = behind.to_frame("tail").join(tails, on="tail", how="left", maintain_order="left")["shift"]
    at = seconds.str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="us", strict=False)
    return (at + shift).dt.replace_time_zone("UTC")


def _shift(tail: pl.Expr) -> pl.Expr:
    """Return what `.1234567+01:00` adds to the seconds; null for a tail that is none."""
    micros = tail.str.extract(r"^\.([0-9]{1,6})", 1).str.pad_end(6, "0").cast(pl.Int64).fill_null(0)
    zone = tail.str.extract_groups(r"^(?:\.[0-9]+)? ?([+-])([0-9]{2}):?([0-9]{2})$").struct.rename_fields(
        ["sign", "h", "m"]
    )
    minutes = zone.struct.field("h").cast(pl.Int64) * 60 + zone.struct.field("m").cast(pl.Int64)
    ahead = pl.when(zone.struct.field("sign") == "-").then(-minutes).otherwise(minutes).fill_null(0)
    fits = tail.str.contains(r"^(?:\.[0-9]+)? ?(?:Z|z|UTC|[+-][0-9]{2}:?[0-9]{2})?$")
    return pl.when(fits).then(pl.duration(microseconds=micros, minutes=-ahead))


def epoch(text: pl.Expr) -> pl.Expr:
    """Read seconds since 1970 with decimals; what can only be milliseconds or microseconds is read as such."""
    # A double is exact to a quarter of a microsecond here.
    number = text.cast(pl.Float64, strict=False)
    scale = pl.when(number < 1e11).then(1_000_000.0).when(number < 1e14).then(1_000.0).otherwise(1.0)
    micros = (number * scale).round()
    fits = micros.is_between(0, 1e17)
    return pl.from_epoch(pl.when(fits).then(micros).cast(pl.Int64), "us").dt.replace_time_zone("UTC").cast(INSTANT)


def instant(text: pl.Expr) -> pl.Expr:
    """Read a time that is written either way."""
    return pl.coalesce(epoch(text), iso(text))


def address(text: pl.Expr) -> pl.Expr:
    """Return the address inside `Name <local@domain>`; `<>` stays."""
    return text.map_batches(_address, return_dtype=pl.String)


def _address(text: pl.Series) -> pl.Series:
    bare = text.str.strip_chars()
    named = bare.str.contains("<", literal=True).fill_null(value=False)
    if named.any():
        places = named.arg_true()
        # A list is sent under few names.
        some = bare.gather(places).to_frame("text")
        told = some.unique().with_columns(inner=pl.col("text").str.extract(r"<([^<>]+)>\s*$", 1))
        inner = some.join(told, on="text", how="left", maintain_order="left").select(pl.coalesce("inner", "text"))
        bare = bare.scatter(places, inner.to_series())
    return bare.set(bare == "", None)


def listed(column: pl.Expr) -> pl.Expr:
    """Read JSON that is one text or a list of texts as a list; null stays null."""
    many = column.str.contains(r"^\s*\[")
    inner = (
        column.str.strip_chars("[] \n")
        .str.extract_all(r'"((?:[^"\\]|\\.)*)"')
        .list.eval(pl.element().str.strip_chars('"'))
    )
    return pl.when(many).then(inner).when(column != "").then(pl.concat_list(column))


def pairs(column: pl.Expr) -> pl.Expr:
    """Return a column decoded as MAP as texts `key=value`."""
    entries = column.cast(pl.List(pl.Struct({"key": pl.String, "value": pl.String})))
    text = pl.concat_str(
        pl.element().struct.field("key"),
        pl.lit("="),
        pl.element().struct.field("value").str.replace(r'^\["(.*)"\]$', "${1}"),
    )
    return pl.when(entries.list.len() > 0).then(entries.list.eval(text))


def key(*parts: pl.Expr | str) -> pl.Expr:
    """Join what makes an event one; a missing part is empty."""
    columns = (pl.col(part) if isinstance(part, str) else part for part in parts)
    return pl.concat_str((column.cast(pl.String).fill_null("") for column in columns), separator="\x1f")

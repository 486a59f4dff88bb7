"""Takes delivery records of every agent and version apart, into the fields that they have in common."""

import polars as pl

from bouncelake.parsers.postfix import grammar

WORDS = ("undeliverable-but-not-cached", "undeliverable", "deliverable", "SOFTBOUNCE", "deferred", "bounced", "sent")
"""Every status of a delivery; none stands behind one that it begins with."""

_WORDS = "|".join(WORDS)

_BESIDE = ("row", "queue_id", "service")
# The fields of a record that can be split at its commas; no field holds a blank.
_FIELDS = {
    "to": rf"^to=<{grammar.PLAIN}>$",
    "orig_to": rf"^orig_to=<{grammar.PLAIN}>$",
    "relay": r"^relay=[!-+\--Z\\^-~]*(?:\[[!-+\--Z\\^-~]*\](?::[0-9]+)?)?$",
    "conn_use": r"^conn_use=[0-9]+$",
    "delay": r"^delay=[0-9.]+$",
    "delays": r"^delays=[0-9./]+$",
    "tls": r"^tls=[!-+\--~]+$",
    "dsn": r"^dsn=[0-9.]+$",
    "status": rf"^status=(?:{_WORDS}) \(",
}
_SENT = "status=sent ("
# What most records are, the more usual first.
_SHAPES = tuple(
    tuple(shape.split())
    for shape in (
        "to relay delay delays dsn status",
        "to relay conn_use delay delays dsn status",
        "to orig_to relay delay delays dsn status",
        "to relay delay delays tls dsn status",
    )
)
# What stands left of `, relay=` in all others that can be split at their commas: no address holds a blank.
_PLAIN = rf"^to=<{grammar.PLAIN}>(?:, orig_to=<{grammar.PLAIN}>)?$"
_ANY = (
    rf"(?s)^to=<?({grammar.ADDRESS}|.*?)>?(?:, orig_to=<?({grammar.ADDRESS}|.*?)>?)?"
    r", relay=([^,\[\]]*)(?:\[([^\]]*)\](?::([0-9]+))?)?(?:, conn_use=[0-9]+)?"
    r", delay=([0-9.]+)(?:, delays=[0-9./]+)?(?:, tls=([^ ,]+))?(?:, dsn=([0-9.]+))?(?:, [a-z_]+=[^ ,]*)*"
    rf", status=({_WORDS})(?: ?$| \((.*)$)"
)
_NAMES = (
    *("recipient", "original_recipient", "name", "bracket", "port", "delay", "tls", "dsn"),
    *("source_event", "reason"),
)
_WITHOUT_RECIPIENT = rf"(?s)^status=({_WORDS}) \((.*)$"

_RELAY = ("name", "bracket", "remote_host", "remote_ip", "remote_port")
_TYPES = {"row": pl.UInt32(), "length": pl.UInt32(), "delay": pl.Float64(), "remote_port": pl.Int32()}
_NOTHING = pl.DataFrame(
    schema={
        name: _TYPES.get(name, pl.String())
        for name in (*_BESIDE, "length", *_NAMES[:2], *_RELAY, "delay", "tls", "dsn", "source_event", "reason")
    }
)


def taken_apart(records: pl.DataFrame) -> pl.DataFrame:
    """Return the fields of delivery records: split at their commas where that is safe, else by the whole grammar.

    `remote_host` and `remote_ip` are those of a TCP connection, `bracket` may also be a socket of our own, and `reason`
    is what stands behind the opening parenthesis. The order of the records is lost, and those that break the grammar.
    """
    found = [_NOTHING]
    for shape in _SHAPES:
        frame = _split(records, shape)
        usual = frame.drop_in_place("usual")
        if usual.any():
            found.append(_usual(frame.filter(usual), shape))
            records = records.filter(~usual)
        if records.is_empty():
            break
    else:
        found += _unusual(records)
    return pl.concat(found, how="diagonal")


def _split(records: pl.DataFrame, shape: tuple[str, ...]) -> pl.DataFrame:
    """Split records at their commas as if all were of this shape, and tell which of them are."""
    frame = records.select(*_BESIDE, _length(), grammar.fields("rest", ", ", shape))
    frame = frame.join(_relays(frame), on="relay", how="left", maintain_order="left").drop("relay")
    fits = [pl.col(name).str.contains(_FIELDS[name]) for name in shape if name != "relay"]
    usual = pl.all_horizontal(pl.col("name").is_not_null(), *fits).fill_null(value=False)
    return frame.with_columns(usual=usual)


def _relays(frame: pl.DataFrame) -> pl.DataFrame:
    """Take the relays apart, of which there are few; `name` is null for those that have another form."""
    relays = frame.select(pl.col("relay").unique()).filter(pl.col("relay").str.contains(_FIELDS["relay"]))
    relays = relays.with_columns(grammar.halves("relay", "[", "name", "bracket"))
    relays = relays.with_columns(
        pl.col("name").str.strip_prefix("relay="), grammar.halves("bracket", "]", "bracket", "port")
    )
    return _placed(relays)


def _placed(frame: pl.DataFrame) -> pl.DataFrame:
    """Name the relay: host and IP of a TCP connection; a path in the brackets is a socket of our own."""
    return frame.with_columns(
        remote_host=pl.when(pl.col("bracket").is_not_null()).then("name"),
        remote_ip=grammar.address("bracket"),
        remote_port=pl.col("port").str.strip_prefix(":").cast(pl.Int32, strict=False),
    ).drop("port")


def _usual(frame: pl.DataFrame, shape: tuple[str, ...]) -> pl.DataFrame:
    sent = pl.col("status").str.starts_with(_SENT)
    frame = frame.with_columns(other=pl.when(~sent).then("status"))
    frame = frame.with_columns(grammar.halves("other", " (", "other", "why"))
    recipients = [
        pl.col(field).str.strip_prefix(f"{field}=<").str.strip_suffix(">").alias(name)
        for field, name in (("to", "recipient"), ("orig_to", "original_recipient"))
        if field in shape
    ]
    return frame.select(
        *_BESIDE,
        "length",
        *recipients,
        *_RELAY,
        *(pl.col(field).str.strip_prefix(f"{field}=") for field in ("tls", "dsn") if field in shape),
        pl.col("delay").str.strip_prefix("delay=").cast(pl.Float64, strict=False),
        source_event=pl.when(sent).then(pl.lit("sent")).otherwise(pl.col("other").str.strip_prefix("status=")),
        reason=pl.when(sent).then(pl.col("status").str.strip_prefix(_SENT)).otherwise("why"),
    )


def _unusual(records: pl.DataFrame) -> list[pl.DataFrame]:
    records = records.with_columns(_length())
    frame = grammar.split(
        records,
        (("rest", " (", "left", "reason"),),
        (("left", ", status=", "left", "source_event"),),
        (("left", ", relay=", "left", "right"),),
    )
    safe = frame["left"].str.contains(_PLAIN) & frame["source_event"].is_in(WORDS)
    safe = safe.fill_null(value=False)
    found = [_at_commas(frame.filter(safe))]
    if not safe.all():
        found += _odd(records.filter(~safe))
    return [_placed(one).with_columns(pl.col("delay").cast(pl.Float64, strict=False)) for one in found]


def _length() -> pl.Expr:
    """Return the length of the record's text in bytes."""
    return (pl.col("queue_id").str.len_bytes() + pl.col("rest").str.len_bytes() + len(": ")).alias("length")


def _at_commas(frame: pl.DataFrame) -> pl.DataFrame:
    frame = grammar.split(
        frame,
        (("left", "to=<", "to", "recipient"), ("right", ", delay=", "name", "right")),
        (
            ("recipient", ">, orig_to=<", "recipient", "original_recipient"),
            ("name", ",", "name", "conn_use"),
            ("right", ", dsn=", "delay", "dsn"),
        ),
        (("name", "[", "name", "bracket"), ("delay", ", tls=", "delay", "tls")),
        (("bracket", "]", "bracket", "port"), ("delay", ",", "delay", "delays")),
    )
    return frame.select(
        *_BESIDE,
        "length",
        *("name", "bracket", "port", "delay", "source_event", "reason"),
        pl.col("recipient", "original_recipient").str.strip_suffix(">"),
        # A later version may write more fields behind these.
        pl.col("tls", "dsn").str.splitn(",", 2).struct.field("field_0").name.keep(),
    )


def _odd(records: pl.DataFrame) -> list[pl.DataFrame]:
    odd = grammar.extract(records, "rest", _NAMES, _ANY)
    left = records.join(odd.select("row"), on="row", how="anti")
    bare = grammar.extract(left, "rest", ("source_event", "reason"), _WITHOUT_RECIPIENT)
    none = pl.lit(None, pl.String)
    bare = bare.with_columns(name=none, bracket=none, port=none, delay=none)
    return [odd.drop("rest"), bare.drop("rest")]

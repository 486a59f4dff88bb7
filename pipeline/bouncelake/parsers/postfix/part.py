"""What one kind of record yields: rows of the tables, tied to their records by `row`."""

from dataclasses import dataclass, field

import polars as pl

from bouncelake import schema

ROW = {"row": pl.UInt32()}


def _types(table: schema.Table, names: str) -> dict[str, pl.DataType]:
    types = {column.name: column.dtype for column in table.columns}
    return ROW | {name: types[name] for name in names.split()}


EVENT = _types(
    schema.EVENTS,
    "direction event final queue_id sender recipient original_recipient remote_host remote_ip remote_port"
    " client_host client_ip helo sasl_user stage delay tls dsn reply reply_by source_event",
)
MESSAGE = _types(
    schema.MESSAGES,
    "queue_id kind sender message_id client_host client_ip sasl_user local_user size parent_queue_id child_queue_id",
)


def shaped(frame: pl.DataFrame, columns: dict[str, pl.DataType]) -> pl.DataFrame:
    """Return the frame with exactly these columns; missing ones are null."""
    have = frame.schema
    return frame.select(
        (pl.col(name) if have.get(name) == dtype else _cast(name, dtype, missing=name not in have))
        for name, dtype in columns.items()
    )


def _cast(name: str, dtype: pl.DataType, *, missing: bool) -> pl.Expr:
    value = pl.lit(None) if missing else pl.col(name)
    return value.cast(dtype, strict=False).alias(name)


def _events() -> pl.DataFrame:
    return pl.DataFrame(schema=EVENT)


def _messages() -> pl.DataFrame:
    return pl.DataFrame(schema=MESSAGE)


def _rows() -> pl.DataFrame:
    return pl.DataFrame(schema=ROW)


@dataclass(frozen=True, slots=True)
class Part:
    """Events and messages of the records of one kind, and the rows of those that break its grammar."""

    events: pl.DataFrame = field(default_factory=_events)
    messages: pl.DataFrame = field(default_factory=_messages)
    bad: pl.DataFrame = field(default_factory=_rows)


def part(
    frame: pl.DataFrame,
    events: pl.DataFrame | None = None,
    messages: pl.DataFrame | None = None,
    told: pl.Series | None = None,
) -> Part:
    """Shape what was read from the records of `frame`; those whose row is not in `told` broke the grammar."""
    bad = frame.select("row") if told is None else frame.select("row").filter(~pl.col("row").is_in(told.implode()))
    return Part(
        _events() if events is None else shaped(events, EVENT),
        _messages() if messages is None else shaped(messages, MESSAGE),
        bad,
    )

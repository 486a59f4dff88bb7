"""What one kind of line yields: rows of the tables, tied to their records by `row`."""

from dataclasses import dataclass

import polars as pl

from bouncelake import schema


def _types(table: schema.Table, names: str) -> dict[str, pl.DataType]:
    types = {column.name: column.dtype for column in table.columns}
    return {"row": pl.UInt32()} | {name: types[name] for name in names.split()}


EVENT = _types(
    schema.EVENTS,
    "service direction event final queue_id sender recipient original_recipient remote_host remote_ip remote_port"
    " local_ip client_host client_ip helo sasl_user local_user script_dir stage delay tls reply reply_by"
    " source_event source_class",
)
MESSAGE = _types(
    schema.MESSAGES,
    "queue_id kind sender message_id client_host client_ip sasl_user local_user script_dir size parent_queue_id",
)
_NO_ROW = pl.Series("row", dtype=pl.UInt32)


@dataclass(frozen=True, slots=True)
class Part:
    """Events and messages of the lines of one kind (null: none), and the rows of those that break its grammar."""

    events: pl.DataFrame | None
    messages: pl.DataFrame | None
    bad: pl.Series


def part(lines: pl.DataFrame, events: pl.DataFrame | None = None, messages: pl.DataFrame | None = None) -> Part:
    """Join what was read from `lines`: those that told nothing broke the grammar.

    A line tells at most one event and one message, and every line a message where there are messages.
    """
    told = events if messages is None else messages
    bad = _NO_ROW if told is None else _missing(lines["row"], told["row"])
    return Part(_narrow(events, EVENT), _narrow(messages, MESSAGE), bad)


def _missing(rows: pl.Series, told: pl.Series) -> pl.Series:
    return _NO_ROW if len(rows) == len(told) else rows.filter(~rows.is_in(told.implode()))


def _narrow(frame: pl.DataFrame | None, columns: dict[str, pl.DataType]) -> pl.DataFrame | None:
    if frame is None or frame.is_empty():
        return None
    return frame.select(
        name if dtype == columns[name] else pl.col(name).cast(columns[name], strict=False)
        for name, dtype in frame.schema.items()
        if name in columns
    )


def joined(frames: list[pl.DataFrame | None], columns: dict[str, pl.DataType]) -> pl.DataFrame:
    """Stack the rows of all parts in the order of their records, with exactly these columns; missing ones are null."""
    some = [frame for frame in frames if frame is not None]
    return pl.concat([pl.DataFrame(schema=columns), *some], how="diagonal").sort("row", maintain_order=True)

"""What one kind of record yields: rows of the tables, tied to their records by `row`."""

from dataclasses import dataclass

import polars as pl

from bouncelake import schema


def _types(table: schema.Table, names: str) -> dict[str, pl.DataType]:
    types = {column.name: column.dtype for column in table.columns}
    return {"row": pl.UInt32()} | {name: types[name] for name in names.split()}


EVENT = _types(
    schema.EVENTS,
    "direction event final queue_id sender recipient original_recipient remote_host remote_ip remote_port"
    " client_host client_ip helo sasl_user stage delay tls dsn reply reply_by source_event",
)
MESSAGE = _types(
    schema.MESSAGES,
    "queue_id kind sender message_id client_host client_ip sasl_user local_user size parent_queue_id child_queue_id",
)


@dataclass(frozen=True, slots=True)
class Part:
    """Events and messages of the records of one kind, and the rows of those that break its grammar."""

    events: pl.DataFrame | None
    messages: pl.DataFrame | None
    bad: pl.Series


def part(records: pl.DataFrame, events: pl.DataFrame | None = None, messages: pl.DataFrame | None = None) -> Part:
    """Join what was read from `records`: those that told nothing broke the grammar."""
    rows = records["row"]
    told = [frame["row"] for frame in (events, messages) if frame is not None]
    if any(len(one) == len(rows) for one in told):
        return Part(events, messages, rows.clear())
    return Part(events, messages, rows.filter(~rows.is_in(pl.concat(told).implode())))


def joined(frames: list[pl.DataFrame | None], columns: dict[str, pl.DataType]) -> pl.DataFrame:
    """Stack the rows of all parts in the order of their records, with exactly these columns; missing ones are null."""
    mine = [frame.select(name for name in frame.columns if name in columns) for frame in frames if frame is not None]
    rows = pl.concat([pl.DataFrame(schema=columns), *mine], how="diagonal").rechunk()
    return rows[rows["row"].arg_sort()]

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


@dataclass(frozen=True, slots=True)
class Part:
    """Events and messages of the lines of one kind, and the rows of those that break its grammar."""

    events: pl.DataFrame
    messages: pl.DataFrame
    bad: pl.Series


def part(lines: pl.DataFrame, events: pl.DataFrame | None = None, messages: pl.DataFrame | None = None) -> Part:
    """Join what was read from `lines`: those that told nothing broke the grammar."""
    told = [frame["row"] for frame in (events, messages) if frame is not None]
    rows = lines["row"]
    bad = rows.filter(~rows.is_in(pl.concat(told).implode()))
    return Part(_narrow(events, EVENT), _narrow(messages, MESSAGE), bad)


def _narrow(frame: pl.DataFrame | None, columns: dict[str, pl.DataType]) -> pl.DataFrame:
    if frame is None:
        return pl.DataFrame(schema=columns)
    return frame.select(pl.col(name).cast(columns[name], strict=False) for name in frame.columns if name in columns)


def joined(frames: list[pl.DataFrame], columns: dict[str, pl.DataType]) -> pl.DataFrame:
    """Stack the rows of all parts in the order of their records, with exactly these columns; missing ones are null."""
    return pl.concat([pl.DataFrame(schema=columns), *frames], how="diagonal").sort("row", maintain_order=True)

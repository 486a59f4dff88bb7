"""CSV, JSON and JSON lines: stable bytes for programs, harmless when they end on a terminal or in a spreadsheet."""

import json
from collections.abc import Iterator
from typing import Any

import polars as pl

from bouncelake.render.values import plain
from bouncelake.render.visible import ESCAPES, visible_column

_FORMULA = r"^[=+@\-]"

# The same characters are escaped the JSON way, so that a parser gets the true text back.
_JSON_ESCAPES = {code: json.dumps(chr(code))[1:-1] for code in ESCAPES if code >= 0x7F}
_SLICE = 10_000


def csv(rows: pl.DataFrame) -> bytes:
    """Return the rows as CSV with a header line; a text that a spreadsheet would take for a formula begins with `'`."""
    flat = rows.select(_flat(column) for column in rows.iter_columns())
    return flat.write_csv(line_terminator="\n", quote_style="necessary", null_value="").encode()


def as_json(rows: pl.DataFrame) -> bytes:
    """Return the rows as one JSON array of objects, one object per line."""
    return b"[" + b",".join(b"\n" + line for line in _objects(rows)) + b"\n]\n"


def jsonl(rows: pl.DataFrame) -> bytes:
    """Return the rows as JSON objects, one per line."""
    return b"".join(line + b"\n" for line in _objects(rows))


def _objects(rows: pl.DataFrame) -> Iterator[bytes]:
    for part in rows.iter_slices(_SLICE):
        for row in part.iter_rows(named=True):
            yield json.dumps(plain(row), ensure_ascii=False, allow_nan=False).translate(_JSON_ESCAPES).encode()


def _flat(column: pl.Series) -> pl.Series:
    if column.dtype == pl.String():
        return _harmless(column)
    if isinstance(column.dtype, pl.Float32 | pl.Float64):
        return column.set(column.is_infinite() | column.is_nan(), None)
    if column.dtype.is_integer() or column.dtype == pl.Boolean():
        return column
    return _harmless(pl.Series(column.name, [_text(value) for value in column.to_list()], pl.String()))


def _text(value: Any) -> str | None:  # noqa: ANN401 - any value that a table can hold
    simple = plain(value)
    return simple if isinstance(simple, str) or simple is None else json.dumps(simple, ensure_ascii=False)


def _harmless(column: pl.Series) -> pl.Series:
    shown = visible_column(column)
    marked = pl.when(pl.col(column.name).str.contains(_FORMULA)).then("'" + pl.col(column.name))
    return shown.to_frame().select(marked.otherwise(pl.col(column.name)).alias(column.name)).to_series()

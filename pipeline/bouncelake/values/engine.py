"""Reads JSON by the column: each question is asked of all texts at once.

All scalars are read as text, so that no number loses a digit; what has another type than the one asked for is null.
"""

import json
import threading
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import duckdb
import polars as pl

Shape: TypeAlias = "Mapping[str, Shape] | list[Shape] | str"
"""Fields to read: `TEXT`, an object of such, or a list of one such."""

TEXT = "VARCHAR"
"""A scalar as its text; an object or array as its JSON."""
TEXTS = ["VARCHAR"]
MAP = "MAP(VARCHAR, VARCHAR)"
"""An object with any keys, as a list of `key` and `value`."""

_local = threading.local()


def _connection() -> duckdb.DuckDBPyConnection:
    if not hasattr(_local, "connection"):
        _local.connection = duckdb.connect(
            config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
        )
    return _local.connection  # type: ignore[no-any-return]  # threading.local has no types


def valid(texts: pl.Series) -> pl.Series:
    """Tell which texts are one JSON value; a lone surrogate or a bad escape makes a text invalid."""
    frame = texts.to_frame("text")  # noqa: F841  # read by name in the query
    return _connection().sql("SELECT coalesce(json_valid(text), FALSE) AS good FROM frame").pl()["good"]


def decode(texts: pl.Series, shape: Mapping[str, Shape]) -> pl.DataFrame:
    """Return one column for each key of the shape, as that key's value in these JSON texts; null where it is missing.

    Every text must be valid JSON. Of a key that comes twice the first counts.
    """
    frame = texts.to_frame("text")  # noqa: F841
    structure = json.dumps(shape).replace("'", "''")
    query = f"SELECT json_transform(text, '{structure}') AS value FROM frame"  # noqa: S608  # shapes are our own
    return _connection().sql(query).pl()["value"].struct.unnest()


def elements(texts: pl.Series) -> pl.Series:
    """Return the JSON texts of the elements of each array, as lists."""
    frame = texts.to_frame("text")  # noqa: F841
    return _connection().sql("SELECT json_extract(text, '$[*]')::VARCHAR[] AS parts FROM frame").pl()["parts"]


def doubled(texts: pl.Series, keys: Sequence[str]) -> pl.Series:
    """Tell which JSON objects have one of these keys twice."""
    marks = pl.any_horizontal(pl.col("text").str.count_matches(f'"{key}"', literal=True) > 1 for key in keys)
    suspects = texts.to_frame("text").with_row_index("n").filter(marks)
    if suspects.is_empty():
        return pl.repeat(value=False, n=len(texts), eager=True)
    found = _connection().sql("SELECT n, json_keys(text) AS keys FROM suspects").pl()
    own = pl.col("keys").list.filter(pl.element().is_in(list(keys)))
    twice = found.filter(own.list.len() > own.list.n_unique())["n"]
    return pl.int_range(len(texts), dtype=pl.UInt32, eager=True).is_in(twice.implode())

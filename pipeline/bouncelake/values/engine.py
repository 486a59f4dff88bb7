"""Reads JSON by the column: each question is asked of all texts at once.

All scalars are read as text, so that no number loses a digit; what has another type than the one asked for is null.
"""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import duckdb
import polars as pl

Shape: TypeAlias = "Mapping[str, Shape] | Sequence[Shape] | str"
"""Fields to read: `TEXT`, an object of such, or a list of one such."""

TEXT = "VARCHAR"
"""A scalar as its text; an object or array as its JSON."""
TEXTS = ["VARCHAR"]
"""An array of scalars."""
MAP = "MAP(VARCHAR, VARCHAR)"
"""An object with any keys, as a list of `key` and `value`."""

_ENTRIES = pl.List(pl.Struct({"key": pl.String, "value": pl.String}))
_ONE = r'^\["([^"\\]*)"\]$'

_local = threading.local()


class BadJsonError(ValueError):
    """A text that was taken for JSON is none."""


def _connection() -> duckdb.DuckDBPyConnection:
    if not hasattr(_local, "connection"):
        _local.connection = duckdb.connect(
            config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
        )
    return _local.connection  # type: ignore[no-any-return]  # threading.local has no types


def _asked(query: str, frame: pl.DataFrame) -> pl.DataFrame:  # noqa: ARG001  # read by name in the query
    """Return the answer of a query over `frame`."""
    answer: pl.DataFrame = _connection().sql(query).pl()
    return answer


def valid(texts: pl.Series) -> pl.Series:
    """Tell which texts are one JSON value; a lone surrogate or a bad escape makes a text invalid."""
    return _asked("SELECT coalesce(json_valid(text), FALSE) AS good FROM frame", texts.to_frame("text"))["good"]


def decode(texts: pl.Series, shape: Mapping[str, Shape]) -> pl.DataFrame:
    """Return one column for each key of the shape, as that key's value in these JSON texts; null where it is missing.

    Of a key that comes twice the first counts. A text that is no JSON is a `BadJsonError`.
    """
    leaves = list(_leaves("$", shape))
    paths = ", ".join(f"'{path}'" for path, _ in leaves)
    query = f"SELECT json_extract_string(text, [{paths}]) AS parts FROM frame"  # noqa: S608  # paths are our own
    try:
        parts = _asked(query, texts.to_frame("text")).select(pl.col("parts").explode())
    except duckdb.InvalidInputException as error:
        raise BadJsonError from error
    number = len(leaves)
    flat = parts.select(pl.col("parts").gather_every(number, n).alias(path) for n, (path, _) in enumerate(leaves))
    flat = flat.with_columns(_typed(flat[path], kind).alias(path) for path, kind in leaves if kind != TEXT)
    return flat.select(_built("$", name, inner).alias(name) for name, inner in shape.items())


def _leaves(path: str, shape: Mapping[str, Shape]) -> Iterator[tuple[str, Shape]]:
    for name, inner in shape.items():
        if isinstance(inner, Mapping):
            yield from _leaves(f'{path}."{name}"', inner)
        else:
            yield f'{path}."{name}"', inner


def _built(path: str, name: str, inner: Shape) -> pl.Expr:
    """Put the leaves together again as objects."""
    path = f'{path}."{name}"'
    if not isinstance(inner, Mapping):
        return pl.col(path)
    return pl.struct(_built(path, below, shape).alias(below) for below, shape in inner.items())


def _typed(column: pl.Series, kind: Shape) -> pl.Series:
    """Read the JSON of arrays and of objects with any keys; few are there, or few differ."""
    if kind == TEXTS:
        return _lists(column)
    some = column.drop_nulls().unique()
    some = some.filter(some.str.starts_with("{" if kind == MAP else "["))
    return _mapped(column, some, _transformed(some, kind))


def _lists(column: pl.Series) -> pl.Series:
    """Read arrays of scalars; most have one plain text."""
    frame = column.to_frame("text").with_columns(one=pl.col("text").str.extract(_ONE, 1))
    plain = frame.select(pl.when(pl.col("one").is_not_null()).then(pl.concat_list("one"))).to_series()
    odd = frame.filter(pl.col("one").is_null() & pl.col("text").str.starts_with("["))["text"].unique()
    if odd.is_empty():
        return plain
    rest = _mapped(column, odd, _transformed(odd, TEXTS))
    return pl.select(pl.coalesce(plain, rest)).to_series()


def _mapped(column: pl.Series, texts: pl.Series, values: pl.Series) -> pl.Series:
    if texts.is_empty():
        return pl.repeat(None, len(column), dtype=values.dtype, eager=True)
    known = pl.DataFrame({"text": texts, "value": values})
    return column.to_frame("text").join(known, on="text", how="left", maintain_order="left")["value"]


def _transformed(texts: pl.Series, kind: Shape) -> pl.Series:
    structure = json.dumps(kind).replace("'", "''")
    query = f"SELECT json_transform(text, '{structure}') AS value FROM frame"  # noqa: S608  # shapes are our own
    values = _asked(query, texts.to_frame("text"))["value"]
    return values.cast(_ENTRIES) if kind == MAP else values


def elements(texts: pl.Series) -> pl.Series:
    """Return the JSON texts of the elements of each array, as lists."""
    return _asked("SELECT json_extract(text, '$[*]')::VARCHAR[] AS parts FROM frame", texts.to_frame("text"))["parts"]


def doubled(texts: pl.Series, keys: Sequence[str]) -> pl.Series:
    """Tell which JSON objects have one of these keys twice."""
    frame = texts.to_frame("text").with_row_index("n")
    twice = (pl.col("text").str.count_matches(f'"{key}"', literal=True) > 1 for key in keys)
    suspects = frame.filter(pl.any_horizontal(twice))
    if suspects.is_empty():
        return pl.repeat(value=False, n=len(texts), eager=True)
    found = _asked("SELECT n, json_keys(text) AS keys FROM frame", suspects)
    own = pl.col("keys").list.filter(pl.element().is_in(list(keys)))
    certain = found.filter(own.list.len() > own.list.n_unique())["n"]
    return frame["n"].is_in(certain.implode())

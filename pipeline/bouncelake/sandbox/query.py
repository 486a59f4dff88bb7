"""Runs SQL that people write, within bounds of time and memory."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import polars as pl
import pyarrow as pa

from bouncelake.errors import QueryError
from bouncelake.sandbox.connections import closed
from bouncelake.sandbox.guard import check
from bouncelake.sandbox.views import Files

_BATCH = 50_000


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a query may take: seconds, DuckDB's working memory, bytes of the answer."""

    seconds: float = 60.0
    memory: str = "1GB"
    answer: int = 1 << 30


def query(  # noqa: PLR0913, PLR0917 - one for each thing that bounds or fills a query
    lake: Files,
    sql: str,
    frames: Mapping[str, pl.DataFrame],
    zone: str = "UTC",
    limits: Limits | None = None,
    values: Mapping[str, object] | None = None,
) -> pl.DataFrame:
    """Return the answer to one SELECT over the lake's tables and views; anything else is a QueryError.

    `values` fill the parameters `$name` of the query.
    """
    bounds = limits or Limits()
    check(sql)
    with closed(lake, frames, zone, bounds.memory) as con, _told(con, bounds):
        return _answer(con, sql, bounds, values or {})


def _answer(con: duckdb.DuckDBPyConnection, sql: str, bounds: Limits, values: Mapping[str, object]) -> pl.DataFrame:
    relation = con.sql(sql, params=dict(values)) if values else con.sql(sql)
    _check_names(relation.columns)
    reader = relation.arrow(_BATCH)
    batches, size = [], 0
    for batch in reader:
        size += batch.nbytes
        if size > bounds.answer:
            raise QueryError(f"the answer is larger than {bounds.answer >> 20} MiB: add a LIMIT or a GROUP BY")
        batches.append(batch)
    frame = pl.from_arrow(pa.Table.from_batches(batches, schema=reader.schema))
    return frame if isinstance(frame, pl.DataFrame) else frame.to_frame()


def _check_names(names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise QueryError(f"two columns are called `{twice[0]}`: give one another name with AS")


@contextmanager
def _told(con: duckdb.DuckDBPyConnection, bounds: Limits) -> Iterator[None]:
    """Interrupt the connection when its time is over, and say in our words what went wrong."""
    timer = threading.Timer(bounds.seconds, con.interrupt)
    timer.start()
    try:
        yield
    except duckdb.InterruptException:
        raise QueryError(f"the query took longer than {bounds.seconds:g} s: narrow it, for example by `day`") from None
    except duckdb.OutOfMemoryException:
        raise QueryError(f"the query needs more than {bounds.memory} of memory: narrow it by `day`") from None
    except duckdb.Error as error:
        raise QueryError(f"the query cannot run: {error}") from None
    finally:
        timer.cancel()

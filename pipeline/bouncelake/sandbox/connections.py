"""Makes the two kinds of connection: one for our own SQL, one for SQL that people write."""

from collections.abc import Mapping

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds

from bouncelake.sandbox.views import Files, base_view, nothing, views
from bouncelake.schema import TABLES, Table

_NO_EXTENSIONS = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
_CLOSED = {**_NO_EXTENSIONS, "temp_directory": "", "python_enable_replacements": "false"}


def trusted(
    lake: Files, frames: Mapping[str, pl.DataFrame], zone: str = "UTC", where: str = "TRUE"
) -> duckdb.DuckDBPyConnection:
    """Return a connection for the shipped SQL, with every table and view over the live Parquet files.

    `frames` become tables of their name, in the place of a table or view of that name. `where` narrows all events to
    those a report can need.
    """
    con = duckdb.connect(config={**_NO_EXTENSIONS, "python_enable_replacements": "false", "temp_directory": ""})
    con.execute(f"SET TimeZone = '{zone}'")
    # It would be drawn into standard output, terminal or not.
    con.execute("SET enable_progress_bar = false")
    for table in TABLES.values():
        if table.name in frames:
            _stand_in(con, table, frames[table.name])
            continue
        con.execute(base_view(table, lake.files(table.name), where if table.name == "events" else "TRUE"))
    _add(con, {name: frame for name, frame in frames.items() if name not in TABLES})
    return con


def closed(lake: Files, frames: Mapping[str, pl.DataFrame], zone: str, memory: str) -> duckdb.DuckDBPyConnection:
    """Return a connection for people's SQL: no file, no network, no setting can be reached from it."""
    con = duckdb.connect(config={**_CLOSED, "memory_limit": memory})
    con.execute(f"SET TimeZone = '{zone}'")
    # It would be drawn into standard output, terminal or not.
    con.execute("SET enable_progress_bar = false")
    for table in TABLES.values():
        con.register(table.name, _dataset(table, lake.files(table.name)))
    _add(con, frames)
    con.execute("SET enable_external_access = false")
    con.execute("SET lock_configuration = true")
    return con


def _stand_in(con: duckdb.DuckDBPyConnection, table: Table, rows: pl.DataFrame) -> None:
    """Put rows in the place of a table; columns that they lack are null, and cost no memory."""
    con.register(f"{table.name}_read", rows.to_arrow(compat_level=pl.CompatLevel.newest()))
    read = f"UNION ALL BY NAME SELECT * FROM {table.name}_read"  # noqa: S608 - names of our own
    con.execute(f"CREATE VIEW {table.name} AS {nothing(table)}\n{read}")


def _add(con: duckdb.DuckDBPyConnection, frames: Mapping[str, pl.DataFrame]) -> None:
    for name, frame in frames.items():
        con.register(name, frame.to_arrow())
    for view in views():
        if view.name not in frames:
            con.execute(view.sql)


def _dataset(table: Table, files: list[str]) -> ds.Dataset | pa.Table:
    empty = table.empty().to_arrow()
    if not files:
        return empty
    by_day = ds.partitioning(pa.schema([("day", pa.date32())]), flavor="hive")
    return ds.dataset(files, schema=_plain(empty.schema), format="parquet", partitioning=by_day)


def _plain(schema: pa.Schema) -> pa.Schema:
    """Return the schema with the string type that the files hold, so that DuckDB can push filters into them."""
    swap = {pa.large_string(): pa.string(), pa.large_list(pa.large_string()): pa.list_(pa.string())}
    return pa.schema([field.with_type(swap.get(field.type, field.type)) for field in schema])

"""Reads providers' bodies into a lake of their own, for tests."""

import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from bouncelake.config import Config
from bouncelake.ingest import Options, Outcome, ingest
from bouncelake.lake import Lake

SAMPLES = Path(__file__).parents[2] / "sample_logs"
GOLDEN = Path(__file__).parents[1] / "data" / "esp"

COLUMNS = (
    "system", "ts", "event", "final", "asynchronous", "direction", "recipient", "sender", "message_key", "message_id",
    "vendor_event_id", "instance", "service", "remote_host", "remote_ip", "local_ip", "local_ip_from", "client_host",
    "client_ip", "stage", "delay", "size", "tls", "provider", "reply_code", "reply_enhanced", "dsn", "reply",
    "reply_by", "source_event", "source_class", "campaign", "tags",
)  # fmt: skip
"""What the golden rows show of an event."""


def config(lake: Path) -> Config:
    """Return a configuration that knows nothing but the lake."""
    return Config(lake=lake)


def read(lake: Path, *paths: Path, engagement: bool = True, final: bool = False, system: str = "auto") -> Outcome:
    """Ingest files or folders."""
    options = Options(format=system, engagement=engagement, final=final)
    return ingest([str(path) for path in paths], config(lake), options)


def events(lake: Path) -> pl.DataFrame:
    """Return all events of the lake, in an order that does not depend on where they were read from."""
    return Lake.open(lake).scan("events").collect().sort("system", "ts", "event_id")


def refused(lake: Path) -> pl.DataFrame:
    """Return what was refused, in the order of the offsets."""
    return Lake.open(lake).scan("refused").collect().sort("source_name", "source_offset")


def golden(rows: pl.DataFrame) -> list[dict[str, object]]:
    """Return the rows as they stand in a golden file: without what is null."""
    shown = rows.select(COLUMNS).with_columns(pl.col("ts").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"))
    return [{name: value for name, value in row.items() if value is not None} for row in shown.to_dicts()]


def write_golden(rows: pl.DataFrame, systems: Sequence[str]) -> None:
    """Write the golden files anew; look at every difference before you commit them."""
    for system in systems:
        mine = golden(rows.filter(pl.col("system") == system))
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in mine)
        (GOLDEN / f"{system}.jsonl").write_text(text, "utf-8")

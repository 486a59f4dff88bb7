"""Exim's true logs: what goes in does not depend on how they come, and nothing is told twice."""

import gzip
from pathlib import Path

import polars as pl
import pytest

from bouncelake.config import Config
from bouncelake.ingest import Options, ingest, sources
from bouncelake.lake import Lake

SAMPLES = Path(__file__).parents[2] / "sample_logs"
WHERE = ("source", "source_name", "source_offset", "tags")
ID = "1xVbnP-00007c-01"
STAMP = "2026-11-23 21:42:05"
SYSLOG = "Nov 23 21:42:05 mx1 exim[77]: "
AFTER = "SMTP error from remote mail server after"
FAILED = (
    f"{STAMP} {ID} H=mx1.example.com [203.0.113.1]: {AFTER} end of data: 421 x",
    f"{STAMP} {ID} H=mx2.example.com [203.0.113.2]: {AFTER} end of data: 421 x",
    f"{STAMP} {ID} == u@example.com R=d T=t defer (-46) H=mx2.example.com [203.0.113.2]: {AFTER} end of data: 421 x",
    f"{STAMP} {ID} H=mx3.example.net [203.0.113.3] Connection refused",
    f"{STAMP} {ID} == v@example.net R=d T=t defer (111): Connection refused",
)


def run(lake: Path, *paths: Path) -> None:
    """Ingest the paths; all of them must be readable."""
    assert not ingest([str(path) for path in paths], Config(lake=lake, zone="UTC"), Options(year=2026)).errors


def rows(lake: Path) -> pl.DataFrame:
    """Return all events in an order that does not depend on where they were read."""
    return Lake.open(lake).scan("events").drop(WHERE).collect().sort("line_id", "event_id")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a lake with Debian's default logs, reject logs beside them."""
    lake = tmp_path_factory.mktemp("exim") / "lake"
    run(lake, SAMPLES / "exim-default")
    return lake


def test_every_line_is_understood(whole: Path) -> None:
    """No line of the samples is refused or foreign, and the lines add up."""
    runs = Lake.open(whole).scan("runs").collect()
    sums = runs.select(pl.col("lines", "events", "context", "foreign", "refused").sum()).row(0, named=True)
    assert (sums["foreign"], sums["refused"]) == (0, 0)
    assert sums["lines"] == sums["events"] + sums["context"] == 1449


def test_order_and_pieces_change_nothing(tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files in reverse order, again, and in small chunks give the same events."""
    files = sorted((SAMPLES / "exim-default").iterdir())
    for file in [*reversed(files), *files]:
        run(tmp_path / "lake", file)
    assert rows(tmp_path / "lake").equals(rows(whole))
    monkeypatch.setattr(sources.Sources.__init__, "__defaults__", (3000,))
    run(tmp_path / "small", *files)
    assert rows(tmp_path / "small").equals(rows(whole))


@pytest.mark.parametrize("parts", [2, 7])
def test_a_growing_log_changes_nothing(tmp_path: Path, whole: Path, parts: int) -> None:
    """Logs that are read while they grow give the same events."""
    for part in range(1, parts + 1):
        for file in sorted((SAMPLES / "exim-default").iterdir()):
            data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
            (tmp_path / file.name.removesuffix(".gz")).write_bytes(data[: len(data) * part // parts])
        run(tmp_path.parent / f"{tmp_path.name}-lake", tmp_path)
    assert rows(tmp_path.parent / f"{tmp_path.name}-lake").equals(rows(whole))


@pytest.mark.parametrize("cut", range(len(FAILED) + 1))
def test_a_failure_told_twice_is_one(tmp_path: Path, cut: int) -> None:
    """The last host's failure is one event, wherever an earlier run stopped; the first host's stays an attempt."""
    log = tmp_path / "mainlog"
    for lines in (FAILED[:cut], FAILED):
        log.write_text("".join(f"{line}\n" for line in lines))
        run(tmp_path / "lake", log)
    told = rows(tmp_path / "lake").select("event", "recipient", "remote_host").sort("event", "recipient")
    assert told.rows() == [
        ("attempt", None, "mx1.example.com"),
        ("deferred", "u@example.com", "mx2.example.com"),
        ("deferred", "v@example.net", "mx3.example.net"),
    ]


@pytest.mark.parametrize("cut", range(6))
def test_syslog_copies_of_a_refusal_are_one(tmp_path: Path, cut: int) -> None:
    """Syslog gets each refusal for the main and for the reject log; a client that is refused twice counts twice."""
    one = "H=(x) [198.51.100.9] F=<s@example.net> rejected RCPT <u@example.org>: no"
    lines = [f"{SYSLOG}{text}" for text in (one, one, one.replace("u@", "v@"), one.replace("u@", "v@"))]
    lines += [line.replace("[77]", "[78]") for line in lines[:2]]
    log = tmp_path / "mail.log"
    for part in (lines[:cut], lines):
        log.write_text("".join(f"{line}\n" for line in part))
        run(tmp_path / "lake", log)
    assert sorted(rows(tmp_path / "lake")["recipient"]) == ["u@example.org", "u@example.org", "v@example.org"]


def test_a_bounce_knows_its_parent(whole: Path) -> None:
    """Bounces name the message that they tell of, across rotated files, and are of no sender."""
    bounces = rows(whole).filter(pl.col("origin") == "null_sender", pl.col("client_ip").is_null())
    assert bounces.height > 50
    assert bounces["parent_key"].null_count() == 0
    assert set(bounces["sender"]) == {"<>"}

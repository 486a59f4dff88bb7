"""A killed ingest loses and doubles nothing: the next run makes it good."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

import bouncelake
from bouncelake.config import Config
from bouncelake.ingest import Options, ingest
from bouncelake.lake import Lake

HERE = Path(__file__).parent
LOGS = [HERE.parents[1] / "sample_logs" / "postfix-b" / name for name in ("mail.iso8601.log.1", "mail.iso8601.log")]


def start(lake: Path) -> subprocess.Popen[bytes]:
    """Start an ingest of the logs that commits often."""
    package = str(Path(bouncelake.__file__).parents[1])
    command = [sys.executable, str(HERE / "victim.py"), str(lake), *map(str, LOGS)]
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": package, "POLARS_MAX_THREADS": "1"})


def commits(lake: Path) -> int:
    """Return how many batches are in."""
    return len(list((lake / "runs" / "_delta_log").glob("*.json"))) if lake.exists() else 0


def kill_somewhere(lake: Path, chance: random.Random) -> bool:
    """Kill an ingest a moment after it began to commit; return whether it was still running."""
    victim = start(lake)
    before, patience = commits(lake), time.monotonic() + 60
    while victim.poll() is None and commits(lake) == before and time.monotonic() < patience:
        time.sleep(0.005)
    time.sleep(chance.uniform(0, 0.15))
    victim.send_signal(signal.SIGKILL)
    return victim.wait() == -signal.SIGKILL


def rows(lake: Path, table: str) -> pl.DataFrame:
    """Return all rows of a table in one order."""
    frame = Lake.open(lake).scan(table).collect()
    return frame.sort("source", "source_offset", "line_id")


def check(lake: Path, whole: Path, kills: int) -> int:
    """Kill ingests of the logs until they are in, at most so often; return how many died. Then compare the rows."""
    chance = random.Random(7)  # noqa: S311  # not for secrets
    died = 0
    while died < kills and kill_somewhere(lake, chance):
        died += 1
    assert start(lake).wait() == 0
    for table in ("events", "messages", "refused"):
        assert rows(lake, table).equals(rows(whole, table))
    runs = Lake.open(lake).scan("runs").collect()
    assert runs["lines"].sum() == sum(path.read_bytes().count(b"\n") for path in LOGS)
    return died


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a lake into which the logs went undisturbed."""
    lake = tmp_path_factory.mktemp("kill") / "whole"
    ingest([str(path) for path in LOGS], Config(lake=lake, zone="UTC"), Options(year=2026))
    return lake


def test_ten_kills_lose_and_double_nothing(tmp_path: Path, whole: Path) -> None:
    """Ten times killed in its work, the ingest ends with the rows of an undisturbed one."""
    assert check(tmp_path / "lake", whole, kills=10) >= 5


@pytest.mark.slow
def test_a_hundred_kills_lose_and_double_nothing(tmp_path: Path, whole: Path) -> None:
    """A hundred kills over many lakes change nothing either."""
    died = 0
    for number in range(100):
        died += check(tmp_path / str(number), whole, kills=12)
        if died >= 100:
            break
    assert died >= 100

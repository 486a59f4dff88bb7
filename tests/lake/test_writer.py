"""The writer: alone by the lock, invisible until it commits, killed at any instant, met by a full disk."""

import errno
import os
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest
from deltalake import DeltaTable

import bouncelake
from bouncelake.errors import LakeBusyError, LakeWriteError
from bouncelake.lake import Lake, parts
from bouncelake.lake import lake as lake_module
from bouncelake.lake.lock import LOCK
from bouncelake.lake.store import Store

from .conftest import Batches

TABLES = ("messages", "refused", "events")
WRITER = """
import sys, polars as pl
from datetime import datetime, UTC
from pathlib import Path
from bouncelake.lake import Batch, Lake
lake = Lake.open(Path(sys.argv[1]), create=True)
with lake.writing():
    print("writing", flush=True)
    for _ in range(int(sys.argv[2])):
        start = lake.sources()["offset_to"].max() or 0
        moment = datetime(2026, 3, 1, tzinfo=UTC)
        rows = pl.select(source=pl.lit("a"), source_offset=pl.int_range(start, start + 5), ts=pl.lit(moment))
        runs = pl.DataFrame({"source": "a", "offset_from": [start], "offset_to": [start + 5], "ts": [moment]})
        lake.commit(Batch({"messages": rows, "refused": rows, "events": rows, "runs": runs}))
        print("in", flush=True)
    sys.stdin.read()
"""


def start_writer(root: Path, batches: int) -> subprocess.Popen[bytes]:
    """Start a process that writes batches and then holds the lock; return when it has the lock."""
    environment = os.environ | {"PYTHONPATH": str(Path(bouncelake.__file__).parents[1])}
    command = [sys.executable, "-c", WRITER, str(root), str(batches)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    assert process.stdout is not None
    assert process.stdout.readline() == b"writing\n"
    return process


def kill(process: subprocess.Popen[bytes]) -> None:
    """End the process as the kernel does when memory runs out."""
    process.kill()
    process.communicate()


def test_one_writer_at_a_time(lake: Lake) -> None:
    """A second writer is told at once who holds the lake, in another process and in this one; a kill frees the lock."""
    process = start_writer(lake.root, 0)
    with pytest.raises(LakeBusyError, match=rf"lake: process {process.pid} is writing"), lake.writing():
        pass
    kill(process)
    with lake.writing(), pytest.raises(LakeBusyError, match=f"process {os.getpid()} "), Lake.open(lake.root).writing():
        pass


def test_a_failed_writer_lets_go(lake: Lake) -> None:
    """An exception frees the lock."""
    with pytest.raises(ZeroDivisionError), lake.writing():
        raise ZeroDivisionError
    with lake.writing():
        pass


def test_readers_are_not_disturbed(filled: Lake, batch: Batches) -> None:
    """While a writer holds the lock another opens and reads; a plan made before a rewrite still finds its files."""
    with filled.writing():
        reader = Lake.open(filled.root)
        plan = reader.scan("events")
        filled.commit(batch(("a", 20, 30)))
        filled.rewrite("events", filled.scan("events").collect(), list({*filled.scan("events").collect()["day"]}))
        filled.drop_source("b")
        assert plan.collect().height == 25
        assert reader.scan("events").collect().height == 30


def test_readers_see_whole_batches(filled: Lake, batch: Batches) -> None:
    """Between the commits of its tables nothing of a batch is seen; a rewrite hides nothing from an older view."""
    commit = Store.commit
    seen: list[tuple[int, int]] = []

    def watched(store: Store, *arguments: object) -> None:
        commit(store, *arguments)  # type: ignore[arg-type]
        seen.append((filled.scan("events").collect().height, sum(filled.sources()["offset_to"])))

    with filled.writing(), patch.object(Store, "commit", watched):
        filled.commit(batch(("a", 20, 30)))
        filled.rewrite("events", filled.scan("events").collect(), list({*filled.scan("events").collect()["day"]}))
    assert seen == [(25, 25), (25, 25), (25, 25), (35, 35), (35, 35)]


def test_killed_writers_lose_and_double_nothing(tmp_path: Path) -> None:
    """Five writers are killed at different moments: after each, every table holds exactly what `runs` says."""
    root = tmp_path / "lake"
    reached = 0
    for turn in range(5):
        process = start_writer(root, 1000)
        assert process.stdout is not None
        assert process.stdout.readline() == b"in\n"
        time.sleep(0.007 * turn)
        kill(process)
        lake = Lake.open(root, create=True)
        with lake.writing():
            pass
        now = sum(lake.sources()["offset_to"])
        for table in TABLES:
            assert sorted(lake.scan(table).collect()["source_offset"]) == list(range(now))
        assert now > reached
        reached = now


@pytest.mark.parametrize("step", range(8))
def test_killed_between_the_commits_of_a_drop(
    filled: Lake, batch: Batches, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """A drop that was killed before or after any of its commits is completed by the next writer, or never began."""
    commit, moments = Store.commit, iter(range(99))

    def fragile(store: Store, *arguments: object) -> None:
        for half in range(2):
            if next(moments) == step:
                raise KeyboardInterrupt
            if half == 0:
                commit(store, *arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patched, filled.writing():
        patched.setattr(Store, "commit", fragile)
        with pytest.raises(KeyboardInterrupt):
            filled.drop_source("a")
    lake = Lake.open(filled.root)
    with lake.writing():
        known = set(lake.sources()["source"])
        assert known == ({"a", "b"} if step == 0 else {"b"})
        for table in TABLES:
            assert set(lake.scan(table).collect()["source"]) == known
        if step:
            lake.commit(batch(("a", 0, 3)))
        assert lake.scan("events").collect().height == (8 if step else 25)


def test_the_same_writer_goes_on_after_a_failure(filled: Lake, batch: Batches) -> None:
    """When a commit fails half-way, the next one in the same process undoes it first."""
    commit = Store.commit

    def failing(store: Store, *arguments: object) -> None:
        if store.table.name == "events":
            raise OSError(errno.ENOSPC, "No space left on device")
        commit(store, *arguments)  # type: ignore[arg-type]

    with filled.writing():
        with patch.object(Store, "commit", failing), pytest.raises(OSError, match="No space"):
            filled.commit(batch(("a", 20, 30)))
        assert DeltaTable(str(filled.root / "messages")).count() == 35
        assert filled.scan("messages").collect().height == 25
        filled.commit(batch(("a", 20, 25)))
    assert [filled.scan(table).collect().height for table in TABLES] == [30, 30, 30]


@pytest.mark.parametrize(
    ("number", "advice"),
    [(errno.ENOSPC, "free some space"), (errno.EROFS, "read-only"), (errno.EACCES, "user that owns the lake")],
)
def test_a_full_or_locked_disk(filled: Lake, batch: Batches, number: int, advice: str) -> None:
    """The message names the table and what to do; drafts are removed, and what was in stays in."""
    before = sorted(filled.root.rglob("*.parquet"))

    def failing(path: Path) -> None:
        if "/events/day" in str(path):
            raise OSError(number, os.strerror(number), str(path))

    with filled.writing():
        with patch.object(parts, "sync", failing), pytest.raises(LakeWriteError, match=rf"lake/events: .*{advice}"):
            filled.commit(batch(("a", 20, 30)))
        assert sorted(filled.root.rglob("*.parquet")) == before
        filled.commit(batch(("a", 20, 30)))
    assert filled.scan("events").collect().height == 35


def test_the_librarys_own_words_for_a_full_disk(filled: Lake, batch: Batches) -> None:
    """A log entry that cannot be written is told by the number in the library's message, not as a damaged table."""
    log = filled.root / "messages" / "_delta_log"

    def failing(*_: object, **__: object) -> None:
        raise OSError("Generic LocalFileSystem error: Unable to copy data to file: No space left (os error 28)")

    full = patch("bouncelake.lake.store.CommitProperties", failing)
    with filled.writing(), full, pytest.raises(LakeWriteError, match="lake/messages: no space left"):
        filled.commit(batch(("a", 20, 30)))
    assert len(list(log.iterdir())) == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_lake_of_another_user(filled: Lake) -> None:
    """A lake that may only be read can be read; writing says why not."""
    (filled.root / LOCK).chmod(0o444)
    with pytest.raises(LakeWriteError, match="permission denied: run as the user"), filled.writing():
        pass
    assert Lake.open(filled.root).scan("events").collect().height == 25


def test_another_program_that_ignores_the_lock(filled: Lake, batch: Batches, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two writers that do not see each other's lock do not both commit: the handle is the second guard."""
    other = Lake.open(filled.root)
    write = Store.write

    def meanwhile(store: Store, rows: pl.DataFrame, number: int, written: list[Path]) -> object:
        monkeypatch.setattr(Store, "write", write)
        with patch.object(lake_module, "locked", lambda _: nullcontext()), other.writing():
            other.commit(batch(("a", 20, 22)))
        return write(store, rows, number, written)

    with filled.writing():
        monkeypatch.setattr(Store, "write", meanwhile)
        with pytest.raises(LakeBusyError, match="same moment"):
            filled.commit(batch(("a", 20, 30)))
    assert filled.scan("events").collect().height == 27


def test_a_commit_is_on_disk_before_it_counts(filled: Lake, batch: Batches, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file, its folder, the log entry and the log's folder are forced to the disk, table by table, `runs` last."""
    forced: list[str] = []
    fsync = os.fsync

    def noted(handle: int) -> None:
        forced.append(str(Path(f"/proc/self/fd/{handle}").readlink().relative_to(filled.root)))
        fsync(handle)

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("needs /proc to name open files")
    with filled.writing():
        monkeypatch.setattr(os, "fsync", noted)
        filled.commit(batch(("a", 20, 21)))
    day = "day=2026-03-02"
    data = [name for name in forced if "_delta_log" not in name]
    log = [name for name in forced if "_delta_log" in name]
    assert forced == data + log
    assert [name for name in data if not name.endswith(".parquet")] == [
        f"messages/{day}", f"refused/{day}", f"events/{day}", "runs/day=2026-03-01"
    ]  # fmt: skip
    assert len(data) == 8
    assert log == [
        path for table in (*TABLES, "runs") for path in (f"{table}/_delta_log/{3:020d}.json", f"{table}/_delta_log")
    ]

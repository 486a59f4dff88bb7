"""A log is recognised by its content, under any name and in any package, and read on from where it was left."""

import gzip
import io
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bouncelake.reading import Input, Known, Registry, Stream, open_stream
from bouncelake.reading.chunks import fingerprint

Logged = Callable[..., bytes]
Ingest = Callable[..., list[str]]


def plain(data: bytes) -> list[str]:
    """Return the whole lines of bytes."""
    return data.decode().split("\n")[:-1]


def put(path: Path, data: bytes) -> Path:
    """Write a file and return its path."""
    path.write_bytes(data)
    return path


def piped(monkeypatch: pytest.MonkeyPatch, data: bytes) -> Stream:
    """Return standard input that holds these bytes, as from a pipe."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    return open_stream(Input(None, "-"))


def source(registry: Registry, path: Path) -> str | None:
    """Return which source a file is."""
    with open_stream(path) as stream:
        match = registry.identify(stream)
        if match is None:
            return None
        registry.advance(match, match.offset, match.tail)
        return match.source


@pytest.mark.parametrize("steps", [[1, 2, 3, 5, 8, 13, 200], [300, 301, 5000], [5000, 5001, 9000]])
def test_growth(tmp_path: Path, logged: Logged, ingest: Ingest, steps: list[int]) -> None:
    """A growing file is one source; each run reads what the last one did not."""
    registry, found = Registry(), []
    for last in steps:
        found += ingest(registry, put(tmp_path / "mail.log", logged(0, last)))
    assert found == plain(logged(0, steps[-1]))


def test_nothing_new(tmp_path: Path, logged: Logged, ingest: Ingest) -> None:
    """A second run over the same file reads nothing, and a third that finds more reads just that."""
    registry, path = Registry(), put(tmp_path / "mail.log", logged(0, 50))
    assert [len(ingest(registry, path)) for _ in range(2)] == [50, 0]
    assert ingest(registry, put(path, logged(0, 51))) == plain(logged(50, 51))


def test_rotation(tmp_path: Path, logged: Logged, ingest: Ingest) -> None:
    """Renamed, then compressed, a log is still itself, and what was written after the last run is not lost."""
    registry = Registry()
    ingest(registry, put(tmp_path / "mail.log", logged(0, 500)))
    rotated = put(tmp_path / "mail.log.1", logged(0, 600))
    fresh = put(tmp_path / "mail.log", logged(1000, 1100))
    assert ingest(registry, rotated) == plain(logged(500, 600))
    assert ingest(registry, fresh) == plain(logged(1000, 1100))
    assert ingest(registry, put(tmp_path / "mail.log.2.gz", gzip.compress(logged(0, 600)))) == []


def test_compressed_before_it_was_read_to_its_end(
    tmp_path: Path, packed: tuple[str, Callable[[bytes], bytes]], logged: Logged, ingest: Ingest
) -> None:
    """A compressed log is read on from the middle."""
    registry = Registry()
    ingest(registry, put(tmp_path / "mail.log", logged(0, 5000)))
    assert ingest(registry, put(tmp_path / "mail.log.1", packed[1](logged(0, 6000)))) == plain(logged(5000, 6000))
    assert ingest(registry, put(tmp_path / "elsewhere", packed[1](logged(0, 6000)))) == []


def test_copytruncate(tmp_path: Path, logged: Logged, ingest: Ingest) -> None:
    """A log that is copied and then emptied goes on as a new source; the copy is the old one."""
    registry, path = Registry(), put(tmp_path / "mail.log", logged(0, 300))
    ingest(registry, path)
    shutil.copy(put(path, logged(0, 320)), tmp_path / "mail.log.1")
    put(path, logged(320, 900))
    assert ingest(registry, path) == plain(logged(320, 900))
    assert ingest(registry, tmp_path / "mail.log.1") == plain(logged(300, 320))


def test_standard_input_after_the_file(
    tmp_path: Path, logged: Logged, ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came as a file adds nothing through a pipe, and the other way round; more in the pipe is read."""
    registry, path = Registry(), put(tmp_path / "mail.log", logged(0, 6000))
    ingest(registry, path)
    assert ingest(registry, piped(monkeypatch, logged(0, 6000))) == []
    assert ingest(registry, piped(monkeypatch, logged(0, 6001))) == plain(logged(6000, 6001))
    assert ingest(registry, put(path, logged(0, 6002))) == plain(logged(6001, 6002))


@pytest.mark.parametrize("common", [1, 2, 3, 100, 5000])
def test_two_logs_that_begin_alike(tmp_path: Path, logged: Logged, ingest: Ingest, common: int) -> None:
    """However many first lines two logs share, both are read whole, and each goes on as itself."""
    registry, shared = Registry(), logged(0, common)
    one, other = shared + logged(common, common + 900), shared + logged(common, common + 900, "mx2")
    paths = put(tmp_path / "one", one), put(tmp_path / "other", other)
    assert ingest(registry, paths[0]) == plain(one)
    assert ingest(registry, paths[1]) == plain(other)
    assert source(registry, paths[0]) != source(registry, paths[1])
    for path, host in zip(paths, ("mx1", "mx2"), strict=True):
        with path.open("ab") as file:
            file.write(logged(9000, 9001, host))
    assert [ingest(registry, path) for path in paths] == [plain(logged(9000, 9001, host)) for host in ("mx1", "mx2")]


def test_logs_that_differ_in_the_middle(tmp_path: Path, logged: Logged, ingest: Ingest) -> None:
    """A log of equal head and end, another in between, of another length, is another; both names last."""
    registry = Registry()
    one = logged(0, 5000) + logged(0, 100, "a") + logged(6000, 6100)
    other = logged(0, 5000) + logged(0, 150, "b") + logged(6000, 6100)
    ingest(registry, put(tmp_path / "one", one))
    assert ingest(registry, put(tmp_path / "other", other)) == plain(other)
    assert ingest(registry, put(tmp_path / "other", other + logged(7000, 7001))) == plain(logged(7000, 7001))


@pytest.mark.parametrize(("lines", "new"), [(1, 0), (64, 0), (4096, 0), (63, 63), (65, 65), (4500, 4500)])
def test_shorter_old_copy(tmp_path: Path, logged: Logged, ingest: Ingest, lines: int, new: int) -> None:
    """A shorter copy is the same log if its head proves it, else a source of its own, and that only once."""
    registry = Registry()
    ingest(registry, put(tmp_path / "mail.log", logged(0, 5000)))
    copy = put(tmp_path / "copy", logged(0, lines))
    assert len(ingest(registry, copy)) == new
    assert ingest(registry, copy) == []
    assert ingest(registry, put(tmp_path / "mail.log", logged(0, 5001))) == plain(logged(5000, 5001))


def test_shorter_standard_input_is_not_lost(
    tmp_path: Path, logged: Logged, ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe that ends before the place where the like-beginning log was left is read whole."""
    registry = Registry()
    ingest(registry, put(tmp_path / "mail.log", logged(0, 7000)))
    other = logged(0, 5000) + logged(0, 10, "mx2")
    assert ingest(registry, piped(monkeypatch, other)) == plain(other)


def test_cut_line_of_a_final_read(tmp_path: Path, logged: Logged, ingest: Ingest) -> None:
    """A log that was read to the middle of a line is read anew when that line has become whole: no line is lost."""
    registry, data = Registry(), logged(0, 100)
    ingest(registry, put(tmp_path / "mail.log", data[:-20]), final=True)
    assert plain(data)[-1] in ingest(registry, put(tmp_path / "mail.log", data))


def test_final_line_that_gets_its_newline(tmp_path: Path, logged: Logged, ingest: Ingest) -> None:
    """A last line that was whole but for its newline is not read twice."""
    registry, data = Registry(), logged(0, 100)
    assert ingest(registry, put(tmp_path / "mail.log", data[:-1]), final=True) == plain(data)
    assert ingest(registry, put(tmp_path / "mail.log", data + logged(100, 101))) == ["", *plain(logged(100, 101))]


def test_no_line_yet(tmp_path: Path) -> None:
    """A stream without a whole line has no identity, unless it is final."""
    registry = Registry()
    with open_stream(put(tmp_path / "mail.log", b"half a li")) as stream:
        assert registry.identify(stream) is None
        assert registry.identify(stream, final=True) is not None


def test_same_log_twice_in_one_run(tmp_path: Path, logged: Logged) -> None:
    """A second stream of a source that is being read has to wait until it is known how far the first one got."""
    registry = Registry()
    with (
        open_stream(put(tmp_path / "one", logged(0, 50))) as one,
        open_stream(put(tmp_path / "two", logged(0, 60))) as two,
    ):
        first, second = registry.identify(one), registry.identify(two)
        assert first is not None
        assert second is not None
        assert (first.busy, second.busy, second.source) == (False, True, first.source)
        last = list(one.chunks(1000, first.offset))[-1]
        registry.advance(first, last.end, last.tail())
        again = registry.identify(two)
        assert again is not None
        assert (again.busy, again.source, again.offset) == (False, first.source, len(logged(0, 50)))


def test_name_of_a_source(tmp_path: Path, logged: Logged) -> None:
    """A source is named by its first line; one that begins alike by the first head that differs."""
    line = logged(0, 1)
    first = source(Registry(), put(tmp_path / "one", logged(0, 9)))
    assert first == fingerprint(line)
    registry = Registry([Known(first, [first, "of two lines"], "tail", 1000)])
    assert source(registry, tmp_path / "one") == fingerprint(logged(0, 2))


def test_state_survives_a_run(tmp_path: Path, logged: Logged, ingest: Ingest) -> None:
    """What a run remembers is enough for the next process."""
    data = logged(0, 100)
    with open_stream(put(tmp_path / "mail.log", data)) as stream:
        match = Registry().identify(stream)
        assert match is not None
        last = list(stream.chunks())[-1]
    known = Known(match.source, match.heads, last.tail(), last.end)
    assert ingest(Registry([known]), put(tmp_path / "mail.log", logged(0, 110))) == plain(logged(100, 110))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(seed=st.integers(0, 10**6), first=st.integers(1, 40), alike=st.integers(0, 40))
def test_any_order_of_growth_and_rotation(
    tmp_path: Path, logged: Logged, ingest: Ingest, seed: int, first: int, alike: int
) -> None:
    """Two logs with a common beginning, grown, packed and renamed at random: every line is read, in order."""
    chance = random.Random(seed)  # noqa: S311
    registry, seen = Registry(), {"a": list[str](), "b": list[str]()}
    length = dict.fromkeys(seen, first)
    for _ in range(8):
        host = chance.choice(["a", "b"])
        length[host] += chance.randrange(20)
        data = logged(0, min(alike, length[host])) + logged(min(alike, length[host]), length[host], host)
        packed = gzip.compress(data) if chance.random() < 0.5 else data
        new = ingest(registry, put(tmp_path / chance.choice(["x", "y", "z"]), packed))
        assert new == plain(data)[len(plain(data)) - len(new) :]
        seen[host] += new
        assert set(plain(data)) <= set(seen["a"]) | set(seen["b"])


def test_plain_file_is_identified_without_reading_it(tmp_path: Path, logged: Logged, ingest: Ingest) -> None:
    """The cost before parsing does not grow with the file: only its head and the place reached are looked at."""
    registry, path = Registry(), tmp_path / "mail.log"
    size = 1 << 40
    ingest(registry, put(path, logged(0, 9000)))
    with path.open("r+b") as file:
        file.truncate(size)
    with open_stream(path) as stream:
        match = registry.identify(stream)
        assert match is not None
        assert match.offset == len(logged(0, 9000))
        assert stream.done < 10 << 20

"""What goes into the lake does not depend on how the logs come: whole, in parts, compressed, again, in any order."""

import bz2
import gzip
import lzma
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pytest

from bouncelake import reading
from bouncelake.config import Config
from bouncelake.errors import LakeBusyError, UsageError
from bouncelake.ingest import Account, Options, Outcome, Progress, ingest, sources
from bouncelake.lake import Lake

SAMPLES = Path(__file__).parents[2] / "sample_logs"
LOGS = [SAMPLES / "postfix-b" / name for name in ("mail.iso8601.log.1", "mail.iso8601.log")]
WHERE = ("source", "source_name", "source_offset")
"""The columns that say where a line was read, not what it said."""


def run(lake: Path, *paths: Path | str, options: Options | None = None) -> Outcome:
    """Ingest the paths into the lake, in the zone UTC."""
    return ingest([str(path) for path in paths], Config(lake=lake, zone="UTC"), options or Options(year=2026))


def rows(lake: Path, table: str = "events") -> pl.DataFrame:
    """Return all rows of a table, in an order that does not depend on where they were read."""
    frame = Lake.open(lake).scan(table).drop(WHERE).collect()
    return frame.sort(frame.columns[:5]) if table == "messages" else frame.sort("ts", *frame.columns[2:4])


def same(one: Path, other: Path) -> bool:
    """Tell whether two lakes hold the same events, messages and refused lines."""
    return all(rows(one, table).equals(rows(other, table)) for table in ("events", "messages", "refused"))


def text(paths: Sequence[Path] = LOGS) -> bytes:
    """Return the logs as one."""
    return b"".join(path.read_bytes() for path in paths)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a lake with the two files of a rotated log."""
    lake = tmp_path_factory.mktemp("whole") / "lake"
    run(lake, *LOGS)
    return lake


def balanced(account: Account) -> bool:
    """Tell whether the four kinds of lines add up to the lines."""
    return account.lines == account.events + account.context + account.foreign + account.refused


def test_every_line_is_counted(tmp_path: Path) -> None:
    """The account of each file balances, and its lines are those of the file."""
    outcome = run(tmp_path / "lake", *LOGS)
    assert [account.lines for account in outcome.accounts] == [path.read_bytes().count(b"\n") for path in LOGS]
    assert all(balanced(account) for account in outcome.accounts)
    assert sum(account.new for account in outcome.accounts) == rows(tmp_path / "lake").height > 500
    stored = Lake.open(tmp_path / "lake").scan("runs").collect()
    assert (
        stored["lines"].sum()
        == stored.select(pl.sum_horizontal("events", "context", "foreign", "refused")).sum().item()
    )


def test_a_second_ingest_adds_nothing(whole: Path) -> None:
    """Reading the same files again finds nothing new."""
    before = rows(whole)
    assert run(whole, *LOGS).accounts == []
    assert rows(whole).equals(before)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_copies_are_the_same_log(whole: Path, tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """A compressed copy adds nothing after the log, and gives the same rows in its place."""
    for path in LOGS:
        (tmp_path / f"{path.name}.packed").write_bytes(pack(path.read_bytes()))
    packed = sorted(tmp_path.glob("*.packed"))
    before = rows(whole)
    assert run(whole, *packed).accounts == []
    assert rows(whole).equals(before)
    run(tmp_path / "lake", *packed)
    assert same(tmp_path / "lake", whole)


def test_the_order_of_files_does_not_matter(whole: Path, tmp_path: Path) -> None:
    """The newer half first, in a run of its own, and then the older gives the same rows."""
    for path in reversed(LOGS):
        run(tmp_path / "lake", path)
    assert same(tmp_path / "lake", whole)


@pytest.mark.parametrize("part", range(1, 12))
def test_halves_give_the_same_rows(whole: Path, tmp_path: Path, part: int) -> None:
    """Wherever a log is cut in two, both halves together give what the whole gives, in either order."""
    data = text()
    cut = data.index(b"\n", len(data) * part // 12) + 1
    halves = [tmp_path / "first", tmp_path / "second"]
    for path, half in zip(halves, (data[:cut], data[cut:]), strict=True):
        path.write_bytes(half)
    for path in halves[:: 1 if part % 2 else -1]:
        run(tmp_path / "lake", path)
    assert same(tmp_path / "lake", whole)


def test_a_growing_log_is_read_on(whole: Path, tmp_path: Path) -> None:
    """A log that grows between runs is read from where it ended; its half last line waits."""
    data, log = text(), tmp_path / "mail.log"
    for end in (1000, 50_000, 50_001, 400_000, len(data)):
        log.write_bytes(data[:end])
        run(tmp_path / "lake", log)
    assert same(tmp_path / "lake", whole)
    assert Lake.open(tmp_path / "lake").scan("runs").collect()["source"].n_unique() == 1


def test_rotation_is_understood(whole: Path, tmp_path: Path) -> None:
    """Renamed, compressed and followed by a new file, a log is read to its end, and only once."""
    data, log = text(), tmp_path / "mail.log"
    cut = len(LOGS[0].read_bytes())
    log.write_bytes(data[: cut // 2])
    run(tmp_path / "lake", log)
    log.write_bytes(data[:cut])
    log.rename(tmp_path / "mail.log.1")
    log.write_bytes(data[cut:])
    run(tmp_path / "lake", tmp_path)
    (tmp_path / "mail.log.2.gz").write_bytes(gzip.compress((tmp_path / "mail.log.1").read_bytes()))
    (tmp_path / "mail.log.1").unlink()
    assert run(tmp_path / "lake", tmp_path / "mail.log", tmp_path / "mail.log.2.gz").accounts == []
    assert same(tmp_path / "lake", whole)


@pytest.mark.parametrize("size", [700, 40_000])
def test_chunks_do_not_show(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """The size of the chunks in which a log is read changes no row."""
    chunks = reading.Stream.chunks
    monkeypatch.setattr(sources, "CHUNK", size)
    monkeypatch.setattr(
        reading.Stream, "chunks", lambda stream, _, start, *, final: chunks(stream, size, start, final=final)
    )
    data = text() if size > 1000 else text()[:120_000]
    (tmp_path / "log").write_bytes(data)
    run(tmp_path / "lake", tmp_path / "log")
    if size > 1000:
        assert same(tmp_path / "lake", whole)
    else:
        monkeypatch.undo()
        run(tmp_path / "other", tmp_path / "log")
        assert same(tmp_path / "lake", tmp_path / "other")


def test_two_files_of_the_same_lines_count_once(whole: Path, tmp_path: Path) -> None:
    """Debian's mail.info repeats the lines of mail.log: they are recognised, in one run and in two."""
    lines = text().splitlines(keepends=True)
    (tmp_path / "mail.log").write_bytes(b"".join(lines))
    (tmp_path / "mail.info").write_bytes(b"".join(line for line in lines if b"warning:" not in line))
    run(tmp_path / "one", tmp_path / "mail.log", tmp_path / "mail.info")
    assert same(tmp_path / "one", whole)
    run(tmp_path / "two", tmp_path / "mail.info")
    outcome = run(tmp_path / "two", tmp_path / "mail.log")
    assert same(tmp_path / "two", whole)
    assert outcome.accounts[0].duplicates > 1000


REFUSED = b"+00:00 mx1 postfix/smtp[%d]: connect to %b[203.0.113.9]:25: Connection refused\n"
LINE = b"2026-03-09T04:05:06.100000" + REFUSED % (7, b"mx.example.net")
OTHER = b"2026-03-09T04:05:06.200000" + REFUSED % (8, b"mx.example.org")


def test_two_true_occurrences_stay_two(tmp_path: Path) -> None:
    """Identical lines of one second are two events, also when they do not stand side by side or come in two runs."""
    log = tmp_path / "mail.log"
    log.write_bytes(LINE + OTHER + LINE)
    run(tmp_path / "lake", log)
    log.write_bytes(LINE + OTHER + LINE + OTHER + LINE)
    run(tmp_path / "lake", log)
    events = rows(tmp_path / "lake")
    assert events.height == events["line_id"].n_unique() == 5
    copy = tmp_path / "copy.log"
    copy.write_bytes(OTHER + LINE + LINE + OTHER + LINE)
    assert run(tmp_path / "lake", copy).accounts[0].new == 0


def test_two_logs_with_one_first_line_are_two(tmp_path: Path) -> None:
    """A common first line does not make two logs one."""
    (tmp_path / "a.log").write_bytes(LINE + OTHER * 2)
    (tmp_path / "b.log").write_bytes(LINE + LINE.replace(b"[7]", b"[9]") * 3)
    run(tmp_path / "lake", tmp_path / "a.log")
    outcome = run(tmp_path / "lake", tmp_path / "b.log")
    assert (outcome.accounts[0].new, outcome.accounts[0].duplicates) == (3, 1)


def test_a_half_line_waits_unless_final(tmp_path: Path) -> None:
    """A last line without newline is left for the next run; `--final` takes it."""
    (tmp_path / "mail.log").write_bytes(LINE + OTHER.rstrip(b"\n"))
    assert run(tmp_path / "waiting", tmp_path / "mail.log").accounts[0].lines == 1
    assert run(tmp_path / "final", tmp_path / "mail.log", options=Options(final=True)).accounts[0].lines == 2


def test_reread_replaces_the_rows(whole: Path, tmp_path: Path) -> None:
    """`--reread` reads a known log from its start and leaves its rows once."""
    run(tmp_path / "lake", *LOGS)
    outcome = run(tmp_path / "lake", *LOGS, options=Options(reread=True, year=2026))
    assert sum(account.new for account in outcome.accounts) == rows(whole).height
    assert same(tmp_path / "lake", whole)


def test_what_cannot_be_read_is_an_error_beside_the_rest(tmp_path: Path) -> None:
    """A missing, a binary and a truncated input are named with their trouble; the good lines go in."""
    (tmp_path / "good.log").write_bytes(LINE)
    (tmp_path / "binary").write_bytes(b"\x7fELF" + bytes(range(256)) * 40)
    (tmp_path / "cut.gz").write_bytes(gzip.compress(text())[:20_000])
    names = [tmp_path / name for name in ("good.log", "binary", "cut.gz", "missing")]
    outcome = run(tmp_path / "lake", *names)
    assert len(outcome.errors) == 3
    for name in ("binary", "cut.gz", "missing"):
        assert any(name in str(error) for error in outcome.errors)
    assert {Path(account.name).name for account in outcome.accounts} == {"good.log", "cut.gz"}


def test_lines_that_nobody_can_read_are_kept(tmp_path: Path) -> None:
    """A line without header and a stamp that cannot be are counted as refused, and kept with their offset."""
    wrong = b"no header at all\n" + LINE.replace(b"2026", b"1970")
    (tmp_path / "mail.log").write_bytes(LINE + wrong)
    outcome = run(tmp_path / "lake", tmp_path / "mail.log")
    assert outcome.accounts[0].refused == 2
    refused = Lake.open(tmp_path / "lake").scan("refused").sort("source_offset").collect()
    assert refused["reason"].to_list() == ["no_header", "implausible_time"]
    assert refused["source_offset"].to_list() == [len(LINE), len(LINE) + 17]


def test_an_empty_log_is_no_error(tmp_path: Path) -> None:
    """An empty file adds nothing, and all tables exist afterwards."""
    (tmp_path / "mail.log").touch()
    outcome = run(tmp_path / "lake", tmp_path / "mail.log")
    assert (outcome.accounts, outcome.errors) == ([], [])
    assert rows(tmp_path / "lake").is_empty()


def test_progress_ends_at_the_total(tmp_path: Path) -> None:
    """Progress counts the bytes of the files, up to their sum."""
    seen: list[Progress] = []
    ingest([str(path) for path in LOGS], Config(lake=tmp_path / "lake", zone="UTC"), Options(), seen.append)
    assert seen[-1].done == seen[-1].total == len(text())
    assert [step.done for step in seen] == sorted(step.done for step in seen)


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    """While another process writes, an ingest says so at once."""
    lake = Lake.open(tmp_path / "lake", create=True)
    with lake.writing(), pytest.raises(LakeBusyError):
        run(tmp_path / "lake", *LOGS)


def test_an_unknown_format_or_zone_is_a_usage_error(tmp_path: Path) -> None:
    """Wrong options are named before anything is read."""
    with pytest.raises(UsageError, match="--format nonsense"):
        run(tmp_path / "lake", *LOGS, options=Options(format="nonsense"))
    with pytest.raises(UsageError, match="Mars"):
        run(tmp_path / "lake", *LOGS, options=Options(zone="Mars/Olympus"))


def test_filters_and_smarthosts_are_no_receivers(tmp_path: Path) -> None:
    """Delivery to a configured smarthost is `accepted`, and a filter is local."""
    delivered = rows_of(tmp_path / "plain", {})
    host = delivered["remote_host"][0]
    smart = rows_of(tmp_path / "smart", {"smarthosts": (host,)})
    assert set(smart.filter(pl.col("remote_host") == host)["event"]) == {"accepted"}
    own = rows_of(tmp_path / "filter", {"filters": (delivered["remote_ip"][0],)})
    assert set(own.filter(pl.col("remote_host") == host)["direction"]) == {"local"}


def rows_of(lake: Path, relays: dict[str, tuple[str, ...]]) -> pl.DataFrame:
    """Return what a log says of mail that was taken, with these relays configured."""
    config = Config.model_validate({"lake": lake, "zone": "UTC", "relays": relays})
    ingest([str(LOGS[0])], config, Options())
    taken = pl.col("event").is_in(["delivered", "accepted"]) & pl.col("remote_ip").str.starts_with("203.")
    return Lake.open(lake).scan("events").filter(taken).sort("ts", "event_id").collect()

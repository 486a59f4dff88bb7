"""The story of a message: found by all that names it, told in order, with the log's own lines, each checked."""

import gzip
import shutil
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from bouncelake.config import Config
from bouncelake.ingest import Options, ingest
from bouncelake.lake import Lake
from bouncelake.render import Style, render
from bouncelake.trace import Span, Story, page, trace

STAMP = "2026-11-20T{}+00:00 mx1 postfix/{}[{}]: {}"
TO = "to=<ben@example.com>, relay=mx.example.com[203.0.113.5]:25"
SAID = "(host mx.example.com[203.0.113.5] said: {} (in reply to RCPT TO command))"
LATER = f"A1B2C3D4E5: {TO}, delay=2, delays=0/0/1/1, dsn=4.2.0, status=deferred {SAID.format('451 4.3.0 later')}"
UNKNOWN = SAID.format("550 5.1.1 unknown user")
NEVER = f"A1B2C3D4E5: {TO}, delay=1802, delays=1800/0/1/1, dsn=5.1.1, status=bounced {UNKNOWN}"
BACK = "F5E4D3C2B1: to=<anna@example.org>, relay=local, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (mailbox)"
SENT = "0000000AAA: to=<dora@example.net>, relay=mx.example.net[203.0.113.6]:25, delay=1, delays=0/0/0/1, dsn=2.0.0,"
STORY = (
    ("09:00:00", "smtpd", "A1B2C3D4E5: client=app.example.org[198.51.100.7], sasl_method=PLAIN, sasl_username=anna"),
    ("09:00:00", "cleanup", "A1B2C3D4E5: message-id=<one@example.org>"),
    ("09:00:01", "qmgr", "A1B2C3D4E5: from=<anna@example.org>, size=700, nrcpt=1 (queue active)"),
    ("09:00:02", "smtp", LATER),
    ("09:30:02", "smtp", NEVER),
    ("09:30:02", "cleanup", "F5E4D3C2B1: message-id=<bounce@mx1>"),
    ("09:30:02", "bounce", "A1B2C3D4E5: sender non-delivery notification: F5E4D3C2B1"),
    ("09:30:02", "qmgr", "F5E4D3C2B1: from=<>, size=2000, nrcpt=1 (queue active)"),
    ("09:30:02", "qmgr", "A1B2C3D4E5: removed"),
    ("09:30:03", "local", BACK),
    ("09:30:03", "qmgr", "F5E4D3C2B1: removed"),
)  # fmt: skip
OTHER = (
    ("10:00:00", "smtpd", "0000000AAA: client=app.example.org[198.51.100.7]"),
    ("10:00:00", "qmgr", "0000000AAA: from=<carl@example.org>, size=70, nrcpt=1 (queue active)"),
    ("10:00:01", "smtp", f"{SENT} status=sent (250 ok)"),
    ("10:00:01", "qmgr", "0000000AAA: removed"),
)  # fmt: skip


def text(*parts: tuple[tuple[str, str, str], ...]) -> str:
    """Return a log with these lines."""
    return "".join(f"{STAMP.format(at, daemon, 7, words)}\n" for part in parts for at, daemon, words in part)


def lake_of(folder: Path, log: Path) -> Lake:
    """Return a lake with this log."""
    root = folder / "lake"
    ingest([str(log)], Config(lake=root, zone="UTC"), Options(final=True))
    return Lake.open(root)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Return a log with one message that bounced, the bounce, and another message."""
    file = tmp_path / "logs" / "mail.log"
    file.parent.mkdir()
    file.write_text(text(STORY, OTHER))
    return file


def lines(story: Story) -> list[str | None]:
    """Return the log lines of a story, each once."""
    return story.steps.unique("source_offset", maintain_order=True)["line"].to_list()


TERMS = ["A1B2C3D4E5", "F5E4D3C2B1", "<one@example.org>", "one@example.org", "ben@example.com", "BEN@example.com",
         "example.com", "anna@example.org"]  # fmt: skip


@pytest.mark.parametrize("term", TERMS)
def test_all_that_names_a_message_finds_its_whole_story(tmp_path: Path, log: Path, term: str) -> None:
    """By id, Message-ID, address or domain, of the message or its bounce: the same lines, as they stand in the log."""
    story = trace(lake_of(tmp_path, log), term)
    assert "\n".join(map(str, lines(story))) + "\n" == text(STORY)
    assert story.steps["ts"].is_sorted()
    assert set(story.steps["found"]) == {"read back"}


def test_what_is_not_there_has_no_steps(tmp_path: Path, log: Path) -> None:
    """A term that nothing names gives an empty story, with all columns."""
    story = trace(lake_of(tmp_path, log), "nobody@example.com")
    assert (story.messages, story.steps.height) == (0, 0)
    assert {"ts", "says", "line", "found"} <= set(story.steps.columns)


def test_compressed_logs_are_read_back(tmp_path: Path, log: Path) -> None:
    """A log that came in compressed gives its lines back, from the middle of the stream."""
    packed = log.with_suffix(".log.gz")
    packed.write_bytes(gzip.compress(text(OTHER, STORY).encode()))
    story = trace(lake_of(tmp_path, packed), "A1B2C3D4E5")
    assert "\n".join(map(str, lines(story))) + "\n" == text(STORY)


def test_rotated_logs_are_found_beside_their_old_name(tmp_path: Path, log: Path) -> None:
    """After rotation and compression the lines come from the new file, not from the one that took the name."""
    lake = lake_of(tmp_path, log)
    (log.parent / "mail.log.1.gz").write_bytes(gzip.compress(log.read_bytes()))
    log.write_text(text(OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER))
    story = trace(lake, "A1B2C3D4E5")
    assert "\n".join(map(str, lines(story))) + "\n" == text(STORY)
    assert {Path(name).name for name in story.steps["log"]} == {"mail.log.1.gz"}


def test_a_log_that_is_gone_is_said_to_be_gone(tmp_path: Path, log: Path) -> None:
    """Without the log the story is told all the same, and says that its lines are gone."""
    lake = lake_of(tmp_path, log)
    log.unlink()
    story = trace(lake, "A1B2C3D4E5")
    assert set(story.steps["found"]) == {"the log is gone"}
    assert story.steps["line"].null_count() == story.steps.height > 0


def test_a_line_that_was_changed_is_not_shown(tmp_path: Path, log: Path) -> None:
    """A line with other words at the same place is not passed off as the one that was read; the others are shown."""
    lake = lake_of(tmp_path, log)
    log.write_text(log.read_text().replace("550 5.1.1 unknown user", "550 5.1.1 another one"))
    found = dict(trace(lake, "A1B2C3D4E5").steps.select("what", "found").unique().rows())
    assert found["bounced"] == "another line stands there now"
    assert found["deferred"] == "read back"


def test_the_newest_messages_are_shown_and_all_are_counted(tmp_path: Path, log: Path) -> None:
    """Of two messages of one sending domain the newer is shown, and the number says that there are more."""
    story = trace(lake_of(tmp_path, log), "example.org", most=1)
    assert (story.messages > story.shown, story.shown) == (True, 1)
    assert "0000000AAA" in story.steps["queue_id"]


def test_a_span_of_time_narrows_the_search(tmp_path: Path, log: Path) -> None:
    """Outside the span nothing is found."""
    lake = lake_of(tmp_path, log)
    assert trace(lake, "A1B2C3D4E5", Span(until=datetime(2026, 11, 20, tzinfo=UTC))).steps.is_empty()
    assert not trace(lake, "A1B2C3D4E5", Span(since=datetime(2026, 11, 20, tzinfo=UTC))).steps.is_empty()


def test_one_line_for_two_recipients_is_one_step(tmp_path: Path, log: Path) -> None:
    """The page shows each log line once, with what it says and where it stands."""
    made = render(page(trace(lake_of(tmp_path, log), "A1B2C3D4E5"), ZoneInfo("UTC")), "table", Style(400)).decode()
    assert made.count("09:30:02  mx1 smtp A1B2C3D4E5: bounced to ben@example.com") == 1
    assert "status=bounced" in made
    assert f"{log}, byte " in made


def test_hostile_text_is_inert(tmp_path: Path, log: Path) -> None:
    """A line with terminal escapes and markup is shown as text in every form."""
    log.write_text(text(STORY).replace("unknown user", "\x1b]0;owned\x07<script>x</script>"))
    told = page(trace(lake_of(tmp_path, log), "A1B2C3D4E5"), ZoneInfo("UTC"))
    for form in ("table", "md", "html", "csv", "json"):
        made = render(told, form).decode()
        assert "\x1b" not in made
        assert form != "html" or "<script" not in made


def test_the_same_mail_on_the_next_host_belongs_to_the_story(tmp_path: Path, log: Path) -> None:
    """A second host that took the mail by the same Message-ID is told with it."""
    second = text(STORY[:3]).replace(" mx1 ", " mx2 ").replace("A1B2C3D4E5", "9999999999")
    sent = "9999999999: to=<ben@example.com>, relay=mx.example.com[203.0.113.5]:25, delay=1, delays=0/0/0/1, dsn=2.0.0,"
    second += STAMP.format("09:00:09", "smtp", 7, f"{sent} status=sent (250 ok)").replace(" mx1 ", " mx2 ") + "\n"
    folder = log.parent / "both"
    folder.mkdir()
    shutil.copy(log, folder / "one.log")
    (folder / "two.log").write_text(second)
    story = trace(lake_of(tmp_path, folder), "A1B2C3D4E5")
    assert set(story.steps["host"]) == {"mx1", "mx2"}
    assert story.steps.filter(pl.col("host") == "mx2")["what"].to_list()[-1] == "delivered"

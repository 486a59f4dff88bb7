"""Lines of a true Postfix, in three header styles, against what was read from them once and looked at by a person."""

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from bouncelake.framing import Clock, Framer
from bouncelake.parsers import Facts
from bouncelake.parsers.postfix import HINT, parse, sniff

DATA = Path(__file__).parents[2] / "data" / "postfix"
STYLES = ("rfc3164", "iso8601", "rfc5424")
# Differ by style: times have another precision, the text of the line another header, and RFC 5424 lost the daemon.
STYLED = ("offset", "ts", "line", "service", "instance", "attempt")


def records(style: str, hint: str = HINT) -> pl.DataFrame:
    """Frame the excerpt that is written in this style."""
    now = datetime(2026, 11, 24, tzinfo=UTC)
    lines = pl.DataFrame({"line": (DATA / f"{style}.log").read_text().splitlines()})
    offsets = (pl.col("line").str.len_bytes() + 1).cum_sum().shift(1, fill_value=0).cast(pl.Int64)
    framer = Framer(hint, Clock(ZoneInfo("UTC"), 2026, now, now, None))
    parts = [framer.frame(lines.select(offset=offsets, line="line")), framer.finish()]
    return pl.concat([part.records for part in parts]).filter(sniff())


def told(frame: pl.DataFrame) -> list[dict[str, object]]:
    """Return the rows without what is null in them."""
    return [{name: value for name, value in row.items() if value is not None} for row in frame.to_dicts()]


def read(style: str, hint: str = HINT) -> Facts:
    """Read the excerpt that is written in this style."""
    return parse(records(style, hint))


@pytest.mark.parametrize("table", ["events", "messages"])
def test_golden(table: str) -> None:
    """Every column of every row is as it was when the golden file was looked at (delete it to write a new one)."""
    golden = DATA / f"{table}.jsonl"
    facts = getattr(read("iso8601"), table)
    rows = told(facts.drop("line").with_columns(pl.col("ts").dt.to_string("iso:strict")))
    if not golden.exists():
        golden.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows))
        pytest.fail(f"wrote {golden}: look at it")
    assert rows == [json.loads(line) for line in golden.read_text().splitlines()]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("table", ["events", "messages"])
def test_styles_tell_the_same(style: str, table: str) -> None:
    """A header style changes nothing in what is told, not even where it lost the daemon's name."""
    mine, other = (getattr(read(one), table) for one in (style, "rfc3164"))
    assert told(mine.drop(STYLED, strict=False)) == told(other.drop(STYLED, strict=False))
    assert mine.height > 20


@pytest.mark.parametrize("style", STYLES)
def test_nothing_is_refused(style: str) -> None:
    """No true line breaks the grammar."""
    assert read(style).refused.is_empty()


@pytest.mark.parametrize("style", STYLES)
def test_hint_misses_nothing(style: str) -> None:
    """The lines without a hint tell no event."""
    assert told(read(style, "").events) == told(read(style).events)
    assert told(read(style, "").messages) == told(read(style).messages)


def test_hint_is_selective() -> None:
    """Connections, TLS and statistics are not even framed."""
    lines = records("rfc3164")["text"]
    noise = r"^(?:dis)?connect from|TLS connection|^statistics|^(?:DIS)?CONNECT|^daemon started"
    assert not lines.str.contains(noise).any()


@pytest.mark.parametrize(
    ("tag", "text", "mine"),
    [
        ("postfix/smtp", "connect to x", True),
        ("postfix", "4C20E4AE: removed", True),
        ("postfix-192.0.2.7/smtp", "x", True),
        ("relay-out/qmgr", "x", True),
        ("mta-out", "4C20E4AE: to=<a@b>, relay=none, delay=1, delays=0/0/0/1, dsn=4.0.0, status=deferred (x)", True),
        ("mta-out", "NOQUEUE: reject: RCPT from x[192.0.2.1]: 554 no", True),
        (None, "4C20E4AE: client=x[192.0.2.1]", True),
        (
            "sm-mta",
            "4C20E4AE: to=<a@b>, delay=00:00:01, xdelay=00:00:01, mailer=esmtp, relay=x, dsn=2.0.0, stat=Sent",
            False,
        ),
        ("opendkim", "4C20E4AE: DKIM-Signature field added", False),
        ("dovecot", "lmtp(u)<1><x>: msgid=<a@b>: saved mail to INBOX", False),
        ("exim", "[434] 1xVbnl-0000kl-2Z <= a@b H=x [192.0.2.1] P=esmtp S=1", False),
        ("postfixadmin", "x", False),
    ],
)
def test_sniff(tag: str | None, text: str, *, mine: bool) -> None:
    """Postfix is known by its tag, or by its text where the tag is the site's own; others stay foreign."""
    frame = pl.DataFrame({"tag": [tag], "text": [text]}, schema={"tag": pl.String, "text": pl.String})
    assert frame.select(sniff()).item() is mine

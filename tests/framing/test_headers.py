"""Plain headers: every style, with and without its optional parts."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bouncelake.framing import Framed

SECOND = datetime(2026, 3, 9, 4, 5, 6, tzinfo=UTC)
EXACT = SECOND.replace(microsecond=185246)
TENTH = SECOND.replace(microsecond=100000)
EAST = EXACT.replace(hour=3)
TEXT = "4C20E4AE: removed"

HEADERS = {
    # RFC 3164 and its relatives
    "Mar  9 04:05:06 mx1 postfix/smtp[123]: ": (SECOND, "mx1", "postfix/smtp", "123"),
    "Mar 9 04:05:06 mx1 postfix/smtp[123]: ": (SECOND, "mx1", "postfix/smtp", "123"),
    "Mar 09 04:05:06 mx1 postfix/smtp[123]: ": (SECOND, "mx1", "postfix/smtp", "123"),
    "Mar 09 04:05:06.185246 mx1 postfix/smtp[123]: ": (EXACT, "mx1", "postfix/smtp", "123"),
    "Mar  9 2026 04:05:06 mx1 postfix/smtp[123]: ": (SECOND, "mx1", "postfix/smtp", "123"),
    "<22>Mar  9 04:05:06 mx1 postfix/smtp[123]: ": (SECOND, "mx1", "postfix/smtp", "123"),
    "<22>Mar 9 04:05:06 mx1 postfix/smtp[123]: ": (SECOND, "mx1", "postfix/smtp", "123"),
    "\x00\x00\x00Mar  9 04:05:06 mx1 postfix/smtp[123]: ": (SECOND, "mx1", "postfix/smtp", "123"),
    "\ufeffMar  9 04:05:06 mx1 postfix/smtp[123]: ": (SECOND, "mx1", "postfix/smtp", "123"),
    "Mar  9 04:05:06 2001:db8::25 postfix/smtp[1234567]: ": (SECOND, "2001:db8::25", "postfix/smtp", "1234567"),
    "Mar  9 04:05:06 mx-1.example.com postfix/relay/smtp[1]: ": (SECOND, "mx-1.example.com", "postfix/relay/smtp", "1"),
    "Mar  9 04:05:06 mx1 postfix-192.0.2.7/smtp[1]: ": (SECOND, "mx1", "postfix-192.0.2.7/smtp", "1"),
    "Mar  9 04:05:06 mx1 postfix/[::1]:10025/smtpd[1]: ": (SECOND, "mx1", "postfix/[::1]:10025/smtpd", "1"),
    "Mar  9 04:05:06 mx1 postfix/smtp: ": (SECOND, "mx1", "postfix/smtp", None),
    "Mar  9 04:05:06 postfix/smtp[123]: ": (SECOND, "-", "postfix/smtp", "123"),
    "Mar  9 04:05:06 mx1 mail.info postfix/smtp[123]: ": (SECOND, "mx1", "postfix/smtp", "123"),
    "Mar  9 04:05:06 <mail.info> mx1 postfix/smtp[123]: ": (SECOND, "mx1", "postfix/smtp", "123"),
    # ISO 8601
    "2026-03-09T04:05:06.185246+01:00 mx1 postfix/smtp[123]: ": (EAST, "mx1", "postfix/smtp", "123"),
    "2026-03-09T04:05:06.185246-01:00 mx1 postfix/smtp[123]: ": (EXACT.replace(hour=5), "mx1", "postfix/smtp", "123"),
    "2026-03-09T04:05:06.185246Z mx1 postfix/smtp[123]: ": (EXACT, "mx1", "postfix/smtp", "123"),
    "2026-03-09T04:05:06.1Z mx1 postfix/smtp[123]: ": (TENTH, "mx1", "postfix/smtp", "123"),
    "2026-03-09T04:05:06.185246999+01:00 mx1 postfix/smtp[123]: ": (EAST, "mx1", "postfix/smtp", "123"),
    "2026-03-09T04:05:06,185246+0100 mx1 postfix/smtp[123]: ": (EAST, "mx1", "postfix/smtp", "123"),
    "2026-03-09T04:05:06+00:00 mx1 postfix/smtp[123]: ": (SECOND, "mx1", "postfix/smtp", "123"),
    "2026-03-09T04:05:06 mx1 postfix/smtp[123]: ": (SECOND, "mx1", "postfix/smtp", "123"),
    "2026-03-09 04:05:06 mx1 postfix/smtp[123]: ": (SECOND, "mx1", "postfix/smtp", "123"),
    "2026-03-09 04:05:06.185246 mx1 postfix/smtp[123]: ": (EXACT, "mx1", "postfix/smtp", "123"),
    "2026-03-09 04:05:06 +0100 mx1 postfix/smtp[123]: ": (SECOND.replace(hour=3), "mx1", "postfix/smtp", "123"),
    "2026-03-09T04:05:06.185246+00:00 mx1 postfix/smtp: ": (EXACT, "mx1", "postfix/smtp", None),
    # RFC 5424
    "<22>1 2026-03-09T04:05:06.185246+01:00 mx1 postfix/smtp 123 - - ": (EAST, "mx1", "postfix/smtp", "123"),
    "<22>1 2026-03-09T04:05:06.1Z mx1 postfix/smtp 123 - - ": (TENTH, "mx1", "postfix/smtp", "123"),
    "<22>1 2026-03-09T04:05:06Z mx1 postfix/smtp - - - ": (SECOND, "mx1", "postfix/smtp", None),
    "<22>1 2026-03-09T04:05:06.185246+00:00 mx1 postfix-out 681 - -  ": (EXACT, "mx1", "postfix-out", "681"),
    "<22>1 2026-03-09T04:05:06.185246+00:00 mx1 postfix 681 - - \ufeff": (EXACT, "mx1", "postfix", "681"),
    '<4>1 2026-03-09T04:05:06Z mx1 postfix 681 mail [a@1 k="v \\"]\\" "][b c="]"] ': (SECOND, "mx1", "postfix", "681"),
    "<22>1 2026-03-09T04:05:06.185246+00:00 mx1 - 681 - - ": (EXACT, "mx1", None, "681"),
    # journalctl -o short-unix
    "1773029106.185246 mx1 postfix/smtp[123]: ": (EXACT, "mx1", "postfix/smtp", "123"),
}


@pytest.mark.parametrize("header", HEADERS, ids=str)
def test_header(framed: Callable[..., Framed], header: str) -> None:
    """Each header gives its time, host, tag, pid, and leaves the text."""
    found = framed([header + TEXT])
    assert not found.refused.height
    ts, host, tag, pid = HEADERS[header]
    assert found.records.select("ts", "host", "tag", "pid", "text").rows() == [(ts, host, tag, pid, TEXT)]


@pytest.mark.parametrize("header", HEADERS, ids=str)
def test_header_among_others(framed: Callable[..., Framed], header: str) -> None:
    """A line is read the same whatever style its neighbours have."""
    alone = framed([header + TEXT]).records.drop("offset")
    for other in HEADERS:
        together = framed([other + TEXT, header + TEXT]).records.drop("offset")
        assert together[1:].equals(alone)


@pytest.mark.parametrize("header", HEADERS, ids=str)
def test_header_of_uncounted_line(framed: Callable[..., Framed], header: str) -> None:
    """A Postfix line without a hint is context, whatever its header; another program's is foreign."""
    found = framed([header + TEXT], hint="nothing")
    if HEADERS[header][2] is not None:
        assert (found.context, found.foreign, found.refused.height) == (1, 0, 0)
    other = header.replace("postfix-out", "dovecot").replace("postfix/", "dovecot/").replace("postfix", "dovecot")
    other = other.replace("/smtpd", "/imap").replace("/smtp", "/imap")
    found = framed([other + TEXT], hint="nothing")
    assert (found.context, found.foreign, found.refused.height) == (0, 1, 0)


def test_text_with_bracket_colon_before_pid(framed: Callable[..., Framed]) -> None:
    """Without a pid, brackets inside the text are not taken for it."""
    text = "warning: hostname x [y]: z does not resolve to address 192.0.2.1"
    found = framed([f"Mar  9 04:05:06 mx1 postfix/smtpd: {text}"])
    assert found.records.select("tag", "pid", "text").rows() == [("postfix/smtpd", None, text)]


def test_canonical_line(framed: Callable[..., Framed]) -> None:
    """The canonical line begins at the time as written, without priority and damage."""
    lines = ["<22>Mar 9 04:05:06 mx1 postfix/smtp[1]: a", "\x00Mar  9 04:05:06 mx1 postfix/smtp[1]: b"]
    lines += [
        "<22>1 2026-03-09T04:05:06.185246+01:00 mx1 postfix 1 - -  c",
        "<2>1 2026-03-09T04:05:06Z mx1 postfix 1 - -  d",
    ]
    assert framed(lines).records["line"].to_list() == [
        "Mar 9 04:05:06 mx1 postfix/smtp[1]: a",
        "Mar  9 04:05:06 mx1 postfix/smtp[1]: b",
        "2026-03-09T04:05:06.185246+01:00 mx1 postfix 1 - -  c",
        "2026-03-09T04:05:06Z mx1 postfix 1 - -  d",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "no header at all",
        "Foo 99 99:99:99 mx1 postfix/smtp[1]: x",
        "2026-13-01T00:00:00Z mx1 postfix/smtp[1]: x",
        "<22>",
        "<22>1 x",
    ],
)
def test_no_header(framed: Callable[..., Framed], line: str) -> None:
    """A line that tells no time is refused, and its neighbours go in."""
    good = "Mar  9 04:05:06 mx1 postfix/smtp[1]: x"
    found = framed([good, line, good])
    assert found.records.height == 2
    assert found.refused["reason"].to_list()[0] in {"no_header", "implausible_time"}
    assert found.refused.select("offset", "line", "ts").rows() == [(len(good) + 1, line, None)]


@pytest.mark.parametrize("line", ["", "\x00\x00", "\ufeff", "  \t"])
def test_blank_is_context(framed: Callable[..., Framed], line: str) -> None:
    """An empty line, or one of NULs only, is context."""
    found = framed([line])
    assert (found.context, found.records.height, found.refused.height) == (1, 0, 0)


@pytest.mark.parametrize(
    "stamp", ["1989-12-31T23:59:59Z", "1970-01-01T00:00:00+00:00", "2026-03-22T00:00:01Z", "2099-01-01T00:00:00", "0.0"]
)
def test_implausible_time(framed: Callable[..., Framed], stamp: str) -> None:
    """A stamp before 1990 or more than two days ahead makes no record, and shifts no neighbour."""
    stamp = stamp if "-" in stamp else "0000000000.000000"
    good = "Mar  9 04:05:06 mx1 postfix/smtp[1]: x"
    found = framed([good, f"{stamp} mx1 postfix/smtp[1]: x", good])
    assert found.records["ts"].to_list() == [SECOND, SECOND]
    assert found.refused.select("ts", "reason").rows() == [(None, "implausible_time")]


def test_two_days_ahead_is_plausible(framed: Callable[..., Framed]) -> None:
    """A host whose clock runs fast by less than two days is believed."""
    assert framed(["2026-03-21T23:59:59Z mx1 postfix/smtp[1]: x"]).records.height == 1


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("Mar  9 04:05:06 mx1 rsyslogd: imjournal: 143847 messages lost due to rate-limit", (1, 0)),
        ("Mar  9 04:05:06 mx1 systemd-journald[1]: Suppressed 7124 messages from postfix.service", (1, 0)),
        ("Mar  9 04:05:06 mx1 rsyslogd[1]: imuxsock[pid 7]: begin to drop messages due to rate-limiting", (1, 0)),
        ("Mar  9 04:05:06 mx1 last message repeated 3 times", (1, 0)),
        ("Mar  9 04:05:06 mx1 mumble/smtpd[1]: connect from unknown", (1, 0)),
        ("Mar  9 04:05:06 mx1 dovecot: imap(user)<1><x>: Logged out", (0, 1)),
        ("Mar  9 04:05:06 mx1 opendkim[7]: 4C20E4AE: DKIM-Signature field added", (0, 1)),
        ("Mar  9 04:05:06 mx1 kernel: [ 1.5] eth0: up", (0, 1)),
        ("2026-03-09 04:05:06 1xVbne-0000WM-23 Completed", (1, 0)),
        ("2026-03-09T04:05:06+00:00 mx1 CRON[1]: (root) CMD (true)", (0, 1)),
    ],
)
def test_lines_without_hint(framed: Callable[..., Framed], line: str, counts: tuple[int, int]) -> None:
    """Loss markers and Postfix's own chatter are context, other programs are foreign, none is refused."""
    found = framed([line], hint="nothing")
    assert (found.context, found.foreign) == counts
    assert not found.refused.height
    boxed = framed(
        [json.dumps({"log": line + "\n", "stream": "stdout", "time": "2026-03-09T04:05:06Z"})], hint="nothing"
    )
    assert (boxed.context, boxed.foreign, boxed.refused.height) == (*counts, 0)


def test_nested_line_of_another_logger(framed: Callable[..., Framed]) -> None:
    """A whole line inside another program's line is what counts; the outer instant dates it."""
    inner = "Mar  9 05:05:06 mail postfix/smtp[7]: x"
    found = framed([f"2026-03-09T04:05:06.185246+00:00 docker1 container[99]: {inner}"])
    assert found.records.select("ts", "host", "tag", "pid", "text", "line").rows() == [
        (EXACT, "mail", "postfix/smtp", "7", "x", inner)
    ]


def test_postfix_text_is_never_a_header(framed: Callable[..., Framed]) -> None:
    """What a client writes into a Postfix line cannot forge another line."""
    text = "Mar  9 05:05:06 evil postfix/smtp[7]: forged"
    assert framed([f"Mar  9 04:05:06 mx1 postfix/smtpd[7]: {text}"]).records["text"].to_list() == [text]

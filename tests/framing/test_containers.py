"""Containers around lines: docker, containerd, compose, journald, alone and in each other."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bouncelake.framing import Framed

AT = "2026-03-09T04:05:06.185246999Z"
EXACT = datetime(2026, 3, 9, 4, 5, 6, 185246, tzinfo=UTC)
SECOND = EXACT.replace(microsecond=0)
INNER = 'Mar  9 05:05:06 mx1 postfix/smtp[123]: 4C20E4AE: to=<u@example.com>, status=sent (250 <ok> & "so")'
TEXT = INNER.split("]: ", 1)[1]
COLUMNS = ("ts", "host", "tag", "pid", "text")
RECORD = (EXACT, "mx1", "postfix/smtp", "123", TEXT)


def docker(text: str, stream: str = "stdout", **more: object) -> str:
    """Return a line of docker's json-file driver, with the escapes that docker writes."""
    line = json.dumps({"log": text, "stream": stream, "time": AT, **more}, ensure_ascii=False)
    return line.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def journal(message: object, **more: object) -> str:
    """Return a line of `journalctl -o json`."""
    fields = {
        "__CURSOR": "s=1",
        "__REALTIME_TIMESTAMP": "1773029106185246",
        "_HOSTNAME": "mx1",
        "SYSLOG_IDENTIFIER": "postfix/smtp",
        "SYSLOG_PID": "123",
        "_PID": "99",
        "PRIORITY": "6",
        "MESSAGE": message,
    }
    return json.dumps({**fields, **more})


BOXES = {
    "docker": docker(INNER + "\n"),
    "docker CRLF": docker(INNER + "\r\n"),
    "docker attributes": docker(INNER + "\n", attrs={"tag": "x"}),
    "docker damaged": "\x00\ufeff" + docker("\x00" + INNER + "\n"),
    "fluent-bit": json.dumps({"time": AT, "stream": "stdout", "logtag": "F", "log": INNER}),
    "vector": json.dumps({"timestamp": AT, "message": INNER, "n": 1, "nested": {"log": "x"}}),
    "CRI": f"{AT} stdout F {INNER}",
    "CRI of another zone": f"2026-03-09T05:05:06.185246999+01:00 stderr F {INNER}",
    "CRI tag list": f"{AT} stdout F:x {INNER}",
    "docker logs -t": f"{AT} {INNER}",
    "compose": f"mail_1  | {AT} {INNER}",
    "compose in colour": f"\x1b[36mmail_1  |\x1b[0m {AT} {INNER}",
    "CRI in docker": docker(f"{AT} stdout F {INNER}\n"),
    "compose in CRI": f"{AT} stdout F mail-1 | {INNER}",
    "docker in journal": journal(docker(INNER + "\n")),
    "journal of a container": journal(INNER, SYSLOG_IDENTIFIER="3f4e", _HOSTNAME="docker1"),
    "JSON sequence": "\x1e" + docker(INNER + "\n"),
    "priority": f"{AT} stdout F <22>{INNER}",
}


@pytest.mark.parametrize("name", BOXES)
def test_box(framed: Callable[..., Framed], name: str) -> None:
    """A boxed line is what it was outside; a yearless stamp takes the container's instant."""
    found = framed([BOXES[name]])
    assert found.records.select(COLUMNS).rows() == [RECORD]
    assert found.records["line"].to_list() == [INNER]
    assert (found.refused.height, found.foreign, found.context, found.held) == (0, 0, 0, None)


@pytest.mark.parametrize("name", BOXES)
def test_box_without_hint(framed: Callable[..., Framed], name: str) -> None:
    """The hint is searched in what a container holds, not in its escapes; without it the line is context."""
    assert framed([BOXES[name]], hint="to=<").records.height == 1
    found = framed([BOXES[name]], hint="nothing")
    assert (found.context, found.foreign, found.records.height, found.refused.height) == (1, 0, 0, 0)


def test_compose_keeps_local_time(framed: Callable[..., Framed]) -> None:
    """A compose prefix says no time: the stamp is read with year and zone as in a plain log."""
    found = framed([f"mail_1  | {INNER}"], zone="Europe/Berlin")
    assert found.records["ts"].to_list() == [SECOND]


def test_inner_instant_wins(framed: Callable[..., Framed]) -> None:
    """A line that says its instant in full keeps it."""
    found = framed([docker("2026-03-09T01:00:00.5+00:00 mx1 postfix/smtp[1]: x\n")])
    assert found.records["ts"].to_list() == [datetime(2026, 3, 9, 1, 0, 0, 500000, tzinfo=UTC)]


def test_container_text_without_header(framed: Callable[..., Framed]) -> None:
    """Text with a tag but no stamp takes the container's time; its host is not known."""
    found = framed([docker("postfix/smtp[123]: x\n"), f"{AT} stdout F postfix/smtp[123]: x"])
    assert found.records.select(COLUMNS).rows() == [(EXACT, "-", "postfix/smtp", "123", "x")] * 2


def test_journal(framed: Callable[..., Framed]) -> None:
    """A journald line has its time, host, tag and pid in fields; SYSLOG_PID beats _PID."""
    found = framed([journal(TEXT), journal(TEXT, SYSLOG_PID=None), journal(TEXT, SYSLOG_IDENTIFIER=None)])
    assert found.records.select(COLUMNS).rows()[0] == RECORD
    assert found.records["pid"].to_list()[:2] == ["123", "99"]
    assert found.records["line"][0] == f"1773029106.185246 mx1 postfix/smtp[123]: {TEXT}"
    assert found.records.height + found.foreign == 3


def test_journal_bytes(framed: Callable[..., Framed]) -> None:
    """A message that is no UTF-8 comes as bytes: bad ones are escaped, others decoded, newlines become blanks."""
    raw = "to=<jürgen@example.com> ".encode() + b"\xfc\xff\nend\x80"
    found = framed([journal(TEXT), journal(list(raw)), journal([]), journal(TEXT)])
    assert found.records["text"].to_list() == [TEXT, "to=<jürgen@example.com> \\xfc\\xff end\\x80", "", TEXT]
    assert found.records["ts"].n_unique() == 1


def test_text_that_looks_like_bytes(framed: Callable[..., Framed]) -> None:
    """A text of numbers in brackets stays text, also beside true bytes."""
    found = framed([journal("[72,105]"), journal([72, 105])])
    assert found.records["text"].to_list() == ["[72,105]", "Hi"]


BROKEN = [
    '{"log":"cut',
    '{"log":"a"} {"log":"b"}',
    '{"log":"a"},{"log":"b"}',
    '{"log":"a}',
    '{","x":"b"}',
    '{"x":' + "[" * 3000,
    '{"x":' + "9" * 5000 + "}",
    '{"log":NaN}',
    '{"log":"\\ud800"}',
    "{}",
    '{"other":"json"}',
    "{",
]


@pytest.mark.parametrize("line", BROKEN, ids=range(len(BROKEN)))
def test_bad_json_is_refused_alone(framed: Callable[..., Framed], line: str) -> None:
    """One bad line is refused, and all others go in: none can tear another apart."""
    good = docker(INNER + "\n")
    found = framed([good, line, good, journal(TEXT)])
    assert found.records.select(COLUMNS).rows() == [RECORD] * 3
    assert found.refused.select("offset", "line", "reason").rows() == [(len(good.encode()) + 1, line, "bad_json")]


@pytest.mark.parametrize("value", [None, 1, 1.5, True, {"a": 1}, ["a"], [300, -1], [[1]], "x"], ids=str)
@pytest.mark.parametrize("field", ["log", "logtag", "time", "MESSAGE", "__REALTIME_TIMESTAMP", "_PID", "_HOSTNAME"])
def test_odd_types(framed: Callable[..., Framed], field: str, value: object) -> None:
    """A field of an unexpected type harms no other line, and every line is accounted for once."""
    good = [docker(INNER + "\n"), journal(TEXT)]
    more: dict[str, Any] = {field: value}
    odd = [docker(INNER + "\n", **more), journal(TEXT, **more)]
    together = framed([*good, *odd, *good])
    counted = together.refused["offset"].n_unique() + together.foreign + together.context
    assert together.records["offset"].n_unique() + counted == 6
    if (field, value) == ("log", "x"):
        return  # a piece of a longer line, as docker writes it
    alone = [framed([line]).records.drop("offset").rows() for line in [*good, *odd, *good]]
    assert together.records.select(COLUMNS).rows().count(RECORD) >= 4
    assert together.records.drop("offset").rows() == [row for rows in alone for row in rows]


def test_partial_lines_of_docker(framed: Callable[..., Framed]) -> None:
    """Pieces are joined per stream, at the offset of the first; the others are context."""
    lines = [
        docker(INNER[:30]),
        docker("other", "stderr"),
        docker(INNER[30:50]),
        docker(INNER[50:] + "\n"),
        docker("!\n", "stderr"),
    ]
    found = framed(lines)
    assert found.records.select("offset", "text").rows()[0] == (0, TEXT)
    assert found.context == 3
    assert found.records.height + found.foreign + found.refused.height == 2


def test_partial_lines_of_containerd(framed: Callable[..., Framed]) -> None:
    """CRI marks pieces with P, fluent-bit with logtag."""
    cri = [f"{AT} stdout P {INNER[:30]}", f"{AT} stdout F {INNER[30:]}"]
    fluent = [
        json.dumps({"log": part, "stream": "s", "logtag": tag, "time": AT})
        for part, tag in ((INNER[:9], "P"), (INNER[9:], "F"))
    ]
    found = framed([*cri, *fluent])
    assert found.records.select(COLUMNS).rows() == [RECORD, RECORD]
    assert found.context == 2

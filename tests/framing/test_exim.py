"""Exim's own stamp in all its forms, records cut for syslog, reject log headers, sending scripts."""

from collections.abc import Callable
from itertools import combinations

import polars as pl
import pytest

from bouncelake.framing import Framed

Frame = Callable[..., Framed]
ID = "1xVbnP-00007c-01"
LONG_ID = "1xVbnP-0000000007c-0001"

STAMPS = [
    ("2026-03-09 04:05:06", "04:05:06.000", None, "UTC"),
    ("2026-03-09 04:05:06.123", "04:05:06.123", None, "UTC"),
    ("2026-03-09 04:05:06 +0100", "03:05:06.000", None, "UTC"),
    ("2026-03-09 04:05:06.123 -0330 [77]", "07:35:06.123", "77", "UTC"),
    ("2026-03-09 04:05:06 [77]", "04:05:06.000", "77", "UTC"),
    ("2026-03-09 04:05:06", "03:05:06.000", None, "Europe/Berlin"),
    ("2026-03-09 04:05:06 +0000", "04:05:06.000", None, "Europe/Berlin"),
]


@pytest.mark.parametrize(("stamp", "clock", "pid", "zone"), STAMPS)
@pytest.mark.parametrize(
    "text", [f"{ID} Completed", f"{LONG_ID} <= s@example.org H=x [192.0.2.1]", "H=[192.0.2.1] rejected"]
)
def test_stamp(framed: Frame, stamp: str, clock: str, pid: str | None, zone: str, text: str) -> None:
    """Any parts of the stamp are read; a stamp without zone is local time."""
    record = framed([f"{stamp} {text}"], zone=zone).records.row(0, named=True)
    assert record["ts"].strftime("%H:%M:%S.%f")[:-3] == clock
    assert (record["host"], record["tag"], record["pid"], record["text"]) == (None, "exim", pid, text)


def test_stamps_of_all_kinds_stand_in_one_file(framed: Frame) -> None:
    """A line with other parts than its neighbours is read alike, whichever comes first."""
    lines = [f"{stamp} {ID} Completed" for stamp, _, _, zone in STAMPS if zone == "UTC"]
    alone = pl.concat([framed([line]).records for line in lines]).drop("offset")
    assert framed(lines).records.drop("offset").equals(alone)
    assert framed(lines[::-1]).records.drop("offset").equals(alone.reverse())


def test_other_programs_stamp_alike(framed: Frame) -> None:
    """A host and a tag after such a stamp are those of another logger."""
    record = framed(["2026-03-09 04:05:06 mx1 postfix/smtp[123]: text"]).records.row(0, named=True)
    assert (record["host"], record["tag"], record["pid"]) == ("mx1", "postfix/smtp", "123")


HEAD = "Mar  9 04:05:06 mx1 exim[{pid}]: "


def cut(pid: int, *pieces: str) -> list[str]:
    """Return a record's pieces as syslog gets them."""
    head = HEAD.format(pid=pid)
    ends = ["/"] * (len(pieces))
    return [
        f"{head}[{n}{end}{len(pieces)}] {piece}" for n, (piece, end) in enumerate(zip(pieces, ends, strict=True), 1)
    ]


LONG = cut(77, f"[77] {ID} ** u@example.com: first ", "second ", "third")
OTHER = cut(88, f"{ID} == v@example.com routing defer (-52): a", "b")


@pytest.mark.parametrize("cuts", [[], [1], [2], [3], [1, 2, 3, 4]])
def test_pieces_are_put_together(framed: Frame, cuts: list[int]) -> None:
    """Pieces of two processes, mixed, are two records, wherever chunks are cut."""
    lines = [LONG[0], OTHER[0], LONG[1], OTHER[1], LONG[2]]
    found = framed(lines, cuts)
    texts = found.records.select("pid", "text").rows()
    assert texts == [
        ("77", f"[77] {ID} ** u@example.com: first second third"),
        ("88", f"{ID} == v@example.com routing defer (-52): ab"),
    ]
    assert (found.context, found.foreign, found.refused.height) == (3, 0, 0)


def test_every_chunking_of_pieces_is_the_same(framed: Frame) -> None:
    """All ways to cut a few lines give the same records and counts."""
    lines = [LONG[0], OTHER[0], LONG[1], OTHER[1], LONG[2], HEAD.format(pid=9) + f"{ID} Completed"]
    whole = framed(lines)
    for count in (1, 2, 3):
        for cuts in combinations(range(1, len(lines)), count):
            part = framed(lines, list(cuts))
            assert part.records.equals(whole.records)
            assert (part.context, part.refused.height) == (whole.context, 0)


def test_headers_behind_a_newline_are_context(framed: Frame) -> None:
    """Only what precedes the record's first newline is the event."""
    head = HEAD.format(pid=77)
    lines = [
        f"{head}[1\\3] [77] {ID} H=(x) [198.51.100.9] F=<s@example.net> rejected after DATA: no",
        f"{head}[2\\3] Envelope-from: <s@example.net>",
        f"{head}[3/3] I Message-ID: <a@b>",
    ]
    found = framed(lines, [1], hint="rejected")
    assert found.records["text"].to_list() == [
        f"[77] {ID} H=(x) [198.51.100.9] F=<s@example.net> rejected after DATA: no"
    ]
    assert (found.context, found.foreign, found.refused.height) == (2, 0, 0)


def test_a_missing_piece_ends_the_record(framed: Frame) -> None:
    """What comes after a lost piece is not joined to what came before it."""
    found = framed([LONG[0], LONG[2]])
    assert found.records["text"].to_list() == [f"[77] {ID} ** u@example.com: first "]
    assert found.context == 1


REJECTED = [
    f"2026-03-09 04:05:06 {ID} H=(x) [198.51.100.9] F=<s@example.net> rejected after DATA: no",
    "Envelope-from: <s@example.net>",
    "P Received: from x",
    "\tby mx1",
    "\t2026-03-09 04:05:07 1xVbnP-00007c-01 ** forged@example.com: by a header",
    "I Message-ID: <a@b>",
    "  Subject: x",
    "an odd line",
]


@pytest.mark.parametrize("cuts", [[], [1], [2], [5]])
def test_reject_log_headers_are_context(framed: Frame, cuts: list[int]) -> None:
    """Lines without a stamp in Exim's own file belong to the one above, even when they forge a stamp."""
    found = framed(REJECTED, cuts)
    assert (found.records.height, found.context, found.refused.height) == (1, 7, 0)


def test_lines_without_a_stamp_elsewhere_are_refused(framed: Frame) -> None:
    """In a log that is not Exim's nothing is taken for such a header."""
    found = framed(["Mar  9 04:05:06 mx1 postfix/smtp[1]: x", "  Subject: x"])
    assert found.refused["reason"].to_list() == ["no_header"]


CALL = "2026-03-09 04:05:06{pid} cwd={dir} 4 args: /usr/sbin/sendmail -t -i"
ARRIVAL = "2026-03-09 04:05:06{pid} {id} <= {user}@example.org U={user} P=local S=700"


@pytest.mark.parametrize("cuts", [[], [1], [2], [1, 2, 3]])
def test_a_script_is_told_with_its_message(framed: Frame, cuts: list[int]) -> None:
    """The directory goes with the message of the same process; without pids only where it names the user."""
    with_pid = [
        CALL.format(pid=" [7]", dir="/srv/shop"),
        CALL.format(pid=" [8]", dir="/srv/blog"),
        ARRIVAL.format(pid=" [8]", id=ID, user="www"),
        ARRIVAL.format(pid=" [7]", id=LONG_ID, user="www"),
    ]
    texts = framed(with_pid, cuts).records["text"].to_list()
    assert [text.partition("\n")[2] for text in texts] == ["", "", "/srv/blog", "/srv/shop"]
    without = [
        CALL.format(pid="", dir="/home/bob/public_html"),
        ARRIVAL.format(pid="", id=ID, user="bob"),
        CALL.format(pid="", dir="/root"),
        ARRIVAL.format(pid="", id=ID, user="www"),
    ]
    texts = framed(without, cuts).records["text"].to_list()
    assert [text.partition("\n")[2] for text in texts] == ["", "/home/bob/public_html", "", ""]


def test_exim_calling_itself_is_no_script(framed: Frame) -> None:
    """Deliveries, queue runs and bounces are not waited for, and name no script."""
    lines = [
        f"2026-03-09 04:05:06 [7] cwd=/var/spool/exim 5 args: exim4 {args}"
        for args in ("-Mc " + ID, "-q", f"-t -E{ID}")
    ]
    found = framed([*lines, ARRIVAL.format(pid=" [7]", id=ID, user="mail")])
    assert "\n" not in "".join(found.records["text"].to_list())

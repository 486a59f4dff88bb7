"""Where a stream is cut into chunks makes no difference."""

import json
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bouncelake.framing import Framed

AT = "2026-03-09T04:05:06.185246Z"
HEAD = "Mar  9 04:05:06 mx1 postfix/smtp[123]: "


def _docker(text: str, stream: str = "stdout") -> str:
    return json.dumps({"log": text, "stream": stream, "time": AT})


ALPHABET = [
    HEAD + "a to=<x>",
    "<22>Mar 9 04:05:06 mx1 postfix/smtp[123]: b to=<x>",
    "Dec 31 23:59:59 mx1 postfix/smtp[123]: c to=<x>",
    "Jan  1 00:00:01 mx1 postfix/smtp[123]: d to=<x>",
    "Oct 26 02:50:00 mx1 postfix/smtp[1]: e to=<x>",
    "Oct 26 02:10:00 mx1 postfix/smtp[1]: f to=<x>",
    "Oct 26 03:10:00 mx1 postfix/smtp[1]: g to=<x>",
    "Mar 30 02:30:00 mx1 postfix/smtp[1]: h to=<x>",
    "Feb 29 02:30:00 mx1 postfix/smtp[1]: i to=<x>",
    "Mar  9 04:05:06 mx1 dovecot: j",
    "Jun  9 04:05:06 mx1 dovecot: k to=<x>",
    f"{AT} mx1 postfix/smtp[1]: l to=<x>",
    "2025-10-26T02:30:00 mx1 postfix/smtp[1]: m to=<x>",
    "1999-01-01T00:00:00.000000+00:00 mx1 postfix/smtp[1]: n to=<x>",
    "2199-01-01T00:00:00.000000+00:00 mx1 postfix/smtp[1]: o to=<x>",
    "<22>1 2026-03-09T04:05:06.185246+01:00 mx1 postfix 1 - -  p to=<x>",
    "<20>1 2026-03-09T04:05:06.185246+01:00 mx1 postfix 1 - -  q to=<x>",
    f"{HEAD}message repeated 2 times: [ r to=<x>]",
    _docker(HEAD + "s to=<x>\n"),
    _docker("Mar  9 04:05"),
    _docker(":06 mx1 postfix/smtp[1]: t to=<x>\n"),
    _docker("stderr", "stderr"),
    _docker(" to=<x>\n", "stderr"),
    '{"log":"bad',
    '{"log":"a}',
    '{","x":"b"}',
    f"{AT} stdout P {HEAD}u ",
    f"{AT} stdout F to=<x>",
    f"mail_1 | {HEAD}v to=<x>",
    '{"MESSAGE":[116,111,61,60,255],"__REALTIME_TIMESTAMP":"1773029106185246","SYSLOG_IDENTIFIER":"postfix/smtp"}',
    '{"MESSAGE":"w to=<x>","__REALTIME_TIMESTAMP":"1773029106185246","SYSLOG_IDENTIFIER":"postfix/smtp"}',
    "",
    "\x00\x00" + HEAD + "x to=<x>",
    "no header to=<x>",
]


def same(one: Framed, other: Framed) -> bool:
    """Tell whether two results are equal."""
    counts = (one.foreign, one.context) == (other.foreign, other.context)
    return counts and one.records.equals(other.records) and one.refused.equals(other.refused)


@settings(max_examples=150, deadline=None)
@given(
    lines=st.lists(st.sampled_from(ALPHABET), max_size=14),
    cuts=st.lists(st.integers(0, 14), max_size=6),
    hint=st.sampled_from(["", "to=<", "nothing"]),
)
@example(lines=[ALPHABET[0], ALPHABET[18], ALPHABET[28]], cuts=[1], hint="")
@example(lines=[ALPHABET[2], ALPHABET[8], ALPHABET[4]], cuts=[2], hint="")
def test_any_chunking(framed: Callable[..., Framed], lines: list[str], cuts: list[int], hint: str) -> None:
    """Any chunking gives equal records, refusals and counts, and every line is accounted for once."""
    given: dict[str, str] = {"zone": "Europe/Berlin", "modified": "2026-03-20"}
    whole = framed(lines, hint=hint, **given)
    cut = framed(lines, [min(each, len(lines)) for each in cuts], hint=hint, **given)
    assert same(whole, cut)
    accounted = whole.records["offset"].n_unique() + whole.refused["offset"].n_unique() + whole.foreign + whole.context
    assert accounted == len(lines)


def test_waiting_line_holds_what_follows(chunked: Callable[..., list[Framed]]) -> None:
    """A piece without its end holds itself and all later lines, until the end comes."""
    lines = [HEAD + "a", _docker(HEAD + "b"), HEAD + "c", _docker("!\n"), HEAD + "d"]
    first, second = chunked(lines, 3)
    assert first.records["text"].to_list() == ["a"]
    assert first.held == len(lines[0]) + 1
    assert second.records["text"].to_list() == ["b!", "c", "d"]
    assert (second.context, second.held) == (1, None)


def test_line_that_never_ends_is_let_go(chunked: Callable[..., list[Framed]]) -> None:
    """A piece is waited for over one MiB, not for ever."""
    first, second = chunked([_docker(HEAD + "a"), *[HEAD + "b" * 1000] * 1100], 500)
    assert first.held == 0
    assert second.records["text"][0] == "a"


@pytest.mark.parametrize("size", [1, 7, 50])
def test_true_log_in_any_chunks(
    framed: Callable[..., Framed], excerpt: Callable[[str], pl.DataFrame], size: int
) -> None:
    """A true log gives the same in small chunks."""
    lines = excerpt("iso8601.log")["line"].to_list()
    whole = framed(lines, hint="to=<")
    assert same(whole, framed(lines, range(0, len(lines), size), hint="to=<"))

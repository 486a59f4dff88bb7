"""Unfolding: what lines of a reply become one line, and what stays as it is."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bouncelake.replies import unfold, unframe

CASES = [
    ("550 5.1.1 unknown", "550 5.1.1 unknown"),
    ("550-5.7.26 This mail 550-5.7.26 is blocked 550 5.7.26 for good", "550 5.7.26 This mail is blocked for good"),
    ("550-5.7.26  leading blank 550 5.7.26  and again", "550 5.7.26  leading blank and again"),
    ("452-4.2.2 Mailbox 452 4.2.2 full", "452 4.2.2 Mailbox full"),
    ("550-first 550-second 550 third", "550 first second third"),
    ("550-first\\n550-second\\n550 third", "550 first second third"),
    ("550-first\r\n550 second", "550 first second"),
    ("550-5.1.1 over 550 5.1.1", "550 5.1.1 over"),
    ("554 no 550 other codes 550-inside", "554 no 550 other codes 550-inside"),
    ("550-5.7.1 call 555-1234 or 550 5.7.1 write", "550 5.7.1 call 555-1234 or write"),
    ("550-5.7.26 one 450 4.7.26 two", "550 5.7.26 one 450 4.7.26 two"),
    ("421 4.7.0 [192.0.2.7      15] kept blanks", "421 4.7.0 [192.0.2.7      15] kept blanks"),
    ("connect to mx[192.0.2.1]:25: Connection refused", "connect to mx[192.0.2.1]:25: Connection refused"),
    ("550 line\none", "550 line one"),
    ("", ""),
    (None, None),
]


@pytest.mark.parametrize(("raw", "line"), CASES)
def test_unfold(raw: str | None, line: str | None) -> None:
    """A further line is joined only when it repeats the first line's code."""
    assert unfold(pl.Series([raw], dtype=pl.String)).to_list() == [line]


def test_unfold_many_at_once() -> None:
    """Replies of several codes in one series keep their order."""
    raws = [raw for raw, _ in CASES] * 3
    assert unfold(pl.Series(raws, dtype=pl.String)).to_list() == [line for _, line in CASES] * 3


@settings(deadline=None)
@given(
    code=st.integers(200, 599),
    parts=st.lists(st.from_regex(r"[a-z]{1,8}( [a-z]{1,8}){0,3}", fullmatch=True), min_size=2),
)
def test_unfold_undoes_folding(code: int, parts: list[str]) -> None:
    """What a server folds into lines with or without enhanced code comes back as one line."""
    for enhanced in ("", "5.7.1 "):
        lines = [f"{code}-{enhanced}{part}" for part in parts[:-1]] + [f"{code} {enhanced}{parts[-1]}"]
        whole = f"{code} {enhanced}{' '.join(parts)}"
        assert unfold(pl.Series([" ".join(lines)]))[0] == whole


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("host mx.example.org[192.0.2.1] said: 550 no (in reply to RCPT TO command)", "550 no"),
        ("host mx.example.org[192.0.2.1] said: 550 no (in reply to end of DATA command))", "550 no"),
        ("host mx.example.org[192.0.2.1] refused to talk to me: 421 busy", "421 busy"),
        ("delivery temporarily suspended: host mx[192.0.2.1] refused to talk to me: 421 busy", "421 busy"),
        ("SMTP error from remote mail server after RCPT TO:<kim@example.org>: host mx [192.0.2.1]: 550 no", "550 no"),
        ("SMTP error from remote mail server after initial connection: 554 no", "554 no"),
        ("Remote Server returned '550 5.1.1 unknown'", "550 5.1.1 unknown'"),
        ("smtp; 550 no", "550 no"),
        ("192.0.2.1 does not like recipient. Remote host said: 550 no", "550 no"),
        ("550 no", "550 no"),
    ],
)
def test_unframe(text: str, reply: str) -> None:
    """What an MTA writes around a reply is taken off."""
    assert pl.select(unframe(pl.lit(text))).item() == reply

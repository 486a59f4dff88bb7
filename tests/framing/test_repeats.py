"""`message repeated N times`: one line that stands for several."""

import json
from collections.abc import Callable

import pytest

from bouncelake.framing import Framed

HEAD = "Mar  9 04:05:06 mx1 postfix/smtp[123]: "
TEXT = "4C20E4AE: to=<u@example.com>, relay=mx.example.net[192.0.2.9]:25, status=sent (250 ok [a])"


@pytest.mark.parametrize("end", ["]", " ]", ""], ids=["closed", "blank", "cut"])
@pytest.mark.parametrize("begin", ["[ ", "["])
@pytest.mark.parametrize("header", [HEAD, "2026-03-09T04:05:06.185246+01:00 mx1 postfix/smtp[123]: "])
def test_repeats_are_written_out(framed: Callable[..., Framed], header: str, begin: str, end: str) -> None:
    """Each repeat is a record of its own, with the header and the inner text; the closing bracket may be cut."""
    found = framed([f"{header}message repeated 3 times: {begin}{TEXT}{end}"])
    assert found.records.select("offset", "copy", "line", "text").rows() == [
        (0, n, header + TEXT, TEXT) for n in range(3)
    ]
    assert found.records["ts"].n_unique() == 1


def test_repeats_in_docker(framed: Callable[..., Framed]) -> None:
    """Repeats inside a container's line are written out too."""
    log = f"{HEAD}message repeated 2 times: [ {TEXT}]\n"
    found = framed([json.dumps({"log": log, "stream": "stdout", "time": "2026-03-09T04:05:06Z"})], hint="to=<")
    assert found.records.select("copy", "text").rows() == [(0, TEXT), (1, TEXT)]


def test_order_with_neighbours(framed: Callable[..., Framed]) -> None:
    """Copies stand at the place of their line."""
    lines = [HEAD + "a", f"{HEAD}message repeated 2 times: [ b]", HEAD + "c", f"{HEAD}message repeated 1 times: [ d]"]
    assert framed(lines).records["text"].to_list() == ["a", "b", "b", "c", "d"]


@pytest.mark.parametrize("number", ["0", "10001", "99999999999999999999999"])
def test_impossible_number(framed: Callable[..., Framed], number: str) -> None:
    """A number that would fill the memory, or is none, refuses the line and keeps its neighbours."""
    found = framed([HEAD + "a", f"{HEAD}message repeated {number} times: [ b]"])
    assert found.records["text"].to_list() == ["a"]
    assert found.refused["reason"].to_list() == ["implausible_repeat"]


@pytest.mark.parametrize(
    "text", ["message repeated often", "message repeated 3 times", "message repeated x times: [ a]"]
)
def test_text_that_is_no_repeat(framed: Callable[..., Framed], text: str) -> None:
    """Text that only begins like a repeat is a record as it stands."""
    assert framed([HEAD + text]).records.select("copy", "text").rows() == [(0, text)]

"""Refusals of our own, each against what it says."""

from typing import Any

import pytest

from tests.parsers.exim.conftest import Told, cases

PEER = "H=c.example.net (x.example.net) [198.51.100.9]"


@pytest.mark.parametrize(("text", "told"), cases("rejects"))
def test_rejects(event: Told, text: str, told: dict[str, Any]) -> None:
    """Every form of a refusal, at every stage."""
    row = event(text)
    assert {name: row.get(name) for name in told} == told


def test_no_code_is_invented(event: Told) -> None:
    """A refusal whose text has no code leaves the reply as it stands."""
    assert event(f"{PEER} F=<s@example.net> rejected RCPT <u@example.org>: no")["reply"] == "no"

"""Arrival lines, each against what it says."""

from typing import Any

import pytest

from tests.parsers.exim.conftest import ID, LONG_ID, Read, Told, cases


@pytest.mark.parametrize(("text", "told"), cases("arrivals"))
@pytest.mark.parametrize("queue_id", [ID, LONG_ID])
def test_arrivals(message: Told, queue_id: str, text: str, told: dict[str, Any]) -> None:
    """Every form of an arrival."""
    row = message(f"{queue_id} <= {text}")
    assert row["queue_id"] == queue_id
    assert {name: row.get(name) for name in told} == told


def test_completed(message: Told) -> None:
    """The end of a message, with and without its time in the queue."""
    assert message(f"{ID} Completed")["kind"] == "removed"
    assert message(f"{ID} Completed QT=1.002s")["queue_id"] == ID


def test_fakereject_is_both(read: Read) -> None:
    """A message that was kept while the client was told a refusal is an arrival and a rejection."""
    facts = read([f"{ID} (= s@example.net H=(x) [198.51.100.9] P=esmtp S=1"])
    assert facts.messages["kind"].to_list() == ["client"]
    assert facts.events.select("event", "client_ip", "sender").row(0) == ("rejected", "198.51.100.9", "s@example.net")


def test_script_is_told_with_the_arrival(message: Told) -> None:
    """The directory that framing puts behind an arrival is the sending script's."""
    assert (
        message(f"{ID} <= bob@example.org U=bob P=local S=7\n/home/bob/public_html")["script_dir"]
        == "/home/bob/public_html"
    )

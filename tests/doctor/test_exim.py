"""What the doctor says about Exim's selectors and zone."""

from pathlib import Path

import pytest

from bouncelake.config import Config
from bouncelake.doctor.exim import exim
from bouncelake.ingest import Options, ingest
from bouncelake.lake import Lake

SAMPLES = Path(__file__).parents[2] / "sample_logs"


def told(lake: Path, log: Path, zone: str = "UTC") -> dict[str, tuple[str, str]]:
    """Return what the doctor says of a log, by check and state."""
    ingest([str(log)], Config(lake=lake, zone=zone), Options(year=2026))
    return {f"{one.check} {one.state}": (one.seen, one.do) for one in exim(Lake.open(lake))}


def test_missing_selectors_are_named(tmp_path: Path) -> None:
    """At the default the line for the configuration names the selectors for our IP and finer times."""
    said = told(tmp_path / "lake", SAMPLES / "exim-default")
    assert "log_selector = +incoming_interface +outgoing_interface +outgoing_port +millisec" in said["exim note"][1]
    assert "the receiver's answer" in said["exim ok"][0]
    assert "zone fix" not in said


def test_nothing_is_missing_with_the_recommended_ones(tmp_path: Path) -> None:
    """With the recommended selectors nothing is asked for."""
    assert list(told(tmp_path / "lake", SAMPLES / "exim-recommended")) == ["exim ok"]


@pytest.mark.parametrize(("zone", "hours"), [("America/New_York", "+5.00"), ("Asia/Kolkata", "-5.50")])
def test_a_wrong_zone_is_seen_by_the_ids(tmp_path: Path, zone: str, hours: str) -> None:
    """A log that is read in a wrong zone differs from its ids by whole hours and quarters."""
    assert hours in told(tmp_path / "lake", SAMPLES / "exim-default", zone)["zone fix"][0]


def test_without_exim_nothing_is_said(tmp_path: Path) -> None:
    """A lake without Exim's lines gets no advice on it."""
    Lake.open(tmp_path / "lake", create=True)
    assert list(exim(Lake.open(tmp_path / "lake"))) == []

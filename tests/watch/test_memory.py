"""No finding is told every day: what is remembered, what is news all the same, and what a broken memory does."""

import json
import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bouncelake.watch import Finding, Memory
from tests.support.findings import UNTIL, finding, verdict

DAY = timedelta(days=1)


def news(root: Path, *findings: Finding) -> int:
    """Return how many of these findings are news."""
    return len(Memory(root).mark(verdict(*findings)).news)


def remember(root: Path, *findings: Finding, days: int = 0) -> None:
    """Remember them as told in a check so many days later."""
    memory = Memory(root)
    memory.remember(memory.mark(verdict(*findings)).findings, UNTIL + days * DAY)


def test_a_finding_is_told_once(tmp_path: Path) -> None:
    """The same finding is no news the next day, nor the day after."""
    assert news(tmp_path, finding()) == 1
    remember(tmp_path, finding())
    assert news(tmp_path, finding(kind="rose")) == 0
    remember(tmp_path, finding(kind="rose"), days=1)
    assert news(tmp_path, finding()) == 0


@pytest.mark.parametrize(
    ("more", "told_again"),
    [
        ({"refused": 130}, False),
        ({"refused": 250, "answered": 600}, True),
        ({"refused": 250, "answered": 6000}, False),
        ({"label": "WATCH"}, False),
        ({"reasons": ("low_ip_reputation", "dnsbl_listed")}, True),
        ({"since": UNTIL + DAY}, True),
        ({"topic": "rate_limit"}, True),
        ({"scope": {"receiver": "google", "ip": "192.0.2.10"}}, False),
        ({"scope": {"receiver": "yahoo"}}, True),
        ({"scope": {}}, False),
        ({"kind": "stopped", "topic": "stopped"}, True),
    ],
    ids=["a little more", "twice", "more mail", "less urgent", "further reason", "began again", "other topic",
         "narrower", "elsewhere", "wider", "stopped"],
)  # fmt: skip
def test_what_makes_it_news_again(tmp_path: Path, more: Mapping[str, Any], *, told_again: bool) -> None:
    """Twice as much, more urgent, a further reason, a new beginning or another place are news; the rest is not."""
    remember(tmp_path, finding())
    assert news(tmp_path, finding(**more)) == told_again


def test_more_urgent_is_news(tmp_path: Path) -> None:
    """What was to be watched and must be acted on now is told again."""
    remember(tmp_path, finding(label="WATCH"))
    assert news(tmp_path, finding(label="ACT NOW")) == 1


def test_a_slow_growth_is_told_when_it_has_doubled(tmp_path: Path) -> None:
    """The figures remembered are those that were told, not those of yesterday."""
    for day, refused in enumerate((100, 140, 190)):
        remember(tmp_path, finding(refused=refused), days=day)
    assert news(tmp_path, finding(refused=200)) == 1


def test_what_is_gone_is_forgotten(tmp_path: Path) -> None:
    """After two weeks without it, the same trouble is news; before, only if it began anew."""
    remember(tmp_path, finding())
    remember(tmp_path, days=10)
    assert news(tmp_path, finding()) == 0
    remember(tmp_path, days=15)
    assert news(tmp_path, finding()) == 1


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"version": 2, "told": []}', '{"version": 1, "told": [{"kind": 5}]}', "[" * 100_000,
     '{"version": 1, "told": [{"kind": "refusal", "scope": [], "topic": "x"}]}', '{"version": 1, "told": 5}'],
)  # fmt: skip
def test_a_damaged_memory_is_an_empty_one(tmp_path: Path, text: str) -> None:
    """A file that cannot be understood makes everything news and is written anew."""
    (tmp_path / "check.json").write_text(text)
    assert news(tmp_path, finding()) == 1
    remember(tmp_path, finding())
    assert news(tmp_path, finding()) == 0


def test_the_file_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk leaves the old memory and no litter."""
    remember(tmp_path, finding())
    before = (tmp_path / "check.json").read_bytes()

    def full(_: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        remember(tmp_path, finding(topic="other"))
    assert [path.name for path in tmp_path.iterdir()] == ["check.json"]
    assert (tmp_path / "check.json").read_bytes() == before
    assert json.loads(before)["version"] == 1

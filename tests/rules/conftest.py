"""Rules for tests: made by a few words, everything else filled in."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bouncelake import rules
from bouncelake.rules import Rule, RuleSet

Maker = Callable[..., Rule]

DEFAULTS = {
    "reason": "local_policy",
    "category": "policy",
    "spam_signal": "undecided",
    "bounce": "block",
    "owner": "recipient_or_its_admin",
    "severity": 2,
    "meaning": "The receiver refuses.",
    "remedy": "Ask the receiver.",
    "seen": "2026-06-18",
    "examples": ["550 one", "550 two"],
    "near_misses": ["250 fine"],
}


@pytest.fixture(scope="session")
def shipped() -> RuleSet:
    """Return the shipped rules, loaded once."""
    return rules.load()


@pytest.fixture
def make() -> Maker:
    """Return a maker of rules: what is not given is a plain policy refusal."""
    return lambda **given: Rule.model_validate(DEFAULTS | given)


@pytest.fixture
def own(tmp_path: Path) -> Callable[[str], Path]:
    """Return a writer of a user's rule folder with one file."""

    def write(text: str) -> Path:
        (tmp_path / "own.toml").write_text(text, "utf-8")
        return tmp_path

    return write

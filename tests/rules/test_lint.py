"""Lint: each thing that can be wrong with a rule is found, and named by the rule."""

from collections.abc import Callable

import pytest

from bouncelake import rules
from bouncelake.rules import Provider, Rule, RuleSet

Maker = Callable[..., Rule]
PROVIDERS = (Provider(id="alpha", name="Alpha", page="https://alpha.example/"),)


def problems(*checked: Rule) -> set[tuple[str, str]]:
    """Return rule and problem of each finding."""
    return {(one.rule, one.problem) for one in rules.lint(RuleSet(checked, PROVIDERS, (), ()))}


def texts(words: str) -> dict[str, object]:
    """Return examples and a near miss for a rule that looks for these words."""
    return {"examples": [f"550 {words}", f"554 so {words}"], "near_misses": ["550 nothing"]}


def test_clean_rule(make: Maker) -> None:
    """A sound rule has no finding."""
    assert problems(make(id="fine", phrase=["house rule"], **texts("house rule"))) == set()


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"phrase": ["house rule"], "examples": ["550 house rule", "550 other"]}, "example"),
        ({"phrase": ["house rule"], "near_misses": ["554 house rule"]}, "near miss"),
        ({"phrase": ["never there"]}, "dead"),
        ({"phrase": ["house rule"], "bounce": "hard"}, "hard"),
        ({"phrase": ["house rule"], "remedy": "Nothing."}, "remedy"),
        ({"phrase": ["house rule"], "provider": "alpha"}, "doc"),
        ({"phrase": ["house rule"], "provider": "omega"}, "provider"),
        ({"phrase": ["192.0.2.7"], "any": ["house rule"]}, "phrase"),
        ({"regex": "(?:house|home)"}, "regex"),
        ({"regex": "house (?=rule)"}, "regex"),
        ({"regex": "house ("}, "regex"),
        ({"phrase": ["house rule"], "capture": "("}, "regex"),
        ({"phrase": ["house rule"], "examples": ["550 house rule", "550 house rule 9.9.9.9"]}, "example"),
        ({"phrase": ["house rule"], "examples": ["550 house rule", "550 house rule <kim@firm.net>"]}, "example"),
    ],
)
def test_problems(make: Maker, given: dict[str, object], problem: str) -> None:
    """Each problem is found by itself."""
    assert ("one", problem) in problems(make(id="one", **(texts("house rule") | given)))


def test_shadowed(make: Maker) -> None:
    """A rule whose every example another takes can never speak."""
    weak = make(id="weak", phrase=["house"], **texts("house rule"))
    strong = make(id="strong", phrase=["house rule"], **texts("house rule"))
    assert problems(weak, strong) == {("weak", "shadowed")}


def test_ambiguous(make: Maker) -> None:
    """Two equally specific rules on one example must not say two categories."""
    same = make(id="same", phrase=["mouse"], category="system", reason="busy", **texts("mouse"))
    both = make(id="both", phrase=["house"], examples=["550 house mouse", "550 house"])
    assert ("both", "ambiguous") in problems(both, same)


def test_findings_say_where(make: Maker) -> None:
    """A finding names file and line, so that an editor can go there."""
    rule = make(id="one", phrase=["house rule"], remedy="Nothing.", file="own.toml", line=7, **texts("house rule"))
    found = rules.lint(RuleSet((rule,), PROVIDERS, (), ()))
    assert [(one.file, one.line) for one in found] == [("own.toml", 7)]

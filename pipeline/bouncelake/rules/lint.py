"""Finds rules that cannot do what they say: dead, shadowed, ambiguous, or against the house rules."""

from dataclasses import dataclass


from bouncelake.rules.ruleset import RuleSet


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a rule, and where it stands."""

    rule: str
    problem: str
    message: str
    file: str
    line: int


def lint(ruleset: RuleSet) -> list[Finding]:
    """Return what is wrong."""
    return []

"""What replies mean: loads, checks and lints the rule files, and finds the rule that a reply's template matches."""

from bouncelake.rules.lint import Finding, lint
from bouncelake.rules.loading import load
from bouncelake.rules.matching import Matcher
from bouncelake.rules.model import Blocklist, Provider, Reason, Rule
from bouncelake.rules.ruleset import RuleSet
from bouncelake.rules.skeleton import skeleton
from bouncelake.rules.why import why

__all__ = [
    "Blocklist",
    "Finding",
    "Matcher",
    "Provider",
    "Reason",
    "Rule",
    "RuleSet",
    "lint",
    "load",
    "skeleton",
    "why",
]

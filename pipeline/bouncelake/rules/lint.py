"""Finds rules that cannot do what they say: dead, shadowed, ambiguous, or against the house rules."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from bouncelake.replies import template, unfold, unframe
from bouncelake.rules.cores import cores
from bouncelake.rules.matching import Matcher
from bouncelake.rules.model import Rule
from bouncelake.rules.ruleset import RuleSet
from bouncelake.rules.words import HARD_REASONS, VERBS

_IP = re.compile(r"(?<![0-9.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9.]*[0-9])")
_DOCUMENTATION_IP = re.compile(r"192\.0\.2\.|198\.51\.100\.|203\.0\.113\.|127\.|4\.16\.")
_ADDRESS = re.compile(r"@([0-9A-Za-z.-]+\.[A-Za-z]+)")
_DOCUMENTATION_NAME = re.compile(r"(?:^|\.)example(?:\.[a-z]{2,3})?$")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a rule, and where it stands."""

    rule: str
    problem: str
    message: str
    file: str
    line: int


def lint(ruleset: RuleSet) -> list[Finding]:
    """Return what is wrong with the rules, those of a user's folder included; an empty list means clean.

    Each rule must win its own examples and none of its near misses, and no other rule may be as specific on one of its
    examples and say something else.
    """
    pages = {provider.id: provider.page for provider in ruleset.providers}
    broken = {rule.id for rule in ruleset.rules if not _compiles(rule.regex) or not _compiles(rule.capture)}
    sound = RuleSet(
        tuple(rule for rule in ruleset.rules if rule.id not in broken),
        ruleset.providers,
        ruleset.reasons,
        ruleset.blocklists,
    )
    problems = [(rule, problem, message) for rule in ruleset.rules for problem, message in _alone(rule, pages, ruleset)]
    problems += [(rule, problem, message) for rule, problem, message in _together(sound)]
    return [Finding(rule.id, problem, message, rule.file, rule.line) for rule, problem, message in problems]


def _compiles(pattern: str) -> bool:
    try:
        pl.select(pl.lit("").str.contains(pattern or "x"))
    except pl.exceptions.ComputeError:
        return False
    return True


def _alone(rule: Rule, pages: dict[str, str], ruleset: RuleSet) -> Iterator[tuple[str, str]]:
    """Yield what can be seen on one rule."""
    known = {provider.id for provider in ruleset.providers} | {"unknown"}
    for name in sorted(set(rule.provider) - known):
        yield "provider", f"unknown provider {name!r}; add a [[provider]] or correct the name"
    for pattern in (rule.regex, rule.capture):
        if not _compiles(pattern):
            yield "regex", f"does not compile (no look-around, no back-references): {pattern}"
    if rule.regex and not (rule.phrase or rule.any or cores(rule.regex)):
        yield "regex", "has no literal of 4 or more characters outside groups; add phrase or any beside it"
    if rule.bounce == "hard" and rule.reason not in HARD_REASONS:
        yield "hard", f"reason {rule.reason} is no reason to suppress an address; only {', '.join(HARD_REASONS)} are"
    if rule.remedy.split(maxsplit=1)[0].lower() not in VERBS:
        yield "remedy", f"must begin with a verb that says what to do, not {rule.remedy.split(maxsplit=1)[0]!r}"
    if not rule.doc and any(pages.get(name) for name in rule.provider):
        yield "doc", "is missing, and the provider has a page"
    yield from _destroyed(rule)
    yield from _private(rule)


def _destroyed(rule: Rule) -> Iterator[tuple[str, str]]:
    """Yield literals that can stand in no template."""
    literals = [*rule.phrase, *rule.any, *rule.unless]
    seen = template(pl.Series([f"x {literal} x" for literal in literals], dtype=pl.String))
    for literal, there in zip(literals, seen, strict=True):
        if literal.strip() not in there:
            yield "phrase", f"{literal!r} never stands in a template: there it is {there!r}"


def _private(rule: Rule) -> Iterator[tuple[str, str]]:
    for text in (*rule.examples, *rule.near_misses):
        for ip in _IP.findall(text):
            if not _DOCUMENTATION_IP.match(ip):
                yield "example", f"names {ip}; use an address of 192.0.2.0/24, 198.51.100.0/24 or 203.0.113.0/24"
        for name in _ADDRESS.findall(text):
            if not _DOCUMENTATION_NAME.search(name.lower()) and not name.lower().endswith(_PUBLIC_DESKS):
                yield "example", f"names the domain {name}; use example.org, example.com or example.net"


# Addresses that receivers print in their replies for everybody to write to.
_PUBLIC_DESKS = ("microsoft.com", "mail.ru", "t-online.de", "abuse-att.net")


def _together(ruleset: RuleSet) -> Iterator[tuple[Rule, str, str]]:
    """Yield what can only be seen when all rules meet the examples."""
    matcher = Matcher(ruleset.rules, ruleset.providers)
    asked = _asked(ruleset)
    found = matcher.rivals(asked.select("template", "provider"))
    won = found.unique("n", keep="first", maintain_order=True).select("n", winner="rule")
    judged = asked.with_row_index("n").join(won, on="n", how="left", maintain_order="left")
    for rule, part in _by_rule(judged, ruleset):
        yield from _examples(rule, part, matcher)
    yield from _ambiguous(judged, found, matcher)


def _asked(ruleset: RuleSet) -> pl.DataFrame:
    """Return the templates of all examples and near misses, at the rule's own provider."""
    rows = [
        (number, kind == "examples", text, next((name for name in rule.provider if name != "unknown"), None))
        for number, rule in enumerate(ruleset.rules)
        for kind in ("examples", "near_misses")
        for text in getattr(rule, kind)
    ]
    schema = {"own": pl.UInt32, "example": pl.Boolean, "text": pl.String, "provider": pl.String}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    unfolded = unfold(frame.select(unframe(pl.col("text"))).to_series())
    return frame.with_columns(template(unfolded))


def _by_rule(judged: pl.DataFrame, ruleset: RuleSet) -> Iterator[tuple[Rule, pl.DataFrame]]:
    for part in judged.partition_by("own", maintain_order=True):
        yield ruleset.rules[part["own"][0]], part


def _examples(rule: Rule, part: pl.DataFrame, matcher: Matcher) -> Iterator[tuple[Rule, str, str]]:
    wins = pl.col("winner").eq_missing(pl.col("own"))
    examples = part.filter("example")
    lost = examples.filter(~wins)
    taken = [matcher.rule(number).id for number in lost["winner"].drop_nulls().unique()]
    if lost.height == examples.height:
        problem = "shadowed" if taken else "dead"
        yield rule, problem, f"wins none of its examples; {', '.join(taken) or 'its conditions hold for none'} does"
        return
    for text, winner in lost.select("text", "winner").iter_rows():
        name = "none" if winner is None else matcher.rule(winner).id
        yield rule, "example", f"loses its example to {name}: {text!r}"
    for text in part.filter(~pl.col("example") & wins)["text"]:
        yield rule, "near miss", f"matches its near miss: {text!r}"


def _ambiguous(judged: pl.DataFrame, found: pl.DataFrame, matcher: Matcher) -> Iterator[tuple[Rule, str, str]]:
    """Yield pairs of rules that are equally specific on an example, and differ in what they say."""
    same = ["n", "level", "weight", "conditions", "length"]
    best = judged.filter("example").join(found, left_on=["n", "winner"], right_on=["n", "rule"])
    ties = best.select(*same, "winner").join(found.select(*same, rival="rule"), on=same)
    for winner, rival in (
        ties.filter(pl.col("winner") != pl.col("rival")).select("winner", "rival").unique().iter_rows()
    ):
        one, other = matcher.rule(winner), matcher.rule(rival)
        if one.category != other.category:
            yield one, "ambiguous", f"is as specific as {other.id} on one example, and says another category"

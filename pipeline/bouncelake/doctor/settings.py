"""Every setting with its origin, and what is questionable about it."""

from collections.abc import Iterator
from typing import Any

from bouncelake import rules
from bouncelake.config import Config
from bouncelake.doctor.advice import Advice
from bouncelake.errors import BouncelakeError
from bouncelake.zone import machine_zone


def settings(config: Config) -> Iterator[Advice]:
    """Yield each value and where it comes from, then the zone and the rules."""
    values = config.model_dump(mode="json", exclude={"origins"})
    for key, origin in config.origins.items():
        yield Advice("setting", "ok", f"{key} = {_shown(_inner(values, key))} ({origin})")
    yield _zones(config)
    yield _rules(config)


def _inner(values: Any, key: str) -> Any:  # noqa: ANN401 - any value of a configuration
    for part in key.split("."):
        values = values.get(part) if isinstance(values, dict) else None
    return values


def _shown(value: Any) -> str:  # noqa: ANN401 - any value of a configuration
    if value in (None, "", [], {}):
        return "none"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _zones(config: Config) -> Advice:
    machine, lines = machine_zone().key, config.zone
    days = config.report.zone or machine
    seen = f"lines without a zone are {lines or machine}; days of reports begin in {days}; the machine is {machine}"
    if lines and lines != machine:
        return Advice("zone", "note", seen, "right if the logs come from elsewhere; else remove `zone`")
    return Advice("zone", "ok", seen)


def _rules(config: Config) -> Advice:
    try:
        ruleset = rules.load(config.rules)
        found = rules.lint(ruleset)
    except BouncelakeError as error:
        return Advice("rules", "fix", str(error), "correct the rule file")
    if found:
        return Advice("rules", "fix", f"{len(found)} rules are dead, shadowed or ambiguous", "`bouncelake rules lint`")
    return Advice("rules", "ok", f"{len(ruleset.by_id):,} rules")

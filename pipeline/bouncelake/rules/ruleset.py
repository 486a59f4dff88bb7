"""A set of rules that are used together, with its version."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from bouncelake.rules.model import FAMILIES, Blocklist, Foreign, Provider, Reason, Rule

_SHOWN = ("category", "reason", "spam_signal", "bounce", "owner", "severity", "meaning", "remedy")


@dataclass(frozen=True)
class RuleSet:
    """Rules with the tables they lean on; the order of the rules means nothing."""

    rules: tuple[Rule, ...]
    providers: tuple[Provider, ...]
    reasons: tuple[Reason, ...]
    blocklists: tuple[Blocklist, ...]
    words: tuple[Foreign, ...] = ()

    @cached_property
    def by_id(self) -> dict[str, Rule]:
        """Return the rules by their id."""
        return {rule.id: rule for rule in self.rules}

    @cached_property
    def version(self) -> str:
        """Return the date of the newest rule and a hash of all that can change an answer; comments do not count."""
        parts = (*self.rules, *self.providers, *self.reasons, *self.blocklists)
        dumps = [json.dumps(part.model_dump(mode="json", exclude={"file", "line"}), sort_keys=True) for part in parts]
        text = json.dumps(sorted(dumps))
        newest = max((rule.seen for rule in self.rules), default=None)
        digest = hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
        return f"{newest}-{digest}" if newest else digest

    def frames(self) -> dict[str, pl.DataFrame]:
        """Return what SQL sees of the rules, by the name of its view."""
        return {"remedies": self.remedies(), "foreign_words": self.foreign()}

    def remedies(self) -> pl.DataFrame:
        """Return one row per rule: what it means and what to do about it."""
        rows = [
            {"rule": rule.id, "provider": ", ".join(rule.provider) or "any", "family": FAMILIES[rule.category]}
            | {name: getattr(rule, name) for name in _SHOWN}
            | {"document": rule.doc or None}
            for rule in self.rules
        ]
        names = ("rule", "meaning", "remedy", "document", "family", "severity", "category", "reason")
        more = ("provider", "spam_signal", "bounce", "owner")
        schema = {name: pl.Int8 if name == "severity" else pl.String for name in (*names, *more)}
        return pl.DataFrame(rows, schema=schema).sort("rule")

    def foreign(self) -> pl.DataFrame:
        """Return which category a word of another tool means; `usual` marks the likeliest where there are several."""
        rows = [
            (entry.tool, entry.word, category, category == entry.categories[0])
            for entry in self.words
            for category in entry.categories
        ]
        schema = {"tool": pl.String, "word": pl.String, "category": pl.String, "usual": pl.Boolean}
        return pl.DataFrame(rows, schema=schema, orient="row").sort("tool", "word", "category")

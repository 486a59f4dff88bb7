"""Rules as tables of numbers, made once, so that matching a million templates is joins of small integers."""

from collections.abc import Iterable, Sequence

import polars as pl

from bouncelake.rules.cores import cores
from bouncelake.rules.model import Provider, Rule

UNKNOWN = "unknown"

# Match order: provider and words, words, provider and code, enhanced code; then words and codes that are so vague (a
# negative weight) that the former say more; then the reply code, and its class.
_LEVEL = {"provider+words": 1, "words": 2, "provider+code": 3, "enhanced": 4, "reply": 8, "class": 9}
_VAGUE = {"provider+words": 5, "words": 6, "provider+code": 7, "enhanced": 7, "reply": 8, "class": 9}
_MATCHED_BY = {
    "provider+words": "phrase",
    "words": "phrase",
    "provider+code": "provider+code",
    "enhanced": "code",
    "reply": "code",
    "class": "class-digit",
}

# A rank orders candidates, smaller is better: level, weight, number of conditions, matched length, rule.
RULE_BITS, LENGTH_BITS = 20, 12
_CONDITIONS_AT = RULE_BITS + LENGTH_BITS
_WEIGHT_AT = _CONDITIONS_AT + 5
_LEVEL_AT = _WEIGHT_AT + 4
LONGEST = (1 << LENGTH_BITS) - 1


class Index:
    """What the matcher looks up: which literal speaks for which rule, what each rule demands, and how it ranks."""

    def __init__(self, rules: Sequence[Rule], providers: Sequence[Provider]) -> None:
        self.rules = tuple(rules)
        every = sorted({literal for rule in rules for literal in _spoken(rule)} | _signs(providers))
        self.patterns = pl.Series("pattern", every, dtype=pl.String)
        self.literal = pl.Enum(every)
        self.party = pl.Enum(sorted({UNKNOWN, *(p.id for p in providers), *(p for r in rules for p in r.provider)}))
        self.enhanced = pl.Enum(sorted({code for rule in rules for code in rule.enhanced}))
        self.clauses = _clause_table(self.rules, self.literal)
        self.needed = pl.Series([len(clauses(rule)) for rule in rules], dtype=pl.UInt32)
        self.vetoes = _keys(rules, "unless", self.literal)
        forbidden = {word for rule in rules for word in rule.unless}
        self.wary = pl.Series([bool(rule.unless) for rule in rules], dtype=pl.Boolean)
        self.forbidding = pl.Series([word in forbidden for word in every], dtype=pl.Boolean)
        self.checked = pl.Series([bool(rule.regex) for rule in rules], dtype=pl.Boolean)
        self.signatures = _signatures(providers, self.literal)
        self.demands = _demands(self.rules, self.party, self.enhanced)
        self.static = pl.Series([_static_rank(number, rule) for number, rule in enumerate(rules)], dtype=pl.Int64)
        self.coded = pl.Series([n for n, rule in enumerate(rules) if not rule.worded], dtype=pl.UInt32)
        self.matched_by = pl.Series([matched_by(rule) for rule in rules], dtype=pl.String)
        self.regexes = {number: rule.regex for number, rule in enumerate(rules) if rule.regex}


def matched_by(rule: Rule) -> str:
    """Return how specific a match of this rule is, in the words of the column `matched_by`."""
    full = rule.worded and rule.provider and (rule.reply or rule.enhanced)
    return "provider+code+phrase" if full else _MATCHED_BY[_kind(rule)]


def level(rule: Rule) -> int:
    """Return the rule's place in the match order."""
    return (_VAGUE if rule.weight < 0 else _LEVEL)[_kind(rule)]


def conditions(rule: Rule) -> int:
    """Return how many conditions the rule has; a list of which one must hold is one condition."""
    parts = (rule.provider, rule.reply, rule.enhanced, rule.any or rule.regex)
    return min(sum(bool(part) for part in parts) + len(rule.phrase), 31)


def clauses(rule: Rule) -> list[tuple[str, ...]]:
    """Return the groups of literals of which one each must occur; a pattern's own count where the rule names none."""
    named = [*((phrase,) for phrase in rule.phrase), *([rule.any] if rule.any else [])]
    return named or [core for core in [cores(rule.regex)] if core]


def _kind(rule: Rule) -> str:
    if rule.worded:
        return "provider+words" if rule.provider else "words"
    if rule.provider:
        return "provider+code"
    if rule.enhanced:
        return "enhanced"
    return "class" if set(rule.reply) <= {"4xx", "5xx"} else "reply"


def _static_rank(number: int, rule: Rule) -> int:
    order = (level(rule) << _LEVEL_AT) + ((8 - rule.weight) << _WEIGHT_AT)
    return order + ((31 - conditions(rule)) << _CONDITIONS_AT) + (LONGEST << RULE_BITS) + number


def _spoken(rule: Rule) -> Iterable[str]:
    return (*(literal for group in clauses(rule) for literal in group), *rule.unless)


def _signs(providers: Sequence[Provider]) -> set[str]:
    return {word for provider in providers for word in provider.signature}


def _clause_table(rules: Sequence[Rule], literal: pl.Enum) -> pl.DataFrame:
    """Return which literal fills which clause of which rule; `several` tells rules that have more than one clause."""
    rows = [
        (word, number, place, len(groups) > 1, min(len(word), 255))
        for number, rule in enumerate(rules)
        for groups in [clauses(rule)]
        for place, group in enumerate(groups)
        for word in group
    ]
    numbers = pl.Schema({"rule": pl.UInt32(), "clause": pl.UInt32(), "several": pl.Boolean(), "length": pl.UInt32()})
    schema = pl.Schema({"literal": literal, **numbers})
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(pl.col("literal").to_physical())


def _keys(rules: Sequence[Rule], name: str, words: pl.Enum) -> pl.Series:
    """Return the pairs of rule and word of one field as numbers: see `pair`."""
    rows = [(number, word) for number, rule in enumerate(rules) for word in getattr(rule, name)]
    frame = pl.DataFrame(rows, schema={"rule": pl.UInt64, "word": words}, orient="row")
    return frame.select(key=pair(pl.col("rule"), pl.col("word").to_physical()))["key"]


def pair(rule: pl.Expr, word: pl.Expr) -> pl.Expr:
    """Return rule and word as one number."""
    return rule.cast(pl.UInt64) * (1 << 32) + word.cast(pl.UInt64)


def _signatures(providers: Sequence[Provider], literal: pl.Enum) -> pl.DataFrame:
    rows = [(word, provider.id, n) for n, provider in enumerate(providers) for word in provider.signature]
    frame = pl.DataFrame(rows, schema={"literal": literal, "told": pl.String, "order": pl.UInt32}, orient="row")
    return frame.with_columns(pl.col("literal").to_physical())


def _demands(rules: Sequence[Rule], party: pl.Enum, enhanced: pl.Enum) -> dict[str, tuple[pl.Series, pl.Series]]:
    """Return for each kind of condition which rules have it, and the pairs of rule and value that meet it."""
    numbers = pl.DataFrame(
        [(n, int(code)) for n, rule in enumerate(rules) for written in rule.reply for code in _codes(written)],
        schema={"rule": pl.UInt64, "word": pl.UInt32},
        orient="row",
    )
    reply = numbers.select(key=pair(pl.col("rule"), pl.col("word")))["key"]
    keys = {"party": _keys(rules, "provider", party), "code": reply, "enhanced": _keys(rules, "enhanced", enhanced)}
    names = {"party": "provider", "code": "reply", "enhanced": "enhanced"}
    return {
        name: (pl.Series([bool(getattr(rule, names[name])) for rule in rules], dtype=pl.Boolean), key)
        for name, key in keys.items()
    }


def _codes(written: str) -> Iterable[str]:
    """Expand `5xx` to its hundred codes."""
    return [f"{written[0]}{n:02}" for n in range(100)] if written.endswith("xx") else [written]

"""Finds the most specific rule for each reply template, at a cost that hardly depends on the number of rules.

All literals of all rules are looked for at once (Aho-Corasick); a rule becomes a candidate where one of its literals,
its enhanced code or its reply code stands, and only candidates are checked.
"""

from collections.abc import Sequence

import polars as pl

from bouncelake.rules.cores import cores
from bouncelake.rules.model import Provider, Rule

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

_REPLY = r"^([2-5][0-9]{2})(?:[ -]|$)"
_ENHANCED = r"^(?:[2-5][0-9]{2}[ -])? *([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:[^0-9.]|\.$|\.[^0-9]|$)"
_ENHANCED_INSIDE = r"(?:^|[^0-9.])([45]\.[0-9]\.[0-9]{1,3})(?:[^0-9.]|\.$|\.[^0-9]|$)"

_ORDER = ["level", "weight", "conditions", "length", "rule"]
_DESCENDING = [False, True, True, True, False]


class Matcher:
    """Rules made ready for matching; `match` may be called with any number of templates.

    The columns that `match` needs are `template` and `provider` (from the relay's host name, null if it tells none).
    """

    def __init__(self, rules: Sequence[Rule], providers: Sequence[Provider]) -> None:
        self._rules = list(rules)
        self._table = pl.DataFrame([_row(n, rule) for n, rule in enumerate(self._rules)], schema=_ROW)
        self._literals = pl.DataFrame(_literals(self._rules), schema=_LITERAL, orient="row")
        self._signatures = _signatures(providers)
        self._patterns = pl.concat([self._literals["literal"], self._signatures["literal"]]).unique().sort()
        self._allowed = {name: _pairs(self._rules, name) for name in ("provider", "reply", "enhanced")}
        self._keyed = self._table.filter(~pl.col("worded"))

    def match(self, templates: pl.DataFrame) -> pl.DataFrame:
        """Return the frame with `provider` filled from the text, `rule` (its number, null if none) and `matched_by`."""
        asked = templates.with_row_index("n").with_columns(_codes())
        hits = self._hits(asked)
        asked = self._with_provider(asked, hits)
        found = self.candidates(asked, hits)
        best = found.sort(["n", *_ORDER], descending=[False, *_DESCENDING]).unique("n", keep="first")
        named = best.with_columns(matched_by=_matched_by())
        columns = [*templates.columns, "rule", "matched_by"]
        return asked.join(named.select("n", "rule", "matched_by"), on="n", how="left", maintain_order="left").select(columns)

    def rivals(self, templates: pl.DataFrame) -> pl.DataFrame:
        """Return every rule that matches each template, most specific first, with what makes it so."""
        asked = templates.with_row_index("n").with_columns(_codes())
        hits = self._hits(asked)
        found = self.candidates(self._with_provider(asked, hits), hits)
        return found.sort(["n", *_ORDER], descending=[False, *_DESCENDING])

    def rule(self, number: int) -> Rule:
        """Return the rule of that number."""
        return self._rules[number]

    def _hits(self, asked: pl.DataFrame) -> pl.DataFrame:
        """Return which literals occur in which template."""
        found = pl.col("template").str.extract_many(self._patterns.implode(), overlapping=True)
        return asked.select("n", literal=found).explode("literal").drop_nulls().unique()

    def _with_provider(self, asked: pl.DataFrame, hits: pl.DataFrame) -> pl.DataFrame:
        """Fill the provider from the signatures in the text where the host did not tell it."""
        told = hits.join(self._signatures, on="literal").sort("order").unique("n", keep="first").select("n", "told")
        joined = asked.join(told, on="n", how="left", maintain_order="left")
        provider = pl.coalesce("provider", "told")
        return joined.with_columns(provider=provider, party=provider.fill_null("unknown")).drop("told")

    def candidates(self, asked: pl.DataFrame, hits: pl.DataFrame) -> pl.DataFrame:
        """Return the rules whose every condition holds, one row per template and rule."""
        pairs = pl.concat([self._worded(hits), self._by_code(asked)])
        facts = self._table.drop("key_enhanced", "key_reply", "clauses", "regex", "worded")
        joined = pairs.join(facts, on="rule").join(asked.select("n", "party", "code", "enhanced"), on="n")
        for name, column in (("provider", "party"), ("reply", "code"), ("enhanced", "enhanced")):
            held = self._allowed[name].with_columns(held=pl.lit(value=True))
            joined = joined.join(held, left_on=["rule", column], right_on=["rule", "value"], how="left")
            joined = joined.filter(~pl.col(f"has_{name}") | pl.col("held").is_not_null()).drop("held")
        return self._regex(joined, asked)

    def _worded(self, hits: pl.DataFrame) -> pl.DataFrame:
        """Return the rules whose every literal occurs and whose no forbidden one does."""
        found = hits.join(self._literals, on="literal")
        vetoed = found.filter(pl.col("clause") < 0).select("n", "rule")
        clauses = found.filter(pl.col("clause") >= 0).group_by("n", "rule", "clause").agg(pl.col("literal").str.len_chars().max())
        whole = clauses.group_by("n", "rule").agg(met=pl.len(), length=pl.col("literal").sum())
        needed = self._table.select("rule", "clauses")
        met = whole.join(needed, on="rule").filter(pl.col("met") == pl.col("clauses"))
        return met.join(vetoed, on=["n", "rule"], how="anti").select("n", "rule", "length")

    def _by_code(self, asked: pl.DataFrame) -> pl.DataFrame:
        """Return the rules that look at codes only, found by the code they ask for."""
        none = pl.lit(0, dtype=pl.UInt32).alias("length")
        parts = []
        for name, column in (("enhanced", "enhanced"), ("reply", "code")):
            keyed = self._keyed.filter(pl.col(f"key_{name}")).select("rule")
            values = self._allowed[name].join(keyed, on="rule")
            exact = asked.select("n", column).join(values, left_on=column, right_on="value")
            parts.append(exact.select("n", "rule", none))
        return pl.concat(parts)

    def _regex(self, pairs: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
        """Drop pairs whose rule has a regular expression that the template does not match."""
        with_regex = self._table.filter(pl.col("regex") != "").select("rule", "regex")
        doubtful = pairs.select("n", "rule").join(with_regex, on="rule")
        if doubtful.is_empty():
            return pairs
        texts = doubtful.join(asked.select("n", "template"), on="n").partition_by("regex")
        failed = [part.filter(~pl.col("template").str.contains(part["regex"][0])).select("n", "rule") for part in texts]
        return pairs.join(pl.concat(failed), on=["n", "rule"], how="anti")


_ROW = {
    "rule": pl.UInt32,
    "level": pl.UInt8,
    "kind": pl.String,
    "weight": pl.Int8,
    "conditions": pl.UInt8,
    "clauses": pl.UInt32,
    "worded": pl.Boolean,
    "regex": pl.String,
    "has_provider": pl.Boolean,
    "has_reply": pl.Boolean,
    "has_enhanced": pl.Boolean,
    "key_enhanced": pl.Boolean,
    "key_reply": pl.Boolean,
    "coded": pl.Boolean,
}
_LITERAL = {"literal": pl.String, "rule": pl.UInt32, "clause": pl.Int16}


def _codes() -> list[pl.Expr]:
    """Return the codes that the template itself shows; an enhanced code further inside counts where none stands in front."""
    text = pl.col("template")
    inside = text.str.extract(_ENHANCED_INSIDE, 1)
    return [
        text.str.extract(_REPLY, 1).alias("code"),
        pl.coalesce(text.str.extract(_ENHANCED, 1), inside).alias("enhanced"),
    ]


def _row(number: int, rule: Rule) -> dict[str, object]:
    parts = (rule.provider, rule.reply, rule.enhanced, rule.any or rule.regex)
    return {
        "rule": number,
        "level": (_VAGUE if rule.weight < 0 else _LEVEL)[_kind(rule)],
        "kind": _kind(rule),
        "weight": rule.weight,
        "conditions": sum(bool(part) for part in parts) + len(rule.phrase),
        "clauses": len(_clauses(rule)),
        "worded": rule.worded,
        "regex": rule.regex,
        "has_provider": bool(rule.provider),
        "has_reply": bool(rule.reply),
        "has_enhanced": bool(rule.enhanced),
        "key_enhanced": bool(rule.enhanced),
        "key_reply": not rule.enhanced,
        "coded": bool(rule.reply or rule.enhanced),
    }


def _kind(rule: Rule) -> str:
    if rule.worded:
        return "provider+words" if rule.provider else "words"
    if rule.provider:
        return "provider+code"
    if rule.enhanced:
        return "enhanced"
    return "class" if set(rule.reply) <= {"4xx", "5xx"} else "reply"


def _matched_by() -> pl.Expr:
    full = (pl.col("kind") == "provider+words") & pl.col("coded")
    return pl.when(full).then(pl.lit("provider+code+phrase")).otherwise(pl.col("kind").replace_strict(_MATCHED_BY))


def _clauses(rule: Rule) -> list[tuple[str, ...]]:
    """Return the groups of literals of which one each must occur."""
    parts = [*((phrase,) for phrase in rule.phrase), rule.any, cores(rule.regex) if rule.regex else ()]
    return [part for part in parts if part]


def _literals(rules: Sequence[Rule]) -> list[tuple[str, int, int]]:
    rows = [
        (literal, number, clause)
        for number, rule in enumerate(rules)
        for clause, group in enumerate(_clauses(rule))
        for literal in group
    ]
    return rows + [(literal, number, -1) for number, rule in enumerate(rules) for literal in rule.unless]


def _pairs(rules: Sequence[Rule], name: str) -> pl.DataFrame:
    """Return which values each rule allows; a class of replies becomes its hundred codes."""
    rows = [
        (number, value)
        for number, rule in enumerate(rules)
        for written in getattr(rule, name)
        for value in ([str(n) for n in range(int(written[0]) * 100, int(written[0]) * 100 + 100)] if written.endswith("xx") else [written])
    ]
    return pl.DataFrame(rows, schema={"rule": pl.UInt32, "value": pl.String}, orient="row").unique()


def _signatures(providers: Sequence[Provider]) -> pl.DataFrame:
    rows = [(word, provider.id, n) for n, provider in enumerate(providers) for word in provider.signature]
    return pl.DataFrame(rows, schema={"literal": pl.String, "told": pl.String, "order": pl.UInt32}, orient="row")

"""Finds the most specific rule for each reply template, at a cost that hardly depends on the number of rules.

All literals of all rules are looked for at once (Aho-Corasick). A rule becomes a candidate where its literals stand, or
its codes where it has no words; the best candidate is then checked for forbidden literals and its regular expression,
and where it fails, the next.
"""

from collections.abc import Sequence

import polars as pl

from bouncelake.rules.index import LONGEST, RULE_BITS, UNKNOWN, Index, conditions, level, pair
from bouncelake.rules.model import Provider, Rule

_REPLY = r"^([2-5][0-9]{2})(?:[ -]|$)"
_ENHANCED = r"^ *([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:[^0-9.]|\.$|\.[^0-9]|$)"
_ENHANCED_INSIDE = r"(?:^|[^0-9.])([45]\.[0-9]\.[0-9]{1,3})(?:[^0-9.]|\.$|\.[^0-9]|$)"
_MAYBE_INSIDE = r"[45]\.[0-9]\.[0-9]"


class Matcher:
    """Rules made ready for matching; `match` may be called with any number of templates.

    The columns that `match` needs are `template` and `provider` (from the relay's host name, null if it tells none).
    """

    def __init__(self, rules: Sequence[Rule], providers: Sequence[Provider]) -> None:
        self._index = Index(rules, providers)

    def match(self, templates: pl.DataFrame) -> pl.DataFrame:
        """Return the frame with `provider` filled from the text, `rule` (a number, null if none) and `matched_by`."""
        asked, hits = self._asked(templates)
        pairs = self._candidates(asked, hits)
        found = [pl.DataFrame(schema={"rule": pl.UInt32, "n": asked["n"].dtype})]
        while pairs.height:
            best = pairs.group_by("n").agg(pl.col("rank").min()).with_columns(_rule_of_rank())
            failed = self._failed(best, asked, hits)
            found.append(best.join(failed, on="n", how="anti").select("rule", "n"))
            pairs = pairs.join(failed, on="n").filter(pl.col("rank") > pl.col("tried")).drop("tried")
        answers = asked.select("n", "provider").join(pl.concat(found), on="n", how="left", maintain_order="left")
        matched_by = self._index.matched_by.gather(answers["rule"]).alias("matched_by")
        return templates.with_columns(answers["provider"], answers["rule"], matched_by)

    def rivals(self, templates: pl.DataFrame) -> pl.DataFrame:
        """Return every rule that matches each template, most specific first, with what makes it so.

        `n` numbers the templates.
        """
        asked, hits = self._asked(templates)
        pairs = self._candidates(asked, hits).with_columns(_rule_of_rank())
        pairs = pairs.sort("n", "rank").unique(["n", "rule"], keep="first", maintain_order=True)
        kept = pairs.join(self._failed(pairs, asked, hits), left_on=["n", "rank"], right_on=["n", "tried"], how="anti")
        facts = pl.DataFrame(
            [(level(rule), rule.weight, conditions(rule)) for rule in self._index.rules], _FACTS, orient="row"
        )
        length = LONGEST - (pl.col("rank") // (1 << RULE_BITS)) % (LONGEST + 1)
        sorted_pairs = kept.sort("n", "rank")
        return sorted_pairs.with_columns(length=length).hstack(facts[sorted_pairs["rule"].to_list()])

    def rule(self, number: int) -> Rule:
        """Return the rule of that number."""
        return self._index.rules[number]

    def _asked(self, templates: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the templates with their codes and provider as numbers, and which literals occur in them."""
        asked = _with_codes(templates.select("template", "provider").with_row_index("n"))
        text = pl.col("template").str.extract_many(self._index.patterns.implode(), overlapping=True)
        spoken = asked.select("n", literal=text).explode("literal").drop_nulls("literal")
        hits = spoken.with_columns(pl.col("literal").cast(self._index.literal).to_physical())
        told = (
            hits.join(self._index.signatures, on="literal").sort("order").unique("n", keep="first").select("n", "told")
        )
        joined = asked.join(told, on="n", how="left", maintain_order="left")
        provider = pl.coalesce("provider", "told")
        party = provider.fill_null(UNKNOWN).cast(self._index.party, strict=False).to_physical()
        enhanced = pl.col("enhanced").cast(self._index.enhanced, strict=False).to_physical()
        return joined.with_columns(provider=provider, party=party, enhanced=enhanced).drop("told"), hits

    def _candidates(self, asked: pl.DataFrame, hits: pl.DataFrame) -> pl.DataFrame:
        """Return the rules whose words stand and whose codes and provider hold, as `n` and `rank`."""
        spoken = hits.join(self._index.clauses, on="literal")
        facts = {name: asked[name].gather(spoken["n"]) for name in self._index.demands}
        held = spoken.with_columns(**facts).filter(self._holds())
        single = held.filter(~pl.col("several")).select("n", "rule", "length")
        whole = pl.concat([single, self._of_several(held.filter("several"))])
        static = self._index.static.gather(whole["rule"]).alias("rank")
        by_words = whole.select("n", rank=static - pl.col("length").clip(0, LONGEST).cast(pl.Int64) * (1 << RULE_BITS))
        return pl.concat([by_words, self._by_code(asked)])

    def _of_several(self, held: pl.DataFrame) -> pl.DataFrame:
        """Return the rules of several clauses that have all of them."""
        each = held.group_by("n", "rule", "clause").agg(pl.col("length").max())
        summed = each.group_by("n", "rule").agg(pl.col("length").sum(), met=pl.len())
        needed = self._index.needed.gather(summed["rule"])
        return summed.filter(pl.col("met") == needed).drop("met")

    def _by_code(self, asked: pl.DataFrame) -> pl.DataFrame:
        """Return the rules that look at codes only; few combinations of codes and provider occur."""
        keys = ["party", "code", "enhanced"]
        combined = asked.select(keys).unique().join(self._index.coded.alias("rule").to_frame(), how="cross")
        held = combined.filter(self._holds())
        ranked = held.select(*keys, rank=self._index.static.gather(held["rule"]))
        return asked.select("n", *keys).join(ranked, on=keys, nulls_equal=True).select("n", "rank")

    def _holds(self) -> pl.Expr:
        """Tell rows whose rule has no demand on provider and codes, or has it met; a missing value meets none."""
        rule = pl.col("rule")
        tests = [
            ~pl.lit(has).gather(rule) | pair(rule, pl.col(name)).is_in(keys.implode()).fill_null(value=False)
            for name, (has, keys) in self._index.demands.items()
        ]
        return pl.all_horizontal(tests)

    def _failed(self, pairs: pl.DataFrame, asked: pl.DataFrame, hits: pl.DataFrame) -> pl.DataFrame:
        """Return `n` and `tried` (the rank) of pairs that a forbidden literal or the regular expression rules out."""
        wary = pairs.filter(pl.lit(self._index.wary).gather("rule"))
        spoken = wary.join(hits.filter(pl.lit(self._index.forbidding).gather("literal")), on="n")
        vetoed = spoken.filter(pair(pl.col("rule"), pl.col("literal")).is_in(self._index.vetoes.implode()))
        parts = [vetoed.select("n", tried="rank").unique()]
        patterns = self._index.regexes
        doubtful = pairs.filter(pl.lit(self._index.checked).gather("rule"))
        for part in doubtful.partition_by("rule"):
            texts = asked["template"].gather(part["n"])
            parts.append(part.filter(~texts.str.contains(patterns[part["rule"][0]])).select("n", tried="rank"))
        return pl.concat(parts).unique()


_FACTS = {"level": pl.UInt8, "weight": pl.Int8, "conditions": pl.UInt8}


def _rule_of_rank() -> pl.Expr:
    return (pl.col("rank") % (1 << RULE_BITS)).cast(pl.UInt32).alias("rule")


def _with_codes(asked: pl.DataFrame) -> pl.DataFrame:
    """Add the codes that the template shows; an enhanced code inside counts where none stands in front."""
    text, front = pl.col("template"), pl.col("front")
    fronted = asked.with_columns(front=text.str.head(18))
    # Few fronts differ, so most of this is done once for many templates.
    known = fronted.select("front").unique()
    known = known.with_columns(code=front.str.head(4).str.extract(_REPLY, 1).cast(pl.UInt32))
    rest = pl.when(pl.col("code").is_null()).then(front.str.head(14)).otherwise(front.str.slice(4, 14))
    known = known.with_columns(enhanced=rest.str.extract(_ENHANCED, 1))
    coded = fronted.join(known, on="front", how="left", nulls_equal=True, maintain_order="left").drop("front")
    bare = coded.filter(pl.col("enhanced").is_null()).filter(text.str.contains(_MAYBE_INSIDE))
    inside = bare.select("n", inside=text.str.extract(_ENHANCED_INSIDE, 1))
    joined = coded.join(inside, on="n", how="left", maintain_order="left")
    return joined.with_columns(enhanced=pl.coalesce("enhanced", "inside")).drop("inside")

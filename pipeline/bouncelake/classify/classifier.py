"""The classifier: distinct templates meet the rules once, the answers are joined back to the events."""

import polars as pl

from bouncelake.classify.hosts import Hosts
from bouncelake.classify.named import Named
from bouncelake.classify.outcome import outcome
from bouncelake.replies import REFUSALS
from bouncelake.rules import Matcher, RuleSet

TAGS = (
    "provider",
    "category",
    "reason",
    "spam_signal",
    "spam_related",
    "bounce",
    "owner",
    "severity",
    "rule",
    "matched_by",
    "rules_version",
    "listed_by",
    "blamed",
    "blamed_kind",
)
_KEYS = ["template", "provider"]
_MOST_CACHED = 500_000
_NEEDED = (
    "reply",
    "template",
    "reply_by",
    "event",
    "source_event",
    "stage",
    "service",
    "recipient",
    "remote_host",
    "remote_ip",
    "provider",
    "quoted_ip",
    "reply_enhanced",
)

# What stands for a refusal without words: the rules of these ids say what it means.
_EXPIRED = "message expired in the queue"
_SILENT = "no text"


class Classifier:
    """Tags events by one rule set; answers are kept, so that a template meets the rules once in a classifier's life."""

    def __init__(self, ruleset: RuleSet) -> None:
        self.ruleset = ruleset
        self._matcher = Matcher(ruleset.rules, ruleset.providers)
        self._hosts = Hosts(ruleset.providers)
        self._named = Named(ruleset)
        self._facts = _rule_facts(ruleset)
        self._known = pl.DataFrame(schema=_ANSWER)

    def tag(self, events: pl.DataFrame) -> pl.DataFrame:
        """Return the events with the tag columns filled for refusals and failures, and null for the rest.

        The events are as `replies.read` leaves them. The column `provider` is filled for every row, from the host that
    answered; where that tells none, a provider already there or the reply's own signature stands.
        """
        complete = _complete(events)
        by_host = self._hosts.providers(complete["remote_host"])
        base = complete.drop(TAGS, strict=False).with_columns(
            provider=pl.select(pl.coalesce(by_host, complete["provider"])).to_series()
        )
        refused = base.with_row_index("_n").filter(_refuses())
        tagged = self._tagged(refused)
        plain = base.with_row_index("_n").join(tagged.select("_n"), on="_n", how="anti", maintain_order="left")
        both = pl.concat([plain, tagged], how="diagonal").sort("_n")
        return both.select(*events.drop(TAGS, strict=False).columns, *TAGS)

    def _tagged(self, refused: pl.DataFrame) -> pl.DataFrame:
        asked = refused.with_columns(template=_asked_template())
        answers = self._answers(asked)
        matched = asked.join(answers, on=_KEYS, how="left", nulls_equal=True, maintain_order="left")
        matched = matched.with_columns(provider=pl.coalesce("told", "provider"), template=refused["template"]).drop("told")
        tagged = matched.join(self._facts, on="number", how="left", nulls_equal=True, maintain_order="left")
        tagged = self._named.add(tagged)
        signal = pl.col("spam_signal").is_in(["verdict", "gate"]) & (pl.col("category") != "greylist")
        version = pl.lit(self.ruleset.version)
        return tagged.with_columns(outcome(), spam_related=signal, rules_version=version)

    def _answers(self, asked: pl.DataFrame) -> pl.DataFrame:
        """Return the answer for each distinct template and provider; only those not met before meet the rules."""
        distinct = asked.select(_KEYS).unique(maintain_order=True)
        new = distinct.join(self._known, on=_KEYS, how="anti", nulls_equal=True, maintain_order="left")
        if new.height:
            found = self._matcher.match(new.with_columns(pl.col("template").fill_null("")))
            fresh = new.with_columns(told=found["provider"], number=found["rule"], matched_by=found["matched_by"])
            kept = self._known if self._known.height + fresh.height < _MOST_CACHED else self._known.clear()
            self._known = pl.concat([kept, fresh.cast(dict(_ANSWER))])
            if kept.height == 0 and fresh.height < distinct.height:
                return self._answers(asked)
        return self._known


_ANSWER = {
    "template": pl.String,
    "provider": pl.String,
    "told": pl.String,
    "number": pl.UInt32,
    "matched_by": pl.String,
}


def _complete(events: pl.DataFrame) -> pl.DataFrame:
    missing = [name for name in _NEEDED if name not in events.columns]
    numbers = [name for name in ("reply_code", "recipients") if name not in events.columns]
    return events.with_columns(
        *(pl.lit(None, dtype=pl.String).alias(name) for name in missing),
        *(pl.lit(None, dtype=pl.Int16).alias(name) for name in numbers),
    )


def _refuses() -> pl.Expr:
    """Tell refusals and failures from all else; a probe counts when it found the address undeliverable."""
    probe = (pl.col("event") == "probe") & pl.col("source_event").str.starts_with("undeliverable").fill_null(value=True)
    return (pl.col("event").is_in([name for name in REFUSALS if name != "probe"]) | probe).fill_null(value=False)


def _asked_template() -> pl.Expr:
    silent = pl.when(pl.col("event") == "expired").then(pl.lit(_EXPIRED)).otherwise(pl.lit(_SILENT))
    empty = pl.col("template").fill_null("").str.strip_chars() == ""
    return pl.when(empty).then(silent).otherwise(pl.col("template"))


def _rule_facts(ruleset: RuleSet) -> pl.DataFrame:
    """Return what a rule says about every reply it matches; the row without a number stands for no rule."""
    rows = [
        {
            "number": number,
            "rule": rule.id,
            "category": rule.category,
            "reason": rule.reason,
            "spam_signal": rule.spam_signal,
            "owner": rule.owner,
            "severity": rule.severity,
            "said": rule.bounce,
            "temporary": rule.temporary,
            "blames": rule.blames,
        }
        for number, rule in enumerate(ruleset.rules)
    ]
    unknown = {"number": None, "category": "unclassified", "reason": "unknown", "spam_signal": "undecided"}
    rest = {"rule": None, "owner": None, "severity": 2, "said": "undetermined", "temporary": None, "blames": None}
    schema = {name: pl.String for name in (*unknown, *rest)} | {"number": pl.UInt32, "severity": pl.Int8}
    return pl.DataFrame([*rows, unknown | rest], schema=schema)

"""What a matched rule says about every reply that it matches, as a table to join."""

import polars as pl

from bouncelake.rules import RuleSet

_WORDED = ("provider+code+phrase", "phrase")
_DIGIT = r"^([2-5])[0-9]{2}"

# What a template holds when one of its replies has a name that `named` would read without a rule's own capture.
_MAY_NAME = r"(?:domain|for|from|of|by) \[?<?[^ ]*[.<]|\[[^ \]]+ +[0-9<]|^[0-9. ]*<"

FACTS = {
    "rule": pl.String,
    "category": pl.String,
    "reason": pl.String,
    "spam_signal": pl.String,
    "spam_related": pl.Boolean,
    "owner": pl.String,
    "severity": pl.Int8,
    "said": pl.String,
    "temporary": pl.String,
    "blames": pl.String,
    "listed_by": pl.String,
}
ANSWER = {"template": pl.String, "provider": pl.String, "told": pl.String, "matched_by": pl.String} | FACTS
ANSWER |= {"digit": pl.Int16, "worded": pl.Boolean, "names_address": pl.Boolean, "may_name": pl.Boolean}
"""Columns of the classifier's memory: what is known about one template at one provider.

`told` is the provider that the text tells; `said` and `temporary` are the rule's words for a permanent and a temporary
refusal; `blames` the kind of identity that the rule blames; `digit` the class of the reply's code; `worded` is true for
a match by words; `may_name` is false where no reply of this template can name what the rule blames.
"""

_UNKNOWN = {
    "category": "unclassified",
    "reason": "unknown",
    "spam_signal": "undecided",
    "spam_related": False,
    "severity": 2,
    "said": "undetermined",
}


class Facts:
    """The rules' facts, gathered by a rule's number."""

    def __init__(self, ruleset: RuleSet) -> None:
        rows = [
            {
                "rule": rule.id,
                "category": rule.category,
                "reason": rule.reason,
                "spam_signal": rule.spam_signal,
                "spam_related": rule.spam_signal in {"verdict", "gate"} and rule.category != "greylist",
                "owner": rule.owner,
                "severity": rule.severity,
                "said": rule.bounce,
                "temporary": rule.temporary,
                "blames": rule.blames,
                "listed_by": rule.listed_by or None,
            }
            for rule in ruleset.rules
        ]
        self._captures = [rule.id for rule in ruleset.rules if rule.capture]
        self._table = pl.DataFrame([*rows, _UNKNOWN], schema=FACTS)

    def answers(self, new: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
        """Return the answers for templates and providers (`new`) whose rules are `found`, row by row."""
        number = found["rule"].fill_null(self._table.height - 1)
        text = pl.col("template")
        return (
            new.with_columns(found["provider"].alias("told"), found["matched_by"])
            .hstack(self._table.select(pl.all().gather(number)))
            .with_columns(
                digit=text.str.head(3).str.extract(_DIGIT, 1).cast(pl.Int16),
                worded=pl.col("matched_by").is_in(_WORDED).fill_null(value=False),
                names_address=text.str.contains("<mail>", literal=True),
            )
            .pipe(self._with_may_name)
            .select(pl.col(name).cast(dtype) for name, dtype in ANSWER.items())
        )

    def _with_may_name(self, answers: pl.DataFrame) -> pl.DataFrame:
        """Add `may_name`; only templates whose rule blames something else than an IP are looked at."""
        named = (answers["blames"] != "ip").fill_null(value=False)
        some = answers.filter(named).select(
            pl.col("rule").is_in(self._captures)
            | (pl.col("blames") == "netblock")
            | pl.col("template").str.contains(_MAY_NAME)
        )
        found = pl.repeat(value=False, n=answers.height, eager=True).scatter(named.arg_true(), some.to_series())
        return answers.with_columns(may_name=found)

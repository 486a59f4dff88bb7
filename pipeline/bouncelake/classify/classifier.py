"""The classifier: distinct templates meet the rules once, the answers are joined back to the events."""

import polars as pl

from bouncelake.classify.facts import ANSWER, Facts
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
_MOST_KNOWN = 200_000
_NEEDED = {
    "reply": pl.String,
    "template": pl.String,
    "reply_code": pl.Int16,
    "reply_enhanced": pl.String,
    "quoted_ip": pl.String,
    "event": pl.String,
    "source_event": pl.String,
    "stage": pl.String,
    "service": pl.String,
    "recipient": pl.String,
    "recipients": pl.Int64,
    "remote_host": pl.String,
    "provider": pl.String,
}

# What stands for a refusal without words; two rules of mta.toml say what it means.
_EXPIRED = "message expired in the queue"
_SILENT = "no text"


class Classifier:
    """Tags events by one rule set; answers are kept, so that a template meets the rules once in a classifier's life."""

    def __init__(self, ruleset: RuleSet) -> None:
        self.ruleset = ruleset
        self._matcher = Matcher(ruleset.rules, ruleset.providers)
        self._hosts = Hosts(ruleset.providers)
        self._named = Named(ruleset)
        self._facts = Facts(ruleset)
        self._known = pl.DataFrame(schema=ANSWER)

    def tag(self, events: pl.DataFrame) -> pl.DataFrame:
        """Return the events with the tag columns filled for refusals and failures, and null for the rest.

        The events are as `replies.read` leaves them. The column `provider` is filled for every row, from the host that
        answered; where that tells none, a provider already there or the reply's own signature stands. A column
        `recipients` may say how many recipients the reply answered.
        """
        needed = events.select(pl.col(name) if name in events.columns else _null(name) for name in _NEEDED)
        by_host = self._hosts.providers(needed["remote_host"])
        needed = needed.with_columns(provider=pl.coalesce(pl.lit(by_host), "provider"))
        refused = needed.select(_refuses()).to_series()
        tags = self._tags(needed.filter(refused))
        if not refused.all():
            place = pl.select(pl.when(refused).then(refused.cast(pl.UInt32).cum_sum() - 1)).to_series()
            tags = tags.select(pl.all().gather(place))
            tags = tags.with_columns(provider=pl.coalesce("provider", pl.lit(needed["provider"])))
        return events.drop(TAGS, strict=False).hstack(tags)

    def _tags(self, refused: pl.DataFrame) -> pl.DataFrame:
        asked = refused.with_columns(template=_asked_template())
        answers = self._answers(asked.select(_KEYS))
        matched = asked.join(answers, on=_KEYS, how="left", nulls_equal=True, maintain_order="left")
        named = self._named.add(matched)
        return named.with_columns(outcome(named), provider="told", rules_version=pl.lit(self.ruleset.version)).select(
            TAGS
        )

    def _answers(self, asked: pl.DataFrame) -> pl.DataFrame:
        """Return an answer for each template and provider; only those not met before meet the rules."""
        distinct = asked.unique()
        new = distinct.join(self._known, on=_KEYS, how="anti", nulls_equal=True)
        if new.is_empty():
            return self._known
        if self._known.height + new.height > _MOST_KNOWN:
            self._known, new = self._known.clear(), distinct
        self._known = pl.concat([self._known, self._facts.answers(new, self._matcher.match(new))])
        return self._known


def _null(name: str) -> pl.Expr:
    return pl.lit(None, dtype=_NEEDED[name]).alias(name)


def _refuses() -> pl.Expr:
    """Tell refusals and failures from all else; a probe counts when it found the address undeliverable."""
    probe = (pl.col("event") == "probe") & pl.col("source_event").str.starts_with("undeliverable").fill_null(value=True)
    return (pl.col("event").is_in([name for name in REFUSALS if name != "probe"]) | probe).fill_null(value=False)


def _asked_template() -> pl.Expr:
    text = pl.col("template")
    silent = pl.when(pl.col("event") == "expired").then(pl.lit(_EXPIRED)).otherwise(pl.lit(_SILENT))
    return pl.when(text.is_null() | (text == "")).then(silent).otherwise(text)

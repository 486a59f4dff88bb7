"""Tags the lake's history again after a change of the rules, from what the rows themselves hold."""

from dataclasses import dataclass
from datetime import date
from pathlib import PurePath

import polars as pl

from bouncelake import replies
from bouncelake.classify import TAGS, Classifier
from bouncelake.lake.checked import remember
from bouncelake.lake.lake import Lake
from bouncelake.parsers.systems import SYSTEMS
from bouncelake.schema import EVENTS

_ANSWERS = [name for name in TAGS if name != "rules_version"]
_MOVES = {
    "rule_before": pl.String,
    "rule_after": pl.String,
    "category_before": pl.String,
    "category_after": pl.String,
    "changed": pl.String,
    "events": pl.UInt32,
}


@dataclass(frozen=True, slots=True)
class Reclassified:
    """How many events were asked, how many got another answer, and which: one row of `moves` per kind of change.

    `changed` in `moves` names the tags that differ.
    """

    asked: int
    changed: int
    moves: pl.DataFrame


def reclassify(lake: Lake, classifier: Classifier) -> Reclassified:
    """Give all events the tags of this rule set, and note in the lake that all are checked against it.

    Only rows whose answer changes are touched; the others keep the `rules_version` that gave it. Each day is one step:
    a killed run leaves whole days, and the next completes it.
    """
    moves = [pl.DataFrame(schema=_MOVES)]
    asked = 0

    def change(rows: pl.DataFrame) -> pl.DataFrame:
        nonlocal asked
        asked += rows.height
        after = retagged(rows, classifier)
        if after is not rows:
            moves.append(_moves(rows, after))
        return after

    with lake.writing():
        days = sorted({PurePath(file).parent.name.removeprefix("day=") for file in lake.files("events")})
        for day in days:
            lake.revise("events", [date.fromisoformat(day)], change)
        remember(lake, classifier.ruleset.version)
    kinds = [name for name in _MOVES if name != "events"]
    summed = pl.concat(moves).group_by(kinds).agg(pl.col("events").sum())
    summed = summed.sort(["events", *kinds], descending=[True, *(False for _ in kinds)])
    return Reclassified(asked, int(summed["events"].sum()), summed)


def retagged(rows: pl.DataFrame, classifier: Classifier) -> pl.DataFrame:
    """Return the events with the tags that this classifier gives; the very same frame where no answer changes."""
    # A log's provider follows from the host and the reply; only a service that reports to us can know it otherwise.
    own = pl.when(~pl.col("system").is_in(list(SYSTEMS))).then("provider")
    fresh = EVENTS.conform(classifier.tag(rows.with_columns(replies.quoted_ip(rows), provider=own)))
    differs = pl.DataFrame([rows[name].ne_missing(fresh[name]) for name in _ANSWERS])
    changed = differs.select(pl.any_horizontal(pl.all())).to_series()
    if not changed.any():
        return rows
    return rows.with_columns(fresh[name].zip_with(changed, rows[name]) for name in TAGS)


def _moves(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Return the kinds of change and how many events each has."""
    pairs = before.select(_ANSWERS).hstack(after.select(pl.col(_ANSWERS).name.suffix("_after")))
    differs = {name: pl.col(name).ne_missing(pl.col(f"{name}_after")) for name in _ANSWERS}
    names = [pl.when(test).then(pl.lit(name)) for name, test in differs.items()]
    changed = pairs.filter(pl.any_horizontal(differs.values()))
    return changed.group_by(
        rule_before="rule",
        rule_after="rule_after",
        category_before="category",
        category_after="category_after",
        changed=pl.concat_str(names, separator=", ", ignore_nulls=True),
    ).agg(events=pl.len().cast(pl.UInt32))

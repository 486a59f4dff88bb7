"""The refusals in a lake that no rule explains, with the beginning of a rule for each."""

import polars as pl

from bouncelake.classify import Classifier
from bouncelake.lake import Lake
from bouncelake.rules import skeleton

BY_CODE = ("code", "class-digit")


def unmatched(lake: Lake, classifier: Classifier, top: int, *, codes: bool = False) -> pl.DataFrame:
    """Return the templates that the rules in use do not explain, most frequent first, each with a `skeleton`.

    With `codes` also those whose code alone was understood. What only an older rule set did not know is left out,
    though its events still say so until they are reclassified.
    """
    events = lake.scan("events").filter(pl.col("category").is_not_null() & (pl.col("template") != ""))
    unsaid = _unsaid(codes=codes)
    grouped = events.filter(unsaid).group_by("template", "provider").agg(
        pl.col("reply_code", "reply_enhanced").drop_nulls().mode().first(),
        events=pl.len().cast(pl.Int64),
        first_seen=pl.col("ts").min(),
        last_seen=pl.col("ts").max(),
    )  # fmt: skip
    found = grouped.collect()
    still = classifier.tag(found.with_columns(event=pl.lit("bounced"))).select(unsaid).to_series()
    ranked = found.filter(still).sort("events", "template", "provider", descending=[True, False, False]).head(top)
    told = ranked.select("template", "provider", "reply_code", "reply_enhanced", pl.col("last_seen").dt.date())
    texts = [
        skeleton(text, provider, reply, enhanced, str(seen))
        for text, provider, reply, enhanced, seen in told.iter_rows()
    ]
    order = ("events", "provider", "reply_code", "reply_enhanced", "first_seen", "last_seen", "template")
    return ranked.select(*order, pl.Series("skeleton", texts, pl.String))


def _unsaid(*, codes: bool) -> pl.Expr:
    unknown = pl.col("category") == "unclassified"
    return unknown | pl.col("matched_by").is_in(BY_CODE).fill_null(value=False) if codes else unknown


def pasted(rows: pl.DataFrame) -> str:
    """Return the skeletons as one TOML file, each under a comment that says how often and when the reply came."""
    notes = (
        f"# {row['events']:,} events, {row['first_seen']:%Y-%m-%d} to {row['last_seen']:%Y-%m-%d}\n{row['skeleton']}"
        for row in rows.iter_rows(named=True)
    )
    return "\n".join(notes)

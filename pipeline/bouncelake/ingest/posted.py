"""Events that providers post: the same one may come any number of times, in one stream or in several."""

from datetime import timedelta

import polars as pl

from bouncelake.lake import Lake

_INSTANT = timedelta(microseconds=1)


def parted(events: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the events that a line tells, and those that have an id of their own: a provider's."""
    if "event_id" not in events.columns:
        return events, events.clear().with_columns(event_id=pl.lit(None, pl.String))
    own = pl.col("event_id").is_not_null()
    return events.filter(~own).drop("event_id"), events.filter(own)


def without_repeats(
    logged: pl.DataFrame, posted: pl.DataFrame, duplicates: pl.DataFrame, lake: Lake
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return both kinds of events together, each posted one once in the lake, and the copies of each source.

    `duplicates` (`source`, `duplicates`) goes up by the number of posted values of which nothing was new. Ids are
    looked up in the lake only inside the time span of the posted events.
    """
    if posted.is_empty():
        return logged, duplicates
    known = _known(posted, lake)
    fresh = posted.filter(pl.col("event_id").is_first_distinct() & ~pl.col("event_id").is_in(known.implode()))
    value = ["source", "source_offset", "value"]
    gone = posted.join(fresh.select(value), on=value, how="anti").select(value).unique()
    copies = gone.group_by("source").agg(duplicates=pl.len().cast(pl.Int64))
    both = pl.concat([duplicates, copies]).group_by("source").agg(pl.col("duplicates").sum())
    return pl.concat([logged, fresh], how="diagonal"), both


def _known(posted: pl.DataFrame, lake: Lake) -> pl.Series:
    """Return the ids that the lake has of events in this span of time."""
    since, until = posted.select(since=pl.col("ts").min(), until=pl.col("ts").max() + _INSTANT).row(0)
    mine = pl.col("system").is_in(posted["system"].unique().implode())
    return lake.scan("events", since, until).filter(mine).select("event_id").collect().to_series()


def with_given_codes(events: pl.DataFrame) -> pl.DataFrame:
    """Fill the codes that a reply's text does not begin with from those that the provider gives beside it."""
    return events.with_columns(
        reply_code=pl.coalesce("reply_code", "given_code"),
        reply_enhanced=pl.coalesce("reply_enhanced", "given_enhanced"),
    )

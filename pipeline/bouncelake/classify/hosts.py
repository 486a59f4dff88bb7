"""Tells the provider from the name of the host that answered."""

from collections.abc import Sequence

import polars as pl

from bouncelake.rules import Provider


class Hosts:
    """The providers' host names, compared from the right on dot boundaries: the longest suffix wins."""

    def __init__(self, providers: Sequence[Provider]) -> None:
        suffixes = {suffix.lower(): provider.id for provider in providers for suffix in provider.mx}
        self._depth = max((suffix.count(".") + 1 for suffix in suffixes), default=0)
        self._suffixes = pl.DataFrame(
            {"suffix": list(suffixes), "told": list(suffixes.values())}, schema={"suffix": pl.String, "told": pl.String}
        )

    def providers(self, hosts: pl.Series) -> pl.Series:
        """Return the provider of each host name, null where the name tells none."""
        distinct = pl.DataFrame({"host": hosts}).unique().drop_nulls()
        labels = pl.col("host").str.to_lowercase().str.strip_chars_end(".").str.split(".")
        names = distinct.with_columns(labels=labels)
        best = distinct.with_columns(provider=pl.lit(None, dtype=pl.String))
        for depth in range(self._depth, 0, -1):
            tails = names.select("host", suffix=pl.col("labels").list.tail(depth).list.join("."))
            told = tails.join(self._suffixes, on="suffix").select("host", "told")
            joined = best.join(told, on="host", how="left")
            best = joined.select("host", provider=pl.coalesce("provider", "told"))
        frame = pl.DataFrame({"host": hosts}).join(best, on="host", how="left", maintain_order="left")
        return frame["provider"].alias("provider")

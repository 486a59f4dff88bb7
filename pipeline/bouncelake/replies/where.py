"""Changes some texts of a series and only looks at those: most replies need none of the costly steps."""

from collections.abc import Callable

import polars as pl

_NOWHERE = pl.Series([None], dtype=pl.UInt32)


def where(texts: pl.Series, asked: pl.Series, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Return the texts with those that are asked for changed; `change` keeps number and order of what it gets."""
    asked = asked.fill_null(value=False)
    if not asked.any():
        return texts
    if asked.all():
        return change(texts)
    place = (asked.cast(pl.UInt32).cum_sum() - 1).zip_with(asked, _NOWHERE)
    return change(texts.filter(asked)).gather(place).zip_with(asked, texts)

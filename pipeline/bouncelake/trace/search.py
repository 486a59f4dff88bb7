"""What somebody looks for, and the events and message lines that name it."""

from functools import reduce
from operator import or_

import polars as pl

ADDRESSES = ("sender", "recipient", "original_recipient")
DOMAINS = ("sender_domain", "recipient_domain")
IDS = ("queue_id", "vendor_event_id")


def about(term: str, columns: list[str]) -> pl.Expr:
    """Tell rows that name the term: an id, a Message-ID, an address or a domain; case counts in ids only.

    >>> rows = pl.DataFrame({"queue_id": ["4F2A", "4f2a"], "sender": ["A@x.example", None]})
    >>> rows.select(about("a@X.example", rows.columns)).to_series().to_list()
    [True, False]
    """
    tests = [test for name, test in _tests(term.strip()) if name in columns]
    return reduce(or_, tests, pl.lit(value=False)).fill_null(value=False)


def _tests(term: str) -> list[tuple[str, pl.Expr]]:
    bare = term.removeprefix("<").removesuffix(">")
    # A Message-ID looks like an address, and some have no `@`.
    mail = ("message_id", pl.col("message_id").is_in([bare, f"<{bare}>"]))
    if "@" in bare:
        return [mail, *((name, pl.col(name).str.to_lowercase() == bare.lower()) for name in ADDRESSES)]
    ids = [(name, pl.col(name) == term) for name in IDS]
    if "/" in term:
        return [*ids, ("message_key", pl.col("message_key").is_in([term, f"{term}?"]))]
    if "." in term:
        name = term.lower().strip(".")
        return [mail, *ids, *((column, pl.col(column) == name) for column in DOMAINS)]
    return [mail, *ids]

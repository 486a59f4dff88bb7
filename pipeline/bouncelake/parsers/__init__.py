"""What each log line says: one module per mail system, each with `HINT`, `sniff` and `parse`.

`HINT` is a regular expression of plain literals: a line that holds none of them can tell this parser nothing but its
own count. `sniff()` is a boolean expression over records: which of them this system wrote. `parse(records)` turns these
into `Facts`. Records are the frames that `framing` makes.
"""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Facts:
    """What records say: events, facts about whole messages, and the records that could not be read.

    `events` and `messages` keep the record's `offset`, `copy`, `ts`, `host` and `line` beside the columns of their
    table that the parser fills. `refused` has `offset`, `copy`, `ts`, `line` and `reason`. A record in neither
    `events` nor `refused` is context.
    """

    events: pl.DataFrame
    messages: pl.DataFrame
    refused: pl.DataFrame

"""What a report looks like to people, before anybody decides on text, Markdown or HTML.

Every text in a page may come from a log: renderers escape all of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

Tone = Literal["plain", "bad", "warn", "good", "quiet"]


@dataclass(frozen=True, slots=True)
class Heading:
    """A line that says what follows."""

    text: str


@dataclass(frozen=True, slots=True)
class Prose:
    """One paragraph."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: how urgent, a sentence, and the facts under it, each with its label."""

    label: str
    tone: Tone
    sentence: str
    facts: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with a heading for each column; what a column holds is told by its name and type.

    `right` names text columns that stand to the right, as numbers do.
    """

    rows: pl.DataFrame
    headings: Mapping[str, str] = field(default_factory=dict)
    right: frozenset[str] = frozenset()


Block = Heading | Prose | Finding | Table


@dataclass(frozen=True, slots=True)
class Page:
    """A title, a line that says what is shown, and blocks in order; `data` is what machines get instead."""

    title: str
    subtitle: str
    blocks: Sequence[Block]
    data: pl.DataFrame

"""What a report looks like to people, before anybody decides on text, Markdown or HTML.

Every text in a page may come from a log: renderers escape all of them.
"""

from collections.abc import Iterator, Mapping, Sequence
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
    """One thing that is wrong: how urgent, a sentence, and the facts under it, each with its label.

    `number` is what marks in pictures refer to, 0 where nothing does; `query` is the command that shows its lines.
    """

    label: str
    tone: Tone
    sentence: str
    facts: Sequence[tuple[str, str]]
    number: int = 0
    query: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with a heading for each column; what a column holds is told by its name and type.

    `right` names text columns that stand to the right, as numbers do.
    """

    rows: pl.DataFrame
    headings: Mapping[str, str] = field(default_factory=dict)
    right: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that matters, what it is called, and what it was before or is part of."""

    label: str
    value: str
    note: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Figures:
    """A row of numbers to take in at a glance."""

    items: Sequence[Figure]


@dataclass(frozen=True, slots=True)
class Mark:
    """An instant in a picture, as a fraction of its width, and the number of the finding that began then."""

    place: float
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Trend:
    """One picture of many alike: what was answered, refused and spam-related in each step of time."""

    title: str
    caption: str
    answered: Sequence[int]
    refused: Sequence[int]
    spam_related: Sequence[int]
    marks: Sequence[Mark] = ()
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Trends:
    """Pictures with the same steps of time and the same scale of shares; `start` is where the period begins.

    `rows` are the same numbers, for forms without pictures.
    """

    items: Sequence[Trend]
    steps: Sequence[str]
    start: float
    rows: Table


@dataclass(frozen=True, slots=True)
class Heat:
    """A table of counts whose cells are the darker the larger they are; the first column says of what.

    `dots` gives each row's tone; columns before `start` are of the period before.
    """

    labels: Sequence[str]
    dots: Sequence[Tone]
    steps: Sequence[str]
    counts: Sequence[Sequence[int]]
    start: int
    rows: Table


@dataclass(frozen=True, slots=True)
class Fold:
    """What stands behind one line, for who wants to know more."""

    summary: str
    note: str
    blocks: Sequence["Block"]


Block = Heading | Prose | Finding | Table | Figures | Trends | Heat | Fold


def flat(blocks: Sequence[Block]) -> Iterator[Heading | Prose | Finding | Table]:
    """Yield the blocks for forms without pictures and folds: their numbers as tables, their texts in order."""
    for block in blocks:
        if isinstance(block, Fold):
            yield Heading(f"{block.summary}: {block.note}" if block.note else block.summary)
            yield from flat(block.blocks)
        elif isinstance(block, Figures):
            yield Prose("; ".join(f"{one.label} {one.value}{f' ({one.note})' * bool(one.note)}" for one in block.items))
        else:
            yield block.rows if isinstance(block, Trends | Heat) else block


@dataclass(frozen=True, slots=True)
class Page:
    """A title, a line that says what is shown, and blocks in order; `data` is what machines get instead."""

    title: str
    subtitle: str
    blocks: Sequence[Block]
    data: pl.DataFrame

"""Tables as text: columns as wide as they need, wrapped to the width there is, or one block per row where too many."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from bouncelake.render.style import Style
from bouncelake.render.values import is_number, readable
from bouncelake.render.visible import visible
from bouncelake.reports import Table

GAPS = (2, 1)
NARROWEST = 12
MOST_LINES = 4
CUT = "..."


@dataclass(slots=True)
class _Column:
    """One column: the lines of its heading, its cells, and how it is set."""

    name: str
    head: list[str]
    cells: list[str]
    right: bool
    fixed: bool
    width: int


def grid(table: Table, style: Style) -> list[str]:
    """Return the lines of a table, or of one block per row where the columns do not fit beside each other."""
    columns = [_column(table, name) for name in table.rows.columns]
    gap = next((one for one in GAPS if _fit(columns, style.width, one)), None)
    if gap is None:
        return _records(columns, style)
    space = " " * gap
    head = [style.strong(line) for line in _lines([one.head for one in columns], columns, space, bottom=True)]
    rule = space.join("-" * one.width for one in columns)
    rows = zip(*(one.cells for one in columns), strict=True)
    return [*head, rule, *(line for row in rows for line in _row(row, columns, space))]


def text_width(text: str) -> int:
    """Return how many columns of a terminal the text takes.

    >>> text_width("日本"), text_width("e\u0301")
    (4, 1)
    """
    return len(text) if text.isascii() else sum(map(_advance, text))


def _advance(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _column(table: Table, name: str) -> _Column:
    series = table.rows[name]
    cells = [visible(readable(value, name)) for value in series.to_list()]
    right = name in table.right or is_number(series.dtype)
    widest = max(map(text_width, cells), default=0)
    words = visible(table.headings.get(name, name)).replace("_", " ")
    head = _wrap(words, max([widest, *map(text_width, words.split())]) if widest < text_width(words) else widest)
    return _Column(name, head, cells, right, right or series.dtype.is_temporal(), max([widest, *map(text_width, head)]))


def _fit(columns: list[_Column], width: int, gap: int) -> bool:
    """Shrink the widest columns of text until the row fits, and tell whether it does."""
    excess = sum(one.width for one in columns) + gap * (len(columns) - 1) - width
    while excess > 0:
        soft = [one for one in columns if not one.fixed and one.width > NARROWEST]
        if not soft:
            return False
        max(soft, key=lambda one: one.width).width -= 1
        excess -= 1
    return True


def _row(cells: Sequence[str], columns: list[_Column], space: str) -> list[str]:
    wrapped = [_shortened(_wrap(cell, one.width), one.width) for cell, one in zip(cells, columns, strict=True)]
    return _lines(wrapped, columns, space, bottom=False)


def _lines(blocks: Sequence[list[str]], columns: list[_Column], space: str, *, bottom: bool) -> list[str]:
    if bottom:
        height = max(map(len, blocks), default=0)
        blocks = [[""] * (height - len(block)) + block for block in blocks]
    rows = zip_longest(*blocks, fillvalue="")
    return [space.join(map(_set, row, columns)).rstrip() for row in rows]


def _set(text: str, column: _Column) -> str:
    space = " " * (column.width - text_width(text))
    return space + text if column.right else text + space


def _shortened(lines: list[str], width: int) -> list[str]:
    if len(lines) <= MOST_LINES:
        return lines
    last = lines[MOST_LINES - 1]
    while text_width(last) > width - len(CUT):
        last = last[:-1]
    return [*lines[: MOST_LINES - 1], last + CUT]


def _wrap(text: str, width: int) -> list[str]:
    """Return the text in lines of at most that width, broken at blanks where there are any."""
    lines: list[str] = []
    rest = text
    while text_width(rest) > width > 0:
        end = _end(rest, width)
        blank = rest.rfind(" ", 1, end + 1)
        cut = blank if blank > 0 else end
        lines.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*lines, rest]


def _end(text: str, width: int) -> int:
    """Return how many characters of the text fit; at least one, so that every step gets on."""
    taken = 0
    for place, character in enumerate(text):
        taken += _advance(character)
        if taken > width:
            return max(place, 1)
    return len(text)


def _records(columns: list[_Column], style: Style) -> list[str]:
    label = max(text_width(visible(one.name)) for one in columns)
    lines = []
    for number, row in enumerate(zip(*(one.cells for one in columns), strict=True), start=1):
        lines.append(style.strong(f"-- {number} {'-' * max(0, label - len(str(number)))}"))
        for one, value in zip(columns, row, strict=True):
            first, *rest = _wrap(value, style.width - label - 2)
            lines += [f"{visible(one.name):<{label}}  {first}", *(f"{'':<{label}}  {more}" for more in rest)]
    return lines

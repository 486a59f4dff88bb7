"""Tables as text: columns as wide as they need, shrunk to the width there is, or one block per row where too many."""

import unicodedata
from collections.abc import Sequence

from bouncelake.render.style import Style
from bouncelake.render.values import readable
from bouncelake.render.visible import visible
from bouncelake.reports import Table

GAP = 2
NARROWEST = 12
CUT = "..."


def grid(table: Table, style: Style) -> list[str]:
    """Return the lines of a table, or of one block per row where the columns do not fit beside each other."""
    names = table.rows.columns
    cells = [[visible(readable(value, name)) for value in table.rows[name]] for name in names]
    heads = [_heading(table.headings.get(name, name)) for name in names]
    right = [name in table.right or table.rows[name].dtype.is_numeric() for name in names]
    widths = _fit([_need(*column) for column in zip(heads, cells, strict=True)], right, style.width)
    if widths is None:
        return _records(names, cells, style)
    return [*_head(heads, widths, right, style), *_body(cells, widths, right)]


def text_width(text: str) -> int:
    """Return how many columns of a terminal the text takes.

    >>> text_width("日本"), text_width("e\u0301")
    (4, 1)
    """
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text
    )


def _heading(name: str) -> list[str]:
    words = visible(name).replace("_", " ").split(" ")
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + len(word) < NARROWEST:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _need(head: Sequence[str], column: Sequence[str]) -> int:
    return max(map(text_width, [*head, *column]), default=0)


def _fit(needs: list[int], right: list[bool], width: int) -> list[int] | None:
    """Shrink the widest text columns until the row fits; None where it cannot."""
    widths = list(needs)
    excess = sum(widths) + GAP * (len(widths) - 1) - width
    while excess > 0:
        soft = [place for place, size in enumerate(widths) if not right[place] and size > NARROWEST]
        if not soft:
            return None
        widest = max(soft, key=lambda place: widths[place])
        widths[widest] -= 1
        excess -= 1
    return widths


def _head(heads: list[list[str]], widths: list[int], right: list[bool], style: Style) -> list[str]:
    height = max(map(len, heads), default=0)
    rows = [[([""] * (height - len(head)) + head)[line] for head in heads] for line in range(height)]
    return [*(style.strong(_line(row, widths, right)) for row in rows), _line(["-" * width for width in widths], widths, right)]


def _body(cells: list[list[str]], widths: list[int], right: list[bool]) -> list[str]:
    return [_line(row, widths, right) for row in zip(*cells, strict=True)]


def _line(row: Sequence[str], widths: list[int], right: list[bool]) -> str:
    return (" " * GAP).join(_cell(*one) for one in zip(row, widths, right, strict=True)).rstrip()


def _cell(text: str, width: int, right: bool) -> str:  # noqa: FBT001 - one of three parallel lists
    shown = _cut(text, width)
    space = " " * (width - text_width(shown))
    return space + shown if right else shown + space


def _cut(text: str, width: int) -> str:
    if text_width(text) <= width:
        return text
    kept = text[: width - len(CUT)]
    while text_width(kept) > width - len(CUT):
        kept = kept[:-1]
    return kept + CUT


def _records(names: Sequence[str], cells: list[list[str]], style: Style) -> list[str]:
    label = max(len(visible(name)) for name in names)
    lines = []
    for number, row in enumerate(zip(*cells, strict=True), start=1):
        lines.append(style.strong(f"-- {number} {'-' * (label - len(str(number)))}"))
        lines += [f"{visible(name):<{label}}  {value}" for name, value in zip(names, row, strict=True)]
    return lines



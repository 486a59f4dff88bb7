"""Tables: rows that become cards on a phone, shares with a bar behind them, and the map of counts by time."""

import re
from collections.abc import Iterator
from math import ceil, sqrt

from bouncelake.render.html.parts import escape
from bouncelake.render.values import readable
from bouncelake.reports import Heat, Table

LEVELS = 5
_WIDE = 40
_SHARE = re.compile(r"(\d+(?:\.\d+)?)%$")


def table(block: Table) -> Iterator[str]:
    """Yield the lines of a table; each cell knows its heading, for when there is no room for columns."""
    names = block.rows.columns
    right = {name for name in names if name in block.right or block.rows[name].dtype.is_numeric()}
    heads = {name: escape(block.headings.get(name, name).replace("_", " ")) for name in names}
    yield '<div class="scroll"><table class="rows">\n<thead><tr>'
    yield "".join(f"<th{_class('right' if name in right else '')}>{heads[name]}</th>" for name in names)
    yield "</tr></thead>\n<tbody>"
    for row in block.rows.iter_rows():
        cells = zip(names, (readable(value, name) for value, name in zip(row, names, strict=True)), strict=True)
        yield "<tr>" + "".join(_cell(text, heads[name], name, right=name in right) for name, text in cells) + "</tr>"
    yield "</tbody>\n</table></div>"


def _cell(text: str, head: str, name: str, *, right: bool) -> str:
    kind = "right" if right else name if name in {"reply", "do", "since"} else "wide" if len(text) > _WIDE else ""
    share = _SHARE.search(text) if right else None
    bar = f' style="--share:{share[1]}%"' if share else ""
    return f'<td data-head="{head}"{_class(kind)}{bar}>{escape(text)}</td>'


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def heat(block: Heat) -> Iterator[str]:
    """Yield the lines of a map: one row per label, one column per step, the larger the count the stronger the cell."""
    most = max((count for counts in block.counts for count in counts), default=0)
    yield '<div class="scroll"><table class="heat">'
    yield f'<colgroup><col><col class="before" span="{block.start}"></colgroup>' if block.start else ""
    yield "<thead><tr><th></th>" + "".join(f"<th>{_broken(step)}</th>" for step in block.steps) + "</tr></thead>"
    yield "<tbody>"
    for label, dot, counts in zip(block.labels, block.dots, block.counts, strict=True):
        cells = "".join(_count(count, most) for count in counts)
        yield f'<tr><th><i class="dot {dot}"></i>{escape(label)}</th>{cells}</tr>'
    yield "</tbody></table></div>"


def _broken(step: str) -> str:
    first, _, rest = escape(step).partition(" ")
    return f"{first}<br>{rest}"


def _count(count: int, most: int) -> str:
    return f'<td class="l{ceil(LEVELS * sqrt(count / most))}">{count:,}</td>' if count else "<td></td>"

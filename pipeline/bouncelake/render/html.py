"""Pages as one HTML file: no script, no link to elsewhere, and a policy that forbids both."""

import html as escapes
from collections.abc import Iterator
from importlib.resources import files
from string import Template

from bouncelake.render.values import readable
from bouncelake.render.visible import visible
from bouncelake.reports import Block, Finding, Heading, Page, Prose, Table

_WIDE = 40


def html(page: Page) -> bytes:
    """Return the page as a whole HTML document; everything that came from a log is text in it."""
    body = "\n".join(line for block in page.blocks for line in _block(block))
    template = Template(_part("page.html"))
    filled = template.substitute(
        title=escape(page.title), subtitle=escape(page.subtitle), style=_part("page.css"), body=body
    )
    return filled.encode()


def escape(text: str) -> str:
    """Return the text so that HTML shows it as it is.

    >>> escape("<b>&'")
    '&lt;b&gt;&amp;&#x27;'
    """
    return escapes.escape(visible(text))


def _part(name: str) -> str:
    return (files("bouncelake.render") / name).read_text(encoding="utf-8")


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Heading):
        yield f"<h2>{escape(block.text)}</h2>"
    elif isinstance(block, Prose):
        yield f'<p class="{block.tone}">{escape(block.text)}</p>'
    elif isinstance(block, Finding):
        yield f'<section class="finding {block.tone}">'
        yield f"<p><b>{escape(block.label)}</b>{escape(block.sentence)}</p>"
        yield "<dl>"
        yield from (f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in block.facts)
        yield "</dl>\n</section>"
    else:
        yield from _table(block)


def _table(table: Table) -> Iterator[str]:
    names = table.rows.columns
    right = {name for name in names if name in table.right or table.rows[name].dtype.is_numeric()}
    yield '<div class="scroll"><table>\n<thead><tr>'
    for name in names:
        yield f"<th{_class(right=name in right)}>{escape(table.headings.get(name, name).replace('_', ' '))}</th>"
    yield "</tr></thead>\n<tbody>"
    for row in table.rows.iter_rows():
        cells = ((readable(value, name), name in right) for value, name in zip(row, names, strict=True))
        yield (
            "<tr>" + "".join(f"<td{_class(right=end, text=text)}>{escape(text)}</td>" for text, end in cells) + "</tr>"
        )
    yield "</tbody>\n</table></div>"


def _class(*, right: bool, text: str = "") -> str:
    return ' class="right"' if right else ' class="wide"' if len(text) > _WIDE else ""

"""Puts a page together: its head, what stands first, and its blocks in order."""

from collections.abc import Iterator, Sequence
from itertools import takewhile

from bouncelake.render.html.drawings import trends
from bouncelake.render.html.parts import escape, filled, part
from bouncelake.render.html.tables import heat, table
from bouncelake.reports import Block, Figures, Finding, Fold, Heading, Heat, Page, Prose, Trends


def html(page: Page) -> bytes:
    """Return the page as a whole HTML document; everything that came from a log is text in it."""
    lead = list(takewhile(lambda one: isinstance(one, Prose) and one.tone != "quiet", page.blocks))
    body = "\n".join([*_lead(lead), *_blocks(page.blocks[len(lead) :], "h2")])
    texts = {"title": escape(page.title or "bouncelake"), "subtitle": escape(page.subtitle)}
    return (filled("page.html", style=part("page.css"), body=body, **texts) + "\n").encode()


def _lead(blocks: Sequence[Block]) -> Iterator[str]:
    """Yield what everybody should read, in the colour of the first sentence's tone."""
    prose = [one for one in blocks if isinstance(one, Prose)]
    if prose:
        yield f'<section class="lead {prose[0].tone}">'
        yield from (f"<p>{escape(one.text)}</p>" for one in prose)
        yield "</section>"


def _blocks(blocks: Sequence[Block], heading: str) -> Iterator[str]:
    for block in blocks:
        yield from _block(block, heading)


def _block(block: Block, heading: str) -> Iterator[str]:
    if isinstance(block, Heading):
        yield f"<{heading}>{escape(block.text)}</{heading}>"
    elif isinstance(block, Prose):
        yield f'<p class="{block.tone}">{escape(block.text)}</p>'
    elif isinstance(block, Finding):
        yield from _finding(block)
    elif isinstance(block, Figures):
        yield from _figures(block)
    elif isinstance(block, Fold):
        yield from _fold(block)
    elif isinstance(block, Trends):
        yield from trends(block)
    else:
        yield from heat(block) if isinstance(block, Heat) else table(block)


def _finding(block: Finding) -> Iterator[str]:
    """Yield a finding; of numbered ones, the first and what needs action stand open, the others show their sentence."""
    name = f' id="finding-{block.number}"' if block.number else ""
    number = f'<span class="number">{block.number}</span>' if block.number else ""
    facts = "\n".join(
        f'<dt>{escape(label)}</dt><dd class="{_kind(label)}">{_value(label, value)}</dd>'
        for label, value in block.facts
    )
    query = f'<p class="query">The lines behind it:</p><pre>{escape(block.query)}</pre>'
    shut = block.number > 1 and not block.label.startswith("ACT")
    yield filled(
        "finding.html",
        tone=block.tone,
        name=name,
        open="" if shut else " open",
        number=number,
        label=escape(block.label),
        sentence=escape(block.sentence),
        facts=facts,
        query=query if block.query else "",
    )


def _kind(label: str) -> str:
    return label if label in {"do", "reply"} else "fact"


def _value(label: str, value: str) -> str:
    """Return a fact; what the rules say to read is a link, nothing from a log ever is."""
    shown = escape(value)
    if label == "see" and value.startswith("https://"):
        return f'<a href="{shown}" rel="noreferrer">{shown}</a>'
    return shown


def _figures(block: Figures) -> Iterator[str]:
    yield '<ul class="figures">'
    for one in block.items:
        words = f'<b class="{one.tone}">{escape(one.value)}</b> <span>{escape(one.note)}</span>'
        yield f"<li><i>{escape(one.label)}</i> {words}</li>"
    yield "</ul>"


def _fold(block: Fold) -> Iterator[str]:
    note = f" <span>{escape(block.note)}</span>" if block.note else ""
    yield f'<details class="fold"><summary>{escape(block.summary)}{note}</summary>'
    yield from _blocks(block.blocks, "h3")
    yield "</details>"

"""Pages as plain text: for a terminal, a mail from cron, a file."""

import textwrap
from collections.abc import Iterator
from itertools import pairwise

from bouncelake.render.grid import grid
from bouncelake.render.style import Style
from bouncelake.render.visible import visible
from bouncelake.reports import Finding, Heading, Page, Prose, Table, flat

_LABEL = 9


def text(page: Page, style: Style) -> bytes:
    """Return the page as text that fits the style's width, in UTF-8."""
    lines = _top(page, style)
    for before, block in pairwise([None, *flat(page.blocks)]):
        joined = not lines or (isinstance(before, Heading) and isinstance(block, Table))
        lines += [*([] if joined else [""]), *_block(block, style)] if block else []
    return "".join(f"{line.rstrip()}\n" for line in lines).encode()


def _top(page: Page, style: Style) -> list[str]:
    if not page.title:
        return []
    shown = [style.quiet(visible(page.subtitle))] if page.subtitle else []
    rule = "=" * min(style.width, max(len(page.title), len(page.subtitle)))
    return [style.strong(visible(page.title)), *shown, rule]


def _block(block: Heading | Prose | Finding | Table, style: Style) -> list[str]:
    if isinstance(block, Heading):
        return [style.strong(visible(block.text)), "-" * min(style.width, len(block.text))]
    if isinstance(block, Prose):
        return [style.toned(line, block.tone) for line in _wrapped(block.text, style.width)]
    if isinstance(block, Finding):
        return list(_finding(block, style))
    return grid(block, style)


def _finding(block: Finding, style: Style) -> Iterator[str]:
    first, *rest = _wrapped(block.sentence, style.width, f"{block.label}  ")
    yield style.toned(first[: len(block.label)], block.tone, strong=True) + first[len(block.label) :]
    yield from rest
    for label, value in block.facts:
        yield from _wrapped(value, style.width, f"   {label:<{_LABEL}}", " " * (_LABEL + 3))


def _wrapped(words: str, width: int, first: str = "", then: str = "") -> list[str]:
    """Return the text in lines; a word longer than the line, such as a URL, stays whole."""
    filled = textwrap.wrap(
        visible(words),
        width,
        initial_indent=first,
        subsequent_indent=then,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return filled or [first]

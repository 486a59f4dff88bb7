"""Pages as Markdown: for an issue, a wiki, a chat."""

from collections.abc import Iterator

from bouncelake.render.values import readable
from bouncelake.render.visible import visible
from bouncelake.reports import Finding, Heading, Page, Prose, Table, flat

# Escaped wherever they stand: markup, HTML, table borders, mentions, and the colon that makes a bare URL a link.
_SPECIAL = str.maketrans({one: f"\\{one}" for one in "\\`*_{}[]<>|#~!$@&"})


def markdown(page: Page) -> bytes:
    """Return the page as GitHub-flavoured Markdown; nothing in it that came from a log is markup."""
    top = [f"# {escape(page.title)}", escape(page.subtitle)] if page.title else []
    parts = [*top, *("\n".join(_block(one)) for one in flat(page.blocks))]
    return ("\n\n".join(part for part in parts if part) + "\n").encode()


def escape(text: str) -> str:
    r"""Return the text so that Markdown shows it as it is.

    >>> escape("a|b <i> http://x")
    'a\\|b \\<i\\> http\\://x'
    """
    shown = visible(text).translate(_SPECIAL).replace("://", "\\://").replace("www.", "www\\.")
    return f"\\{shown}" if shown[:1] in {"+", "-", "="} else shown


def _block(block: Heading | Prose | Finding | Table) -> Iterator[str]:
    if isinstance(block, Heading):
        yield f"## {escape(block.text)}"
    elif isinstance(block, Prose):
        yield f"*{escape(block.text)}*" if block.tone == "quiet" else escape(block.text)
    elif isinstance(block, Finding):
        yield f"**{escape(block.label)}** {escape(block.sentence)}"
        yield ""
        yield from (f"- {escape(label)}: {escape(value)}" for label, value in block.facts)
    else:
        yield from _table(block)


def _table(table: Table) -> Iterator[str]:
    names = table.rows.columns
    right = [name in table.right or table.rows[name].dtype.is_numeric() for name in names]
    yield _row(escape(table.headings.get(name, name).replace("_", " ")) for name in names)
    yield _row("---:" if one else "---" for one in right)
    for row in table.rows.iter_rows():
        yield _row(escape(readable(value, name)) for value, name in zip(row, names, strict=True))


def _row(cells: Iterator[str]) -> str:
    return f"| {' | '.join(cells)} |"

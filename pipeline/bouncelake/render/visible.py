"""One escape for text that came from outside, used by every renderer: what could act on a reader becomes visible."""

import polars as pl

# C0, DEL, C1, and the characters that turn the direction of text, hide, break lines, or carry invisible tags.
_RANGES = (
    (0x00, 0x1F),
    (0x7F, 0x9F),
    (0xAD, 0xAD),
    (0x61C, 0x61C),
    (0x180E, 0x180E),
    (0x200B, 0x200F),
    (0x2028, 0x202E),
    (0x2060, 0x206F),
    (0xD800, 0xDFFF),
    (0xFEFF, 0xFEFF),
    (0xFFF9, 0xFFFB),
    (0xE0000, 0xE007F),
)
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _written(code: int) -> str:
    if chr(code) in _NAMED:
        return _NAMED[chr(code)]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


ESCAPES = {code: _written(code) for low, high in _RANGES for code in range(low, high + 1)}
PATTERN = "[" + "".join(rf"\x{{{low:x}}}-\x{{{high:x}}}" for low, high in _RANGES if low != 0xD800) + "]"


def visible(text: str) -> str:
    r"""Return the text with every control, direction, invisible and line-breaking character written as an escape.

    >>> visible("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return text.translate(ESCAPES)


def visible_column(column: pl.Series) -> pl.Series:
    """Return a text column with `visible` applied; only the distinct values that need it are touched."""
    hostile = column.filter(column.str.contains(PATTERN)).unique()
    if hostile.is_empty():
        return column
    return column.replace(hostile.to_list(), [visible(text) for text in hostile])

"""What every piece of a page is made with: the escape, the files beside this one, numbers for drawings."""

import html as escapes
from functools import cache
from importlib.resources import files
from string import Template

from bouncelake.render.visible import visible


def escape(text: str) -> str:
    """Return the text so that HTML shows it as it is.

    >>> escape("<b>&'")
    '&lt;b&gt;&amp;&#x27;'
    """
    return escapes.escape(visible(text))


@cache
def part(name: str) -> str:
    """Return the file of that name that stands beside this one."""
    return (files("bouncelake.render.html") / name).read_text(encoding="utf-8")


def filled(name: str, /, **values: str) -> str:
    """Return the template of that name with its places filled; the values are HTML already."""
    return Template(part(name)).substitute(values).rstrip("\n")


def short(number: float) -> str:
    """Return a number for a drawing, with one decimal at most.

    >>> short(12.0), short(1.25), short(-0.01)
    ('12', '1.2', '0')
    """
    text = f"{number:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text

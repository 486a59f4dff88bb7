"""Pages and tables as bytes in six forms: table, csv, json, jsonl, md, html."""

from collections.abc import Callable, Mapping

import polars as pl

from bouncelake.render.html import html
from bouncelake.render.machine import as_json, csv, jsonl
from bouncelake.render.markdown import markdown
from bouncelake.render.style import Style
from bouncelake.render.text import text
from bouncelake.render.visible import visible
from bouncelake.reports import Page

MACHINE: Mapping[str, Callable[[pl.DataFrame], bytes]] = {"csv": csv, "json": as_json, "jsonl": jsonl}

__all__ = ["MACHINE", "Style", "render", "visible"]


def render(page: Page, form: str, style: Style | None = None) -> bytes:
    """Return the page in one of the six forms; the forms for machines hold its data and nothing else."""
    if form in MACHINE:
        return MACHINE[form](page.data)
    if form == "md":
        return markdown(page)
    return html(page) if form == "html" else text(page, style or Style())

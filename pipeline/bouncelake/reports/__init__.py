"""Finds, checks and runs the SQL in `sql/reports`, and makes pages of the answers."""

from bouncelake.reports.catalog import catalog, find, parameters_view
from bouncelake.reports.page import Block, Finding, Heading, Page, Prose, Table, Tone
from bouncelake.reports.pages import page
from bouncelake.reports.period import Period, instant, span
from bouncelake.reports.runner import Desk, Request, Result, check_request

__all__ = [
    "Block",
    "Desk",
    "Finding",
    "Heading",
    "Page",
    "Period",
    "Prose",
    "Request",
    "Result",
    "Table",
    "Tone",
    "catalog",
    "check_request",
    "find",
    "instant",
    "page",
    "parameters_view",
    "span",
]

"""Finds, checks and runs the SQL in `sql/reports`, and makes pages of the answers."""

from bouncelake.reports.catalog import catalog, find, parameters_view
from bouncelake.reports.page import (
    Block,
    Figure,
    Figures,
    Finding,
    Fold,
    Heading,
    Heat,
    Mark,
    Page,
    Prose,
    Table,
    Tone,
    Trend,
    Trends,
    flat,
)
from bouncelake.reports.pages import page
from bouncelake.reports.period import Period, instant, span
from bouncelake.reports.runner import Desk, Request, Result, check_request

__all__ = [
    "Block",
    "Desk",
    "Figure",
    "Figures",
    "Finding",
    "Fold",
    "Heading",
    "Heat",
    "Mark",
    "Page",
    "Period",
    "Prose",
    "Request",
    "Result",
    "Table",
    "Tone",
    "Trend",
    "Trends",
    "catalog",
    "check_request",
    "find",
    "flat",
    "instant",
    "page",
    "parameters_view",
    "span",
]

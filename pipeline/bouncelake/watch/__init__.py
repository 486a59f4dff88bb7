"""Compares a window with its own past: what is new, what rose, what stopped, what may come."""

from bouncelake.watch.ask import Ask, ask
from bouncelake.watch.checking import check
from bouncelake.watch.finding import Finding, Traffic, Verdict
from bouncelake.watch.memory import Memory, put
from bouncelake.watch.pages import learning, page

__all__ = ["Ask", "Finding", "Memory", "Traffic", "Verdict", "ask", "check", "learning", "page", "put"]

"""The story of a message: all that the lake knows of it, in the order of time, with the log's own lines."""

from bouncelake.trace.pages import page
from bouncelake.trace.story import Span, Story, trace

__all__ = ["Span", "Story", "page", "trace"]

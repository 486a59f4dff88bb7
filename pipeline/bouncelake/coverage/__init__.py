"""What the rules know and do not know: of a log, of a list of replies, of a lake."""

from bouncelake.coverage.pages import page
from bouncelake.coverage.trial import tried
from bouncelake.coverage.unmatched import pasted, unmatched

__all__ = ["page", "pasted", "tried", "unmatched"]

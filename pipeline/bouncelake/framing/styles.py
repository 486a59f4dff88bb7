"""All header styles, in the order in which a line is tried."""

from bouncelake.framing import exim, headers

STYLES = (exim.STYLE, *headers.STYLES)
"""Exim's own stamp comes first: ISO 8601 with a blank begins alike."""

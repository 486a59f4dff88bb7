"""Pages as one HTML file: no script, nothing loaded from elsewhere, and a policy that forbids both."""

from bouncelake.render.html.document import html
from bouncelake.render.html.parts import escape

__all__ = ["escape", "html"]

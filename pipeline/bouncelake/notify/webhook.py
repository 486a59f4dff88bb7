"""Findings to a chat: the JSON that Slack's incoming web hooks take, and many others with them."""

import json
from collections.abc import Sequence
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from bouncelake.errors import UsageError
from bouncelake.render import visible
from bouncelake.watch import Finding

SECONDS = 15
MOST = 10
LONGEST = 600
QUOTED = ("reply", "do", "query")


class _Stay(HTTPRedirectHandler):
    """Follows nobody elsewhere: what is posted goes to the address that was given, or nowhere."""

    def redirect_request(self, *_: object) -> None:
        return None


def payload(findings: Sequence[Finding]) -> bytes:
    """Return the message as JSON; nothing in it is markup, a link or a mention."""
    parts = [_said(one) for one in findings[:MOST]]
    left = len(findings) - MOST
    if left > 0:
        parts.append(f"{left} more: bouncelake check --all")
    return json.dumps({"text": "\n\n".join(parts), "mrkdwn": False, "link_names": 0}).encode()


def post(url: str, data: bytes) -> None:
    """Send the message; the error names the host only, since such an address is a secret."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError("the web hook must be an http or https address")
    request = Request(url, data, {"Content-Type": "application/json", "User-Agent": "bouncelake"}, method="POST")  # noqa: S310 - checked above
    try:
        with build_opener(_Stay).open(request, timeout=SECONDS) as answer:
            answer.read(1024)
    except HTTPError as error:
        with error:
            raise UsageError(f"the web hook at {parts.hostname} answered {error.code}") from None
    except (URLError, OSError, ValueError) as error:
        why = getattr(error, "reason", error)
        raise UsageError(f"the web hook at {parts.hostname} cannot be reached: {why}") from None


def harmless(text: str) -> str:
    """Return the text so that Slack and its kin show it as it is.

    >>> harmless("<!channel> a & b")
    '&lt;!channel&gt; a &amp; b'
    """
    shown = visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # A mention or a link needs its characters side by side.
    return shown.replace("@", "@\u200b").replace("](", "]\u200b(")


def _said(one: Finding) -> str:
    facts = [f"{label}: {value}" for label, value in one.facts if label in QUOTED]
    return "\n".join(harmless(_cut(line)) for line in (f"{one.label}  {one.sentence}", *facts))


def _cut(line: str) -> str:
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."

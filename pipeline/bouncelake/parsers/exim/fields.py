"""What stands between the recipient and the rest of an outcome line: sender, router, transport, server."""

from bouncelake.parsers.exim import grammar, recipients

_SENDER = rf"(?: F=<(?<sender>{grammar.ADDRESS})>)?"
_RETURN = rf"(?: P=<(?:{grammar.ADDRESS})>)?(?: SRS=<[^>]*>)?"
_ROUTE = r"(?: R=(?<router>[^ :]+))?(?: T=(?<transport>[^ :]+))?"
_FIELDS = rf"{_SENDER}(?: Q=[^ ]+)?{_RETURN}"
_ROUTED = rf"{_FIELDS} R=(?<router>[^ :]+)(?: T=(?<transport>[^ :]+))?"
_BEFORE = rf"{_FIELDS}{_ROUTE}"

TLS = rf"(?: (?:TFO\*?|PS=[^ ]+))*{grammar.TLS}"
PLAIN = r"^(?:F=<(?<sender>[^<> ]*)> )?(?:Q=[^ ]+ )?(?:P=<[^<> ]*> )?R=(?<router>[^ :]+) T=(?<transport>[^ :]+)"
"""Sender, router and transport as they begin a line's fields where nothing is odd."""
BRACKET = rf"\[(?<remote_ip>{grammar.IP})\](?::(?<remote_port>[0-9]+))?"
HOST = rf"H=(?<remote_host>[^ \[]+)(?: DS)? {BRACKET}\*?"
OWN = rf"(?: I=\[(?<local_ip>{grammar.IP})\](?::[0-9]+)?)?"


def patterns(after: str, needs: str | None = None) -> tuple[grammar.Pattern, ...]:
    """Return the patterns of a line; an odd address ends where a router follows, if any does."""
    return tuple(
        grammar.pattern("rest", f"(?s)^{address}{before}{after}$", needs=needs or router)
        for before, router in ((_ROUTED, " R="), (_BEFORE, None))
        for address in (recipients.PLAIN, recipients.LOOSE)
    )

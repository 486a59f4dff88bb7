"""What stands before a record in a log file, in the styles that syslog daemons write."""

from collections.abc import Callable
from functools import lru_cache
from time import gmtime, strftime

SECOND = 1_000_000


@lru_cache(maxsize=4)
def _traditional(second: int) -> str:
    return strftime("%b %e %H:%M:%S", gmtime(second))


@lru_cache(maxsize=4)
def iso_second(second: int) -> str:
    """Return the second since 1970 as `2026-03-02T00:00:01`."""
    return strftime("%Y-%m-%dT%H:%M:%S", gmtime(second))


@lru_cache(maxsize=4)
def compact(second: int) -> str:
    """Return the second since 1970 as `20260302000001`."""
    return strftime("%Y%m%d%H%M%S", gmtime(second))


def rfc3164(at: int, host: str, body: str) -> str:
    """Return a line as rsyslog's traditional format and postlogd write it: no year, no zone, whole seconds."""
    return f"{_traditional(at // SECOND)} {host} {body}"


def iso(at: int, host: str, body: str) -> str:
    """Return a line with an ISO 8601 time in microseconds, as Debian 12 writes it."""
    return f"{iso_second(at // SECOND)}.{at % SECOND:06d}+00:00 {host} {body}"


def rfc5424(at: int, host: str, body: str) -> str:
    """Return a line with an RFC 5424 header."""
    tag, _, text = body.partition(": ")
    app, _, pid = tag.partition("[")
    return f"<22>1 {iso_second(at // SECOND)}.{at % SECOND:06d}+00:00 {host} {app} {pid[:-1] or '-'} - - {text}"


STYLES: dict[str, Callable[[int, str, str], str]] = {"rfc3164": rfc3164, "iso": iso, "5424": rfc5424}

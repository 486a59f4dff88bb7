"""Time zones by name: the one that is asked for, and the machine's own."""

import os
from pathlib import Path
from zoneinfo import ZoneInfo

from bouncelake.errors import UsageError


def zone_named(name: str) -> ZoneInfo:
    """Return the zone of that name; raise UsageError if there is none.

    >>> zone_named("Europe/Berlin").key
    'Europe/Berlin'
    """
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise UsageError(f"unknown time zone {name!r}: use a name such as Europe/Berlin or UTC") from None


def machine_zone() -> ZoneInfo:
    """Return the zone of this machine: `$TZ`, else what /etc/localtime or /etc/timezone name, else UTC."""
    for name in (os.environ.get("TZ", "").removeprefix(":"), _linked(), _written()):
        try:
            if name:
                return ZoneInfo(name)
        except (ValueError, OSError, KeyError):
            continue
    return ZoneInfo("UTC")


def _linked() -> str:
    return str(Path("/etc/localtime").resolve()).partition("zoneinfo/")[2]


def _written() -> str:
    try:
        return Path("/etc/timezone").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""

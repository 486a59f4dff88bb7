"""Writes the query behind a finding: SQL that `bouncelake query` runs and that gives the same figures.

The queries stand in `sql/watch/proofs`; here their conditions are filled in.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from string import Template

from bouncelake.resources import shipped
from bouncelake.sandbox.views import literal
from bouncelake.watch.windows import Silence, Windows

UNKNOWN = "unknown"
COLUMNS = {"domain": "recipient_domain", "ip": "local_ip", "sender": "sender_domain"}
# Only these can stand between double quotes in a shell without a meaning of their own.
HARMLESS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-.,:;()<>=*|'?/+@")


def refusals(scope: Sequence[str], what: tuple[Sequence[str], str | None], *, grey: bool) -> str:
    """Return the query that counts the refused and the answered.

    `scope` holds conditions, `what` the reasons and the stage.
    """
    reasons, stage = what
    words = ", ".join(literal(reason) for reason in reasons)
    column = "coalesce(reason, 'unknown')" if UNKNOWN in reasons else "reason"
    at = f" AND stage = {literal(stage)}" if stage else ""
    name = "greylisting" if grey else "refusals"
    return _filled(name, mine=f"{column} IN ({words}){at}", where=" AND ".join(scope))


def deliveries(receiver: str | None, host: str | None, until: datetime, past: timedelta) -> str:
    """Return the query that counts deliveries hour by hour."""
    where = [
        *([f"provider = {literal(receiver)}"] if receiver is not None else []),
        *([_of(*host.split(", "))] if host is not None else []),
        between(until, past),
    ]
    return _filled("deliveries", where=" AND ".join(where))


def lines(silence: Silence) -> str:
    """Return the query that shows a host's last lines, day by day."""
    first = f"{silence.last - timedelta(days=7):%Y-%m-%d}"
    return _filled("lines", where=f"{_of(silence.host)} AND day >= DATE '{first}'")


def window(windows: Windows, length: timedelta) -> str:
    """Return the condition for the rows of the window; hosts that lag have a window of their own."""
    common = between(windows.until, length)
    if not windows.lagging:
        return common
    own = [f"{_is_of(host)} AND {between(until, length)}" for host, until in windows.lagging]
    others = " AND ".join([common, *(f"NOT {_is_of(host)}" for host, _ in windows.lagging)])
    return f"({' OR '.join([others, *own])})"


def conditions(scope: Mapping[str, str], provider: str | None) -> list[str]:
    """Return the conditions for the rows of a scope; `provider` is None for a receiver that no rule knows."""
    found = []
    for name, value in scope.items():
        if name == "receiver" and provider is None:
            found.append(f"provider IS NULL AND coalesce(recipient_domain, 'unknown') = {literal(value)}")
        else:
            found.append(f"{COLUMNS.get(name, 'provider')} = {literal(value)}")
        if name == "ip":
            found.append("local_ip_from IS DISTINCT FROM 'reply'")
        if name == "domain":
            found.append("provider IS NOT NULL")
    return found


def between(until: datetime, length: timedelta) -> str:
    """Return the condition for the rows of a length of time before an instant.

    >>> between(datetime(2026, 11, 3, 8, tzinfo=UTC), timedelta(hours=1))
    "ts >= TIMESTAMPTZ '2026-11-03 07:00:00+00' AND ts < TIMESTAMPTZ '2026-11-03 08:00:00+00'"
    """
    return f"ts >= {_moment(until - length)} AND ts < {_moment(until)}"


def command(sql: str) -> str:
    """Return what to type; a query that a shell could read otherwise is given as it is, to be read from `-`.

    >>> command("SELECT 1"), command("SELECT '$(reboot)'")
    ('bouncelake query "SELECT 1"', "SELECT '$(reboot)'")
    """
    return f'bouncelake query "{sql}"' if set(sql) <= HARMLESS else sql


@cache
def _template(name: str) -> Template:
    text = (shipped("sql") / "watch" / "proofs" / f"{name}.sql").read_text(encoding="utf-8")
    lines = [line.strip() for line in text.split("\n") if not line.startswith("--")]
    return Template(" ".join(lines).strip())


def _filled(name: str, **parts: str) -> str:
    return _template(name).substitute(parts)


def _moment(ts: datetime) -> str:
    return f"TIMESTAMPTZ '{ts.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' ')}+00'"


def _of(*hosts: str) -> str:
    names = ", ".join(literal(host) for host in hosts)
    return f"coalesce(host, system) IN ({names})"


def _is_of(host: str) -> str:
    # The view `answers` has no host.
    return " ".join(("message_key IN (SELECT message_key FROM events WHERE", _of(host) + ")"))

"""The query that shows the log lines behind a finding."""

import shlex
from collections.abc import Mapping
from typing import Any

from bouncelake.reports.period import Period
from bouncelake.sandbox.views import literal

_COLUMNS = "ts, sender, recipient, remote_host, reply, source_name, source_offset"
_SPECIAL = frozenset('"$`\\!')


def behind(row: Mapping[str, Any], period: Period) -> str:
    """Return the command that lists the replies behind one row of the report `overview`, the newest first."""
    who = "provider" if row["provider"] != "other" else "recipient_domain"
    conditions = [
        "" if row["receiver"] == "unknown" else f"{who} = {literal(row['receiver'])}",
        f"reason = {literal(row['reason'])}" if row["reason"] else "reason IS NULL",
        f"day >= '{period.since.date()}'",
    ]
    where = " AND ".join(condition for condition in conditions if condition)
    return f"bouncelake query {quoted(f'SELECT {_COLUMNS} FROM refusals WHERE {where} ORDER BY ts DESC LIMIT 20')}"  # noqa: S608


def quoted(text: str) -> str:
    r"""Return the text as one word of a shell, in double quotes where nothing in it has a meaning there.

    >>> quoted("it's"), quoted("$x")
    ('"it\'s"', "'$x'")
    """
    return shlex.quote(text) if _SPECIAL & set(text) else f'"{text}"'

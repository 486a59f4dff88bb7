"""Words for figures: what a report says in sentences."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bouncelake.reports.page import Tone

SMALLEST = 20  # no percentage below this denominator
FEWEST = 10  # nobody is told to act for fewer recipients
LEAST = 0.01  # nor for less of a provider's mail

SIGNALS = {
    "verdict": "they say spam or bad reputation",
    "gate": "an anti-spam gate",
    "none": "not about spam",
    "undecided": "the reply does not tell whether it is about spam",
}
BLAMED = {"ip": "IP", "netblock": "network", "domain": "domain", "url": "link", "helo": "HELO name"}


def ratio(part: int | None, whole: int | None, what: str = "") -> str:
    """Return a numerator with its denominator, of `what` if named, and the percentage where the denominator allows one.

    >>> ratio(3, 60), ratio(3, 9), ratio(4, None), ratio(3, 60, "recipients")
    ('3 of 60 (5.0%)', '3 of 9', '4', '3 of 60 recipients (5.0%)')
    """
    if part is None:
        return "-"
    noun = f" {what}" if what else ""
    if whole is None:
        return f"{part:,}{noun}"
    share = f" ({part / whole * 100:.1f}%)" if whole >= SMALLEST else ""
    return f"{part:,} of {whole:,}{noun}{share}"


def share(part: int | None, whole: int | None) -> str:
    """Return the same as `ratio`, short enough for a table.

    >>> share(3, 60), share(3, 9)
    ('3/60 5.0%', '3/9')
    """
    if part is None or whole is None:
        return ratio(part, whole)
    return f"{part:,}/{whole:,}" + (f" {part / whole * 100:.1f}%" if whole >= SMALLEST else "")


def age(length: timedelta) -> str:
    """Return a length of time in its largest fitting unit.

    >>> age(timedelta(hours=30)), age(timedelta(minutes=5))
    ('30 h', '5 min')
    """
    minutes = max(0, int(length.total_seconds() // 60))
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 72 * 60 else f"{minutes // 1440} d"


def urgency(row: Mapping[str, Any]) -> tuple[str, Tone]:
    """Return how urgent a refusal is, in words and tone; few recipients or a small share never say to act."""
    severity, recipients, answered = row["severity"] or 1, row["recipients"] or 0, row["of_answered"] or 0
    enough = recipients >= FEWEST and recipients >= LEAST * answered
    if severity >= 5 and enough:
        return "ACT NOW", "bad"
    if severity >= 4 and enough:
        return "ACT TODAY", "warn"
    if (row["category"] or "unclassified") == "unclassified":
        return "UNKNOWN", "plain"
    return ("WATCH", "warn") if severity >= 3 else ("NOTE", "quiet")


def spoken(word: str | None) -> str:
    """Return a name from the rules as words.

    >>> spoken("low_ip_reputation")
    'low ip reputation'
    """
    return (word or "unclassified").replace("_", " ")


def named(provider: str, names: Mapping[str, str]) -> str:
    """Return a provider's name as its users know it, without what its full name adds in brackets."""
    if provider == "other":
        return "other receivers"
    return names.get(provider, provider).partition(" (")[0]

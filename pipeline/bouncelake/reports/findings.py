"""Turns a row about one reason of refusal into a finding that a person can act on."""

from collections.abc import Iterator, Mapping
from typing import Any

from bouncelake.reports.page import Finding
from bouncelake.reports.period import Period
from bouncelake.reports.wording import BLAMED, SIGNALS, named, ratio, spoken, urgency

LONGEST_REPLY = 400
_FORWARDED = (
    "most of this is forwarded mail: rewrite its sender (SRS) or seal it (ARC), filter before forwarding, or stop"
    " forwarding; your own DNS is not at fault"
)
_UNKNOWN = "Read the reply. A rule of your own can name it from then on (`rules` in the configuration)."


def finding(row: Mapping[str, Any], period: Period, names: Mapping[str, str]) -> Finding:
    """Return the finding for one row of the reports `overview` or `reasons`."""
    label, tone = urgency(row)
    who = named(row["receiver"], names)
    sentence = f"{who} refused {ratio(row['recipients'], row['of_answered'], 'recipients')}: {_why(row)}"
    return Finding(label, tone, sentence, [fact for fact in _facts(row, period) if fact[1]])


def _why(row: Mapping[str, Any]) -> str:
    if not row["rule"]:
        return "no rule knows this reply yet."
    return str(row["meaning"] or f"{spoken(row['reason'])}.")


def _facts(row: Mapping[str, Any], period: Period) -> Iterator[tuple[str, str]]:
    yield "reason", f"{spoken(row['reason'])} ({category(row)})"
    yield "since", _since(row, period)
    yield "blames", blames(row)
    yield "sender", f"mostly mail from {row['sender_domain']}" if row.get("sender_domain") else ""
    yield "reply", shortened(row["reply"] or "")
    yield "do", remedy(row)
    yield "see", row["document"] or ""


def category(row: Mapping[str, Any]) -> str:
    """Return what a refusal is about, and what it says about spam."""
    return f"{spoken(row['category'])}; {SIGNALS.get(row['spam_signal'] or '', SIGNALS['undecided'])}"


def _since(row: Mapping[str, Any], period: Period) -> str:
    first, last = period.local(row["first_seen"]), period.local(row["last_seen"])
    if row["first_seen"] < period.since:
        return f"{first} or earlier, last {last}; {row['before']:,} recipients in the period before"
    return f"{first}, last {last}; new: none in the period before"


def blames(row: Mapping[str, Any]) -> str:
    """Return the identity that a reply blames, and the list that it names."""
    parts = []
    if row["blamed"]:
        parts.append(f"{row['blamed']} ({BLAMED.get(row['blamed_kind'] or '', 'identity')})")
    if row["listed_by"]:
        parts.append(f"listed by {row['listed_by']}")
    return ", ".join(parts)


def remedy(row: Mapping[str, Any]) -> str:
    """Return what to do; forwarded mail needs something else than mail of our own."""
    steps = row["remedy"] or (_UNKNOWN if not row["rule"] else "")
    forwarded = 2 * (row.get("forwarded") or 0) > (row["recipients"] or 0)
    if forwarded and row["category"] in {"authentication", "spam_content"}:
        return f"{_FORWARDED}. Otherwise: {steps}" if steps else _FORWARDED
    return str(steps)


def shortened(reply: str) -> str:
    """Return a reply that is short enough to be read at a glance."""
    return reply if len(reply) <= LONGEST_REPLY else f"{reply[: LONGEST_REPLY - 3]}..."

"""Findings made by hand, for the tests of what is told, and where."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bouncelake.watch import Finding, Traffic, Verdict

UNTIL = datetime(2026, 11, 17, 7, tzinfo=UTC)
HOSTILE = "421 \x1b[31m<!channel> @here *bold* [x](http://evil.example)\r\nBcc: victim@example.com \u202e&amp;"


def finding(**more: Any) -> Finding:  # noqa: ANN401 - any field of a finding
    """Return a finding with sensible values for what is not said."""
    values: dict[str, Any] = {
        "kind": "new", "label": "ACT NOW", "tone": "bad", "severity": 5, "scope": {"receiver": "google"},
        "topic": "ip_reputation", "reasons": ("low_ip_reputation",), "since": UNTIL - timedelta(hours=9),
        "last": UNTIL, "refused": 120, "answered": 600, "usual": 0.001, "chance": 1e-9,
        "sentence": "Google refuses mail since Mon 16 Nov 22:00 for low ip reputation: 120 of 600 recipients (20.0%).",
        "facts": [("reply", "421 4.7.0 low reputation"), ("do", "Stop bulk mail."), ("query", "SELECT 1")],
        "reply": "421 4.7.0 low reputation", "remedy": "Stop bulk mail.", "query": "SELECT 1",
    }  # fmt: skip
    return Finding(**(values | more))


def verdict(*findings: Finding, **more: Any) -> Verdict:  # noqa: ANN401 - any field of a verdict
    """Return a verdict with these findings."""
    traffic = (Traffic("google", 600, 120), Traffic("other", 50, 1))
    said: dict[str, Any] = {"until": UNTIL, "since": timedelta(days=1), "findings": findings, "traffic": traffic}
    return Verdict(**(said | more))

"""The metrics: their text, bounded labels, and escaped values."""

from datetime import UTC, datetime, timedelta

from bouncelake.notify import metrics
from bouncelake.watch import Traffic
from tests.support.findings import UNTIL, finding, verdict

NOW = datetime(2026, 11, 17, 8, tzinfo=UTC)

GOLDEN = """\
# HELP bouncelake_check_timestamp_seconds When the check ran.
# TYPE bouncelake_check_timestamp_seconds gauge
bouncelake_check_timestamp_seconds 1794902400
# HELP bouncelake_check_newest_line_timestamp_seconds The end of what was read, and of the window.
# TYPE bouncelake_check_newest_line_timestamp_seconds gauge
bouncelake_check_newest_line_timestamp_seconds 1794898800
# HELP bouncelake_check_learning 1 while the past is too short to tell what is usual.
# TYPE bouncelake_check_learning gauge
bouncelake_check_learning 0
# HELP bouncelake_check_findings Findings that hold now, told before or not.
# TYPE bouncelake_check_findings gauge
bouncelake_check_findings{urgency="act_now"} 2
bouncelake_check_findings{urgency="act_today"} 0
bouncelake_check_findings{urgency="watch"} 1
bouncelake_check_findings{urgency="note"} 0
bouncelake_check_findings{urgency="unknown"} 0
# HELP bouncelake_answered_recipients Recipients that the provider answered in the window.
# TYPE bouncelake_answered_recipients gauge
bouncelake_answered_recipients{provider="google"} 600
bouncelake_answered_recipients{provider="other"} 50
# HELP bouncelake_refused_recipients Recipients that the provider refused at least once in the window.
# TYPE bouncelake_refused_recipients gauge
bouncelake_refused_recipients{provider="google"} 120
bouncelake_refused_recipients{provider="other"} 1
"""


def test_the_metrics_as_text() -> None:
    """Every metric with help, type and value, as the textfile collector reads it."""
    told = verdict(finding(), finding(told=True), finding(label="WATCH"))
    assert metrics(told, NOW, {"google"}).decode() == GOLDEN


def test_labels_are_bounded() -> None:
    """Names that no rule knows, and too many providers, become one `other`: log text is never a label."""
    traffic = [Traffic(f'p{number}"\n{{evil}}', 10, 1) for number in range(500)]
    text = metrics(verdict(traffic=traffic), NOW, {"google"}).decode()
    assert 'provider="other"} 5000' in text
    assert "evil" not in text
    known = {one.provider for one in traffic}
    assert metrics(verdict(traffic=traffic), NOW, known).decode().count("bouncelake_refused_recipients{") == 61


def test_values_are_escaped() -> None:
    """Quotes, backslashes and line breaks in a value cannot end it."""
    odd = 'a"b\\c\nd'
    text = metrics(verdict(traffic=[Traffic(odd, 1, 0)]), NOW, {odd}).decode()
    assert 'provider="a\\"b\\\\c\\nd"' in text


def test_learning_without_a_line() -> None:
    """An empty lake has no newest line and is learning."""
    text = metrics(verdict(until=None, learning=timedelta(0), traffic=()), NOW, set()).decode()
    assert "bouncelake_check_learning 1" in text
    assert "newest_line_timestamp_seconds 1" not in text
    assert UNTIL.isoformat() not in text

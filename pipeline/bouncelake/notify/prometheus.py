"""The check's figures as text for Prometheus' textfile collector."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from bouncelake.watch import Verdict

MOST_PROVIDERS = 60
OTHER = "other"

HELP = {
    "bouncelake_check_timestamp_seconds": "When the check ran.",
    "bouncelake_check_newest_line_timestamp_seconds": "The end of what was read, and of the window.",
    "bouncelake_check_learning": "1 while the past is too short to tell what is usual.",
    "bouncelake_check_findings": "Findings that hold now, told before or not.",
    "bouncelake_answered_recipients": "Recipients that the provider answered in the window.",
    "bouncelake_refused_recipients": "Recipients that the provider refused at least once in the window.",
}
LABELS = ("ACT NOW", "ACT TODAY", "WATCH", "NOTE", "UNKNOWN")


def metrics(verdict: Verdict, now: datetime, providers: Collection[str]) -> bytes:
    """Return the metrics; the only labels are our own words and the providers that the rules know."""
    lines = []
    for name, samples in _samples(verdict, now, providers).items():
        lines += [f"# HELP {name} {HELP[name]}", f"# TYPE {name} gauge"]
        lines += [f"{name}{_labels(labels)} {value:.15g}" for labels, value in samples]
    return "".join(f"{line}\n" for line in lines).encode()


def escape(value: str) -> str:
    r"""Return a label's value as the text format writes it.

    >>> escape('a"b\\c\n')
    'a\\"b\\\\c\\n'
    """
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


Sample = tuple[Mapping[str, str], float]


def _samples(verdict: Verdict, now: datetime, providers: Collection[str]) -> dict[str, list[Sample]]:
    nothing: Mapping[str, str] = {}
    counts = Counter(one.label for one in verdict.findings)
    newest = [(nothing, verdict.until.timestamp())] if verdict.until else []
    traffic = dict(_traffic(verdict, providers))
    return {
        "bouncelake_check_timestamp_seconds": [(nothing, now.timestamp())],
        "bouncelake_check_newest_line_timestamp_seconds": newest,
        "bouncelake_check_learning": [(nothing, float(verdict.learning is not None))],
        "bouncelake_check_findings": [({"urgency": _word(label)}, float(counts[label])) for label in LABELS],
        "bouncelake_answered_recipients": [({"provider": name}, float(both[0])) for name, both in traffic.items()],
        "bouncelake_refused_recipients": [({"provider": name}, float(both[1])) for name, both in traffic.items()],
    }


def _traffic(verdict: Verdict, providers: Collection[str]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield providers with their counts; those that no rule knows, and the smallest of too many, are one."""
    ranked = sorted(verdict.traffic, key=lambda one: (-one.answered, one.provider))
    own = [one for one in ranked if one.provider in providers][:MOST_PROVIDERS]
    rest = [one for one in ranked if one not in own]
    yield from sorted((one.provider, (one.answered, one.refused)) for one in own)
    if rest:
        yield OTHER, (sum(one.answered for one in rest), sum(one.refused for one in rest))


def _word(label: str) -> str:
    return label.lower().replace(" ", "_")


def _labels(labels: Mapping[str, str]) -> str:
    inner = ",".join(f'{name}="{escape(value)}"' for name, value in labels.items())
    return f"{{{inner}}}" if inner else ""

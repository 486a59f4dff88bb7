"""Measures what reading and tagging replies costs: replies per CPU second, and how that depends on the number of rules.

    POLARS_MAX_THREADS=1 python tests/bench/bench_replies.py [ROWS]

The least of three runs counts; one thread, as `ingest` has it.

The realistic mix has few templates with unique tokens (ids, addresses, hosts); half of the rows repeat an older text.
In the other run no two texts are equal, not even as templates.
"""

import random
import sys
import time

import polars as pl

from bouncelake import replies, rules
from bouncelake.classify import Classifier

REPEATS = 3
_LETTERS = "bcdfghjklmnpqrstvwxz"


def main() -> None:
    """Run all cases and print one line each."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 400_000
    shipped = rules.load()
    for name, events in (("realistic", realistic(shipped, rows)), ("distinct", distinct(shipped, rows // 2))):
        for count in (len(shipped.rules), 3000):
            seconds = cost(grown(shipped, count), events)
            sys.stdout.write(f"{name}: {count} rules, {events.height / seconds:,.0f} replies per CPU second\n")


def cost(ruleset: rules.RuleSet, events: pl.DataFrame) -> float:
    """Return the least CPU seconds (user and system) of reading and tagging, in pieces as the walk does."""
    return min(_once(ruleset, events) for _ in range(REPEATS))


def _once(ruleset: rules.RuleSet, events: pl.DataFrame) -> float:
    classifier = Classifier(ruleset)
    before = time.process_time()
    for piece in events.iter_slices(100_000):
        classifier.tag(replies.read(piece))
    return time.process_time() - before


def grown(shipped: rules.RuleSet, count: int) -> rules.RuleSet:
    """Return the shipped rules and so many more that look like them that there are `count`."""
    dice = random.Random(7)  # noqa: S311
    more = []
    for number in range(count - len(shipped.rules)):
        rule = dice.choice([rule for rule in shipped.rules if rule.any])
        words = tuple(f"{word} {_word(dice)}" for word in rule.any[:6])
        more.append(rule.model_copy(update={"id": f"more-{number}", "any": words, "regex": ""}))
    return rules.RuleSet((*shipped.rules, *more), shipped.providers, shipped.reasons, shipped.blocklists)


def _word(dice: random.Random) -> str:
    return "".join(dice.choices(_LETTERS, k=9))


def realistic(shipped: rules.RuleSet, rows: int) -> pl.DataFrame:
    """Return refusals of sixty templates, by Zipf's law, with what varies in true replies varied."""
    dice = random.Random(1)  # noqa: S311
    texts = dice.sample([rule.examples[0] for rule in shipped.rules if rule.worded], 60)
    weights = [1 / rank for rank in range(1, 61)]
    fresh = [_varied(text, dice) for text in dice.choices(texts, weights, k=rows // 2)]
    return _events(fresh + dice.choices(fresh, k=rows - len(fresh)), dice)


def distinct(shipped: rules.RuleSet, rows: int) -> pl.DataFrame:
    """Return refusals of which no two have one template."""
    dice = random.Random(2)  # noqa: S311
    texts = [rule.examples[0] for rule in shipped.rules if rule.worded]
    return _events([f"{_varied(dice.choice(texts), dice)} {_word(dice)} {_word(dice)}" for _ in range(rows)], dice)


def _varied(text: str, dice: random.Random) -> str:
    ip = f"198.51.100.{dice.randrange(256)}"
    mail = f"u{dice.randrange(10**6)}@example.org"
    unique = f"4f{dice.randrange(16**12):012x}-{dice.randrange(1000)}"
    return f"{text.replace('192.0.2.9', ip).replace('kim@example.org', mail)} id={unique}"


def _events(texts: list[str], dice: random.Random) -> pl.DataFrame:
    hosts = ["mx1.example.com", "gmail-smtp-in.l.google.com", "mta7.am0.yahoodns.net", "mx00.gmx.net"]
    return pl.DataFrame(
        {
            "reply": texts,
            "reply_by": "remote",
            "event": "deferred",
            "stage": "rcpt",
            "recipient": "kim@example.org",
            "remote_ip": "203.0.113.9",
            "remote_host": dice.choices(hosts, k=len(texts)),
        }
    )


if __name__ == "__main__":
    main()

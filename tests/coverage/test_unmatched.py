"""What no rule explains: ranked, with a rule to paste, and without what today's rules know."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from bouncelake import rules
from bouncelake.classify import Classifier
from bouncelake.coverage import pasted, unmatched
from bouncelake.lake import Batch, Lake
from bouncelake.schema import EVENTS, RUNS

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
TEMPLATES = ["571 odd words", "571 odd words", "571 other words", "550 user unknown", "571 \x1b]0;evil", ""]


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    """Return a classifier of the shipped rules."""
    return Classifier(rules.load())


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Return a lake of refusals that an older rule set did not know, one of which today's rules know."""
    rows = pl.DataFrame({"template": TEMPLATES}).with_columns(
        ts=pl.lit(NOON, EVENTS.polars()["ts"]),
        source=pl.lit("s"),
        source_offset=pl.int_range(pl.len()),
        reply_code=pl.lit(571),
        category=pl.lit("unclassified"),
        event=pl.lit("bounced"),
    )
    run = pl.DataFrame({"ts": [NOON], "source": ["s"], "offset_from": [0], "offset_to": [100]})
    found = Lake.open(tmp_path / "lake", create=True)
    with found.writing():
        found.commit(Batch({"events": EVENTS.conform(rows), "runs": RUNS.conform(run)}))
    return found


def test_unmatched_are_ranked_and_known_ones_left_out(lake: Lake, classifier: Classifier) -> None:
    """The most frequent comes first; what the rules know by now, and what has no words, is not in it."""
    rows = unmatched(lake, classifier, 10)
    assert rows["template"].to_list() == ["571 odd words", "571 \x1b]0;evil", "571 other words"]
    assert rows["events"].to_list() == [2, 1, 1]
    assert unmatched(lake, classifier, 1).height == 1


def test_skeletons_are_toml_to_paste(lake: Lake, classifier: Classifier) -> None:
    """All skeletons together are one TOML file, harmless on a terminal, that dates and counts each reply."""
    text = pasted(unmatched(lake, classifier, 10))
    assert text.startswith("# 2 events, 2026-11-03 to 2026-11-03\n")
    assert "\x1b" not in text
    found = tomllib.loads(text)["rule"]
    assert [rule["phrase"] for rule in found] == [["odd words"], ["\x1b]0;evil"], ["other words"]]
    assert {str(rule["seen"]) for rule in found} == {"2026-11-03"}


def test_a_code_alone_explains_on_request_only(lake: Lake, classifier: Classifier) -> None:
    """With `codes` the replies of which only the code was understood are in it too."""
    with lake.writing():
        lake.revise(
            "events",
            [NOON.date()],
            lambda rows: rows.with_columns(
                template=pl.lit("550 5.4.1 sorry, xyzzy"), category=pl.lit("network"), matched_by=pl.lit("code")
            ),
        )
    assert unmatched(lake, classifier, 10).is_empty()
    assert unmatched(lake, classifier, 10, codes=True)["events"].to_list() == [len(TEMPLATES)]

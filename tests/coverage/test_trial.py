"""Trials: a log, replies and JSON lines are told apart, tagged as the lake would, and each answer says why."""

import gzip
from pathlib import Path

import polars as pl
import pytest

from bouncelake import rules
from bouncelake.classify import Classifier
from bouncelake.config import Config
from bouncelake.coverage import page, tried
from bouncelake.errors import UsageError
from bouncelake.ingest import Options, ingest
from bouncelake.lake import Lake
from bouncelake.rules import why

SAMPLE = Path(__file__).parents[2] / "sample_logs" / "esp-sparkpost"


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    """Return a classifier of the shipped rules."""
    return Classifier(rules.load())


def test_a_log_is_tagged_as_in_a_lake(classifier: Classifier, tmp_path: Path) -> None:
    """The refusals of a log are those that an ingest would tag, with the same rules."""
    config = Config(lake=tmp_path / "lake")
    rows = tried(str(SAMPLE), config, classifier)
    assert not config.lake.exists()
    ingest([str(SAMPLE)], config, Options(final=True))
    tagged = Lake.open(config.lake).scan("events").filter(pl.col("category").is_not_null()).collect()
    assert rows["replies"].sum() == tagged.height > 0
    wanted = tagged.group_by("rule").agg(n=pl.len().cast(pl.Int64)).sort("rule")
    assert rows.group_by("rule").agg(n=pl.col("replies").sum()).sort("rule").equals(wanted)


def test_replies_are_counted_and_explained(classifier: Classifier, tmp_path: Path) -> None:
    """One reply per line, compressed, with empty and broken lines; the same template is one row."""
    file = tmp_path / "replies.gz"
    file.write_bytes(
        gzip.compress(
            b"550 5.1.1 <kim@example.org>: user unknown\n\n550 5.1.1 <a@example.org>: user unknown\n571 \xff x"
        )
    )
    rows = tried(str(file), Config(), classifier)
    first, second = rows.rows(named=True)
    assert (first["replies"], first["reason"], first["why"]) == (2, "mailbox_unknown", '"user unknown"')
    assert (second["replies"], second["category"], second["template"]) == (1, "unclassified", r"571 \xff x")


def test_json_lines_say_who_answered(classifier: Classifier, tmp_path: Path) -> None:
    """A JSON line's host tells the provider; a line that is no JSON is a reply itself."""
    file = tmp_path / "replies.jsonl"
    file.write_text('{"text": "550 bad dns ptr", "remote_host": "mx00.gmx.net"}\n{broken\n571 no\n')
    rows = {row["template"]: row for row in tried(str(file), Config(), classifier).rows(named=True)}
    assert (rows["550 bad dns ptr"]["rule"], rows["550 bad dns ptr"]["provider"]) == ("gmx-ptr", "gmx")
    assert set(rows) == {"550 bad dns ptr", "{broken", "571 no"}


@pytest.mark.parametrize("content", [None, b"\x7fELF" + bytes(range(256)) * 9])
def test_what_is_no_text_is_told(classifier: Classifier, tmp_path: Path, content: bytes | None) -> None:
    """A missing file and a binary one are usage errors that name it."""
    file = tmp_path / "thing"
    if content:
        file.write_bytes(content)
    with pytest.raises(UsageError, match="thing"):
        tried(str(file), Config(), classifier)


def test_an_empty_file_has_no_replies(classifier: Classifier, tmp_path: Path) -> None:
    """Nothing in, nothing out, and the page still says so."""
    file = tmp_path / "empty"
    file.touch()
    rows = tried(str(file), Config(), classifier)
    assert rows.is_empty()
    assert "0 refusals" in repr(page("empty", rows, 5))


def test_why_names_every_kind_of_condition() -> None:
    """Provider, code, enhanced code, words and pattern stand in the reason, only those that the rule has."""
    known = rules.load().by_id
    rule = known["gmx-ptr"].model_copy(
        update={"reply": ("5xx",), "enhanced": ("5.7.1",), "phrase": ("ptr",), "regex": "p.r"}
    )
    assert why(rule, "550 5.7.1 bad dns ptr", "gmx") == 'gmx + 550 + 5.7.1 + "ptr" + "bad dns ptr" + /p.r/'
    assert why(known["class-permanent"], "550 no", None) == "550"

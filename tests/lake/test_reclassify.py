"""History tagged again: the same answers as a fresh ingest, only changed rows touched, and the lake knows by what."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from bouncelake import rules
from bouncelake.classify import Classifier
from bouncelake.config import Config
from bouncelake.ingest import Options, ingest
from bouncelake.lake import Lake
from bouncelake.lake.checked import NAME, last_check, rule_sets
from bouncelake.lake.figures import figures
from bouncelake.lake.reclassify import reclassify
from bouncelake.rules import RuleSet

ROOT = Path(__file__).parents[2]
LOGS = [ROOT / "sample_logs" / name for name in ("postfix-a", "postfix-b", "esp-ses", "esp-sparkpost", "esp-mixed")]
KEY = ("event_id", "source", "source_offset")


@pytest.fixture(scope="module")
def shipped() -> RuleSet:
    """Return the shipped rules."""
    return rules.load()


@pytest.fixture(scope="module")
def changed(shipped: RuleSet) -> RuleSet:
    """Return rules without those for blocklists and greylisting, and with one provider's hosts forgotten."""
    kept = tuple(rule for rule in shipped.rules if rule.reason != "dnsbl_listed" and rule.category != "greylist")
    providers = tuple(one.model_copy(update={"mx": ()}) if one.id == "google" else one for one in shipped.providers)
    return RuleSet(kept, providers, shipped.reasons, shipped.blocklists, shipped.words)


@pytest.fixture
def fill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[RuleSet], Lake]:
    """Return a maker of lakes with the sample logs, tagged by a rule set."""

    def make(ruleset: RuleSet) -> Lake:
        monkeypatch.setattr("bouncelake.rules.load", lambda _: ruleset)
        root = tmp_path / f"lake-{len(list(tmp_path.iterdir()))}"
        ingest([str(path) for path in LOGS], Config(lake=root, zone="UTC"), Options(year=2026))
        return Lake.open(root)

    return make


def rows(lake: Lake) -> pl.DataFrame:
    """Return all events in one order."""
    return lake.scan("events").collect().sort(KEY)


def test_the_same_rules_change_nothing(fill: Callable[[RuleSet], Lake], shipped: RuleSet) -> None:
    """What the rows hold is enough to come to the same answers; no file is written anew."""
    lake = fill(shipped)
    before = lake.files("events")
    done = reclassify(lake, Classifier(shipped))
    assert done.moves.rows() == []
    assert (done.asked, done.changed) == (rows(lake).height, 0)
    assert lake.files("events") == before


def test_history_becomes_what_a_fresh_ingest_gives(
    fill: Callable[[RuleSet], Lake], shipped: RuleSet, changed: RuleSet
) -> None:
    """After a change of the rules old rows have the new answers, and only changed rows the new version."""
    lake, fresh = fill(changed), fill(shipped)
    before = rows(lake)
    done = reclassify(lake, Classifier(shipped))
    after, wanted = rows(lake), rows(fresh)
    assert after.drop("rules_version", "source_name").equals(wanted.drop("rules_version", "source_name"))
    differs = before.drop("rules_version").hash_rows() != after.drop("rules_version").hash_rows()
    assert done.changed == differs.sum() > 0
    assert done.moves["events"].sum() == done.changed
    assert set(after.filter(differs)["rules_version"].drop_nulls()) == {shipped.version}
    assert set(after.filter(~differs)["rules_version"].drop_nulls()) == {changed.version}
    assert reclassify(lake, Classifier(shipped)).changed == 0


def test_moves_name_what_changed(fill: Callable[[RuleSet], Lake], shipped: RuleSet, changed: RuleSet) -> None:
    """The account says from which rule to which, and which tags differ."""
    lake = fill(changed)
    moves = reclassify(lake, Classifier(shipped)).moves
    listed = moves.filter(pl.col("category_after") == "greylist")
    assert listed.height > 0
    assert listed["changed"].str.contains("category").all()
    assert moves["events"].is_sorted(descending=True)


def test_the_lake_knows_its_rule_sets(fill: Callable[[RuleSet], Lake], shipped: RuleSet, changed: RuleSet) -> None:
    """Before a check the runs tell the rule sets; after it the check does, until another run comes in."""
    lake = fill(changed)
    assert (rule_sets(lake), last_check(lake)) == ([changed.version], None)
    reclassify(lake, Classifier(shipped))
    check = last_check(lake)
    assert check is not None
    assert (rule_sets(lake), check.rules) == ([shipped.version], shipped.version)
    (lake.root / NAME).write_text("{")
    assert (rule_sets(lake), last_check(lake)) == ([changed.version], None)


def test_figures_count_live_files(fill: Callable[[RuleSet], Lake], shipped: RuleSet) -> None:
    """Rows, files, bytes and days are those that a reader sees."""
    lake = fill(shipped)
    events = figures(lake).row(by_predicate=pl.col("table") == "events", named=True)
    days = lake.scan("events").select(pl.col("day").min().alias("a"), pl.col("day").max().alias("b")).collect()
    assert (events["rows"], events["files"]) == (rows(lake).height, len(lake.files("events")))
    assert (events["first_day"], events["last_day"]) == days.row(0)
    assert events["bytes"] == sum(Path(file).stat().st_size for file in lake.files("events"))

"""Loading: a user's folder before ours, and wrong files named by file, line and rule."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bouncelake import rules
from bouncelake.errors import RuleError
from bouncelake.rules import RuleSet

RULE = """\
# my own

[[rule]]
id = "{id}"
provider = "{provider}"
phrase = ["{phrase}"]
reason = "{reason}"
seen = 2026-06-18
examples = ["550 {phrase}", "554 {phrase}"]
near_misses = ["550 nothing of it"]
"""

Writer = Callable[[str], Path]


def rule(**given: str) -> str:
    """Return a rule file with one rule."""
    fields = {"id": "own-one", "provider": "any", "phrase": "house rule 7", "reason": "local_policy"}
    return RULE.format(**(fields | given))


def test_own_rule_is_added(own: Writer, shipped: RuleSet) -> None:
    """A new id adds, and what the rule leaves out comes from its reason."""
    ruleset = rules.load(own(rule()))
    assert len(ruleset.rules) == len(shipped.rules) + 1
    added = ruleset.by_id["own-one"]
    assert (added.category, added.bounce, added.line) == ("policy", "block", 3)
    assert added.remedy


def test_same_id_replaces(own: Writer, shipped: RuleSet) -> None:
    """A user may say better what a shipped rule means."""
    ruleset = rules.load(own(rule(id="class-permanent")))
    assert len(ruleset.rules) == len(shipped.rules)
    assert ruleset.by_id["class-permanent"].phrase == ("house rule 7",)


def test_disable(own: Writer, shipped: RuleSet) -> None:
    """A rule can be switched off by name."""
    ruleset = rules.load(own('disable = ["policy-vague"]\n'))
    assert set(shipped.by_id) - set(ruleset.by_id) == {"policy-vague"}


def test_version_follows_what_rules_say(own: Writer, shipped: RuleSet) -> None:
    """A comment changes nothing, a word does; the version begins with the newest date."""
    one = rules.load(own(rule()))
    same = rules.load(own("# another comment\n" + rule()))
    other = rules.load(own(rule(phrase="house rule 8")))
    assert one.version == same.version
    assert len({one.version, other.version, shipped.version}) == 3
    assert one.version.startswith("2026-06-18-")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x = ", "own.toml: is no valid TOML"),
        ("[[rules]]\n", "unknown table 'rules'"),
        ("[[rule]]\nreason = 'size'\n", "own.toml:1: a [[rule]] needs 'id'"),
        (rule() + rule().replace("# my own", ""), "own.toml:13: rule 'own-one' is already in"),
        (rule(reason="mispelt"), "own.toml:3: rule 'own-one': unknown reason 'mispelt'"),
        (rule() + 'category = "greylist"\n', "belongs to category 'policy', not 'greylist'"),
        (rule() + "colour = 1\n", "own.toml:3: rule 'own-one': colour"),
        (rule() + 'owner = "nobody"\n', "own.toml:3: rule 'own-one': owner"),
        (rule() + "severity = 9\n", "severity"),
        (rule() + "reply = [5500]\n", "is no SMTP code"),
        (rule() + 'enhanced = ["5.7"]\n', "is no enhanced status code"),
        (rule() + 'enhanced = ["5.7.9-1"]\n', "is no range"),
        (rule(phrase="House Rule"), "must be lower case"),
        (rule().replace('phrase = ["house rule 7"]\n', ""), "has no condition"),
        (rule().replace(', "554 house rule 7"', ""), "examples"),
        ('disable = ["no-such-rule"]\n', "disable names a rule that does not exist: 'no-such-rule'"),
    ],
)
def test_wrong_files_are_named(own: Writer, text: str, problem: str) -> None:
    """The message tells file, line and rule, and what is wrong."""
    with pytest.raises(RuleError) as caught:
        rules.load(own(text))
    assert problem in str(caught.value)


def test_missing_folder(tmp_path: Path) -> None:
    """A folder that is not there is an error of the user's, not a crash."""
    with pytest.raises(RuleError, match="no such folder of rules"):
        rules.load(tmp_path / "nowhere")


def test_file_that_is_no_text(tmp_path: Path) -> None:
    """A binary file is named."""
    (tmp_path / "own.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RuleError, match=r"own\.toml: cannot be read"):
        rules.load(tmp_path)

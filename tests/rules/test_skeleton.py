"""Skeletons: a rule to paste for a reply that no rule knows."""

import tomllib

from bouncelake.rules import skeleton


def test_skeleton_is_toml_with_the_words_of_the_reply() -> None:
    """The phrase leaves the codes out; quotes and non-ASCII letters survive."""
    text = skeleton('550 5.7.1 naïve "rule" 7', "google", 550, "5.7.1", "2026-06-18")
    rule = tomllib.loads(text)["rule"][0]
    assert rule["phrase"] == ['naïve "rule" 7']
    assert (rule["provider"], rule["reply"], rule["enhanced"]) == ("google", [550], ["5.7.1"])
    assert rule["examples"][0] == '550 5.7.1 naïve "rule" 7'
    assert rule["id"].startswith("own-")


def test_skeleton_of_a_text_without_codes() -> None:
    """A local reason has no codes and any provider."""
    rule = tomllib.loads(skeleton("§§", None, None, None, "2026-06-18"))["rule"][0]
    assert (rule["id"], rule["provider"], rule["reply"], rule["phrase"]) == ("own-unnamed", "any", [], ["§§"])

"""Cores: the literal that every match of a pattern holds."""

import re

import pytest

from bouncelake.rules.cores import cores


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("house rule", ("house rule",)),
        ("house rules?", ("house rule",)),
        ("house [0-9]+ rule", ("house ",)),
        ("house|mouse", ("house", "mouse")),
        ("(?:house|mouse) rule", (" rule",)),
        ("(?:house|mouse)", ()),
        ("house|m", ()),
        (r"csi\.cloudmark\.com", ("csi.cloudmark.com",)),
        (r"\d+ house", (" house",)),
        ("hou{2}se rule", ("se rule",)),
        ("[a-z]{1,300}", ()),
        ("house[|]mouse", ("house",)),
        ("a{", ()),
        ("[", ()),
        ("", ()),
    ],
)
def test_cores(pattern: str, expected: tuple[str, ...]) -> None:
    """What stands in groups, classes or before a quantifier is no core."""
    assert cores(pattern) == expected


@pytest.mark.parametrize("pattern", ["house rules?", "house [0-9]+ rule", r"csi\.cloudmark\.com", "hou{2}se rule"])
@pytest.mark.parametrize("text", ["house rule", "house 12 rule", "csi.cloudmark.com", "houuse rule", "mouse"])
def test_a_match_holds_a_core(pattern: str, text: str) -> None:
    """A text that the pattern matches holds a core: nothing is lost by looking for it first."""
    if re.search(pattern, text):
        assert any(core in text for core in cores(pattern))

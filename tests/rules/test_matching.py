"""Matching: the most specific rule wins, codes are whole tokens, order in files means nothing."""

from collections.abc import Callable

import polars as pl
import pytest

from bouncelake.rules import Matcher, Provider, Rule

Maker = Callable[..., Rule]
PROVIDERS = (
    Provider(id="alpha", name="Alpha", mx=("alpha.example",), signature=("alpha says",)),
    Provider(id="beta", name="Beta", signature=("[b01]",)),
)


def won(rules: list[Rule], text: str, provider: str | None = None) -> str | None:
    """Return the id of the rule that wins the template."""
    schema = {"template": pl.String, "provider": pl.String}
    asked = pl.DataFrame({"template": [text], "provider": [provider]}, schema=schema)
    number = Matcher(rules, PROVIDERS).match(asked)["rule"][0]
    return None if number is None else rules[number].id


@pytest.mark.parametrize("turn", [False, True])
def test_match_order(make: Maker, turn: bool) -> None:  # noqa: FBT001  (a parameter of the table)
    """Provider and words, words, provider and code, enhanced code, vague words, reply code, class; not file order."""
    ladder = [
        make(id="provider-words", provider="alpha", phrase=["house rule"]),
        make(id="words", phrase=["house rule"]),
        make(id="provider-code", provider="alpha", enhanced=["5.7.7"]),
        make(id="code", enhanced=["5.7.7"]),
        make(id="vague", phrase=["house"], weight=-1),
        make(id="reply", reply=[550]),
        make(id="class", reply=["5xx"]),
    ]
    for depth in range(len(ladder)):
        left = ladder[depth:][::-1] if turn else ladder[depth:]
        assert won(left, "550 5.7.7 house rule", "alpha") == ladder[depth].id


def test_more_conditions_win(make: Maker) -> None:
    """Inside one level the longer list of conditions wins, then the longer words, whatever the weight is alike."""
    plain, coded = make(id="plain", phrase=["house rule"]), make(id="coded", phrase=["house"], enhanced=["5.7.7"])
    assert won([plain, coded], "550 5.7.7 house rule") == "coded"
    longer = make(id="longer", phrase=["house rule seven"])
    assert won([plain, longer], "550 house rule seven") == "longer"
    telling = make(id="telling", phrase=["rule"], weight=1)
    assert won([plain, longer, telling], "550 house rule seven") == "telling"


@pytest.mark.parametrize(
    ("enhanced", "text", "matches"),
    [
        ("5.1.1", "550 5.1.1 x", True),
        ("5.1.1", "550 5.1.10 x", False),
        ("5.1.10", "550 5.1.1 x", False),
        ("5.7.4", "550 5.7.40 x", False),
        ("X.7.26", "421 4.7.26 x", True),
        ("X.7.26", "550 5.7.26 x", True),
        ("5.7.606-649", "550 5.7.610 x", True),
        ("5.7.606-649", "550 5.7.650 x", False),
        ("5.1.1", "user (#5.1.1)", True),
        ("5.1.1", "550 192.5.1.1 x", False),
        ("5.1.1", "550 version 5.1.1.7", False),
    ],
)
def test_codes_are_whole_tokens(make: Maker, enhanced: str, text: str, matches: bool) -> None:  # noqa: FBT001
    """`5.1.1` never matches inside `5.1.10`."""
    assert (won([make(id="one", enhanced=[enhanced])], text) == "one") is matches


@pytest.mark.parametrize(
    ("conditions", "text", "matches"),
    [
        ({"phrase": ["first", "second"]}, "second then first", True),
        ({"phrase": ["first", "second"]}, "first first", False),
        ({"any": ["first", "second"]}, "the second", True),
        ({"phrase": ["first"], "any": ["second", "third"]}, "first third", True),
        ({"phrase": ["first"], "any": ["second", "third"]}, "third", False),
        ({"phrase": ["first"], "unless": ["not"]}, "not the first", False),
        ({"phrase": ["first"], "unless": ["not"]}, "the first", True),
        ({"regex": "rule [0-9]+"}, "house rule 7", True),
        ({"regex": "rule [0-9]+"}, "house rule x", False),
        ({"regex": "rule a|rule b"}, "rule b", True),
        ({"any": ["seven"], "regex": "(?:a|b) seven"}, "c seven", False),
        ({"phrase": ["first"], "reply": ["4xx"]}, "450 first", True),
        ({"phrase": ["first"], "reply": ["4xx"]}, "550 first", False),
        ({"phrase": ["first"], "reply": [550]}, "no code first", False),
    ],
)
def test_conditions(make: Maker, conditions: dict[str, object], text: str, matches: bool) -> None:  # noqa: FBT001
    """All conditions must hold; of `any` one; of `unless` none."""
    assert (won([make(id="one", **conditions)], text) == "one") is matches


def test_next_best_rule_after_a_veto(make: Maker) -> None:
    """When the best candidate is ruled out, the next one answers."""
    best = make(id="best", phrase=["house rule seven"], unless=["never"])
    regex = make(id="regex", phrase=["house rule"], regex="seven$")
    last = make(id="last", phrase=["house"])
    assert won([best, regex, last], "house rule seven never") == "last"
    assert won([best, regex, last], "never house rule seven") == "regex"


@pytest.mark.parametrize(
    ("host", "text", "rule"),
    [
        ("alpha", "550 odd", "alpha"),
        ("beta", "550 odd", None),
        (None, "550 odd alpha says", "alpha"),
        (None, "550 odd", "nobody"),
        ("gamma", "550 odd alpha says", None),
    ],
)
def test_provider_by_host_then_by_text(make: Maker, host: str | None, text: str, rule: str | None) -> None:
    """A provider's rule needs that provider; `unknown` stands for neither host nor text telling one."""
    rules = [make(id="alpha", provider="alpha", phrase=["odd"]), make(id="nobody", provider="unknown", phrase=["odd"])]
    assert won(rules, text, host) == rule


def test_no_rules_and_no_rows(make: Maker) -> None:
    """Nothing to match, or nothing to match with, is no error."""
    empty = pl.DataFrame(schema={"template": pl.String, "provider": pl.String})
    assert Matcher([make(id="one", phrase=["x"])], PROVIDERS).match(empty).height == 0
    assert won([], "550 x") is None

"""The test behind an alarm: probabilities against plain sums, and a usual share that a bad past does not move."""

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouncelake.watch.chance import Day, none_left, tail, usual


def beta(a: float, b: float) -> float:
    """Return Euler's beta function by its product form, for whole a."""
    product = 1 / b
    for step in range(1, int(a)):
        product *= step / (b + step)
    return product


@pytest.mark.parametrize("refused", [2, 5, 9])
def test_tail_is_the_sum_of_the_beta_binomial(refused: int) -> None:
    """The tail equals the plain sum over the probability function, here with alpha 2 and beta 18."""
    plain = sum(comb(20, k) * beta(2 + k, 18 + 20 - k) / beta(2, 18) for k in range(refused, 21))
    assert tail(refused, 20, 0.1, 0.5) == pytest.approx(plain if refused > 2 else 1.0, rel=1e-9)


def test_none_left_is_the_probability_of_zero() -> None:
    """Not a single one has the beta-binomial probability of zero."""
    assert none_left(20, 0.1, 0.5) == pytest.approx(beta(2, 38) / beta(2, 18), rel=1e-9)


@given(st.integers(1, 400), st.integers(0, 400), st.floats(0.0005, 0.9), st.floats(0.02, 3))
def test_tail_is_a_probability_and_falls(answered: int, refused: int, share: float, spread: float) -> None:
    """It lies between 0 and 1, and more refusals are never likelier."""
    refused = min(refused, answered)
    chance = tail(refused, answered, share, spread)
    assert 0 <= chance <= 1
    if refused < answered:
        assert tail(refused + 1, answered, share, spread) <= chance * (1 + 1e-9)


@pytest.mark.parametrize(
    ("days", "low", "high"),
    [
        ([Day(10, 1000)] * 28, 0.0099, 0.0107),
        ([Day(10, 1000)] * 20 + [Day(700, 1000)] * 8, 0.0099, 0.0107),
        ([Day(0, 500)] * 28, 0.0, 0.0001),
        ([Day(0, 3)], 0.1, 0.15),
        ([], 0.4, 0.6),
        ([Day(5, 1000)] * 24 + [Day(50, 1000, alike=True)] * 4, 0.05, 0.05),
        ([Day(5, 1000)] * 24 + [Day(5, 1000, alike=True)] * 3 + [Day(500, 1000, alike=True)], 0.005, 0.006),
    ],
    ids=["even", "bad past", "never", "hardly anything", "nothing", "bad weekday", "one bad weekday"],
)
def test_usual_share(days: list[Day], low: float, high: float) -> None:
    """The usual share is that of ordinary days; a weekday that is always bad is usual, one bad day of it is not."""
    assert low <= usual(days).share <= high


def test_spread_is_learned() -> None:
    """Days that differ more than dice would widen the distribution, even days narrow it."""
    even = usual([Day(100, 10_000)] * 28)
    uneven = usual([Day(40, 10_000), Day(160, 10_000)] * 14)
    assert even.spread < 0.25 < uneven.spread


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_short_past_proves_little(count: int) -> None:
    """With hardly any past the same refusals are no surprise; with a long one they are."""
    short, long = usual([Day(0, 20)] * count), usual([Day(0, 500)] * 28)
    assert tail(5, 500, short.share, short.spread) > 1e-3
    assert tail(5, 500, long.share, long.spread) < 1e-6

"""A classifier of the shipped rules, made once."""

import pytest

from bouncelake import rules
from bouncelake.classify import Classifier


@pytest.fixture(scope="session")
def classifier() -> Classifier:
    """Return a classifier of the shipped rules."""
    return Classifier(rules.load())

"""Fixtures: the story's lake and an empty one, each built once per module."""

from pathlib import Path

import pytest

from bouncelake.lake import Lake
from tests.support import story


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Return the lake of the story; nobody writes into it."""
    return story.build(tmp_path_factory.mktemp("lakes") / "story")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Return a lake without a row."""
    return Lake.open(Path(tmp_path_factory.mktemp("lakes")) / "empty", create=True)

"""The lakes that these tests read."""

from tests.support.lakes import empty, lake

__all__ = ["empty", "lake"]

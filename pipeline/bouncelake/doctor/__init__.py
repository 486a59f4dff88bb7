"""Looks for what spoils the figures before somebody trusts them, and says what to do."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

import polars as pl

from bouncelake.config import Config
from bouncelake.doctor.advice import Advice, State
from bouncelake.doctor.data import data
from bouncelake.doctor.exim import exim
from bouncelake.doctor.files import lake_files
from bouncelake.doctor.settings import settings
from bouncelake.doctor.sources import sources
from bouncelake.errors import BouncelakeError, LakeError
from bouncelake.lake import Lake
from bouncelake.machine import Machine

__all__ = ["Advice", "State", "examine"]


def examine(config: Config, machine: Machine, now: datetime) -> Iterator[Advice]:
    """Yield what is well and what is not: the settings first, then the lake, the logs, and the data."""
    yield from settings(config)
    try:
        lake = Lake.open(config.lake)
    except (LakeError, OSError) as error:
        yield Advice("lake", "fix", str(error), "name the right folder, or make the lake with `bouncelake ingest`")
        yield from sources(machine, None)
        return
    yield from _tried("lake", lambda: lake_files(lake))
    yield from _tried("logs", lambda: sources(machine, lake))
    yield from _tried("data", lambda: data(lake, now))
    yield from _tried("exim", lambda: exim(lake))


def _tried(name: str, check: Callable[[], Iterable[Advice]]) -> Iterator[Advice]:
    """Yield what a check says; where the lake is too damaged for it, that."""
    try:
        yield from check()
    except (BouncelakeError, OSError, pl.exceptions.PolarsError) as error:
        yield Advice(name, "fix", f"cannot be looked at: {error}", "mend the lake first")

"""The doctor on the story's lake: well where it is well, and each illness found that was planted."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from bouncelake.cli.run import run
from bouncelake.config import Config, load
from bouncelake.doctor import Advice, examine
from bouncelake.lake import Lake
from bouncelake.machine import Machine, look
from bouncelake.schema import EVENTS
from tests.support.lakes import lake
from tests.support.story import END

__all__ = ["lake"]

NOTHING = Machine([], journal=False, systemd=False)
SOON = END + timedelta(hours=1)


@pytest.fixture
def copy(lake: Lake, tmp_path: Path) -> Lake:
    """Return a lake that a test may damage."""
    return Lake.open(Path(shutil.copytree(lake.root, tmp_path / "copy")))


def told(lake: Path, now: datetime = SOON, machine: Machine = NOTHING, **more: Any) -> list[Advice]:  # noqa: ANN401
    """Return what the doctor says."""
    return list(examine(load(None, {}).model_copy(update={"lake": lake, **more}), machine, now))


def sick(advice: list[Advice], check: str) -> list[str]:
    """Return what is to be fixed or known in one check."""
    return [one.seen for one in advice if one.check == check and one.state != "ok"]


def test_a_healthy_lake(lake: Lake) -> None:
    """On the story's lake nothing is to be fixed, and every check says what it has seen."""
    advice = told(lake.root)
    assert [one for one in advice if one.state == "fix"] == []
    assert {"setting", "zone", "rules", "lake", "disk", "clock", "gaps", "lines"} <= {one.check for one in advice}
    assert all(one.do for one in advice if one.state == "fix")


def test_settings_name_their_origin(lake: Lake, tmp_path: Path) -> None:
    """Each key is told with its value and where it comes from."""
    file = tmp_path / "bouncelake.toml"
    file.write_text(f'lake = "{lake.root}"\n[relays]\nfilters = ["filter.example.org"]\n')
    seen = [one.seen for one in examine(load(file, {}), NOTHING, SOON) if one.check == "setting"]
    assert f"relays.filters = filter.example.org ({file})" in seen
    assert "zone = none (default)" in seen


def test_damaged_files_are_found(copy: Lake) -> None:
    """A file that is short, overwritten or gone is told with its name."""
    first, second = (Path(path) for path in copy.files("events")[:2])
    first.write_bytes(first.read_bytes()[:-1])
    second.write_bytes(bytes(second.stat().st_size))
    Path(copy.files("runs")[0]).unlink()
    damaged = sick(told(copy.root), "lake")
    assert damaged[0].startswith("events: 2 of ")
    assert damaged[1].startswith("runs: 1 of 1 files are missing")


def test_stray_files_are_counted(copy: Lake) -> None:
    """A file that no table names is told, not touched."""
    stray = Path(copy.files("events")[0]).with_name("left.parquet")
    stray.write_bytes(b"PAR1")
    assert sick(told(copy.root), "lake") == ["events: 1 files that no table names: left by killed or older runs"]
    assert stray.exists()


@pytest.mark.parametrize(
    ("now", "state", "word"),
    [
        (SOON, "ok", "the newest event"),
        (END - timedelta(hours=1), "fix", "the newest event"),
        (END + timedelta(days=2), "note", "the newest event"),
    ],
)
def test_clocks(lake: Lake, now: datetime, state: str, word: str) -> None:
    """Events of the future mean a wrong clock or zone, none for a day that nobody ingests."""
    (clock,) = (one for one in told(lake.root, now) if one.check == "clock")
    assert (clock.state, clock.seen.startswith(word)) == (state, True)


def test_gaps(copy: Lake) -> None:
    """A silence far longer than the host's usual ones is told to the hour."""
    late = copy.scan("events").head(1).collect().with_columns(ts=END + timedelta(hours=60))
    day = END.date() + timedelta(days=3)
    with copy.writing():
        copy.rewrite("events", EVENTS.conform(late.with_columns(day=pl.lit(day))), [day])
    gaps = sick(told(copy.root, END + timedelta(hours=61)), "gaps")
    assert gaps == ["mx1.example.org wrote nothing for 60 h before 2026-11-20 00:00 UTC"]


def test_logs_of_the_machine(lake: Lake, tmp_path: Path) -> None:
    """A log that never went in is told, one that did is well."""
    (tmp_path / "var/log").mkdir(parents=True)
    (tmp_path / "var/log/mail.log").write_text("x\n")
    assert "never read" in sick(told(lake.root, machine=look(tmp_path)), "logs")[0]


def test_no_lake_yet(tmp_path: Path) -> None:
    """Without a lake the settings and logs are still looked at."""
    advice = told(tmp_path / "none")
    assert [one.check for one in advice if one.state == "fix"] == ["lake"]
    Lake.open(tmp_path / "empty", create=True)
    assert sick(told(tmp_path / "empty"), "data") == ["no event is in the lake yet"]


def test_zone_of_another_machine(lake: Lake) -> None:
    """A configured zone that is not the machine's is worth a note."""
    assert sick(told(lake.root, zone="Asia/Kathmandu"), "zone")
    assert not sick(list(examine(Config(lake=lake.root), NOTHING, SOON)), "zone")


def test_command_ends_with_one_where_something_is_to_fix(copy: Lake, tmp_path: Path) -> None:
    """The exit code tells a script; the worst comes first."""
    out = tmp_path / "told.csv"
    arguments = ["doctor", "--lake", str(copy.root), "--root", str(tmp_path / "no"), "-o", str(out)]
    assert run(arguments) == 0
    Path(copy.files("runs")[0]).unlink()
    assert run(arguments) == 1
    assert out.read_text().splitlines()[1].startswith("lake,fix,")
    assert datetime.now(UTC) > END

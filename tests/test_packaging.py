"""The wheel holds the package, the rules and the SQL, and nothing else; the lock is fit for any machine."""

import shutil
import subprocess
import tomllib
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[1]


def files_of_checkout(*folders: str) -> list[PurePosixPath]:
    """Return what git knows or would know in these folders; skip the test where there is no checkout."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("no git checkout")
    command = [git, "ls-files", "--cached", "--others", "--exclude-standard", "--", *folders]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [PurePosixPath(name) for name in listed if (ROOT / name).is_file()]


def in_wheel(path: PurePosixPath) -> str:
    """Return where a file of the checkout stands in the wheel."""
    if path.parts[0] == "pipeline":
        return str(path.relative_to("pipeline"))
    return f"bouncelake/shipped/{path}"


def test_wheel_holds_exactly_the_tracked_files(tmp_path: Path) -> None:
    """The wheel has every file of package, rules and SQL, and only its own metadata besides."""
    wanted = {in_wheel(path) for path in files_of_checkout("pipeline", "rules", "sql")}
    wheel = next(iter(WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])))
    with ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert found == wanted


def test_lock_names_no_registry_and_pins_every_package() -> None:
    """Each package has a version and hashes, and no address says where it comes from."""
    text = (ROOT / "requirements.lock").read_text("utf-8")
    assert "://" not in text
    assert "-index" not in text
    packages = [line for line in text.splitlines() if line and not line[0].isspace()]
    assert all("==" in line and line.endswith("\\") for line in packages)


def test_lock_knows_every_requirement() -> None:
    """Each package that pyproject.toml asks for, to run and to develop, is in the lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    asked = [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
        *project["build-system"]["requires"],
    ]
    locked = {
        line.split("==")[0] for line in (ROOT / "requirements.lock").read_text("utf-8").splitlines() if "==" in line
    }
    assert {name.split(">=")[0] for name in asked} <= locked

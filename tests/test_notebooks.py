"""The notebooks run over the sample log, find what is known to be in it, and are the same for Jupyter.

They need the extra `notebooks`: `pip install bouncelake[notebooks]`. Each runs in its own process, as users run it.
"""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))
KNOWN = {
    "tour": "defs['account']['refused'].item() == 0 and defs['account']['events'].item() == 2868",
    "investigation": "'status=bounced' in defs['line'] and defs['reasons']['reason'][0] == 'dmarc_policy_reject'",
    "thresholds": "set(defs['alarms']['provider']) == {'google'} and defs['alarms']['day'][0] == '2026-11-16'",
}
RUN = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("notebook", sys.argv[1])
notebook = importlib.util.module_from_spec(spec)
spec.loader.exec_module(notebook)
_, defs = notebook.app.run()
assert eval(sys.argv[2]), defs
"""

pytestmark = pytest.mark.skipif(
    not (find_spec("marimo") and find_spec("altair")),
    reason="no marimo or altair here: pip install bouncelake[notebooks]",
)


def python(home: Path, *arguments: str) -> str:
    """Return what Python prints; fail with its errors."""
    paths = {"PYTHONPATH": str(ROOT / "pipeline"), "TZ": "UTC", "PATH": "/usr/bin:/bin", "HOME": str(home)}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=paths)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


def test_every_notebook_is_known() -> None:
    """No notebook is without a test."""
    assert {path.stem for path in NOTEBOOKS} == set(KNOWN)


@pytest.mark.parametrize("name", KNOWN)
def test_notebook_finds_what_is_there(name: str, tmp_path: Path) -> None:
    """Each cell runs, and the notebook comes to the figures that the sample log is known to hold."""
    python(tmp_path, "-c", RUN, f"notebooks/{name}.py", KNOWN[name])


def test_notebooks_are_well_formed(tmp_path: Path) -> None:
    """No name is defined twice, no cell depends on itself."""
    python(tmp_path, "-m", "marimo", "check", "--strict", *(str(path) for path in NOTEBOOKS))


@pytest.mark.skipif(not find_spec("nbformat"), reason="no nbformat here: pip install nbformat")
@pytest.mark.parametrize("name", KNOWN)
def test_jupyter_gets_the_same(name: str, tmp_path: Path) -> None:
    """The .ipynb beside each notebook holds the same cells: `make notebooks` writes it anew."""
    made = tmp_path / "made.ipynb"
    export = ("export", "ipynb", f"notebooks/{name}.py", "--sort", "top-down", "-o", str(made))
    python(tmp_path, "-m", "marimo", "-q", *export)
    cells = [
        [cell["source"] for cell in json.loads(path.read_text("utf-8"))["cells"]]
        for path in (made, ROOT / "notebooks" / f"{name}.ipynb")
    ]
    assert cells[0] == cells[1]

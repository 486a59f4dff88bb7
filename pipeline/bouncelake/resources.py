"""Where the rule and SQL files are: inside the wheel, or beside the package in a checkout."""

from importlib.resources import files
from pathlib import Path


def shipped(kind: str) -> Path:
    """Return the folder of shipped files of that kind, `rules` or `sql`."""
    inside = Path(str(files("bouncelake"))) / "shipped" / kind
    return inside if inside.is_dir() else Path(__file__).parents[2] / kind

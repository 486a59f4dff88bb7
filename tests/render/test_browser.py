"""The page in a real browser: it fits a phone and a desk, can be read in both schemes, and log text in it is inert."""

from pathlib import Path
from typing import Any

import pytest

from bouncelake.lake import Lake
from bouncelake.render import render
from bouncelake.reports import Desk, Request, page
from tests.support.chromium import Scheme, measured, program
from tests.support.lakes import empty, lake
from tests.support.story import REMEDIES

__all__ = ["empty", "lake"]

FRAMES = {"remedies": REMEDIES}
NAMES = {"google": "Google (Gmail, Workspace)", "exchange-online": "Microsoft 365 (Exchange Online)"}
EVIL = (
    "</style></title></svg><script>parent.pwned=window.pwned=true</script><img src=x onerror=pwned=true>"
    "<svg onload=pwned=true>\"'><iframe srcdoc=x>" + "W" * 300
)
TAGS = {
    "a", "b", "body", "br", "circle", "col", "colgroup", "dd", "details", "div", "dl", "dt", "figcaption", "figure",
    "g", "h1", "h2", "h3", "head", "header", "html", "i", "li", "main", "meta", "p", "path", "pre", "rect", "section",
    "span", "style", "summary", "svg", "table", "tbody", "td", "text", "th", "thead", "title", "tr", "ul",
}  # fmt: skip

pytestmark = pytest.mark.skipif(program() is None, reason="no Chromium here: apt-get install chromium")


def made(lake: Lake, names: dict[str, str], **values: str) -> bytes:
    """Return the overview as HTML."""
    return render(page(Desk(lake, FRAMES, Request(values=values)), "overview", names, pictures=True), "html")


def complaints(told: dict[str, Any], width: int) -> list[str]:
    """Return what is wrong with a measured page: too wide, too pale, or with something active in it."""
    pale = [str(one) for one in told["contrasts"] if one["ratio"] < 4.5]
    active = [name for name in ("scripts", "images", "pwned") if told[name]]
    foreign = sorted(set(told["tags"]) - TAGS)
    over = [f"scrolls to {told['scrolls']}"] if told["scrolls"] > width else []
    return [*pale, *active, *foreign, *over, *told["wide"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_page_fits_and_can_be_read(lake: Lake, tmp_path: Path, width: int, scheme: Scheme) -> None:
    """At each width and in each scheme nothing overflows, all text has contrast, and the console is silent."""
    told, console = measured(made(lake, NAMES), tmp_path / "site", width, scheme)
    assert console == []
    assert told["width"] == width
    assert complaints(told, width) == []
    assert told["drawings"] == 3
    assert told["texts"] > 100


def test_schemes_differ(lake: Lake, tmp_path: Path) -> None:
    """The dark page is dark: the test above looks at two different pages."""
    papers = [measured(made(lake, NAMES), tmp_path / one, 800, one)[0]["paper"] for one in ("light", "dark")]
    assert papers == ["rgb(244, 245, 247)", "rgb(17, 20, 24)"]


def test_hostile_text_is_inert(lake: Lake, tmp_path: Path) -> None:
    """Markup and a word of three hundred letters in every place that a log can fill: no tag, no script, no overflow."""
    hostile = dict.fromkeys(("google", "exchange-online"), EVIL)
    told, console = measured(made(lake, hostile), tmp_path / "site", 375, "light")
    assert console == []
    assert complaints(told, 375) == []


def test_a_bad_page_is_found_out(tmp_path: Path) -> None:
    """The measuring itself works: a page that is pale, wide, active and noisy is told as such."""
    style = b"<body style='color:#ccc;background:#fff'><p style='width:900px'>x</p>"
    bad = style + b"<script>pwned=true;console.log(1)</script>"
    told, console = measured(bad, tmp_path / "site", 375, "light")
    assert len(complaints(told, 375)) >= 5
    assert len(console) == 1


def test_empty_lake(empty: Lake, tmp_path: Path) -> None:
    """The page of an empty lake is a page, too."""
    told, console = measured(made(empty, NAMES), tmp_path / "site", 375, "light")
    assert (console, complaints(told, 375)) == ([], [])

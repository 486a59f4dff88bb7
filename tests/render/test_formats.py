"""Each form's bytes, from one result with every hard type and every hostile text; and what no form may let through.

`BOUNCELAKE_GOLDEN=write pytest tests/render` writes the golden files anew: look at the difference before you keep it.
"""

import csv
import io
import json
import os
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bouncelake.render import Style, render, visible
from bouncelake.reports import (
    Block,
    Figure,
    Figures,
    Finding,
    Fold,
    Heading,
    Heat,
    Mark,
    Page,
    Prose,
    Table,
    Trend,
    Trends,
)

GOLDEN = Path(__file__).parent / "golden"
FORMS = {"table": "txt", "csv": "csv", "json": "json", "jsonl": "jsonl", "md": "md", "html": "html"}

HOSTILE = (
    "\x1b[31mred\x1b[0m \x1b]8;;http://x\x07link",
    "a\x00b\x7fc\x9bd\u202ee\u2028f\ufeffg\U000e0041",
    "=cmd|' /C calc'!A0",
    "+1-2",
    "-1",
    "@SUM(A1)",
    "\tx\r\ny",
    'quote " comma , semicolon ;',
    "<script>alert(1)</script> <img src=x onerror=y> &amp;",
    "| pipe | **bold** [link](javascript:x) `code` # ~ $ ${jndi:ldap://x} {} %s @everyone www.example.com",
    "'--; DROP TABLE events",
    "日本語 ünïcödé e\u0301",
    "[red]rich[/red]",
    "</style></head>",
    "$title $body ${style}",
    "",
)


def hard() -> pl.DataFrame:
    """Return a frame with one column of each kind."""
    rows = len(HOSTILE)

    def first(value: object) -> list[object]:
        return [value] + [None] * (rows - 1)

    return pl.DataFrame(
        {
            "text": HOSTILE,
            "whole": [2**62, -3, *[None] * (rows - 2)],
            "refused_share": [0.12345, 1.0, 0.0, *[None] * (rows - 3)],
            "change": [-0.0512, 0.3, *[None] * (rows - 2)],
            "number": [float("nan"), float("inf"), 1234567.891, *[None] * (rows - 3)],
            "yes": [True, False, *[None] * (rows - 2)],
            "ts": first(datetime(2026, 11, 1, 2, 30, tzinfo=UTC)),
            "day": first(date(2026, 11, 1)),
            "hour": first(time(2, 30)),
            "length": first(timedelta(hours=30)),
            "price": first(Decimal("12.50")),
            "bytes": first(b"\x00\xff"),
            "tags": [["a", "\x1b[31m"], [], *[None] * (rows - 2)],
            "pair": first({"a": 1, "b": "\u202e"}),
        }
    )


def page() -> Page:
    """Return a page with every kind of block, each with hostile text in it."""
    rows = hard()
    evil = HOSTILE[0] + HOSTILE[8] + HOSTILE[9]
    return Page(
        "Title " + evil,
        "Subtitle " + evil,
        [
            Prose("Words " + evil, "good"),
            Heading("Heading " + evil),
            Finding("ACT NOW", "bad", "Sentence " + evil, [("reply", evil), ("do", "Act.")]),
            Prose("Quiet.", "quiet"),
            Table(rows.select("text", "whole", "refused_share", "change", "yes"), {"whole": "Head " + HOSTILE[0]}),
            Table(rows.head(2)),
            *pictures(evil),
        ],
        rows,
    )


def pictures(evil: str) -> list[Block]:
    """Return one block of each kind that only pages with pictures have."""
    mark = Mark(0.5, 1, "Mark " + evil)
    trends = [
        Trend("Trend " + evil, "Caption " + evil, [30, 0, 40, 5], [3, 0, 20, 5], [1, 0, 20, 0], [mark], "bad"),
        Trend("Quiet", "0 of 0", [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]),
    ]
    steps = ["10 Nov", "11 Nov", "12 Nov", "<b>"]
    numbers = Table(pl.DataFrame({"day": steps, "answered": [30, 0, 40, 5]}))
    return [
        Figures([Figure("Label " + evil, "12.5%", "Note " + evil, "bad"), Figure("plain", "0")]),
        Trends(trends, steps, 0.5, numbers),
        Heat(["Row " + evil, "quiet"], ["bad", "quiet"], steps, [[0, 1, 5, 100], [0, 0, 0, 1]], 2, numbers),
        Heat([], [], [], [], 0, numbers),
        Finding("WATCH", "warn", "Second", [("see", "https://example.com/")], 2, "bouncelake query " + evil),
        Fold("Summary " + evil, "Note " + evil, [Heading("Inside"), Table(numbers.rows)]),
    ]


@pytest.mark.parametrize("form", FORMS)
def test_bytes_are_the_golden_ones(form: str) -> None:
    """The same page gives the same bytes, always."""
    file = GOLDEN / f"page.{FORMS[form]}"
    made = render(page(), form, Style(100))
    if os.environ.get("BOUNCELAKE_GOLDEN") == "write":
        file.write_bytes(made)
    assert made == file.read_bytes()


@pytest.mark.parametrize("form", FORMS)
def test_no_form_lets_a_control_character_through(form: str) -> None:
    """No C0 but the newline, no C1, no direction mark, no invisible letter is in any form."""
    made = render(page(), form, Style(100)).decode()
    assert visible(made.replace("\n", "")) == made.replace("\n", "")


@pytest.mark.parametrize("form", FORMS)
def test_empty_tables_are_rendered(form: str) -> None:
    """A table without rows or columns is no error."""
    for rows in (hard().clear(), pl.DataFrame()):
        assert isinstance(render(Page("", "", [Table(rows)], rows), form), bytes)


def test_colour_only_where_wanted() -> None:
    """Without colour no control sequence is written; with colour only those of the style."""
    assert b"\x1b" not in render(page(), "table", Style(100))
    assert b"\x1b[1;31mACT NOW\x1b[0m" in render(page(), "table", Style(100, colour=True))


@settings(deadline=None)
@given(st.text())
def test_json_gives_the_text_back(text: str) -> None:
    """Whatever the text, a JSON parser reads the very same."""
    rows = pl.DataFrame({"a": [text]})
    assert json.loads(render(Page("", "", [], rows), "json")) == [{"a": text}]
    assert json.loads(render(Page("", "", [], rows), "jsonl")) == {"a": text}


@settings(deadline=None)
@given(st.lists(st.text(), min_size=1, max_size=4))
def test_csv_keeps_rows_and_starts_no_formula(texts: list[str]) -> None:
    """Whatever the texts, a CSV reader finds as many rows, and no cell begins like a formula."""
    made = render(Page("", "", [], pl.DataFrame({"a": texts, "b": [1] * len(texts)})), "csv").decode()
    rows = list(csv.reader(io.StringIO(made)))
    assert len(rows) == len(texts) + 1
    assert not [row for row in rows if row[0][:1] in set("=+-@\t\r")]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, frozenset[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, frozenset(name for name, _ in attrs)))


def _tags(text: str) -> set[tuple[str, frozenset[str]]]:
    blocks: list[Block] = [Prose(text), Heading(text), Finding(text, "bad", text, [(text, text)], 1, text)]
    blocks += pictures(text)
    parser = _Tags()
    parser.feed(render(Page(text, text, blocks, pl.DataFrame()), "html").decode())
    return set(parser.seen)


@settings(deadline=None)
@given(st.text(alphabet="<>&\"'/=abscript onload$ {}\n", max_size=40))
def test_html_takes_no_tag_from_a_text(text: str) -> None:
    """Whatever the text, the page has the tags and attributes of its template and no others."""
    assert _tags(text) == _tags("x")


def test_html_forbids_everything_but_its_style() -> None:
    """The policy allows no script, no image, no request; there is no script element."""
    made = render(page(), "html").decode()
    assert "default-src 'none'; style-src 'unsafe-inline'" in made
    assert "<script" not in made
    assert "src=" not in made.replace("default-src", "").replace("img src=x", "")


@settings(deadline=None)
@given(st.text(max_size=30))
def test_markdown_rows_keep_their_cells(text: str) -> None:
    """Whatever the text, a table row has exactly its own unescaped bars."""
    rows = pl.DataFrame({"a": [text]})
    line = render(Page("", "", [Table(rows)], rows), "md").decode().split("\n")[2]
    assert line.replace("\\\\", "").replace("\\|", "").count("|") == 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ü 日本", "plain ü 日本"),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\x00\x7f\x9b", "\\x00\\x7f\\x9b"),
        ("\u202e\u2066\u200f\u061c", "\\u202e\\u2066\\u200f\\u061c"),
        ("\u2028\u2029\x85", "\\u2028\\u2029\\x85"),
        ("\ufeff\u200b\u00ad", "\\ufeff\\u200b\\xad"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    """What could act on a reader is written out; everything else stays."""
    assert visible(text) == shown


@pytest.mark.parametrize("width", [80, 100, 140])
def test_tables_keep_to_the_width(width: int) -> None:
    """A table is never wider than asked; wide text is wrapped or cut, numbers are whole."""
    rows = pl.DataFrame({"name": ["x" * 300, "words " * 50], "count": [123456789, 1]})
    lines = render(Page("", "", [Table(rows)], rows), "table", Style(width)).decode().split("\n")
    assert max(map(len, lines)) <= width
    assert any("123,456,789" in line for line in lines)

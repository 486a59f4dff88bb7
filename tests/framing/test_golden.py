"""True logs: the header styles of one stream give the same."""

from collections.abc import Callable

import polars as pl
import pytest

from bouncelake.framing import Framed

Excerpt = Callable[[str], pl.DataFrame]
NOW = "2026-11-25"


@pytest.fixture
def styles(framed: Callable[..., Framed], excerpt: Excerpt) -> dict[str, Framed]:
    """Return the same true lines in three header styles, framed."""
    names = ("rfc3164", "iso8601", "rfc5424")
    return {name: framed(excerpt(f"{name}.log")["line"].to_list(), modified=NOW, now=NOW) for name in names}


def test_styles_agree(styles: dict[str, Framed]) -> None:
    """Time (to the style's resolution), host, pid and text are equal in all styles."""
    month, iso, new = (styles[name].records for name in ("rfc3164", "iso8601", "rfc5424"))
    columns = ["copy", "host", "pid", "text"]
    assert month.height == 121
    assert month.select(columns).equals(iso.select(columns))
    assert new.select(columns).equals(iso.select(columns))
    assert new["ts"].equals(iso["ts"])
    assert month["ts"].equals(iso["ts"].dt.truncate("1s"))
    assert month["tag"].equals(iso["tag"])


def test_cut_app_name(styles: dict[str, Framed]) -> None:
    """RFC 5424 by rsyslog keeps only what stands before the slash of the tag."""
    new, iso = styles["rfc5424"].records, styles["iso8601"].records
    assert new["tag"].equals(iso["tag"].str.splitn("/", 2).struct.field("field_0").rename("tag"))


def test_first_records(styles: dict[str, Framed]) -> None:
    """The first Postfix records of the log are these."""
    records = styles["iso8601"].records.filter(pl.col("tag").str.starts_with("postfix"))
    found = records.head(3).select(pl.col("ts").cast(pl.String), "host", "tag", "pid", pl.col("text").str.head(40))
    assert found.rows() == FIRST


def test_maillog_file(framed: Callable[..., Framed], excerpt: Excerpt) -> None:
    """Postlogd's own file is read like a syslog file."""
    lines = excerpt("maillog")["line"].to_list()
    found = framed(lines, modified=NOW, now=NOW)
    assert found.records.height == len(lines)
    assert set(found.records["host"]) == {"mx1"}
    assert found.records["tag"].str.starts_with("postfix/").all()
    assert (found.records["line"] == pl.Series(lines)).all()


FIRST = [
    ("2026-11-23 21:42:30.512779+00:00", "mx1", "postfix-out/smtp", "768", "4jYKD21xqHz1Lt: to=<news@outbound.exampl"),
    ("2026-11-23 21:42:30.513188+00:00", "mx1", "postfix-out/qmgr", "429", "4jYKD21xqHz1Lt: removed"),
    ("2026-11-23 21:42:30.526294+00:00", "mx1", "postfix-out/qmgr", "429", "4jYKD62rhjz1XN: from=<news@outbound.exam"),
]

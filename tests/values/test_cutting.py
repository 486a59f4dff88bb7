"""Values are found wherever they lie, each with its offset, in whatever blocks the stream comes."""

# ruff: noqa: E501  # a table of bytes

# a table of bytes

import json
from collections.abc import Iterator, Sequence

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bouncelake.values import CsvCutter, Cut, Cutter

Found = list[tuple[str, int, str]]


def cut(data: bytes, size: int = 1 << 20, limit: int = 1 << 24, *, final: bool = True) -> Found:
    """Return what a cutter finds, in order: `value`, `other` or the reason; offset; text."""
    cutter = Cutter(limit=limit)
    cuts = [cutter.feed(data[at : at + size]) for at in range(0, len(data), size)]
    return sorted(_told([*cuts, cutter.finish(final=final)]), key=lambda row: row[1])


def _told(cuts: Sequence[Cut]) -> Iterator[tuple[str, int, str]]:
    for one in cuts:
        yield from (("value", *row) for row in one.values.rows())
        yield from (("other", *row) for row in one.others.rows())
        yield from ((reason, offset, text) for offset, text, reason in one.refused.rows())


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b'{"a":1}\n{"b":2}\n', [("value", 0, '{"a":1}'), ("value", 8, '{"b":2}')]),
        (b'{"a":1}\r\n\r\n{"b":2}', [("value", 0, '{"a":1}'), ("value", 11, '{"b":2}')]),
        (
            b'[{"a":1},\n {"b":"]}"},{"c":{"d":[3]}}]',
            [("value", 1, '{"a":1}'), ("value", 11, '{"b":"]}"}'), ("value", 22, '{"c":{"d":[3]}}')],
        ),
        (b'{"a":1}{"b":"\\"{"}', [("value", 0, '{"a":1}'), ("value", 7, '{"b":"\\"{"}')]),
        (b'{"a":"\\\\"}{"b":1}', [("value", 0, '{"a":"\\\\"}'), ("value", 10, '{"b":1}')]),
        (b'{\n  "a": {\n }\n}\n', [("value", 0, '{\n  "a": {\n }\n}')]),
        (
            b'[{"a":1},\n{"b":2},\n{"c":3}\n]\n',
            [("value", 1, '{"a":1}'), ("value", 10, '{"b":2}'), ("value", 19, '{"c":3}')],
        ),
        (b'\xef\xbb\xbf{"a":"\xff"}\n', [("value", 3, '{"a":"?"}')]),
        ('{"ä":"ö"}{"b":1}'.encode(), [("value", 0, '{"ä":"ö"}'), ("value", 11, '{"b":1}')]),
        (b'\x1e{"a":1}\n\x1e{"b":2}\n', [("value", 1, '{"a":1}'), ("value", 10, '{"b":2}')]),
        (b"a=1&b=2\n", [("other", 0, "a=1&b=2")]),
        (b"[]\n[[]]", []),
        (b"", []),
    ],
)
def test_framings(data: bytes, found: Found, size: int) -> None:
    """NDJSON, arrays, printed and run-together objects, separators and marks yield the same values."""
    assert cut(data, size) == found


@pytest.mark.parametrize("size", [1, 5, 1000])
@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b'{"a":1}\n{"b":"cut\n{"c":3}\n', [("value", 0), ("truncated", 8), ("value", 18)]),
        (b'{"a":1}\n{"b":nothing}\n{"c":3}\n', [("value", 0), ("bad_json", 8), ("value", 22)]),
        (b'{"a":nothing}{"c":3}', [("bad_json", 0), ("value", 13)]),
        (b'{"a":"\\ud800"}\n{"c":3}', [("bad_json", 0), ("value", 15)]),
        (b'rubbish "\n{"c":3}\n', [("other", 0), ("value", 10)]),
        (b'}}]{"c":3}', [("other", 0), ("value", 3)]),
        (b'{"a":1}{"b":', [("value", 0), ("truncated", 7)]),
        (b'\x00\x00{"a":1}\n', [("value", 2)]),
    ],
)
def test_broken_values_harm_no_neighbour(data: bytes, found: list[tuple[str, int]], size: int) -> None:
    """A value that is cut off or no JSON is refused by itself."""
    assert [row[:2] for row in cut(data, size)] == found


def test_half_a_value_waits() -> None:
    """Unless the stream has ended, a value that is not complete is left for the next run."""
    cutter = Cutter()
    first = cutter.feed(b'{"a":1}\n{"b":')
    last = cutter.finish(final=False)
    assert (first.end, last.end) == (8, 8)
    assert last.refused.is_empty()


def test_value_without_newline_is_complete() -> None:
    """An object ends with its brace: a saved body needs no newline."""
    assert cut(b'{"a":1}', final=False) == [("value", 0, '{"a":1}')]


def test_form_without_newline_is_complete_when_it_can_be_read() -> None:
    """A form body that is whole is taken at the end, half of one waits."""
    whole = b"event=delivered&timestamp=1&token=2&signature=3"
    assert [row[0] for row in cut(whole, final=False)] == ["other"]
    assert cut(whole[:30], final=False) == []


@pytest.mark.parametrize("size", [10, 64, 1000])
def test_value_over_the_limit_is_refused_alone(size: int) -> None:
    """A value that is too long costs neither memory nor its neighbours."""
    data = b'{"a":1}\n{"b":"' + b"x" * 5000 + b'"}\n{"c":3}\n'
    found = cut(data, size, limit=1000)
    assert [row[:2] for row in found] == [("value", 0), ("too_long", 8), ("value", 5017)]


def test_value_over_the_limit_without_newline() -> None:
    """Objects run together go on behind one that is too long."""
    data = b'{"a":1}{"b":"' + b"x" * 5000 + b'"}{"c":3}'
    assert [row[:2] for row in cut(data, 64, limit=1000)] == [("value", 0), ("too_long", 7), ("value", 5015)]


@pytest.mark.parametrize(
    "data", [b'{"a":' * 50_000, b"[" * 100_000 + b"{}", b'"' * 100_001, b"\\" * 100_001, b"}" * 100_000]
)
def test_hostile_bytes_end(data: bytes) -> None:
    """Depth, brackets and quotes without end are read in bounded time, and the next line is read."""
    assert ("value", '{"c":3}') in [(row[0], row[2]) for row in cut(data + b'\n{"c":3}\n')]


def test_many_broken_lines_take_no_longer() -> None:
    """Broken lines between good ones are told one by one."""
    data = b'{"a":1}\n{"b":"cut\n' * 3000
    kinds = [row[0] for row in cut(data)]
    assert kinds.count("value") == 3000
    assert set(kinds) <= {"value", "bad_json", "truncated"}


TEXTS = st.text(st.sampled_from('{}[]"\\ ,:\n\tä😀a1'), max_size=12)
VALUES = st.dictionaries(TEXTS, st.recursive(TEXTS | st.integers() | st.none(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6), max_size=4)  # fmt: skip
JOINS = st.sampled_from(["\n", "", ",", " ", "\r\n", ",\n", "\n\n", "\x1e"])


@given(st.lists(st.tuples(VALUES, JOINS, st.sampled_from([None, 2])), max_size=8), st.integers(1, 40), st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_framing_of_any_values(
    parts: list[tuple[dict[str, object], str, int | None]],
    size: int,
    array: bool,  # noqa: FBT001  # hypothesis gives it
) -> None:
    """However values are joined, printed, nested and cut, the same come out, each where it stands."""
    texts = [json.dumps(value, ensure_ascii=False, indent=indent) for value, _, indent in parts]
    data = "".join(text + join for text, (_, join, _) in zip(texts, parts, strict=True))
    raw = (f"[{data}]" if array else data).encode()
    found = cut(raw, size)
    assert [json.loads(text) for kind, _, text in found if kind == "value"] == [value for value, _, _ in parts]
    assert all(raw[offset:].startswith(text.encode()) for _, offset, text in found)
    assert {kind for kind, _, _ in found} <= {"value"}


@given(VALUES, VALUES, st.data())
@settings(max_examples=100, deadline=None)
def test_truncation_loses_only_what_is_cut(
    first: dict[str, object], second: dict[str, object], data: st.DataObject
) -> None:
    """A stream cut anywhere yields its whole values, and what is cut is refused or waits."""
    one, two = (json.dumps(value).encode() for value in (first, second))
    place = data.draw(st.integers(len(one), len(one) + len(two) - 1))
    found = cut((one + two)[:place])
    assert [row for row in found if row[0] == "value"] == [("value", 0, one.decode())]
    assert {row[0] for row in found if row[0] != "value"} == ({"truncated"} if place > len(one) else set())


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_csv_records(size: int) -> None:
    """Records keep their offset, quoted newlines and commas; a new header counts from there; odd rows are refused."""
    data = b'type,timeLogged,rcpt\r\nd,1,"a,\n""b"""\r\nb,2\r\ntype,rcpt,timeLogged\r\nt,c,3\r\n'
    cutter = CsvCutter()
    cuts = [cutter.feed(data[at : at + size]) for at in range(0, len(data), size)]
    values = pl.concat([one.values for one in cuts])
    fields = [json.loads(text)["csv-record"] for text in values["text"]]
    assert fields == [
        {"type": "d", "timeLogged": "1", "rcpt": 'a,\n"b"'},
        {"type": "t", "rcpt": "c", "timeLogged": "3"},
    ]
    assert values["offset"].to_list() == [data.index(b"d,1"), data.index(b"t,c")]
    assert pl.concat([one.refused for one in cuts])["offset"].to_list() == [data.index(b"b,2")]
    assert cuts[-1].end == len(data)

"""The three rates of the report `domains` agree with a plain count in Python, for any events."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from bouncelake.reports import Desk, Request
from bouncelake.schema import EVENTS
from tests.support.story import GREYLIST, LOW_REPUTATION, REMEDIES, SPF, TIMEOUT, at, event

Row = dict[str, Any]

KINDS: dict[str, tuple[str, Row]] = {
    "delivered": ("delivered", {}),
    "refused": ("deferred", LOW_REPUTATION),
    "bounced": ("bounced", SPF),
    "greylisted": ("deferred", GREYLIST),
    "silent": ("deferred", TIMEOUT),
    "echo": ("suspended", {"reply": "delivery temporarily suspended", "reply_by": "local"}),
    "probe": ("probe", {"reply_code": 550}),
    "local": ("deferred", {**SPF, "direction": "local"}),
    "late": ("bounced", {**SPF, "asynchronous": True}),
    "backscatter": ("bounced", {**SPF, "origin": "null_sender"}),
    "attempt": ("attempt", {**SPF, "recipient": None, "recipient_domain": None}),
}
STEPS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1), st.sampled_from(sorted(KINDS))), max_size=25)


class Files:
    """A lake of one file of events."""

    def __init__(self, folder: Path, rows: list[Row]) -> None:
        """Write the rows where a lake keeps them."""
        self._file = folder / "day=2026-11-16" / "part-1.parquet"
        self._file.parent.mkdir()
        EVENTS.conform(pl.DataFrame(rows, infer_schema_length=None)).drop("day").write_parquet(self._file)

    def files(self, table: str) -> list[str]:
        """Return the file for events and none for other tables."""
        return [str(self._file)] if table == "events" else []


def _events(steps: list[tuple[int, int, str]]) -> list[Row]:
    rows = []
    for number, (message, person, kind) in enumerate(steps):
        name, more = KINDS[kind]
        recipient: Row = {} if "recipient" in more else {"recipient": f"{person}@gmail.com"}
        ids: Row = {"event_id": f"{number}", "source_offset": number, "attempt_key": f"a{number}"}
        rows.append(event(at(1) + timedelta(seconds=number), f"M{message}", name, **ids, **recipient, **more))
    return rows


def _counted(rows: list[Row]) -> tuple[int, ...]:
    """Count in plain Python what the documentation says that the rates are."""
    answered, refused, replies, refusals = set(), set(), set(), set()
    for row in rows:
        if row["direction"] != "outbound" or row["asynchronous"] or row["origin"] == "null_sender":
            continue
        says_no = row["event"] in {"deferred", "bounced", "attempt"} and row["reply_by"] == "remote"
        if row["event"] != "delivered" and (not says_no or row.get("category") == "greylist"):
            continue
        tried = [one for one in rows if one["message_key"] == row["message_key"] and one["recipient"] is not None]
        tried = [one for one in tried if one["event"] in {"delivered", "deferred", "bounced"}]
        people = {one["recipient"] for one in tried if one["direction"] == "outbound"}
        pairs = {(row["message_key"], person) for person in ({row["recipient"]} if row["recipient"] else people)}
        if not pairs:
            continue
        answered |= pairs
        replies.add(row["attempt_key"])
        if says_no:
            refused |= pairs
            refusals.add(row["attempt_key"])
    return len(answered), len(refused), len(replies), len(refusals)


@settings(deadline=None, max_examples=15)
@given(STEPS.filter(bool))
def test_rates_are_what_the_documentation_says(steps: list[tuple[int, int, str]]) -> None:
    """Pairs answered and refused, replies and refusals: the SQL and the plain count agree."""
    rows = _events(steps)
    with TemporaryDirectory() as folder:
        desk = Desk(Files(Path(folder), rows), {"remedies": REMEDIES}, Request(values={"by": "month"}))
        told = desk.run("domains").rows.filter(pl.col("domain") == "gmail.com").to_dicts()
    names = ("answered", "refused", "attempts", "attempts_refused")
    got = tuple(told[0][name] for name in names) if told else (0, 0, 0, 0)
    assert got == _counted(rows)

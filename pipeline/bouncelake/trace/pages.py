"""Makes a page of a story: one finding per log line, with the line itself."""

from collections.abc import Iterator
from typing import Any, cast
from zoneinfo import ZoneInfo

from bouncelake.reports import Block, Finding, Heading, Page, Prose, Tone
from bouncelake.trace.logs import READ_BACK
from bouncelake.trace.steps import tone
from bouncelake.trace.story import Story


def page(story: Story, zone: ZoneInfo) -> Page:
    """Return the page of a story; times are in the zone."""
    rows = story.steps.to_dicts()
    named = f"{story.messages:,} message{'' if story.messages == 1 else 's'} found"
    rest = f", the newest {story.shown} shown with their relatives" if story.shown < story.messages else ""
    return Page(
        f"The story of {story.term}", f"{named}{rest}; times in {zone.key}", [*_blocks(rows, zone)], story.steps
    )


def _blocks(rows: list[dict[str, Any]], zone: ZoneInfo) -> Iterator[Block]:
    day = None
    for line in _lines(rows):
        here = line[0]["ts"].astimezone(zone)
        if here.date() != day:
            day = here.date()
            yield Heading(f"{here:%A} {here.day} {here:%B %Y}")
        yield _step(line, zone)
    missing = [row for row in rows if row["found"] != READ_BACK]
    if missing:
        yield Prose(
            f"The log's own line could not be shown for {len(missing)} of {len(rows)} steps: the log was removed,"
            " rotated out of its folder, or changed since it was read.",
            "quiet",
        )


def _lines(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield the steps that one log line tells, together."""
    group: list[dict[str, Any]] = []
    for row in rows:
        place = (row["source_name"], row["source_offset"])
        if group and place != (group[0]["source_name"], group[0]["source_offset"]):
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def _step(line: list[dict[str, Any]], zone: ZoneInfo) -> Finding:
    row = line[0]
    where = " ".join(str(row[name]) for name in ("host", "service", "queue_id") if row[name])
    here = row["ts"].astimezone(zone)
    sentence = f"{where}: {'; '.join(one['says'] for one in line)}"
    log = row["line"] if row["found"] == READ_BACK else f"({row['found']})"
    place = f"{row['log'] or row['source_name']}, byte {row['source_offset']:,}"
    return Finding(f"{here:%H:%M:%S}", cast("Tone", tone(row)), sentence, [("line", log), ("log", place)])

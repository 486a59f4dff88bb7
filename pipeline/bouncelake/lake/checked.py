"""Against which rule sets the lake's rows have been checked: a small file beside the tables, and what came in since."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from bouncelake.lake.durable import reported, sync
from bouncelake.lake.lake import Lake

NAME = "bouncelake.checked"


@dataclass(frozen=True, slots=True)
class Checked:
    """The rule set that the last check of all rows used, when that was, and when the newest run before it began."""

    rules: str
    at: datetime
    newest_run: datetime | None


def last_check(lake: Lake) -> Checked | None:
    """Return the last check of all rows; None where there was none, or its note is lost."""
    try:
        note = json.loads((lake.root / NAME).read_text("ascii"))
        newest = note["newest_run"]
        return Checked(
            str(note["rules"]), datetime.fromisoformat(note["at"]), newest and datetime.fromisoformat(newest)
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remember(lake: Lake, rules: str) -> None:
    """Note that all rows are checked against this rule set, on disk when this returns; the lake must be locked."""
    newest = lake.scan("runs").select(pl.col("ts").max()).collect().item()
    note = {"rules": rules, "at": datetime.now(UTC).isoformat(), "newest_run": newest and newest.isoformat()}
    path = lake.root / NAME
    fresh = path.with_suffix(".new")
    with reported(path):
        fresh.write_text(json.dumps(note) + "\n", "ascii")
        sync(fresh)
        fresh.replace(path)
        sync(path.parent)


def rule_sets(lake: Lake) -> list[str]:
    """Return the rule sets against which rows were checked last: by a check of all rows, or by the runs since."""
    check = last_check(lake)
    runs = lake.scan("runs").select("ts", rules=pl.col("versions").str.json_path_match("$.rules"))
    if check and check.newest_run:
        runs = runs.filter(pl.col("ts") > check.newest_run)
    found = set(runs.select("rules").drop_nulls().unique().collect()["rules"])
    return sorted(found | ({check.rules} if check else set()))

"""What the generator says it wrote is what an ingest finds, in every header style."""

from collections import Counter

import pytest

from bouncelake.config import load
from bouncelake.ingest import Account, Options, ingest
from bouncelake.lake import Lake
from tests.bench.headers import STYLES
from tests.bench.postfix_log import write

EVENTS = {
    "accepted": ("handover",),
    "attempt": ("attempt", "unreachable"),
    "bounced": ("bounced",),
    "deferred": ("deferred",),
    "delivered": ("sent",),
    "expired": ("expired",),
    "rejected": ("rejected", "sasl_failed"),
    "suspended": ("suspended",),
}
LINES = 30_000


@pytest.fixture(scope="module", params=[*STYLES, "long ids"])
def walked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Counter[str], Account, Lake]:
    """Return the generator's counts, the account of the ingest, and the lake."""
    home = tmp_path_factory.mktemp("walk")
    style, long_ids = (request.param, False) if request.param in STYLES else ("iso", True)
    counts = write(home / "mail.log", LINES, 5, style, long_ids=long_ids)
    config = load(None, {}).with_options(lake=home / "lake")
    outcome = ingest([str(home / "mail.log")], config, Options(year=2026, zone="UTC"))
    assert not outcome.errors
    return counts, outcome.accounts[0], Lake.open(home / "lake")


def test_events_are_those_written(walked: tuple[Counter[str], Account, Lake]) -> None:
    """There are as many events of each kind as lines that tell one."""
    counts, _, lake = walked
    found = dict(lake.scan("events").select("event").collect()["event"].value_counts().iter_rows())
    assert found == {event: sum(counts[kind] for kind in kinds) for event, kinds in EVENTS.items()}


def test_every_line_is_accounted_for(walked: tuple[Counter[str], Account, Lake]) -> None:
    """Lines of other programs are foreign, none is refused, and the account adds up."""
    counts, account, _ = walked
    assert account.lines == LINES == account.events + account.context + account.foreign
    assert account.foreign == counts["foreign"]
    assert account.refused == account.duplicates == 0


def test_every_outbound_event_knows_its_message(walked: tuple[Counter[str], Account, Lake]) -> None:
    """Each event with a queue id has its message's sender; the null sender stands for bounces."""
    _, _, lake = walked
    events = lake.scan("events").filter(direction="outbound").select("queue_id", "sender").collect()
    unknown = events.filter(events["queue_id"].is_not_null() & events["sender"].is_null())
    assert unknown.is_empty()

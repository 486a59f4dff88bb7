"""Says findings in words."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bouncelake.reports.findings import blames, category, remedy, shortened
from bouncelake.reports.period import Period
from bouncelake.reports.wording import age, named, ratio, spoken
from bouncelake.watch.growing import FORERUNNERS, TEMPORARY
from bouncelake.watch.incidents import Incident

Row = Mapping[str, Any]
MOSTLY = 0.8
LONGEST_VALUE = 80


class Words:
    """The words for one check: names of the providers, zone of the times, length of the window."""

    def __init__(self, names: Mapping[str, str], zone: ZoneInfo, since: timedelta) -> None:
        self._names = names
        self._period = Period(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), zone)
        self.window = f"the last {age(since)}"

    def local(self, ts: datetime) -> str:
        """Return an instant to the minute."""
        return self._period.local(ts)

    def name(self, receiver: str) -> str:
        """Return how people call a receiver."""
        return _short(named(receiver, self._names))

    def refusal(self, one: Incident, row: Row, since: datetime) -> str:
        """Return the sentence of an incident: who refuses what, since when, how much of the traffic."""
        who = self._who(one, row)
        many = " receivers " in who or " and " in who
        verb = _verb(row["temporary"] >= TEMPORARY, many=many)
        much = ratio(row["refused"], row["answered"], "recipients")
        reasons = ", ".join(spoken(reason) for reason in one.reasons)
        stage = f" at {one.stage}" if one.stage else ""
        what = f"{who} {verb} {self._whose(one)}since {self.local(since)} for {reasons}{stage}"
        early = ": an early warning, permanent refusals tend to follow" if _warns(row) else ""
        return f"{what}: {much} in {self.window}{_compared(one)}{early}."

    def facts(self, one: Incident, row: Row) -> list[tuple[str, str]]:
        """Return the facts of an incident, without the query."""
        found = [
            ("reason", category(row)),
            ("means", row["meaning"] or "no rule knows this reply yet"),
            ("mostly", self._mostly(one, row)),
            ("there", _there(one, row)),
            ("blames", blames(row)),
            ("reply", shortened(row["reply"] or "")),
            ("do", remedy(row)),
            ("see", row["document"] or ""),
        ]
        return [(label, value) for label, value in found if value]

    def _who(self, one: Incident, row: Row) -> str:
        if "receiver" in one.scope:
            return self.name(one.scope["receiver"])
        if "domain" in one.scope:
            return f"{_short(one.scope['domain'])} (at {self.name(row['most'])})"
        if row["receivers"] == 1:
            return f"1 receiver ({self.name(row['most'])})"
        return f"{row['receivers']:,} receivers (most: {self.name(row['most'])})"

    def _whose(self, one: Incident) -> str:
        ip, sender = one.scope.get("ip"), one.scope.get("sender")
        parts = [f"of {_short(sender)} " if sender else "", f"from {_short(ip)} " if ip else ""]
        return f"mail {''.join(parts)}" if ip or sender else "mail "

    def _mostly(self, one: Incident, row: Row) -> str:
        """Return where nearly all of it comes from or goes to, as far as the sentence does not say it."""
        kinds = (("ip", "from {}", "on_ip"), ("sender", "mail of {}", "on_sender"), ("domain", "to {}", "on_domain"))
        parts = [
            text.format(_short(row[f"most_{name}"]))
            for name, text, count in kinds
            if name not in one.scope and row[count] and row[count] >= MOSTLY * row["refused"]
        ]
        if row["named_ip"]:
            parts.append(f"the replies name our IP {row['named_ip']}")
        return ", ".join(parts)


def _compared(one: Incident) -> str:
    if one.kind == "new":
        return ", never given here before"
    if one.usual is None:
        return ""
    usual = "less than 0.1%" if one.usual < 0.001 else f"{one.usual * 100:.1f}%"
    return f", up from {usual} two weeks before" if one.kind == "growing" else f", usual is {usual}"


def _there(one: Incident, row: Row) -> str:
    """Return how much of the mail to the receivers that refuse it is, where many receive more."""
    if "receiver" in one.scope or row["of_answered"] >= MOSTLY * row["answered"]:
        return ""
    return f"{ratio(row['refused'], row['of_answered'], 'recipients')} of these receivers"


def _verb(temporary: bool, *, many: bool) -> str:  # noqa: FBT001 - which verb
    if temporary:
        return "put off" if many else "puts off"
    return "refuse" if many else "refuses"


def _warns(row: Row) -> bool:
    """Tell whether these are temporary replies of the kind that turns into permanent ones."""
    return row["temporary"] >= TEMPORARY and row["category"] in FORERUNNERS


def _short(value: str) -> str:
    return value if len(value) <= LONGEST_VALUE else f"{value[: LONGEST_VALUE - 3]}..."

"""Cuts a period and the one before it into steps of time for pictures: hours, days, weeks or months."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from bouncelake.reports.period import Period

# The longest period whose pictures are drawn by that step.
GRAINS = (("hour", timedelta(hours=36)), ("day", timedelta(days=35)), ("week", timedelta(days=250)))


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of time: their length, their names as in the column `day`, and where each begins, in local time."""

    grain: str
    keys: list[str]
    starts: list[datetime]
    period: Period

    def place(self, moment: datetime) -> float:
        """Return where an instant lies, as a fraction of all steps."""
        local = _local(moment, self.period)
        index = min(max(bisect_right(self.starts, local) - 1, 0), len(self.keys) - 1)
        begin, end = self.starts[index], self.starts[index + 1]
        return (index + min(max((local - begin) / (end - begin), 0.0), 1.0)) / len(self.keys)

    def labels(self) -> list[str]:
        """Return the steps as people read them."""
        form = {"hour": "{:%a %H}h", "month": "{:%b %Y}"}.get(self.grain)
        return [form.format(one) if form else f"{one.day} {one:%b}" for one in self.starts[:-1]]


def steps(period: Period, oldest: datetime | None) -> Steps:
    """Return the steps from the period before to the end of the period, none earlier than the oldest row."""
    length = period.until - period.since
    grain = next((name for name, longest in GRAINS if length <= longest), "month")
    first = max(period.before, oldest or period.before)
    moment, last = _floor(_local(first, period), grain), _local(period.until - timedelta(microseconds=1), period)
    starts = [moment]
    while moment <= last:
        moment = _next(moment, grain)
        starts.append(moment)
    form = "%Y-%m-%d %H:00" if grain == "hour" else "%Y-%m-%d"
    return Steps(grain, [begin.strftime(form) for begin, _ in pairwise(starts)], starts, period)


def _local(moment: datetime, period: Period) -> datetime:
    return moment.astimezone(period.zone).replace(tzinfo=None)


def _floor(moment: datetime, grain: str) -> datetime:
    hour = moment.replace(minute=0, second=0, microsecond=0)
    day = hour.replace(hour=0)
    back = {"week": moment.weekday(), "month": moment.day - 1}.get(grain, 0)
    return hour if grain == "hour" else day - timedelta(days=back)


def _next(moment: datetime, grain: str) -> datetime:
    if grain == "month":
        return (moment.replace(day=1) + timedelta(days=32)).replace(day=1)
    return moment + {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}[grain]


def parsed(key: str, period: Period) -> datetime:
    """Return the instant at which the step of that name in the column `day` begins."""
    return datetime.fromisoformat(key).replace(tzinfo=period.zone).astimezone(UTC)

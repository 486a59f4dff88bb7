"""Months of mail of a sender that does not exist, for the alarm: rhythm, noise, and troubles planted on request.

Two hosts with an IP each send for three domains to five providers and many small receivers. Volume follows the hours
and the week and jumps with each campaign; each provider refuses some of it for reasons whose shares differ from day to
day, more than dice would. The same seed gives the same months.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import exp, sqrt
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from bouncelake.lake import Batch, Lake
from bouncelake.resources import shipped
from bouncelake.sandbox.headers import read
from bouncelake.schema import EVENTS, MESSAGES, REFUSED, RUNS
from bouncelake.watch import Ask
from bouncelake.watch.cells import FEWEST
from bouncelake.watch.incidents import Incident, incidents
from bouncelake.watch.stopped import Stop, stopped

START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
WEEK = (1.0, 1.5, 1.0, 1.0, 0.9, 0.3, 0.2)
HOURS = (1, 1, 1, 1, 1, 2, 4, 8, 12, 12, 10, 9, 8, 9, 10, 9, 8, 6, 4, 3, 3, 2, 2, 1)
HOSTS = {"mx1.example.org": "192.0.2.10", "mx2.example.org": "192.0.2.20"}
SENDERS = {"shop.example.org": 0.6, "news.example.org": 0.3, "example.org": 0.1}
DAILY = {"google": 500, "exchange-online": 300, "yahoo": 150, "gmx": 120, "apple": 60, None: 250}
DOMAINS = {
    "google": "gmail.com",
    "exchange-online": "example.com",
    "yahoo": "yahoo.com",
    "gmx": "gmx.net",
    "apple": "icloud.com",
}
NAMES = {"google": "Google", "exchange-online": "Exchange Online", "yahoo": "Yahoo", "gmx": "GMX", "apple": "Apple"}
SMALL = 40


@dataclass(frozen=True, slots=True)
class Reason:
    """A refusal as the alarm sees it, and the usual share and spread of it."""

    name: str
    category: str
    severity: int
    code: int
    stage: str = "rcpt"
    share: float = 0.0
    spread: float = 0.3

    @property
    def reply(self) -> str:
        """Return the reply that says so."""
        return f"{self.code} {self.code // 100}.7.1 {self.name.replace('_', ' ')}"


UNKNOWN_USER = Reason("mailbox_unknown", "recipient", 2, 550, share=0.008, spread=0.5)
FULL = Reason("mailbox_full", "recipient", 1, 452, share=0.004)
RATE = Reason("rate_limited", "rate_limit", 3, 421, "connect", share=0.01, spread=0.8)
CONTENT = Reason("suspicious_content_or_links", "spam_content", 3, 554, "eod", share=0.001, spread=1.0)
OTHER = Reason("unknown", "unclassified", 1, 554, "eod", share=0.0015, spread=1.0)
RARE = (
    Reason("size", "message", 1, 552, "eod"),
    Reason("malformed_headers", "message", 2, 550, "eod"),
    Reason("remote_storage", "system", 2, 452, "eod"),
    Reason("admin_rule", "policy", 2, 550, "eod"),
)
USUAL = (UNKNOWN_USER, FULL, RATE, CONTENT, OTHER)
REPUTATION = Reason("low_ip_reputation", "ip_reputation", 5, 550, "eod")
DMARC = Reason("dmarc_policy_reject", "authentication", 4, 550, "eod")
SPF_WARNING = Reason("spf_required_bulk", "authentication", 3, 421, "eod")
LISTED = Reason("dnsbl_listed", "ip_reputation", 4, 554)
GREYLISTED = Reason("greylisted", "greylist", 1, 450)
REASONS = {one.name: one for one in (*USUAL, *RARE, REPUTATION, DMARC, SPF_WARNING, LISTED, GREYLISTED)}


def months(days: int, seed: int, volume: float = 1.0) -> pl.DataFrame:
    """Return the answers of that many days: one row per message and recipient, in no order.

    Columns: `ts`, `host`, `ip`, `provider`, `domain`, `sender`, `reason` (null: delivered), `number`, `attempt`.
    """
    dice = random.Random(seed)  # noqa: S311 - chance that can be repeated
    streams = [row for day in range(days) for row in _day(dice, day, volume)]
    rows = pl.DataFrame(streams, infer_schema_length=None).filter(pl.col("n") > 0)
    rows = rows.with_columns(pl.int_ranges(0, "n").alias("i")).explode("i", empty_as_null=True)
    size = rows.height
    seconds = [hour * 3600 + dice.randrange(3600) for hour in dice.choices(range(24), HOURS, k=size)]
    small = pl.format("d{}.example.net", pl.Series([dice.randrange(SMALL) for _ in range(size)]))
    rows = rows.with_columns(
        ts=pl.lit(START) + pl.duration(days="day", seconds=pl.lit(pl.Series(seconds))),
        chance=pl.Series([dice.random() for _ in range(size)]),
        number=pl.int_range(pl.len()),
        domain=pl.coalesce("domain", small),
    )
    return _decided(rows)


def _day(dice: random.Random, day: int, volume: float) -> list[dict[str, Any]]:
    busy = WEEK[day % 7] * volume * exp(dice.gauss(0, 0.2))
    noise = {(provider, one.name): _gamma(dice, one.spread) for provider in DAILY for one in USUAL}
    campaign = exp(dice.gauss(0, 0.3))
    rows = []
    for provider, daily in DAILY.items():
        for host, ip in HOSTS.items():
            for sender, part in SENDERS.items():
                mean = daily * part / 2 * busy * (campaign if sender.startswith("news") else 1.0)
                shares = {one.name: one.share * noise[provider, one.name] for one in USUAL}
                rows.append(
                    {"day": day, "provider": provider, "domain": DOMAINS.get(provider or ""), "host": host, "ip": ip,
                     "sender": sender, "n": _poisson(dice, mean), **shares}
                )  # fmt: skip
    return rows + _clumps(dice, day)


def _clumps(dice: random.Random, day: int) -> list[dict[str, Any]]:
    """Return now and then a message to many recipients that one reply refuses, and a reason hardly ever seen."""
    rows = []
    base = {"day": day, "sender": "shop.example.org", "host": "mx1.example.org", "ip": HOSTS["mx1.example.org"]}
    if dice.random() < 0.1:
        provider = dice.choice(list(DAILY))
        clump = {"provider": provider, "domain": DOMAINS.get(provider or "", "d1.example.net"), "clump": day}
        rows.append({**base, **clump, "n": dice.randrange(5, 30), "size": 1.0})
    if dice.random() < 0.3:
        provider = dice.choice(list(DAILY))
        where = {"provider": provider, "domain": DOMAINS.get(provider or "", "d1.example.net")}
        rows.append({**base, **where, "n": dice.randrange(1, 4), dice.choice(RARE).name: 1.0})
    return rows


def _decided(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with the reason that chance gives each, and the reply; one for all rows of a clump."""
    names = [one.name for one in (*USUAL, *RARE) if one.name in rows.columns]
    reason: pl.Expr = pl.lit(None, pl.String)
    before = pl.lit(0.0)
    for name in names:
        upto = before + pl.col(name).fill_null(0.0)
        reason = pl.when((pl.col("chance") >= before) & (pl.col("chance") < upto)).then(pl.lit(name)).otherwise(reason)
        before = upto
    clump = pl.col("clump") if "clump" in rows.columns else pl.lit(None, pl.Int64)
    attempt = pl.coalesce(pl.format("clump {}", clump), pl.format("attempt {}", "number"))
    together = pl.col("ts").dt.truncate("1d") + timedelta(hours=9)
    ts = pl.when(clump.is_not_null()).then(together).otherwise("ts")
    return rows.select("host", "ip", "provider", "domain", "sender", "number", ts=ts, reason=reason, attempt=attempt)


def _gamma(dice: random.Random, spread: float) -> float:
    return dice.gammavariate(1 / spread, spread)


def _poisson(dice: random.Random, mean: float) -> int:
    if mean > 30:
        return max(0, round(dice.gauss(mean, sqrt(mean))))
    limit, count, product = exp(-mean), 0, dice.random()
    while product > limit:
        count, product = count + 1, product * dice.random()
    return count


def plant(
    rows: pl.DataFrame,
    reason: Reason,
    since: datetime,
    share: float | Callable[[pl.Expr], pl.Expr],
    until: datetime | None = None,
    **where: str | None,
) -> pl.DataFrame:
    """Return the rows in which so large a share of the matching deliveries is refused for this reason.

    `share` may depend on the days since the beginning.
    """
    age = (pl.col("ts") - pl.lit(since)).dt.total_seconds() / 86400
    part = pl.lit(share) if isinstance(share, float) else share(age)
    lot = pl.col("number").hash(seed=sum(map(ord, reason.name))) % 1000 < part * 1000
    hit = _matching(where) & (pl.col("ts") >= since) & pl.col("reason").is_null() & lot
    hit = hit if until is None else hit & (pl.col("ts") < until)
    return rows.with_columns(reason=pl.when(hit).then(pl.lit(reason.name)).otherwise("reason"))


def stop(rows: pl.DataFrame, since: datetime, until: datetime | None = None, **where: str | None) -> pl.DataFrame:
    """Return the rows without the matching ones from that instant on."""
    gone = _matching(where) & (pl.col("ts") >= since)
    return rows.filter(~(gone if until is None else gone & (pl.col("ts") < until)))


def _matching(where: Mapping[str, str | None]) -> pl.Expr:
    return pl.all_horizontal(pl.lit(value=True), *(pl.col(name).eq_missing(value) for name, value in where.items()))


def told(rows: pl.DataFrame, end: datetime) -> pl.DataFrame:
    """Return the rows as `sql/watch/told.sql` gives them for a window of a day that ends at that instant."""
    age = (pl.lit(end) - pl.col("ts")).dt.total_seconds()
    near = rows.filter((pl.col("ts") < end) & (pl.col("ts") >= end - timedelta(days=29)))
    return near.join(_facts(), on="reason", how="left").with_columns(
        age=age,
        slot=(age // 86400).cast(pl.Int32),
        inside=pl.lit(value=True),
        refused=pl.col("reason").is_not_null(),
        pair="number",
        receiver=pl.coalesce("provider", "domain"),
        domain=pl.when(pl.col("provider").is_not_null()).then("domain"),
        temporary=pl.col("code") < 500,
    )


class Answers:
    """The frames that `sql/watch` makes of the rows for a check at that instant."""

    def __init__(self, rows: pl.DataFrame, end: datetime) -> None:
        """Keep the answers of window and past."""
        self._told = told(rows, end)
        self._con = duckdb.connect()
        self._con.register("told", self._told.to_arrow())
        self._con.register("bounds", pl.DataFrame({"fewest": [FEWEST]}).to_arrow())

    def frame(self, name: str) -> pl.DataFrame:
        """Return the answer of that file of `sql/watch`."""
        rows: pl.DataFrame = self._con.sql(read(shipped("sql") / "watch" / f"{name}.sql").sql).pl()
        return rows

    @property
    def incidents(self) -> list[Incident]:
        """Return what the alarm finds in the refusals."""
        return incidents(self.frame("refused"), self.frame("answered"), self.frame("known"), Ask())

    @property
    def stops(self) -> list[Stop]:
        """Return what has stopped, if the hosts wrote in every hour in which anything was answered."""
        lines = self._told.select("host", hour=(pl.col("age") // 3600).cast(pl.Int32)).unique()
        return stopped(self.frame("delivered"), lines, Ask())


def lake(rows: pl.DataFrame, root: Path) -> Lake:
    """Write the rows into a new lake and return it."""
    return write(tables(rows), root)


def tables(rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return the rows as the lake's table of events."""
    return {"events": _events(rows)}


def write(made: Mapping[str, pl.DataFrame], root: Path) -> Lake:
    """Write tables into a new lake and return it; each host's log is one source, read as soon as it was written."""
    new = Lake.open(root, create=True)
    nothing = {"messages": MESSAGES.empty(), "refused": REFUSED.empty()}
    with new.writing():
        new.commit(Batch({**nothing, "runs": _runs(made["events"]), **made}))
    return Lake.open(root)


def _facts() -> pl.DataFrame:
    rows = [(one.name, one.category, one.severity, one.stage, one.code, one.reply) for one in REASONS.values()]
    return pl.DataFrame(rows, schema=["reason", "category", "severity", "stage", "code", "text"], orient="row")


def _events(rows: pl.DataFrame) -> pl.DataFrame:
    refused = pl.col("reason").is_not_null()
    event = pl.when(~refused).then(pl.lit("delivered")).when(pl.col("code") < 500).then(pl.lit("deferred"))
    said = rows.join(_facts(), on="reason", how="left").sort("ts", "number")
    return EVENTS.conform(
        said.with_columns(
            day=pl.col("ts").dt.date(), line_id=pl.format("l{}", "number"), event_id=pl.format("l{}.0", "number"),
            source="host", source_name=pl.format("/var/log/{}", "host"), system=pl.lit("postfix"),
            source_offset=pl.int_range(pl.len()).over("host") * 100,
            direction=pl.lit("outbound"), origin=pl.lit("submitted"), message_key=pl.format("m{}", "number"),
            attempt_key="attempt", event=event.otherwise(pl.lit("bounced")), asynchronous=pl.lit(value=False),
            sender_domain="sender", recipient=pl.format("r{}@{}", "number", "domain"), recipient_domain="domain",
            local_ip="ip", local_ip_from=pl.lit("config"), reply_by=pl.lit("remote"),
            reply_code=pl.coalesce("code", 250), reply=pl.coalesce("text", pl.lit("250 2.0.0 OK")), rule="reason",
        )
    )  # fmt: skip


def _runs(events: pl.DataFrame) -> pl.DataFrame:
    spans = events.group_by("source", "source_name").agg(
        first_ts=pl.col("ts").min(), last_ts=pl.col("ts").max(), lines=pl.len().cast(pl.Int64), ts=pl.col("ts").max()
    )
    return RUNS.conform(
        spans.with_columns(
            day=pl.col("ts").dt.date(), offset_from=0, offset_to=pl.col("lines") * 100, events="lines", context=0,
            foreign=0, refused=0, duplicates=0, finished=pl.lit(value=True), heads=pl.lit([], pl.List(pl.String)),
        )
    )  # fmt: skip


def remedies() -> pl.DataFrame:
    """Return the table of remedies for these reasons."""
    rows = [(name, f"It is {name}.", f"Mend {name}.", "https://example.org/doc") for name in REASONS]
    return pl.DataFrame(rows, schema=["rule", "meaning", "remedy", "document"], orient="row")

"""Each line of the story as one step: when, where, what it says, to whom."""

from collections.abc import Mapping
from typing import Any

import polars as pl

TONES = {"delivered": "good", "accepted": "plain", "deferred": "warn", "attempt": "warn", "suspended": "warn",
         "bounced": "bad", "expired": "bad", "rejected": "bad", "complained": "bad", "suppressed": "bad"}  # fmt: skip
COLUMNS = ("ts", "system", "host", "instance", "service", "queue_id", "message_key", "parent_key", "what", "recipient",
           "says", "source", "source_name", "source_offset", "line_id", "vendor_event_id")  # fmt: skip


def steps(events: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Return one row per log line and event, in the order of time, without lines that an event tells already."""
    told = events.select(
        *(pl.col(name) for name in COLUMNS if name not in {"what", "says"}),
        what="event",
        says=_event_text(),
    )
    known = events["line_id"].implode()
    beside = lines.filter(~pl.col("line_id").is_in(known)).select(
        *(pl.col(name) for name in COLUMNS if name in lines.columns),
        what="kind",
        says=_line_text(),
    )
    both = pl.concat([told, beside], how="diagonal").select(COLUMNS)
    order = ["ts", "source_name", "source_offset", "line_id", "recipient"]
    return both.unique(maintain_order=True).sort(order, maintain_order=True)


def _event_text() -> pl.Expr:
    """Return what an event says: to whom, at which server, the reply, and what it was taken for."""
    server = pl.format(" by {}{}", pl.coalesce("remote_host", "remote_ip"),
                       pl.format(" [{}]", "remote_ip").fill_null("")).fill_null("")  # fmt: skip
    who = pl.format(" to {}", "recipient").fill_null("")
    alias = pl.format(" (for {})", "original_recipient").fill_null("")
    wait = pl.format(" after {} s", pl.col("delay").round(1)).fill_null("")
    reply = pl.format(": {}", "reply").fill_null("")
    cause = pl.format(" [{}, {}]", pl.col("reason").str.replace_all("_", " ", literal=True), "rule").fill_null("")
    client = pl.format(" from {} [{}]", pl.col("client_host").fill_null("unknown"), "client_ip").fill_null("")
    inbound = pl.when(pl.col("direction") == "inbound").then(client).otherwise(pl.lit(""))
    return pl.concat_str("event", inbound, who, alias, server, wait, reply, cause)


def _line_text() -> pl.Expr:
    """Return what a line about a whole message says."""
    client = pl.format("{} [{}]", pl.col("client_host").fill_null("unknown"), "client_ip").fill_null("")
    account = pl.format(", account {}", "sasl_user").fill_null("")
    user = pl.format(", user {}", "local_user").fill_null("")
    sender = pl.format("from {}", "sender").fill_null("sender unknown")
    size = pl.format(", {} bytes", "size").fill_null("")
    child = pl.format("went on as {}", "child_queue_id").fill_null("went on")
    return (
        pl.when(pl.col("kind") == "client").then(pl.concat_str(pl.lit("came from "), client, account))
        .when(pl.col("kind") == "pickup").then(pl.concat_str(pl.lit("came from this machine"), user))
        .when(pl.col("kind") == "requeued").then(pl.format("put back into the queue, before {}",
                                                           pl.col("parent_queue_id").fill_null("unknown")))
        .when(pl.col("kind") == "message_id").then(pl.format("Message-ID {}", pl.col("message_id").fill_null("none")))
        .when(pl.col("kind") == "active").then(pl.concat_str(pl.lit("taken up: "), sender, size))
        .when(pl.col("kind") == "child").then(child)
        .when(pl.col("kind") == "expired").then(pl.lit("given up for age"))
        .when(pl.col("kind") == "removed").then(pl.lit("removed from the queue"))
        .otherwise("kind")
    )  # fmt: skip


def tone(step: Mapping[str, Any]) -> str:
    """Return how a step is to be seen: good, bad, warn or plain."""
    return TONES.get(step["what"] or "", "plain")

"""Writes a lake's events in the plain words that a comparison with a mail server's known truth asks for.

    python -m tests.bench.export_for_truth LAKE OUT.parquet

One row per event: what a receiver did (`delivered`, `deferred`, `bounced`) or what we refused (`rejected`). Left out
are echoes, address probes and what no receiver decided: `suspended`, `suppressed`, `probe`, our own intake, the rest.
"""

import argparse
from pathlib import Path

import polars as pl

from bouncelake.lake import Lake

STATUS = {
    "accepted": "delivered",
    "delivered": "delivered",
    "attempt": "deferred",
    "deferred": "deferred",
    "bounced": "bounced",
    "expired": "bounced",
    "rejected": "rejected",
}
COLUMNS = {
    "ts": "ts",
    "status": "status",
    "recipient": "recipient",
    "orig_recipient": "original_recipient",
    "sender": "sender",
    "smtp_code": "reply_code",
    "enhanced_code": "reply_enhanced",
    "reply": "reply",
    "relay_ip": "remote_ip",
    "client_ip": "client_ip",
    "queue_id": "queue_id",
}


def exported(events: pl.LazyFrame) -> pl.LazyFrame:
    """Return the events that tell what a receiver or we did, in the columns of the comparison."""
    own_intake = (pl.col("event") == "accepted") & pl.col("direction").eq("inbound").fill_null(value=False)
    told = events.filter(pl.col("event").is_in(list(STATUS)), ~own_intake)
    worded = told.with_columns(pl.col("event").replace_strict(STATUS, default=None).alias("status"))
    return worded.select(pl.col(ours).alias(theirs) for theirs, ours in COLUMNS.items())


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Writes a lake's events for a comparison with known truth.")
    parser.add_argument("lake", type=Path)
    parser.add_argument("output", type=Path)
    args = parser.parse_args()
    exported(Lake.open(args.lake).scan("events")).sink_parquet(args.output)


if __name__ == "__main__":
    main()

"""PowerMTA: accounting files, CSV with the names of the columns in the first line."""

import polars as pl

from bouncelake.parsers.esp.rows import address, filled, instant, key, made, of, word
from bouncelake.values.csv import CSV
from bouncelake.values.engine import TEXT, Shape

MARK = f'"{CSV}"'
KEYS = (CSV,)

_FIELDS = (
    "type", "timeLogged", "timeQueued", "orig", "rcpt", "orcpt", "dsnAction", "dsnStatus", "dsnDiag",
    "dsnMta", "bounceCat",
    "srcType", "dlvType", "dlvSourceIp", "dlvDestinationIp", "dlvSize", "dlvTlsProtocol", "dlvTlsCipher",
    "vmta", "vmtaPool",
    "jobId", "envId", "header_Message-Id", "repSourceIp", "feedbackType", "format",
)  # fmt: skip
SHAPE: dict[str, Shape] = {CSV: dict.fromkeys(_FIELDS, TEXT)}

EVENTS = {
    "d": "delivered",
    "b": "bounced",
    "t": "deferred",
    "tq": "suspended",
    "r": "accepted",
    "f": "complained",
    "rb": "bounced",
    "rs": "other",
}
_MTA = r"^([^ ]+) \(([0-9A-Fa-f.:]+)\)"


def prepare(values: pl.DataFrame) -> pl.DataFrame:
    """Name the columns as they are named in the file."""
    return values.with_columns(of(CSV, name).alias(f"csv_{name}") for name in _FIELDS)


def claims() -> pl.Expr:
    """Tell rows of an accounting file."""
    return _col("type").is_not_null() & _col("timeLogged").is_not_null()


def read(values: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each record. Text times are taken as UTC, which the file does not say."""
    kind, mta = _col("type"), _col("dsnMta")
    ts, queued = instant(_col("timeLogged")), instant(_col("timeQueued"))
    expired = (kind == "b") & (_col("bounceCat") == "message-expired")
    recipient = address(pl.coalesce(_col("rcpt"), _col("orcpt")))
    tls = filled(
        pl.concat_str(filled(_col("dlvTlsProtocol")), filled(_col("dlvTlsCipher")), separator=" ", ignore_nulls=True)
    )
    tried = kind.is_in(["d", "b", "t"])
    status = _col("dsnStatus").str.extract(r"^([245]\.[0-9]+\.[0-9]+)", 1)
    message = pl.coalesce(filled(_col("envId")), filled(_col("header_Message-Id")))
    return made(
        values,
        ts=ts,
        event=pl.when(expired).then(pl.lit("expired")).otherwise(word(kind, EVENTS)),
        direction=pl.when(kind == "r").then(pl.lit("inbound")),
        asynchronous=kind == "rb",
        recipient=recipient,
        alone=kind.is_in(["f", "rs"]),
        sender=pl.when(_col("orig") == "").then(pl.lit("<>")).otherwise(address(_col("orig"))),
        message=pl.coalesce(message, key(_col("jobId"), _col("orig"), recipient, _col("timeQueued"))),
        message_id=filled(_col("header_Message-Id")),
        key=key(
            *(_col(name) for name in ("type", "timeLogged", "timeQueued", "orig", "rcpt", "dsnDiag", "jobId", "vmta"))
        ),
        service=filled(_col("vmta")),
        reply=pl.coalesce(filled(_col("dsnDiag")), pl.when(kind != "d").then(filled(_col("dsnStatus")))),
        reply_by=pl.when(kind == "tq").then(pl.lit("local")),
        dsn=status,
        remote_host=pl.when(tried).then(pl.coalesce(mta.str.extract(_MTA, 1), filled(mta))),
        remote_ip=pl.when(tried).then(pl.coalesce(filled(_col("dlvDestinationIp")), mta.str.extract(_MTA, 2))),
        local_ip=pl.when(tried).then(filled(_col("dlvSourceIp"))),
        tls=tls,
        size=_col("dlvSize").cast(pl.Int64, strict=False),
        delay=((ts - queued).dt.total_microseconds() / 1_000_000).round(6),
        source_event=kind,
        source_class=filled(_col("bounceCat")),
        campaign=filled(_col("jobId")),
    )


def _col(name: str) -> pl.Expr:
    return pl.col(f"csv_{name}")

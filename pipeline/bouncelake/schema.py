"""Every table and column once: name, type, unit, meaning, privacy class.

Polars frames, Arrow and Delta schemas and the SQL documentation derive from the tables here. All times are UTC with
microseconds. A value that cannot be known is null.
"""

from dataclasses import dataclass
from typing import Literal

import polars as pl

Privacy = Literal["none", "address", "identity"]

INSTANT = pl.Datetime("us", "UTC")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, type, meaning, and whether it can name a person.

    `privacy` is `address` for mail addresses and what quotes them, `identity` for hosts, IPs and accounts.
    """

    name: str
    dtype: pl.DataType
    meaning: str
    privacy: Privacy = "none"


@dataclass(frozen=True, slots=True)
class Table:
    """One Delta table of the lake, partitioned by the UTC date `day`."""

    name: str
    counts: str
    columns: tuple[Column, ...]

    def polars(self) -> pl.Schema:
        """Return the Polars schema, in column order."""
        return pl.Schema({column.name: column.dtype for column in self.columns})

    def empty(self) -> pl.DataFrame:
        """Return a frame without rows that has every column."""
        return pl.DataFrame(schema=self.polars())

    def conform(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the frame with exactly this table's columns, in order and type: missing ones are null."""
        have = set(frame.columns)
        return frame.select(
            (pl.col(c.name) if c.name in have else pl.lit(None)).cast(c.dtype).alias(c.name) for c in self.columns
        )


def _text(name: str, meaning: str, privacy: Privacy = "none") -> Column:
    return Column(name, pl.String(), meaning, privacy)


DAY = Column("day", pl.Date(), "UTC date of `ts`; the partition.")
TS = Column("ts", INSTANT, "When the log says it happened.")
LINE_ID = _text("line_id", "Stable identity of the log line: the same line always gets the same.")
SOURCE = (
    _text("source", "Identity of the log stream by its content."),
    _text("source_name", "Path of the stream when it was read; `-` for standard input."),
    Column("source_offset", pl.Int64(), "Byte offset of the line in the decompressed stream."),
)
WRITER = (
    _text("system", "What wrote the log: `postfix`, `exim`, `ses`, ..."),
    _text("host", "Host name in the log's header.", "identity"),
    _text("instance", "Postfix syslog_name or a provider's sub-account: everything in the tag before the daemon."),
    _text("service", "Daemon or transport: the last part of the tag."),
)

EVENTS = Table(
    "events",
    "things that a log says happened to one recipient, or to one connection",
    (
        DAY,
        TS,
        LINE_ID,
        _text("event_id", "Stable identity of the event: `line_id` and its number, or the provider's own key."),
        *SOURCE,
        *WRITER,
        _text(
            "direction",
            "`outbound` (we are the client), `inbound` (we the server), `local` (mailbox, own filter).",
        ),
        _text("origin", "How the mail came to us: `submitted`, `local`, `forwarded`, `null_sender`; null if unknown."),
        _text(
            "message_key",
            "One life of one queue id on one host; ends in `?` while its opening line is not known.",
        ),
        _text("parent_key", "`message_key` of the message that this one was re-injected, forwarded or bounced from."),
        _text("attempt_key", "One remote reply, shared by all recipients that it answered."),
        _text(
            "event",
            "`accepted`, `delivered`, `deferred`, `bounced`, `expired`, `rejected`, `attempt`, `suspended`,"
            " `suppressed`, `complained`, `unsubscribed`, `opened`, `clicked`, `probe` or `other`.",
        ),
        Column("final", pl.Boolean(), "True when this system tries nothing more for this recipient."),
        Column("asynchronous", pl.Boolean(), "True for a bounce that came after delivery."),
        _text("queue_id", "The queue id as logged."),
        _text("message_id", "Message-ID header as logged.", "address"),
        _text("vendor_event_id", "The provider's own id of the event."),
        _text("sender", "Envelope sender; `<>` for the null sender.", "address"),
        _text("sender_domain", "Sender's domain: lower case, A-label."),
        _text("recipient", "Envelope recipient after aliasing.", "address"),
        _text("recipient_domain", "Recipient's domain: lower case, A-label."),
        _text("original_recipient", "Recipient before aliasing, where it differs.", "address"),
        _text("provider", "Who runs the receiving mailboxes, told by relay host or reply: `google`, `microsoft`, ..."),
        _text("remote_host", "Name of the receiving server."),
        _text("remote_ip", "IP of the receiving server."),
        Column("remote_port", pl.Int32(), "TCP port of the receiving server."),
        _text("local_ip", "Our sending IP.", "identity"),
        _text("local_ip_from", "How `local_ip` is known: `log`, `reply`, `instance` or `config`."),
        _text("client_host", "Host name of who handed the mail to us, or was refused by us.", "identity"),
        _text("client_ip", "IP of who handed the mail to us, or was refused by us.", "identity"),
        _text("helo", "The client's HELO name.", "identity"),
        _text("sasl_user", "SASL account that submitted the mail.", "identity"),
        _text("local_user", "Local uid or user that submitted the mail.", "identity"),
        _text("script_dir", "Working directory of the sending script."),
        _text(
            "stage",
            "Where in the dialogue: `connect`, `helo`, `starttls`, `auth`, `mail`, `rcpt`, `data`, `eod`.",
        ),
        Column("delay", pl.Float64(), "Seconds from the message's arrival to this line."),
        Column("size", pl.Int64(), "Message size in bytes."),
        _text("tls", "TLS of the connection as logged."),
        Column("reply_code", pl.Int16(), "SMTP code as written by the party in `reply_by`."),
        _text("reply_enhanced", "Enhanced status code (RFC 3463) as written by the party in `reply_by`."),
        _text("dsn", "The MTA's own status code; never derived from the reply, nor the reply from it."),
        _text("reply", "The reply, or our MTA's own reason, unfolded to one line.", "address"),
        _text("reply_by", "Who wrote `reply`: `remote`, `local` (our MTA) or `vendor`."),
        _text("template", "The reply with its volatile parts replaced."),
        _text("source_event", "The log's own word for the event."),
        _text("source_class", "The log's own class of the event."),
        _text("category", "What the reply is about: one of 16 words; null where nothing was refused."),
        _text("reason", "The exact reason inside the category."),
        _text("spam_signal", "`verdict` (they say spam), `gate` (an anti-spam gate), `none` or `undecided`."),
        Column("spam_related", pl.Boolean(), "True for `verdict` and `gate`, except greylisting."),
        _text("bounce", "`soft`, `hard`, `block` or `undetermined`; only `hard` may suppress an address."),
        _text("owner", "Who can end it: `sender_infrastructure`, `sender_content`, `list_hygiene`, ..."),
        Column("severity", pl.Int8(), "0 to 5; 5: mail of this IP or domain is being refused, act now."),
        _text("rule", "Id of the rule that gave the tags."),
        _text(
            "matched_by",
            "How the rule matched: `provider+code+phrase`, `phrase`, `provider+code`, `code`, `class-digit`.",
        ),
        _text("rules_version", "Version of the rule set that gave the tags."),
        _text("listed_by", "The blocklist or vendor named by the reply."),
        _text("blamed", "The identity that the reply blames.", "identity"),
        _text("blamed_kind", "What `blamed` is: `ip`, `netblock`, `domain`, `url` or `helo`."),
        _text("campaign", "The provider's campaign."),
        Column("tags", pl.List(pl.String()), "The provider's tags."),
    ),
)

MESSAGES = Table(
    "messages",
    "things that a line says about a whole message in a queue",
    (
        DAY,
        LINE_ID,
        TS,
        *SOURCE,
        *WRITER,
        _text("queue_id", "The queue id as logged."),
        _text("kind", "`client`, `pickup`, `message_id`, `active`, `child`, `requeued`, `expired` or `removed`."),
        _text("sender", "Envelope sender; `<>` for the null sender.", "address"),
        _text("message_id", "Message-ID header as logged.", "address"),
        _text("client_host", "Host name of who handed the mail to us.", "identity"),
        _text("client_ip", "IP of who handed the mail to us.", "identity"),
        _text("sasl_user", "SASL account that submitted the mail.", "identity"),
        _text("local_user", "Local uid or user that submitted the mail.", "identity"),
        _text("script_dir", "Working directory of the sending script."),
        Column("size", pl.Int64(), "Message size in bytes."),
        _text("parent_queue_id", "Queue id that this message came from."),
        _text("child_queue_id", "Queue id of the message that came from this one."),
    ),
)

REFUSED = Table(
    "refused",
    "lines that no parser could read",
    (
        DAY,
        LINE_ID,
        Column("ts", INSTANT, "When the log says the line was written; the time of ingest where the line has none."),
        *SOURCE,
        _text("reason", "Why the line was refused: `no_header`, `implausible_time`, `bad_record`, ..."),
        _text("text", "The line's first 1,000 characters.", "address"),
    ),
)

RUNS = Table(
    "runs",
    "commits of one source",
    (
        DAY,
        Column("ts", INSTANT, "When the run began."),
        *SOURCE[:2],
        Column("offset_from", pl.Int64(), "Byte offset in the decompressed stream where this commit began."),
        Column("offset_to", pl.Int64(), "Byte offset after the last line of this commit."),
        Column("lines", pl.Int64(), "Lines read: events + context + foreign + refused."),
        Column("events", pl.Int64(), "Lines that told an event."),
        Column("context", pl.Int64(), "Lines of a known program that tell no event."),
        Column("foreign", pl.Int64(), "Lines of other programs."),
        Column("refused", pl.Int64(), "Lines that no parser could read."),
        Column("duplicates", pl.Int64(), "How many of the lines were copies of lines already in from another source."),
        Column("first_ts", INSTANT, "Earliest time in the lines."),
        Column("last_ts", INSTANT, "Latest time in the lines."),
        _text("versions", "Parser, rule set and schema versions."),
        Column("finished", pl.Boolean(), "True when the stream cannot grow: compressed, standard input, or `--final`."),
        Column("heads", pl.List(pl.String()), "Hashes of the stream's first 1, 2, 4, 8, ... lines."),
        _text("tail", "Hash of the 256 bytes before `offset_to`."),
    ),
)

TABLES = {table.name: table for table in (MESSAGES, REFUSED, EVENTS, RUNS)}
SCHEMA_VERSION = "1"

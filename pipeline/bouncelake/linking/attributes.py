"""What is known of each life: its key, how it was opened, sender and client, its parent, and what it inherits from it.

Lives are numbered from 0 without a gap, so the column of a life is found by its number; nothing is joined.
"""

import polars as pl

CLIENT = ("client_host", "client_ip", "sasl_user", "local_user", "script_dir")
"""Who handed a message to us."""

KINDS = ("client", "pickup", "requeued", "message_id", "active", "expired", "removed", "seen", "child")
"""The kinds of rows in `messages`; a row's `what` is the place of its kind here."""
CHILD_END, PARENT_END, EVENT = 20, 21, 22
"""Other values of `what`: a row seen from its child's id, from its parent's id, and an event."""

LONG_ID = "^[0-9BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz]{10,}z[0-9BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz]+$|-"
"""Queue ids that never return: Postfix's long form (mail_queue.h) and Exim's."""
LOOPBACK = r"^(?:127\.|::1$)"
PRIVATE = (
    r"^(?:10\.|192\.168\.|172\.(?:1[6-9]|2[0-9]|3[01])\.|169\.254\."
    r"|[fF][cCdD][0-9a-fA-F]{2}:|[fF][eE][89abAB][0-9a-fA-F]:)"
)
"""Addresses of one's own networks: RFC 1918, link-local, unique local. Documentation ranges count as public."""

DEPTH = 2
"""Hops over which a message inherits its client: through a content filter, then through an alias."""


def lives(rows: pl.DataFrame, names: pl.DataFrame, messages: pl.DataFrame, own: pl.Expr) -> pl.DataFrame:
    """Return one row per life: `message_key`, `parent_key`, sender, size, message id, client, `origin`, and more.

    `rows` are cut into lives; `names` has host and queue id of each row by `place`, `messages` what they say by
    `index`. `own` tells of a column `client_ip` whether it is in the networks that may submit mail.
    """
    first = _first(rows)
    found = {kind: _nearest(rows, first.height, kind) for kind in KINDS[:7]}
    opened = _either(found["client"], found["pickup"], found["requeued"])
    # An opening line of Exim's says everything; Postfix's leaves sender, size and message id to later ones.
    sender = _either(found["active"], found["pickup"], found["requeued"], found["expired"], found["client"])
    frame = pl.DataFrame(
        [
            *names.select(pl.all().gather(first["place"])),
            first["t"],
            _instants(messages, opened).alias("opened_at"),
            *(messages[name].gather(opened) for name in ("kind", *CLIENT)),
            messages["sender"].gather(sender),
            messages["size"].gather(_either(found["active"], opened)),
            messages["message_id"].gather(_either(found["message_id"], opened)),
            _instants(messages, found["removed"]).alias("removed_at"),
        ]
    )
    parents = _parents(rows, first.height)
    return _inherited(frame.hstack(parents).with_columns(message_key=_key()), own)


def _first(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the first row of each life."""
    return rows.filter((pl.col("life") != pl.col("life").shift()).fill_null(value=True))


def _nearest(rows: pl.DataFrame, lives: int, kind: str) -> pl.Series:
    """Return for each life where in `messages` its first row of that kind is; null where it has none."""
    first = _first(rows.filter(pl.col("what") == KINDS.index(kind)))
    return _placed(lives, first["life"], first["index"])


def _placed(lives: int, life: pl.Series, values: pl.Series) -> pl.Series:
    return pl.repeat(None, lives, dtype=values.dtype, eager=True).scatter(life, values)


def _either(*places: pl.Series) -> pl.Series:
    return pl.select(pl.coalesce(*places)).to_series()


def _instants(messages: pl.DataFrame, places: pl.Series) -> pl.Series:
    return messages["ts"].gather(places).dt.epoch("us")


def _parents(rows: pl.DataFrame, lives: int) -> pl.DataFrame:
    """Return `parent` (a life) and `linked_at` for each life that a line calls another's child."""
    ends = rows.filter(pl.col("what").is_in([CHILD_END, PARENT_END]))
    own = rows.filter(pl.col("what") < len(KINDS)).select("index", itself="life")
    pairs = ends.join(own, on="index", how="inner").with_columns(
        child=pl.when(pl.col("what") == CHILD_END).then("life").otherwise("itself"),
        parent=pl.when(pl.col("what") == CHILD_END).then("itself").otherwise("life"),
    )
    first = pairs.filter(pl.col("child") != pl.col("parent")).sort("child", "t", "index")
    first = first.unique("child", keep="first", maintain_order=True)
    columns = (_placed(lives, first["child"], first[name]) for name in ("parent", "t"))
    return pl.DataFrame(columns, schema=["parent", "linked_at"])


def _key() -> pl.Expr:
    """Return the message key: host, queue id, for short ids the second of opening, and `?` while that is not known."""
    opened = pl.coalesce("opened_at", "linked_at")
    second = pl.from_epoch(pl.coalesce(opened, "t") // 1_000_000).dt.strftime("@%Y-%m-%dT%H:%M:%SZ")
    stamp = pl.when(pl.col("queue_id").str.contains(LONG_ID)).then(pl.lit("")).otherwise(second)
    open_end = pl.when(opened.is_null()).then(pl.lit("?")).otherwise(pl.lit(""))
    return pl.concat_str(pl.col("host").fill_null(""), pl.lit("/"), "queue_id", stamp, open_end)


def _inherited(frame: pl.DataFrame, own: pl.Expr) -> pl.DataFrame:
    """Give each life its parent's key, and where it came back through a filter or an alias, its parent's client."""
    passed = (*CLIENT, "origin")
    frame = frame.with_columns(origin=_origin(own), parent_key=pl.col("message_key").gather(pl.col("parent")))
    hop = pl.col("parent").is_not_null() & (pl.col("sender") != "<>").fill_null(value=True) & _internal()
    frame = frame.with_columns(hop=hop)
    for _ in range(DEPTH if frame["hop"].any() else 0):
        frame = frame.with_columns(
            pl.when("hop").then(pl.col(name).gather(pl.col("parent"))).otherwise(name).alias(name) for name in passed
        )
    return frame


def _internal() -> pl.Expr:
    """Tell lives whose client is no one outside: none at all, or a filter on this machine or network."""
    near = pl.col("client_ip").str.contains(LOOPBACK) | pl.col("client_ip").str.contains(PRIVATE)
    return near.fill_null(value=True) & (pl.col("kind") != "pickup").fill_null(value=True)


def _origin(own: pl.Expr) -> pl.Expr:
    ip = pl.col("client_ip")
    return (
        pl.when(pl.col("sender") == "<>").then(pl.lit("null_sender"))
        .when(pl.col("kind").is_in(["pickup", "requeued"])).then(pl.lit("local"))
        .when(pl.col("sasl_user").is_not_null()).then(pl.lit("submitted"))
        .when(ip.str.contains(LOOPBACK)).then(pl.lit("local"))
        .when(ip.str.contains(PRIVATE) | own).then(pl.lit("submitted"))
        .when(pl.col("kind") == "client").then(pl.lit("forwarded"))
    )  # fmt: skip

"""What is known of each life: its key, how it was opened, sender and client, its parent, and what it inherits from it."""

import polars as pl

CLIENT = ("client_host", "client_ip", "sasl_user", "local_user")
"""Who handed a message to us."""

LONG_ID = "^[0-9BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz]{10,}z[0-9BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz]+$|-"
"""Queue ids that never return: Postfix's long form (mail_queue.h) and Exim's."""
LOOPBACK = r"^(?:127\.|::1$)"
PRIVATE = r"^(?:10\.|192\.168\.|172\.(?:1[6-9]|2[0-9]|3[01])\.|169\.254\.|[fF][cCdD][0-9a-fA-F]{2}:|[fF][eE][89abAB][0-9a-fA-F]:)"
"""Addresses of one's own networks: RFC 1918, link-local, unique local. Documentation ranges count as public."""

DEPTH = 2
"""Hops over which a message inherits its client: through a content filter, then through an alias."""


def lives(rows: pl.DataFrame, messages: pl.DataFrame, own: pl.Expr) -> pl.DataFrame:
    """Return one row per life: `life`, `message_key`, `parent_key`, sender, size, message id, client and `origin`.

    `rows` are cut into lives, `messages` are the rows of that table in the order that `rows` count them by `index`.
    `own` tells of a column `client_ip` whether it is in the networks that may submit mail.
    """
    told = _told(rows, messages)
    frame = _first_of(rows, "life").select("life", "host", "queue_id", "t")
    for columns in (("opened_at", "opened_by", *CLIENT), ("sender",), ("size",), ("message_id",), ("removed_at",)):
        known = told.filter(pl.col(columns[0]).is_not_null()).unique("life", keep="first", maintain_order=True)
        frame = frame.join(known.select("life", *columns), on="life", how="left", maintain_order="left")
    frame = frame.join(_parents(rows), on="life", how="left", maintain_order="left")
    return _inherited(frame.with_columns(message_key=_key()), own)


def _first_of(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    return rows.filter((pl.col(name) != pl.col(name).shift()).fill_null(value=True))


def _told(rows: pl.DataFrame, messages: pl.DataFrame) -> pl.DataFrame:
    """Return the messages with their life, in order of time."""
    own = rows.filter(pl.col("what") == "message")
    opens = pl.col("kind").is_in(["client", "pickup", "requeued"])
    return messages[own["index"]].with_columns(
        own["life"],
        opened_at=pl.when(opens).then(own["t"]),
        opened_by=pl.when(opens).then("kind"),
        removed_at=pl.when(pl.col("kind") == "removed").then(own["t"]),
    )


def _parents(rows: pl.DataFrame) -> pl.DataFrame:
    """Return `life`, `parent` (its life) and `linked_at` for each life that a line calls another's child."""
    own = rows.filter(pl.col("what") == "message").select("index", itself="life")
    ends = rows.filter(pl.col("what").is_in(["child", "parent"])).join(own, on="index", how="inner", maintain_order="left")
    child = pl.col("what") == "child"
    pairs = ends.select(
        life=pl.when(child).then("life").otherwise("itself"),
        parent=pl.when(child).then("itself").otherwise("life"),
        linked_at="t",
    )
    return pairs.filter(pl.col("life") != pl.col("parent")).sort("linked_at", maintain_order=True).unique(
        "life", keep="first", maintain_order=True
    )


def _key() -> pl.Expr:
    """Return the message key: host, queue id, for short ids the second of opening, and `?` while that is not known."""
    opened = pl.coalesce("opened_at", "linked_at")
    second = pl.from_epoch(pl.coalesce(opened, "t") // 1_000_000).dt.strftime("@%Y-%m-%dT%H:%M:%SZ")
    stamp = pl.when(pl.col("queue_id").str.contains(LONG_ID)).then(pl.lit("")).otherwise(second)
    open_end = pl.when(opened.is_null()).then(pl.lit("?")).otherwise(pl.lit(""))
    return pl.concat_str(pl.col("host").fill_null(""), pl.lit("/"), "queue_id", stamp, open_end)


def _inherited(frame: pl.DataFrame, own: pl.Expr) -> pl.DataFrame:
    """Give each life its parent's key, and where it came back through a filter or an alias, its parent's client."""
    frame = frame.with_columns(origin=_origin(own))
    for _ in range(DEPTH):
        above = frame.select(
            pl.col("life").alias("parent"),
            pl.col("message_key").alias("parent_key"),
            *(pl.col(name).alias(f"parent_{name}") for name in (*CLIENT, "origin")),
        )
        joined = frame.drop("parent_key", strict=False).join(above, on="parent", how="left", maintain_order="left")
        hop = pl.col("parent").is_not_null() & (pl.col("sender") != "<>").fill_null(value=True) & _internal()
        frame = joined.with_columns(
            pl.when(hop).then(f"parent_{name}").otherwise(name).alias(name) for name in (*CLIENT, "origin")
        ).drop(f"parent_{name}" for name in (*CLIENT, "origin"))
    return frame


def _internal() -> pl.Expr:
    """Tell lives whose client is no one outside: none at all, or a filter on this machine or network."""
    near = pl.col("client_ip").str.contains(LOOPBACK) | pl.col("client_ip").str.contains(PRIVATE)
    return near.fill_null(value=True) & (pl.col("opened_by") != "pickup").fill_null(value=True)


def _origin(own: pl.Expr) -> pl.Expr:
    ip = pl.col("client_ip")
    return (
        pl.when(pl.col("sender") == "<>").then(pl.lit("null_sender"))
        .when(pl.col("opened_by").is_in(["pickup", "requeued"])).then(pl.lit("local"))
        .when(pl.col("sasl_user").is_not_null()).then(pl.lit("submitted"))
        .when(ip.str.contains(LOOPBACK)).then(pl.lit("local"))
        .when(ip.str.contains(PRIVATE) | own).then(pl.lit("submitted"))
        .when(pl.col("opened_by") == "client").then(pl.lit("forwarded"))
    )  # fmt: skip

"""Takes off one wrapper: queues and topics of AWS, gateways, log shippers, pages of an API."""

import polars as pl

from bouncelake.values.engine import TEXT, TEXTS, Shape, decode

_UPPER: dict[str, Shape] = {
    **dict.fromkeys(("Type", "TopicArn", "Message", "Body"), TEXT),
    "Messages": [{"Body": TEXT}],
    "Records": [{"Sns": {"Message": TEXT}, "body": TEXT, "kinesis": {"data": TEXT}}],
}
_LOWER: dict[str, Shape] = {
    **dict.fromkeys(("detail-type", "detail", "body", "rawData", "isBase64Encoded", "paging"), TEXT),
    **dict.fromkeys(("message", "log", "request_body"), TEXT),
    "records": [{"data": TEXT}],
    "event": {"original": TEXT},
    "items": TEXTS,
    "results": TEXTS,
    "events": TEXTS,
    "events_by_user": [{"events": TEXTS}],
}

_DETAILS = {
    "Email Sent": "Send",
    "Email Delivered": "Delivery",
    "Email Bounced": "Bounce",
    "Email Complaint Received": "Complaint",
    "Email Rejected": "Reject",
    "Email Opened": "Open",
    "Email Clicked": "Click",
    "Email Rendering Failed": "Rendering Failure",
    "Email Delivery Delayed": "DeliveryDelay",
    "Email Subscribed": "Subscription",
}
"""What an EventBridge envelope calls an event of SES that does not name itself."""
_CONTROL = ("SubscriptionConfirmation", "UnsubscribeConfirmation")


def peel(texts: pl.Series) -> pl.DataFrame:
    """Return what is inside each value: `inner`, a list of texts, null where there is no wrapper; and `control`.

    `control` tells values that only manage a subscription. The inner texts may be anything.
    """
    # Apart, because names that differ in case only cannot be asked for together.
    frame = decode(texts, _UPPER).hstack(decode(texts, _LOWER))
    sns = pl.col("Type").is_not_null() & pl.col("TopicArn").is_not_null() & pl.col("Message").is_not_null()
    records = pl.col("Records").list.eval(
        pl.coalesce(
            pl.element().struct.field("Sns").struct.field("Message"),
            pl.element().struct.field("body"),
            _base64(pl.element().struct.field("kinesis").struct.field("data")),
        )
    )
    users = pl.col("events_by_user").list.eval(pl.element().struct.field("events").list.explode())
    firehose = pl.col("records").list.eval(_base64(pl.element().struct.field("data")))
    inner = (
        pl.when(sns).then(pl.concat_list("Message"))
        .when(pl.col("detail-type").is_not_null() & _json(pl.col("detail"))).then(pl.concat_list(_detail()))
        .when(pl.col("Messages").list.len() > 0).then(pl.col("Messages").list.eval(pl.element().struct.field("Body")))
        .when(pl.col("Records").list.len() > 0).then(records)
        .when(pl.col("records").list.len() > 0).then(firehose)
        .when(pl.col("rawData").is_not_null()).then(pl.concat_list(_base64(pl.col("rawData"))))
        .when(pl.col("Body").is_not_null()).then(pl.concat_list("Body"))
        .when(pl.col("body").is_not_null()).then(pl.concat_list(_body()))
        .when(pl.col("paging").is_not_null() & pl.col("items").is_not_null()).then("items")
        .when(pl.col("events").list.len() > 0).then("events")
        .when(pl.col("events_by_user").list.len() > 0).then(users)
        .when(pl.col("results").list.len() > 0).then("results")
        .when(_json(pl.col("event").struct.field("original"))).then(pl.concat_list(pl.col("event").struct.field("original")))
        .when(pl.any_horizontal(_json(pl.col(name)) for name in _TEXTS)).then(pl.concat_list(_first_json()))
    )  # fmt: skip
    control = sns & pl.col("Type").is_in(_CONTROL)
    return frame.select(inner=inner.cast(pl.List(pl.String)), control=control.fill_null(value=False))


_TEXTS = ("message", "log", "request_body")
_BODY = r"^\s*(?:[\[{]|mandrill_events=|[A-Za-z-]+=[^ \n]*&|--)"


def _json(text: pl.Expr) -> pl.Expr:
    """Tell texts that may hold a body, from the words of a log."""
    return text.str.contains(_BODY).fill_null(value=False)


def _first_json() -> pl.Expr:
    return pl.coalesce(pl.when(_json(pl.col(name))).then(pl.col(name)) for name in _TEXTS)


def _body() -> pl.Expr:
    encoded = (pl.col("isBase64Encoded") == "true").fill_null(value=False)
    return pl.when(encoded).then(_base64(pl.col("body"))).otherwise("body")


def _base64(text: pl.Expr) -> pl.Expr:
    """Decode; what is no Base64 of text becomes null."""
    clean = pl.when(text.str.contains(r"^[A-Za-z0-9+/\s]*=*\s*$")).then(text.str.replace_all(r"\s", ""))
    return clean.str.decode("base64", strict=False).map_batches(_utf8, return_dtype=pl.String)


def _utf8(column: pl.Series) -> pl.Series:
    decoded = [None if data is None else data.decode("utf-8", "replace") for data in column]
    return pl.Series(column.name, decoded, dtype=pl.String)


def _detail() -> pl.Expr:
    """Name the event inside `detail` after the envelope, where it does not name itself."""
    word = pl.col("detail-type").replace_strict(_DETAILS, default=None, return_dtype=pl.String)
    named = pl.col("detail").str.contains('"(?:eventType|notificationType)"')
    begun = pl.lit('{"eventType":"') + word + pl.lit('",') + pl.col("detail").str.strip_chars_start().str.slice(1)
    return pl.when(named | word.is_null()).then("detail").otherwise(begun)

"""Fields of JSON are read as text, by the column; wrappers are taken off; forms become JSON."""

import json
from urllib.parse import urlencode

import polars as pl
import pytest

from bouncelake.values import BadJsonError, decode, doubled, elements, form, peel, valid
from bouncelake.values.engine import MAP, TEXT, TEXTS, Shape


@pytest.mark.parametrize(
    ("json_text", "value"),
    [
        ('{"a":"x"}', "x"),
        ('{"a":12345678901234567890123456789}', "12345678901234567890123456789"),
        ('{"a":18446744073709551615}', "18446744073709551615"),
        ('{"a":1795168800.123456}', "1795168800.123456"),
        ('{"a":true}', "true"),
        ('{"a":null}', None),
        ('{"b":1}', None),
        ('{"a":{"b":[1]}}', '{"b":[1]}'),
        ('{"a":1,"a":2}', "1"),
        ("[1]", None),
        ("5", None),
    ],
)
def test_scalars_are_text(json_text: str, value: str | None) -> None:
    """No number loses a digit, and no type is an error."""
    assert decode(pl.Series([json_text]), {"a": TEXT})["a"].to_list() == [value]


def test_objects_lists_and_maps() -> None:
    """Objects, lists of texts or objects and free keys are read; other types in their place are null."""
    texts = pl.Series(
        ['{"o":{"x":1},"l":["p","q\\n",3],"m":{"k":["v"]},"p":[{"x":1},5]}', '{"o":[1],"l":"x","m":[],"p":{}}']
    )
    shape: dict[str, Shape] = {"o": {"x": TEXT}, "l": TEXTS, "m": MAP, "p": [{"x": TEXT}]}
    assert decode(texts, shape).rows() == [
        ({"x": "1"}, ["p", "q\n", "3"], [{"key": "k", "value": '["v"]'}], [{"x": "1"}, {"x": None}]),
        ({"x": None}, None, None, None),
    ]


def test_bad_json_is_told() -> None:
    """What is no JSON is an error of its own, which the caller can mend."""
    with pytest.raises(BadJsonError):
        decode(pl.Series(['{"a":1}', '{"a":']), {"a": TEXT})


def test_validity() -> None:
    """Lone surrogates, comments and cut texts are no JSON, depth alone is."""
    texts = ['{"a":1}', '{"a":"\\ud800"}', '{"a":', '{"a":1}{"b":2}', "[" * 5000 + "]" * 5000, None]
    assert valid(pl.Series(texts)).to_list() == [True, False, False, False, True, False]


def test_doubled_keys() -> None:
    """A key counts as doubled on the top level only."""
    texts = pl.Series(['{"a":1,"b":"a"}', '{"a":1,"a":2}', '{"a":{"a":{"a":1}}}'])
    assert doubled(texts, ["a", "b"]).to_list() == [False, True, False]


def test_elements() -> None:
    """The elements of an array are JSON texts."""
    assert elements(pl.Series(['[{"a":1},2,"x"]', "[]"])).to_list() == [['{"a":1}', "2", '"x"'], []]


@pytest.mark.parametrize(
    ("body", "inner"),
    [
        ({"Type": "Notification", "TopicArn": "t", "Message": "{}\n"}, ["{}\n"]),
        ({"Messages": [{"Body": "{}"}, {"Body": "[]"}]}, ["{}", "[]"]),
        ({"Records": [{"Sns": {"Message": "{}"}}, {"body": "[]"}]}, ["{}", "[]"]),
        ({"records": [{"data": "e30="}]}, ["{}"]),
        ({"rawData": "e30=", "errorCode": "x"}, ["{}"]),
        ({"Body": "{}", "MessageId": "m"}, ["{}"]),
        ({"body": "e30=", "isBase64Encoded": True, "headers": {}}, ["{}"]),
        ({"body": "a=1&b=2", "headers": {}}, ["a=1&b=2"]),
        ({"message": " [{}]", "path": "/x", "source_type": "http_server"}, [" [{}]"]),
        ({"log": "{}\n", "stream": "stdout"}, ["{}\n"]),
        ({"event": {"original": "{}"}, "@timestamp": "x"}, ["{}"]),
        ({"items": [{"a": 1}], "paging": {}}, ['{"a":1}']),
        ({"events_by_user": [{"events": [{"a": 1}]}, {"events": [{"b": 2}]}]}, ['{"a":1}', '{"b":2}']),
        ({"message": "Nov 20 10:00:00 mx1 postfix/smtp[1]: x"}, None),
        ({"unknown": 1}, None),
    ],
)
def test_wrappers(body: dict[str, object], inner: list[str] | None) -> None:
    """Each wrapper yields what is inside; other objects have none."""
    told = peel(pl.Series([json.dumps(body)])).row(0, named=True)
    assert told == {"inner": inner, "control": False}


def test_event_bridge_names_the_event() -> None:
    """An event that does not name itself gets the envelope's name."""
    body = {"detail-type": "Email Delivery Delayed", "source": "aws.ses", "detail": {"mail": {}}}
    inner = peel(pl.Series([json.dumps(body)]))["inner"].to_list()[0][0]
    assert json.loads(inner) == {"eventType": "DeliveryDelay", "mail": {}}


def test_subscriptions_are_control() -> None:
    """A question whether to subscribe is no event, and its address is not called."""
    body = {
        "Type": "SubscriptionConfirmation",
        "TopicArn": "t",
        "Message": "You have chosen",
        "SubscribeURL": "https://x",
    }
    assert peel(pl.Series([json.dumps(body)]))["control"].to_list() == [True]


def test_forms() -> None:
    """Mandrill's array and Mailgun's fields come out; of repeated fields Mailgun's own count."""
    assert form(urlencode({"mandrill_events": "[{}]"})) == "[{}]"
    pairs = [
        ("event", "bounced"),
        ("event", "mine"),
        ("timestamp", "x"),
        ("timestamp", "5"),
        ("token", "t"),
        ("signature", "s"),
        ("Message-Id", "<m>"),
    ]
    fields = json.loads(form(urlencode(pairs)) or "")["mailgun-form"]
    assert fields == {"event": "bounced", "timestamp": "5", "token": "t", "signature": "s", "message-id": "<m>"}
    assert form("event=bounced&timestamp=5") is None


def test_multipart_form() -> None:
    """A multipart body is read field by field, without its files."""
    names = {"event": "bounced", "timestamp": "5", "token": "t", "signature": "s"}
    parts = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in names.items()
    )
    file = '--x\r\nContent-Disposition: form-data; name="attachment"; filename="a"\r\n\r\nzzz\r\n'
    assert json.loads(form(parts + file + "--x--\r\n") or "") == {"mailgun-form": names}

"""Bodies of form posts: Mandrill's `mandrill_events=` and Mailgun's older webhooks, made to JSON."""

import json
from urllib.parse import parse_qsl

_MOST_FIELDS = 1000
_LAST = ("timestamp", "token", "signature")
"""Fields of which Mailgun's own is the last: a user's variables of the same name come before it."""
LEGACY = "mailgun-form"


def form(text: str) -> str | None:
    """Return the JSON inside a form body: Mandrill's array, or Mailgun's fields under the key `mailgun-form`.

    Null for anything else, an incomplete body among it.
    """
    fields = _fields(text)
    if "mandrill_events" in fields:
        return fields["mandrill_events"]
    if {"event", *_LAST} <= fields.keys():
        return json.dumps({LEGACY: fields})
    return None


def _fields(text: str) -> dict[str, str]:
    pairs = _parts(text) if text.startswith("--") else _pairs(text)
    fields: dict[str, str] = {}
    for name, value in pairs:
        # Mailgun writes this one name in two ways.
        name = "message-id" if name == "Message-Id" else name  # noqa: PLW2901
        if name in _LAST or name not in fields:
            fields[name] = value
    return fields


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text.strip(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return []


def _parts(text: str) -> list[tuple[str, str]]:
    """Return the fields of a multipart body; files are left out."""
    lines = text.replace("\r\n", "\n")
    boundary = lines.split("\n", 1)[0]
    found = []
    for part in lines.split(boundary)[1:_MOST_FIELDS]:
        head, _, value = part.strip("\n").partition("\n\n")
        name = head.partition('name="')[2].partition('"')[0]
        if name and "filename=" not in head:
            found.append((name, value))
    return found

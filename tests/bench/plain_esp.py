"""Reads NDJSON of SendGrid or SES in the plain way: a loop with `json.loads` that builds the same rows, as Python would.

    python -m tests.bench.plain_esp sendgrid FILE

This is what the benchmark compares with. The rows go into columns and then a frame, as someone would store them.
"""

# ruff: noqa: E501  # it is to be as plain as people write it

# it is to be as plain as people write it

import hashlib
import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

Row = dict[str, object]

_SENDGRID = {
    "processed": "accepted",
    "dropped": "suppressed",
    "delivered": "delivered",
    "deferred": "deferred",
    "bounce": "bounced",
}
_SES = {"Send": "accepted", "Delivery": "delivered", "Bounce": "bounced", "DeliveryDelay": "deferred"}
_FINAL = ("delivered", "bounced", "suppressed")
_CODE = re.compile(r"^([2-5][0-9]{2})(?:[ -]|$)(?: *([245]\.[0-9]{1,3}\.[0-9]{1,3}))?")


def _digest(*parts: object) -> str:
    text = "\x1f".join("" if part is None else str(part) for part in parts)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:16]


def _codes(reply: str | None) -> tuple[str | None, int | None, str | None]:
    if not reply:
        return None, None, None
    reply = re.sub(r"^(?:smtp;|dns;) *", "", reply.strip())
    found = _CODE.match(reply)
    return reply, int(found[1]) if found else None, found[2] if found else None


def _row(system: str, offset: int, word: str, event: str, ts: datetime, recipient: str, reply: str | None) -> Row:
    text, code, enhanced = _codes(reply)
    return {
        "system": system, "source_offset": offset, "ts": ts, "event": event,
        "final": event in _FINAL if event in (*_FINAL, "accepted", "deferred") else None, "asynchronous": False,
        "direction": "outbound", "recipient": recipient, "source_event": word, "reply": text, "reply_code": code,
        "reply_enhanced": enhanced, "reply_by": None if text is None else "remote" if code else "vendor",
    }  # fmt: skip


def sendgrid(offset: int, body: dict[str, object]) -> Iterator[Row]:
    """Yield the row of one event."""
    word, recipient, seconds = str(body["event"]), str(body["email"]), int(str(body["timestamp"]))
    event = _SENDGRID.get(word, "other")
    reply = body.get("response") if word == "delivered" else body.get("reason") or body.get("response")
    ts = datetime.fromtimestamp(seconds, UTC)
    row = _row("sendgrid", offset, word, event, ts, recipient, None if reply is None else str(reply))
    category = body.get("category")
    row |= {
        "event_id": _digest("sendgrid", body["sg_message_id"], word, recipient, seconds, body.get("attempt")),
        "message_key": f"sendgrid//{body['sg_message_id']}", "message_id": body.get("smtp-id"), "dsn": body.get("status"),
        "vendor_event_id": body["sg_event_id"], "local_ip": body.get("ip") if word in ("delivered", "deferred", "bounce") else None,
        "tls": "TLS" if body.get("tls") else None, "source_class": body.get("type"),
        "tags": [category] if isinstance(category, str) else category,
    }  # fmt: skip
    yield row


def ses(offset: int, body: dict[str, object]) -> Iterator[Row]:
    """Yield one row for each recipient."""
    word, mail = str(body["eventType"]), body["mail"]
    assert isinstance(mail, dict)
    event = _SES.get(word, "other")
    part = body.get(word[0].lower() + word[1:]) or {}
    assert isinstance(part, dict)
    at = part.get("timestamp") or mail["timestamp"]
    people = part.get("bouncedRecipients") or part.get("delayedRecipients")
    people = people or [{"emailAddress": name} for name in part.get("recipients") or mail["destination"]]
    tags = mail.get("tags") or {}
    for person in people:
        reply = person.get("diagnosticCode") or part.get("smtpResponse")
        row = _row("ses", offset, word, event, datetime.fromisoformat(at), person["emailAddress"], reply)
        source = re.search(r"<([^<>]+)>$", mail["source"])
        key = (
            (part["feedbackId"], person["emailAddress"])
            if "feedbackId" in part
            else (word, mail["messageId"], person["emailAddress"], at)
        )
        row |= {
            "event_id": _digest("ses", *key), "message_key": f"ses/{mail['sendingAccountId']}/{mail['messageId']}",
            "sender": source[1] if source else mail["source"], "message_id": mail["commonHeaders"]["messageId"],
            "vendor_event_id": part.get("feedbackId"), "dsn": person.get("status"), "remote_ip": part.get("remoteMtaIp"),
            "local_ip": (tags.get("ses:outgoing-ip") or [None])[0] if word == "Delivery" else None,
            "delay": part["processingTimeMillis"] / 1000 if "processingTimeMillis" in part else None,
            "source_class": f"{part['bounceType']}/{part['bounceSubType']}" if "bounceType" in part else part.get("delayType"),
            "campaign": (tags.get("ses:configuration-set") or [None])[0],
            "tags": [f"{name}={value[0]}" for name, value in tags.items() if not name.startswith("ses:")],
        }  # fmt: skip
        yield row


def read(system: str, path: Path) -> int:
    """Read the file and return how many rows it gave."""
    reader = {"sendgrid": sendgrid, "ses": ses}[system]
    rows, offset, count = list[Row](), 0, 0
    with path.open("rb") as file:
        for line in file:
            rows += reader(offset, json.loads(line))
            offset += len(line)
            if len(rows) >= 20_000:
                count += pl.DataFrame(rows, infer_schema_length=None).height
                rows.clear()
    return count + (pl.DataFrame(rows, infer_schema_length=None).height if rows else 0)


if __name__ == "__main__":
    sys.stdout.write(f"{read(sys.argv[1], Path(sys.argv[2]))} rows\n")

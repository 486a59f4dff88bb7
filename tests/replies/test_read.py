"""Reading replies: codes, enhanced codes, and our own IP where a server quotes it."""

import polars as pl
import pytest

from bouncelake import replies

REMOTE = "203.0.113.9"


def read(reply: str | None, by: str | None = "remote", event: str = "bounced") -> dict[str, object]:
    """Return the one row that `replies.read` makes of a reply."""
    row = pl.DataFrame(
        {"reply": [reply], "reply_by": [by], "event": [event], "remote_ip": [REMOTE]},
        schema=dict.fromkeys(("reply", "reply_by", "event", "remote_ip"), pl.String),
    )
    return replies.read(row).row(0, named=True)


@pytest.mark.parametrize(
    ("reply", "by", "code", "enhanced"),
    [
        ("550 5.7.26 no", "remote", 550, "5.7.26"),
        ("550-5.7.26 no 550 5.7.26 more", "remote", 550, "5.7.26"),
        ("450 5.1.1 no", "remote", 450, "5.1.1"),
        ("552 4.2.2 full", "remote", 552, "4.2.2"),
        ("451 4.7.650 slow", "remote", 451, "4.7.650"),
        ("550 5.7.1.2 no", "remote", 550, None),
        ("550 5.7.1: no", "remote", 550, "5.7.1"),
        ("550 5.7.1", "remote", 550, "5.7.1"),
        ("550", "remote", 550, None),
        ("550 User 5.1.1 unknown", "remote", 550, None),
        ("421HL:IFC", "remote", None, None),
        ("5501 no", "remote", None, None),
        ("199 no", "remote", None, None),
        ("600 no", "remote", None, None),
        ("250 #5.1.0 address unknown", "remote", 250, None),
        ("5.7.1 refused by our filter", "local", None, "5.7.1"),
        ("5.7.1 refused by a server", "remote", None, None),
        (None, "remote", None, None),
    ],
)
def test_codes(reply: str | None, by: str, code: int | None, enhanced: str | None) -> None:
    """The code is three digits at the start, the enhanced code stands right after it; they may disagree."""
    row = read(reply, by)
    assert (row["reply_code"], row["reply_enhanced"]) == (code, enhanced)


@pytest.mark.parametrize(
    ("reply", "ip"),
    [
        ("421-4.7.28 [192.0.2.7      19] unusual rate", "192.0.2.7"),
        ("421 4.7.0 [TSS04] Messages from 198.51.100.5 deferred - 4.16.55.1; see x", "198.51.100.5"),
        ("550 5.7.1 messages from [192.0.2.8] weren't sent", "192.0.2.8"),
        ("554 Client host [2001:db8::25] blocked", "2001:db8::25"),
        ("554 v=192.0.2.9&r=1", "192.0.2.9"),
        (f"554 {REMOTE} says no to 192.0.2.3.", "192.0.2.3"),
        ("554 127.0.0.2 10.1.2.3 192.168.7.7 172.20.1.1 169.254.1.1 100.64.1.1", None),
        ("554 1.2.3.4.5 and 300.1.1.1 and 999.2.3.4", None),
        ("554 host-1.2.3.4.example.net refused", None),
        ("451 at 21:41:59 fe80::1 ::1", None),
        ("450 unverified address: host mx.example.org[192.0.2.77] said: 450 no", None),
        (f"554 {REMOTE}", None),
        ("550 no", None),
    ],
)
def test_quoted_ip(reply: str, ip: str | None) -> None:
    """The first public address that is not the server's own, never a part of a longer number or name."""
    assert read(reply)["quoted_ip"] == ip


def test_quoted_ip_only_from_others() -> None:
    """Our own refusal quotes the client's address, which is not ours."""
    assert read("554 Client host [192.0.2.7] blocked", "local", "rejected")["quoted_ip"] is None


def test_accepted_replies_have_no_template() -> None:
    """A reply that refuses nothing is read for its code, and costs no more."""
    row = read("250 2.0.0 Ok: queued as 4A1B", event="delivered")
    assert (row["reply_code"], row["reply_enhanced"], row["template"]) == (250, "2.0.0", None)


def test_rows_keep_their_order_and_other_columns() -> None:
    """Refusals, deliveries and repeats may stand in any order; other columns pass through."""
    texts = ["550 a", "250 b", "550 a", None, "451 c"]
    frame = pl.DataFrame(
        {
            "reply": texts,
            "event": ["bounced", "delivered", "bounced", "expired", "deferred"],
            "mine": list(range(5)),
        }
    )
    out = replies.read(frame)
    assert out["mine"].to_list() == list(range(5))
    assert out["reply"].to_list() == texts
    assert out["template"].to_list() == ["550 a", None, "550 a", None, "451 c"]


def test_no_rows() -> None:
    """An empty frame stays empty, with all columns."""
    out = replies.read(pl.DataFrame(schema={"reply": pl.String, "event": pl.String}))
    assert out.is_empty()
    assert {"reply_code", "reply_enhanced", "template", "quoted_ip"} <= set(out.columns)

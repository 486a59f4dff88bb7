"""Tags: what the columns of an event say, row by row."""

from typing import Any

import polars as pl
import pytest

from bouncelake import replies, rules
from bouncelake.classify import TAGS, Classifier
from bouncelake.schema import EVENTS

COLUMNS = ("reply", "reply_by", "event", "stage", "recipient", "remote_host", "remote_ip", "source_event", "service")


def tag(classifier: Classifier, *events: dict[str, Any]) -> list[dict[str, Any]]:
    """Return events with their tags; what an event leaves out is a bounce by a server at RCPT."""
    usual = {"reply_by": "remote", "event": "bounced", "stage": "rcpt", "recipient": "kim@example.org"}
    frame = pl.DataFrame([usual | event for event in events], schema=dict.fromkeys(COLUMNS, pl.String))
    return classifier.tag(replies.read(frame)).to_dicts()


@pytest.mark.parametrize(
    ("event", "bounce"),
    [
        ({"reply": "550 5.1.1 User unknown"}, "hard"),
        ({"reply": "550 User unknown"}, "hard"),
        ({"reply": "450 4.1.1 User unknown", "event": "deferred"}, "undetermined"),
        ({"reply": "450 5.1.1 User unknown", "event": "deferred"}, "undetermined"),
        ({"reply": "550 5.1.1 User unknown", "stage": "mail"}, "undetermined"),
        ({"reply": "550 5.1.1 User unknown", "stage": "eod"}, "undetermined"),
        ({"reply": "550 5.1.1 <kim@example.org> User unknown", "stage": "eod"}, "hard"),
        ({"reply": "550 5.1.1 <Kim@Example.org> User unknown", "stage": "eod"}, "hard"),
        ({"reply": "550 5.1.1 User unknown", "stage": "eod", "service": "lmtp"}, "hard"),
        ({"reply": "550 5.1.1 User unknown", "stage": None}, "hard"),
        ({"reply": "550 5.1.1 xyzzy"}, "hard"),
        ({"reply": "501 5.1.3 xyzzy"}, "undetermined"),
        ({"reply": "550 5.1.7 User unknown, sender address rejected"}, "block"),
        ({"reply": "552 5.2.2 Mailbox full"}, "soft"),
        ({"reply": "550 mailbox unavailable"}, "undetermined"),
        ({"reply": "550 xyzzy"}, "undetermined"),
        ({"reply": "450 xyzzy", "event": "deferred"}, "soft"),
        ({"reply": "554 5.7.1 Message rejected as spam"}, "block"),
        ({"reply": "451 4.7.1 Message rejected as spam", "event": "deferred"}, "soft"),
        ({"reply": "421 4.7.1 [TS03] All messages permanently deferred; see https://senders.yahooinc.com/"}, "block"),
        ({"reply": "550 Ip frequency limited. http://service.mail.qq.com/"}, "soft"),
        ({"reply": "551 5.1.6 User has moved"}, "undetermined"),
        ({"reply": "551 5.1.6 User has moved; please try <new@example.org>"}, "hard"),
        ({"reply": "Domain example.org does not accept mail (nullMX)", "reply_by": "local", "stage": None}, "hard"),
        (
            {"reply": "connect to mx[192.0.2.1]:25: Connection timed out", "reply_by": "local", "stage": "connect"},
            "undetermined",
        ),
        (
            {"reply": "connect to mx[192.0.2.1]:25: Connection timed out", "reply_by": "local", "event": "deferred"},
            "soft",
        ),
        ({"reply": None, "event": "expired"}, "undetermined"),
        ({"reply": "550 4.7.1 Greylisted, try again", "event": "bounced"}, "soft"),
    ],
)
def test_bounce(classifier: Classifier, event: dict[str, Any], bounce: str) -> None:
    """Only a permanent refusal whose subject is this recipient, known by words or 5.1.1, is hard."""
    assert tag(classifier, event)[0]["bounce"] == bounce


def test_only_recipient_by_count(classifier: Classifier) -> None:
    """After the data a reply speaks for all recipients, unless there was only one."""
    event = {"reply": ["550 5.1.1 User unknown"], "event": ["bounced"], "stage": ["eod"]}
    for count, bounce in ((1, "hard"), (2, "undetermined")):
        frame = pl.DataFrame(event | {"recipients": [count]})
        assert classifier.tag(replies.read(frame))["bounce"].to_list() == [bounce]


@pytest.mark.parametrize(
    ("event", "tagged"),
    [
        ("deferred", True),
        ("bounced", True),
        ("expired", True),
        ("attempt", True),
        ("suspended", True),
        ("rejected", True),
        ("suppressed", True),
        ("delivered", False),
        ("accepted", False),
        ("opened", False),
        ("other", False),
        (None, False),
    ],
)
def test_which_events_are_tagged(classifier: Classifier, event: str | None, tagged: bool) -> None:  # noqa: FBT001
    """Refusals and failures are tagged, everything else keeps null tags; all rows get a provider."""
    row = tag(classifier, {"reply": "550 xyzzy", "event": event, "remote_host": "aspmx.l.google.com"})[0]
    assert (row["category"] is not None) is tagged
    assert (row["rules_version"] is not None) is tagged
    assert row["provider"] == "google"


@pytest.mark.parametrize(("word", "tagged"), [("undeliverable", True), ("deliverable", False), (None, True)])
def test_probes(classifier: Classifier, word: str | None, tagged: bool) -> None:  # noqa: FBT001
    """A probe that found the address undeliverable tells why."""
    row = tag(classifier, {"reply": "550 User unknown", "event": "probe", "source_event": word})[0]
    assert (row["category"] is not None) is tagged


def test_mixed_rows_keep_their_order(classifier: Classifier) -> None:
    """Deliveries between refusals shift nothing."""
    rows = tag(
        classifier,
        {"reply": "250 ok", "event": "delivered"},
        {"reply": "550 5.1.1 User unknown"},
        {"reply": "250 ok", "event": "delivered"},
        {"reply": "552 5.2.2 Mailbox full"},
    )
    assert [row["reason"] for row in rows] == [None, "mailbox_unknown", None, "mailbox_full"]


def test_refusals_without_words(classifier: Classifier) -> None:
    """An expiry without a text is one; any other silence says so."""
    rows = tag(classifier, {"reply": None, "event": "expired"}, {"reply": None}, {"reply": ""})
    assert [row["reason"] for row in rows] == ["queue_expired", "no_text", "no_text"]


@pytest.mark.parametrize(
    ("host", "reply", "provider"),
    [
        ("gmail-smtp-in.l.google.com", "550 no", "google"),
        ("GMAIL-SMTP-IN.L.GOOGLE.COM.", "550 no", "google"),
        ("outlook-com.olc.protection.outlook.com", "550 no", "microsoft"),
        ("example-org.mail.protection.outlook.com", "550 no", "exchange-online"),
        ("notgoogle.com", "550 no", None),
        ("google.com.example.net", "550 no", None),
        ("", "550 no", None),
        (None, "550 no", None),
        (None, "550 5.7.1 no a1b2si3.4 - gsmtp", "google"),
        ("relay.example.net", "554 5.7.1 [HM08] Message rejected", "apple"),
        (None, "554 IP=192.0.2.9 - None/bad reputation. (NOWL)", "t-online"),
        ("mx.example.net", "554 Client host [192.0.2.9] blocked using zen.spamhaus.org", None),
    ],
)
def test_provider(classifier: Classifier, host: str | None, reply: str, provider: str | None) -> None:
    """The host that answered tells the provider, on dot boundaries; else the reply's own signature."""
    assert tag(classifier, {"reply": reply, "remote_host": host})[0]["provider"] == provider


@pytest.mark.parametrize(
    ("reply", "listed", "blamed", "kind"),
    [
        ("554 Client host [192.0.2.9] blocked using zen.spamhaus.org; x", "spamhaus-zen", "192.0.2.9", "ip"),
        ("554 Client host [192.0.2.9] blocked using pbl.spamhaus.org", "spamhaus-pbl", "192.0.2.9", "ip"),
        ("554 Client host [192.0.2.9] blocked using bl.spamcop.net", "spamcop", "192.0.2.9", "ip"),
        ("554 Client host [192.0.2.9] blocked using rbl.example.net", "rbl.example.net", "192.0.2.9", "ip"),
        (
            "554 192.0.2.9 listed, see https://list.example.com/?ip=192.0.2.9 dnsbl",
            "list.example.com",
            "192.0.2.9",
            "ip",
        ),
        (
            "421 4.7.28 unusual rate of unsolicited mail originating from your DKIM domain [news.example.org      36].",
            None,
            "news.example.org",
            "domain",
        ),
        (
            "421 4.7.28 unusual rate of unsolicited mail originating from your IP Netblock [192.0.2.0/24      35].",
            None,
            "192.0.2.0/24",
            "netblock",
        ),
        (
            "550 5.7.26 Unauthenticated email from example.org is not accepted due to domain's DMARC policy.",
            None,
            "example.org",
            "domain",
        ),
        (
            "450 4.1.8 <kim@missing.example.org>: Sender address rejected: Domain not found",
            None,
            "missing.example.org",
            "domain",
        ),
        ("550 5.1.1 User unknown", None, None, None),
    ],
)
def test_named(classifier: Classifier, reply: str, listed: str | None, blamed: str | None, kind: str | None) -> None:
    """Who lists, and which identity is blamed, is read from the reply itself."""
    row = tag(classifier, {"reply": reply, "remote_ip": "203.0.113.9"})[0]
    assert (row["listed_by"], row["blamed"], row["blamed_kind"]) == (listed, blamed, kind)


def test_spam_related_is_derived(classifier: Classifier) -> None:
    """Verdicts and gates are spam-related, greylisting is not."""
    rows = tag(
        classifier,
        {"reply": "554 Message rejected as spam"},
        {"reply": "550 SPF check failed"},
        {"reply": "450 Greylisted"},
        {"reply": "550 User unknown"},
    )
    assert [(row["spam_signal"], row["spam_related"]) for row in rows] == [
        ("verdict", True),
        ("gate", True),
        ("gate", False),
        ("none", False),
    ]


def test_answers_are_kept(classifier: Classifier) -> None:
    """A second look at known templates gives the same rows, and asks the rules nothing."""
    events = pl.DataFrame(
        {"reply": ["550 User unknown", "421 busy", "250 ok"], "event": ["bounced", "deferred", "delivered"]}
    )
    fresh = Classifier(classifier.ruleset)
    first = fresh.tag(replies.read(events))
    fresh._matcher = None  # type: ignore[assignment]
    assert fresh.tag(replies.read(events)).equals(first)


def test_memory_is_bounded(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    """When too much is known, the memory starts anew and answers stay right."""
    monkeypatch.setattr("bouncelake.classify.classifier._MOST_KNOWN", 3)
    fresh = Classifier(classifier.ruleset)
    for word in ("User unknown", "Mailbox full", "rejected as spam", "Greylisted"):
        events = pl.DataFrame({"reply": [f"550 {word}", f"450 {word}"], "event": ["bounced", "deferred"]})
        assert fresh.tag(replies.read(events)).equals(classifier.tag(replies.read(events)))
        assert fresh._known.height <= 3


def test_splitting_changes_nothing(classifier: Classifier) -> None:
    """Row by row or all at once: tags depend on the event alone."""
    texts = [rule.examples[0] for rule in classifier.ruleset.rules[::9]]
    events = replies.read(pl.DataFrame({"reply": texts, "event": "bounced", "reply_by": "remote"}))
    whole = classifier.tag(events)
    parts = [Classifier(classifier.ruleset).tag(part) for part in events.iter_slices(7)]
    assert pl.concat(parts).equals(whole)


def test_columns_fit_the_schema(classifier: Classifier) -> None:
    """The tags are the schema's columns, in its types, and other columns pass through."""
    frame = pl.DataFrame({"reply": ["550 no"], "event": ["bounced"], "mine": [1]})
    out = classifier.tag(replies.read(frame))
    schema = EVENTS.polars()
    assert {name: out.schema[name] for name in TAGS} == {name: schema[name] for name in TAGS}
    assert out["mine"].to_list() == [1]


def test_no_rows(classifier: Classifier) -> None:
    """An empty frame, or one without refusals, is no error."""
    empty = replies.read(pl.DataFrame(schema={"reply": pl.String, "event": pl.String}))
    assert classifier.tag(empty).height == 0
    only = replies.read(pl.DataFrame({"reply": ["250 ok"], "event": ["delivered"]}))
    assert classifier.tag(only)["rule"].to_list() == [None]


def test_unknown_reply_without_code() -> None:
    """What nobody knows is unclassified, and says so."""
    classifier = Classifier(rules.load())
    row = classifier.tag(replies.read(pl.DataFrame({"reply": ["xyzzy"], "event": ["bounced"]}))).row(0, named=True)
    assert (row["category"], row["reason"], row["rule"], row["matched_by"]) == ("unclassified", "unknown", None, None)

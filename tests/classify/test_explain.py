"""Explaining: one answer per reply, in order, with what to do."""

from typing import Any

import polars as pl
import pytest

from bouncelake.classify import Classifier, explain


def told(classifier: Classifier, **given: str | None) -> dict[str, Any]:
    """Return the answer to one reply."""
    frame = pl.DataFrame({name: [value] for name, value in given.items()}, schema=dict.fromkeys(given, pl.String))
    return explain(frame, classifier).row(0, named=True)


def test_all_tags_and_the_remedy(classifier: Classifier) -> None:
    """An answer has every tag and what the view `remedies` has."""
    row = told(classifier, text="550 5.1.1 <kim@example.org>: Recipient address rejected: User unknown")
    assert (row["category"], row["reason"], row["bounce"]) == ("recipient", "mailbox_unknown", "hard")
    assert (row["family"], row["confidence"], row["matched_by"]) == ("recipient", "high", "phrase")
    assert row["remedy"].startswith("Tell the sender")


@pytest.mark.parametrize(
    ("given", "code", "enhanced"),
    [
        ({"text": "550 5.1.1 no"}, 550, "5.1.1"),
        ({"text": "no", "reply_code": "550", "reply_enhanced": "5.1.1"}, 550, "5.1.1"),
        ({"text": "5.1.1 no", "reply_code": "550", "reply_enhanced": "5.1.1"}, 550, "5.1.1"),
        ({"text": "550 no", "reply_code": "451"}, 550, None),
        ({"text": "no", "reply_code": "junk", "reply_enhanced": "9.9"}, None, None),
        (
            {"text": "host mx.example.org[192.0.2.1] said: 550-5.1.1 no 550 5.1.1 user (in reply to RCPT TO command)"},
            550,
            "5.1.1",
        ),
        ({"text": "it said 550 5.1.1 no"}, 550, "5.1.1"),
        ({"text": "call 550 5 times"}, None, None),
        ({"text": None}, None, None),
        ({"text": ""}, None, None),
    ],
)
def test_codes(classifier: Classifier, given: dict[str, str | None], code: int | None, enhanced: str | None) -> None:
    """Codes are read from the text, whatever stands around; those given beside it count where it shows none."""
    row = told(classifier, **given)
    assert (row["reply_code"], row["reply_enhanced"]) == (code, enhanced)


def test_stage_of_the_frame_counts(classifier: Classifier) -> None:
    """A reply to MAIL FROM says nothing about the recipient."""
    text = "host mx.example.org[192.0.2.1] said: 550 5.1.1 User unknown (in reply to MAIL FROM command)"
    assert told(classifier, text=text)["bounce"] == "undetermined"


def test_provider_may_be_given(classifier: Classifier) -> None:
    """Who asks may know whose reply it is."""
    text = "550 5.5.0 Requested action not taken: mailbox unavailable"
    assert told(classifier, text=text, provider="microsoft")["rule"] == "microsoft-mailbox-unavailable"
    assert told(classifier, text=text)["rule"] == "recipient-frame"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("450 Greylisted for 300 seconds", 300),
        ("450 try again in 5 minutes", 300),
        ("450 retry after 1 hour", 3600),
        ("450 Greylisted, please try again in 60s", 60),
        ("450 try again later", None),
        ("550 5.7.1 no", None),
        ("450 in 5 months", None),
    ],
)
def test_retry_after(classifier: Classifier, text: str, seconds: int | None) -> None:
    """A delay that the text names is told in seconds."""
    assert told(classifier, text=text)["retry_after"] == seconds


def test_same_order(classifier: Classifier) -> None:
    """Many replies are answered in the order in which they were asked."""
    texts = [f"{550 if n % 3 else 450} 5.1.1 user{n}x unknown {'spam' if n % 2 else ''}" for n in range(200)]
    assert explain(pl.DataFrame({"text": texts}), classifier)["text"].to_list() == texts

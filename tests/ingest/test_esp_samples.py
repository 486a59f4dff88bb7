"""Every event of every provider is read as its golden row says, whatever it lies in, once."""

# ruff: noqa: E501  # bodies stand on one line, as providers post them

# bodies stand on one line, as providers post them

import gzip
import json
import random
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bouncelake.parsers.esp import PROVIDERS
from bouncelake.values import Cutter
from tests.support import esp

_NO_WORDS = {"context", "foreign"}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a lake of all samples."""
    path = tmp_path_factory.mktemp("esp") / "lake"
    outcome = esp.read(path, *sorted(esp.SAMPLES.glob("esp-*")))
    assert not outcome.errors
    assert all(one.lines == one.events + one.context + one.foreign + one.refused for one in outcome.accounts)
    return path


@pytest.mark.parametrize("system", PROVIDERS)
def test_golden_rows(lake: Path, system: str) -> None:
    """The rows are those of the golden file."""
    rows = esp.golden(esp.events(lake).filter(pl.col("system") == system))
    wanted = [json.loads(line) for line in (esp.GOLDEN / f"{system}.jsonl").read_text("utf-8").splitlines()]
    assert json.loads(json.dumps(rows)) == wanted


@pytest.mark.parametrize("system", PROVIDERS)
def test_every_word_has_a_sample(lake: Path, system: str) -> None:
    """Each word of a provider that makes an event is in the samples."""
    module = PROVIDERS[system]
    words = getattr(module, "EVENTS", {}) | getattr(module, "BOUNCES", {}) | getattr(module, "RECORDS", {})
    mine = esp.events(lake).filter(pl.col("system") == system)
    seen = {word.split("/")[0] for word in mine["source_event"].drop_nulls()} | set(mine["source_class"].drop_nulls())
    missing = {word for word, event in words.items() if event not in _NO_WORDS} - seen
    assert missing == set()


def test_only_the_unknown_is_refused(lake: Path) -> None:
    """The samples hold one value that nobody claims."""
    assert esp.refused(lake).select("reason", "text").rows() == [("unknown_shape", '{"unknown": "shape"}')]


def test_suppressed_is_no_refusal(lake: Path) -> None:
    """What a provider never tried has no reply of a receiver."""
    rows = esp.events(lake).filter(pl.col("event") == "suppressed")
    assert rows.height > 20
    assert not rows["reply_by"].eq("remote").any()
    assert rows["attempt_key"].null_count() == rows.height


def test_attempts_are_answers(lake: Path) -> None:
    """Exactly the events with a receiver's reply are attempts."""
    rows = esp.events(lake)
    assert rows.filter(
        pl.col("attempt_key").is_not_null() != (pl.col("reply_by") == "remote").fill_null(value=False)
    ).is_empty()


def test_reader_is_never_our_ip(lake: Path) -> None:
    """The address of who opened or clicked is nowhere, and neither is that of the API's client."""
    assert "203.0.113.9" not in esp.events(lake).select("local_ip", "remote_ip", "client_ip").to_series().to_list()
    assert (
        not esp.events(lake)
        .select(pl.any_horizontal(pl.col("local_ip", "remote_ip").is_in(["203.0.113.9", "203.0.113.77"])).any())
        .item()
    )


def test_reading_again_adds_nothing(lake: Path, tmp_path: Path) -> None:
    """The same bodies under other names, compressed, add no event."""
    before = esp.events(lake).height
    for path in sorted(esp.SAMPLES.glob("esp-*/*")):
        data = path.read_bytes()
        copy = tmp_path / f"{path.parent.name}-{path.name.removesuffix('.gz')}.gz"
        copy.write_bytes(gzip.compress((gzip.decompress(data) if path.suffix == ".gz" else data) + b"\n"))
    outcome = esp.read(lake, tmp_path)
    assert esp.events(lake).height == before
    assert sum(one.new for one in outcome.accounts) == 0
    assert sum(one.duplicates for one in outcome.accounts) == sum(one.events for one in outcome.accounts)


def test_without_engagement(tmp_path: Path) -> None:
    """Opens and clicks are counted and left out unless they are asked for."""
    outcome = esp.read(tmp_path / "lake", esp.SAMPLES / "esp-sparkpost", engagement=False)
    assert not set(esp.events(tmp_path / "lake")["event"]) & {"opened", "clicked"}
    assert sum(one.context for one in outcome.accounts) == 11


def test_format_forces_a_provider(tmp_path: Path) -> None:
    """With a format only that provider's values are read."""
    esp.read(tmp_path / "lake", esp.SAMPLES / "esp-mixed", system="postmark")
    assert set(esp.events(tmp_path / "lake")["system"]) == {"postmark"}
    assert set(esp.refused(tmp_path / "lake")["reason"]) == {"unknown_shape"}


@pytest.mark.parametrize("name", ["docker", "journald"])
def test_container_logs_stay_lines(tmp_path: Path, name: str) -> None:
    """The JSON around a mail server's log lines is no provider's value."""
    line = "postfix/smtp[1]: 4XyZ12abcdz1: to=<a@example.net>, relay=mx.example.net[198.51.100.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)"
    bodies = {
        "docker": {"log": f"2026-11-20T10:00:00+00:00 mx1 {line}\n", "stream": "stdout", "time": "2026-11-20T10:00:00.1Z"},
        "journald": {"MESSAGE": line.partition(": ")[2], "__REALTIME_TIMESTAMP": "1795168800000000", "_HOSTNAME": "mx1", "SYSLOG_IDENTIFIER": "postfix/smtp", "SYSLOG_PID": "1"},
    }  # fmt: skip
    (tmp_path / "log").write_text(json.dumps(bodies[name]) + "\n")
    esp.read(tmp_path / "lake", tmp_path / "log")
    assert esp.events(tmp_path / "lake").select("system", "event").rows() == [("postfix", "delivered")]


def bodies() -> list[str]:
    """Return some events of several providers, each as one body."""
    found = []
    for name in (
        "esp-ses/firehose.ndjson",
        "esp-mailgun/webhooks.ndjson",
        "esp-postal/webhooks.ndjson",
        "esp-brevo/events.ndjson",
    ):
        found += Cutter().feed((esp.SAMPLES / name).read_bytes()).values["text"].to_list()[:6]
    return found


def wrapped(body: str, how: Sequence[str]) -> str:
    """Put a body into wrappers, the first one innermost."""
    for kind in how:
        body = json.dumps(
            {
                "sns": {"Type": "Notification", "TopicArn": "t", "MessageId": str(len(body)), "Message": body + "\n"},
                "sqs": {"Messages": [{"MessageId": "q", "Body": body}]},
                "gateway": {"headers": {"x": "y"}, "body": body, "isBase64Encoded": False},
                "vector": {
                    "message": body,
                    "path": "/",
                    "source_type": "http_server",
                    "timestamp": "2026-11-25T00:00:00Z",
                },
                "array": [json.loads(body)],
            }[kind]
        )
    return body


HOW = st.lists(st.sampled_from(["sns", "sqs", "gateway", "vector", "array"]), max_size=3)
PLACE = st.tuples(st.integers(0, 23), HOW, st.sampled_from(["\n", "", ",\n", "\n\n"]))


@given(st.lists(PLACE, max_size=30), st.randoms(use_true_random=False))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_containers_do_not_matter(
    tmp_path_factory: pytest.TempPathFactory, extra: list[tuple[int, list[str], str]], order: random.Random
) -> None:
    """Events that are shuffled, repeated and wrapped again yield the same rows, each once."""
    folder = tmp_path_factory.mktemp("mixed")
    some = bodies()
    places = [*extra, *((n, [], "\n") for n in range(len(some)))]
    order.shuffle(places)
    half = len(places) // 2
    for name, part in (("one", places[:half]), ("two", places[half:])):
        (folder / name).write_text("".join(wrapped(some[n], how) + join for n, how, join in part), "utf-8")
    (folder / "plain").write_text("\n".join(some) + "\n", "utf-8")
    esp.read(folder / "mixed", folder / "one", folder / "two", final=True)
    esp.read(folder / "lake", folder / "plain")
    assert esp.golden(esp.events(folder / "mixed")) == esp.golden(esp.events(folder / "lake"))
    assert esp.events(folder / "mixed")["event_id"].is_unique().all()


HOSTILE = {
    "depth": '{"event":"delivered","email":"a@example.net","timestamp":1,"sg_event_id":' + "[" * 20_000 + "]" * 20_000 + "}",
    "cut": '{"event":"delivered","email":"a@example.net","timestamp":1',
    "duplicate": '{"event":"delivered","event":"bounce","email":"a@example.net","timestamp":1795168800,"sg_event_id":"x","sg_message_id":"y"}',
    "huge number": '{"event":"delivered","email":"a@example.net","timestamp":1e400,"sg_event_id":"x","sg_message_id":"y"}',
    "not a number": '{"event":"delivered","email":"a@example.net","timestamp":NaN,"sg_event_id":"x","sg_message_id":"y"}',
    "wrong type": '{"event":"delivered","email":{"a":1},"timestamp":[1],"sg_event_id":"x","sg_message_id":"y"}',
    "long ago": '{"event":"delivered","email":"a@example.net","timestamp":5,"sg_event_id":"x","sg_message_id":"y"}',
    "far ahead": '{"event":"delivered","email":"a@example.net","timestamp":9995168800,"sg_event_id":"x","sg_message_id":"y"}',
    "surrogate": '{"event":"delivered","email":"\\ud800@example.net","timestamp":1795168800,"sg_event_id":"x","sg_message_id":"y"}',
    "no recipient": '{"eventType":"Bounce","mail":{"messageId":"x","timestamp":"2026-11-20T10:00:00Z","destination":[]},"bounce":{"bouncedRecipients":[]}}',
    "null objects": '{"eventType":"Bounce","mail":{"messageId":"x","timestamp":null,"destination":["a@example.net"]},"bounce":null}',
    "wrapped for ever": wrapped('{"a":1}', ["gateway"] * 9),
    "garbage": "hello, world",
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_values_are_refused_alone(tmp_path: Path, kind: str) -> None:
    """A value that is meant to harm is refused with its offset; its neighbours go in."""
    good = (esp.SAMPLES / "esp-brevo" / "events.ndjson").read_text("utf-8").splitlines()[:2]
    data = f"{good[0]}\n{HOSTILE[kind]}\n{good[1]}\n"
    (tmp_path / "log").write_text(data, "utf-8")
    outcome = esp.read(tmp_path / "lake", tmp_path / "log")
    assert esp.events(tmp_path / "lake").height == 2
    refused = esp.refused(tmp_path / "lake")
    assert refused["source_offset"].to_list() == [len(good[0].encode()) + 1]
    (account,) = outcome.accounts
    assert (account.lines, account.events, account.refused) == (3, 2, 1)


def test_thirty_megabytes_are_refused_alone(tmp_path: Path) -> None:
    """A value beyond all measure is refused; what stands around it goes in."""
    good = (esp.SAMPLES / "esp-brevo" / "events.ndjson").read_text("utf-8").splitlines()[:2]
    huge = '{"event":"delivered","email":"' + "x" * 30_000_000 + '"}'
    (tmp_path / "log").write_text(f"{good[0]}\n{huge}\n{good[1]}\n", "utf-8")
    esp.read(tmp_path / "lake", tmp_path / "log")
    assert esp.events(tmp_path / "lake").height == 2
    assert esp.refused(tmp_path / "lake").select("reason", "source_offset").rows() == [
        ("too_long", len(good[0].encode()) + 1)
    ]


def test_a_file_that_grows(tmp_path: Path) -> None:
    """A live file is read on from where it ended; half a line waits."""
    lines = (esp.SAMPLES / "esp-brevo" / "events.ndjson").read_bytes().splitlines(keepends=True)[:4]
    log, lake = tmp_path / "log", tmp_path / "lake"
    log.write_bytes(lines[0] + lines[1] + lines[2][:50])
    assert esp.read(lake, log).accounts[0].events == 2
    log.write_bytes(b"".join(lines))
    assert esp.read(lake, log).accounts[0].events == 2
    assert esp.read(lake, log).accounts == []
    assert esp.events(lake).height == 4


def test_numbers_beyond_doubles_stay_exact(lake: Path) -> None:
    """Mailjet's message ids have more digits than a double holds."""
    keys = esp.events(lake).filter(pl.col("system") == "mailjet")["message_key"].to_list()
    assert "mailjet//19421777835146491" in keys

"""Findings to a chat: the JSON, the post, and what log text cannot do in it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from bouncelake.errors import UsageError
from bouncelake.notify import payload, post
from tests.support.findings import HOSTILE, finding


class Chat(HTTPServer):
    """A web hook on this machine that keeps what it gets and answers with `code`."""

    code = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[tuple[str, bytes]] = []

    @property
    def url(self) -> str:
        """Return the address of the hook."""
        return f"http://127.0.0.1:{self.server_port}/services/secret"


class Handler(BaseHTTPRequestHandler):
    """Takes one post."""

    server: Chat

    def do_POST(self) -> None:
        """Keep the body and answer."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.headers["Content-Type"], body))
        self.send_response(self.server.code)
        if self.server.code == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def chat() -> Iterator[Chat]:
    """Return a running hook."""
    server = Chat()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join(5)
    server.server_close()


def test_the_hook_gets_the_findings(chat: Chat) -> None:
    """One JSON object with a text, as Slack takes it."""
    post(chat.url, payload([finding()]))
    ((kind, body),) = chat.got
    assert kind == "application/json"
    lines = json.loads(body)["text"].splitlines()
    assert lines[0].startswith("ACT NOW  Google refuses mail")
    assert lines[1:] == ["reply: 421 4.7.0 low reputation", "do: Stop bulk mail.", "query: SELECT 1"]


def test_log_text_is_no_markup_mention_or_link() -> None:
    """Slack's special characters are entities; mentions and Markdown links are broken; controls are visible."""
    sent = json.loads(payload([finding(sentence=HOSTILE, facts=[("reply", HOSTILE)])]))
    assert sent["mrkdwn"] is False
    for hostile in ("<", ">", "@here", "](", "\x1b", "\r", "\u202e"):
        assert hostile not in sent["text"]
    assert "&lt;!channel&gt;" in sent["text"]
    assert "&amp;amp;" in sent["text"]


def test_many_and_long_findings_stay_short() -> None:
    """At most ten findings, each line cut, and a word about the rest."""
    text = json.loads(payload([finding(facts=[("reply", "x" * 10_000)])] * 14))["text"]
    assert text.count("ACT NOW") == 10
    assert text.endswith("4 more: bouncelake check --all")
    assert len(text) < 10 * 900


@pytest.mark.parametrize("code", [302, 404, 500])
def test_a_hook_that_refuses_is_told_without_its_secret(chat: Chat, code: int) -> None:
    """The error names host and code, never the path; nobody is followed elsewhere."""
    chat.code = code
    with pytest.raises(UsageError, match=f"127.0.0.1 answered {code}") as raised:
        post(chat.url, b"{}")
    assert "secret" not in str(raised.value)
    assert len(chat.got) == 1


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/x", "example.org", "", "http://"])
def test_only_web_addresses_are_taken(url: str) -> None:
    """No file and no other protocol can be reached."""
    with pytest.raises(UsageError, match="http or https"):
        post(url, b"{}")


def test_a_closed_port_is_told() -> None:
    """A hook that is not there is an error of one line."""
    with pytest.raises(UsageError, match="cannot be reached"):
        post("http://127.0.0.1:9/x", b"{}")

"""Chromium without a window, for looking at pages: what it paints, what it measures, what it complains of."""

import functools
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--enable-logging=stderr",
)  # fmt: skip
HERE = Path(__file__).parent

Scheme = Literal["light", "dark"]


def program() -> str | None:
    """Return the path of a Chromium, or None where there is none."""
    return next((found for found in map(shutil.which, NAMES) if found), None)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - the signature of the base class
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on the loopback interface; give its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def measured(page: bytes, folder: Path, width: int, scheme: Scheme) -> tuple[dict[str, Any], list[str]]:
    """Return what `measure.html` measures of a page at that width and in that scheme, and Chromium's console."""
    folder.mkdir()
    (folder / "page.html").write_bytes(page)
    frame = (HERE / "measure.html").read_text("utf-8").replace("WIDTH", str(width))
    (folder / "index.html").write_text(frame, "utf-8")
    preferred = f"--blink-settings=preferredColorScheme={'0' if scheme == 'dark' else '1'}"
    with served(folder) as address:
        command = [program() or "", *QUIET, preferred, f"--user-data-dir={folder / 'profile'}", "--dump-dom"]
        command += ["--virtual-time-budget=5000", f"--window-size={max(width, 500)},1000", f"{address}/index.html"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r'<pre id="result">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stdout[-2000:] + done.stderr[-2000:]
    told = found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return json.loads(told), [line for line in done.stderr.splitlines() if "CONSOLE" in line]

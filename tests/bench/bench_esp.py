"""Measures how fast providers' events become rows, and a plain `json.loads` loop that builds the same rows beside it.

    python -m tests.bench.bench_esp [--events 1000000] [--repeat 3] [--ingest]

Prints CPU seconds (user + system, median) of both on NDJSON of SendGrid and SES, their ratio, and peak memory. Both
read the file to frames of rows and stop there; `--ingest` adds the whole way into a lake. Rows of both are compared.
"""

# ruff: noqa: E501  # bodies stand together, as providers post them

# bodies stand together, as providers post them

import argparse
import json
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.measure import median, run

START = 1_795_168_800
OK = "250 2.0.0 OK  {n} d9443c01a7336-29f7b2c1d4esi{n}ad.12 - gsmtp"
REFUSALS = (
    "550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking the recipient's email address for typos or unnecessary spaces. For more information, go to https://support.google.com/mail/?p=NoSuchUser {n} - gsmtp",
    "421 4.7.28 Gmail has detected an unusual rate of unsolicited mail originating from your IP address [192.0.2.30 15]. {n} - gsmtp",
    "452 4.2.2 The recipient's inbox is out of storage space. {n} - gsmtp",
    "550 5.7.1 Unfortunately, messages from [192.0.2.30] weren't sent. {n}",
)
READ = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from bouncelake.ingest.values import ValueParser
from bouncelake.parsers.esp import wanted
path, count = Path(sys.argv[1]), 0
with path.open("rb") as file:
    parser = ValueParser(wanted("auto"), file.read(65536), 0, datetime(2027, 1, 1, tzinfo=UTC), engagement=False)
    file.seek(0)
    while block := file.read(32 << 20):
        count += parser.parse(block).rows["events"].height
print(count + parser.finish(final=True).rows["events"].height, "rows")
"""


def sendgrid(count: int, pick: random.Random) -> Iterator[dict[str, object]]:
    """Yield events as the webhook sends them."""
    for n in range(count):
        word = pick.choices(("processed", "delivered", "deferred", "bounce", "dropped"), (40, 45, 8, 5, 2))[0]
        body: dict[str, object] = {
            "email": f"user{n // 2}@example.net", "timestamp": START + n // 40, "smtp-id": f"<{n // 2}.news@example.com>",
            "event": word, "category": ["news", "autumn"] if n % 3 else "single", "sg_event_id": f"c2dfZXZlbnQtaWQ{n:012d}",
            "sg_message_id": f"14c5d75ce93.dfd.{n // 2:08d}.filter0001.16648.5515E0B88.0",
        }  # fmt: skip
        if word == "delivered":
            body |= {"response": OK.format(n=n), "ip": "192.0.2.40", "tls": 1}
        elif word == "deferred":
            body |= {"response": REFUSALS[1].format(n=n), "ip": "192.0.2.40", "attempt": "1", "tls": 1}
        elif word == "bounce":
            body |= {
                "reason": pick.choice(REFUSALS).format(n=n),
                "type": "bounce",
                "status": "5.1.1",
                "ip": "192.0.2.40",
            }
        elif word == "dropped":
            body |= {"reason": "Bounced Address", "status": "5.0.0"}
        yield body


def ses(count: int, pick: random.Random) -> Iterator[dict[str, object]]:
    """Yield events as Firehose writes them, headers and all."""
    for n in range(count):
        word = pick.choices(("Send", "Delivery", "DeliveryDelay", "Bounce"), (40, 45, 8, 7))[0]
        to, at = (
            f"user{n // 2}@example.net",
            f"2026-11-20T{10 + n // 3600 % 14:02d}:{n // 60 % 60:02d}:{n % 60:02d}.{n % 1000:03d}Z",
        )
        names = ("From", "To", "Subject", "MIME-Version", "Content-Type", "Reply-To", "List-Unsubscribe", "Message-ID")
        mail = {
            "timestamp": at, "source": "Example News <news@example.com>", "sendingAccountId": "123456789012",
            "sourceArn": "arn:aws:ses:eu-central-1:123456789012:identity/example.com", "destination": [to],
            "messageId": f"0107019a{n // 2:08d}-1f2e3d4c-0000-4444-8888-000000000000-000000", "headersTruncated": False,
            "headers": [{"name": name, "value": f"some value of a header, {n}"} for name in names],
            "commonHeaders": {"from": ["news@example.com"], "to": [to], "messageId": f"<{n // 2}.news@example.com>", "subject": "Offers"},
            "tags": {"ses:configuration-set": ["newsletter"], "ses:source-ip": ["203.0.113.77"], "ses:outgoing-ip": ["192.0.2.30"], "team": ["shop"]},
        }  # fmt: skip
        body: dict[str, object] = {"eventType": word, "mail": mail}
        if word == "Send":
            body["send"] = {}
        elif word == "Delivery":
            body["delivery"] = {"timestamp": at, "processingTimeMillis": 999, "recipients": [to], "smtpResponse": OK.format(n=n), "remoteMtaIp": "198.51.100.27", "reportingMTA": "a8-31.smtp-out.example.com"}  # fmt: skip
        else:
            refusal = pick.choice(REFUSALS).format(n=n)
            people = [{"emailAddress": to, "status": "5.1.1", "diagnosticCode": f"smtp; {refusal}"}]
            body["bounce" if word == "Bounce" else "deliveryDelay"] = (
                {"feedbackId": f"fb-{n}", "bounceType": "Permanent", "bounceSubType": "General", "timestamp": at, "bouncedRecipients": people}
                if word == "Bounce"
                else {"timestamp": at, "delayType": "General", "delayedRecipients": people}
            )  # fmt: skip
        yield body


def written(system: str, count: int, folder: Path) -> Path:
    """Return a file of generated events; write it when the folder has none."""
    path = folder / f"{system}-{count}.ndjson"
    if not path.exists():
        bodies = {"sendgrid": sendgrid, "ses": ses}[system](count, random.Random(1))  # noqa: S311  # no secret  # no secret
        with path.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(body) + "\n" for body in bodies)
    return path


def rows(command: list[str], log: Path) -> str:
    """Return what a measured command printed."""
    run(command, log)
    return log.read_text("utf-8").strip()


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--events", type=int, default=1_000_000)
    asked.add_argument("--repeat", type=int, default=3)
    asked.add_argument("--ingest", action="store_true")
    asked.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "bouncelake-bench")
    options = asked.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    for system in ("sendgrid", "ses"):
        measure(system, written(system, options.events, options.cache), options)


def measure(system: str, path: Path, options: argparse.Namespace) -> None:
    """Print the cost of both ways for one file."""
    ours = [sys.executable, "-c", READ, str(path)]
    plain = [sys.executable, "-m", "tests.bench.plain_esp", system, str(path)]
    log = options.cache / "rows.txt"
    same = rows(ours, log) == rows(plain, log)
    mine, theirs = (median([run(command) for _ in range(options.repeat)]) for command in (ours, plain))
    say = sys.stdout.write
    say(
        f"{system}: {options.events} events, {path.stat().st_size / 1e6:.0f} MB, rows {'the same' if same else 'DIFFER'}\n"
    )
    say(f"  bouncelake {mine.cpu:7.2f} s CPU {mine.wall:7.2f} s wall {mine.memory:6.0f} MB\n")
    say(f"  json.loads {theirs.cpu:7.2f} s CPU {theirs.wall:7.2f} s wall {theirs.memory:6.0f} MB\n")
    say(f"  ratio      {theirs.cpu / mine.cpu:7.2f}\n")
    if options.ingest:
        lake = options.cache / "lake"
        shutil.rmtree(lake, ignore_errors=True)
        start = "from bouncelake.cli import main; main()"
        whole = run([sys.executable, "-c", start, "ingest", str(path), "--lake", str(lake)])
        say(f"  into a lake {whole.cpu:6.2f} s CPU {whole.wall:7.2f} s wall {whole.memory:6.0f} MB\n")


if __name__ == "__main__":
    main()

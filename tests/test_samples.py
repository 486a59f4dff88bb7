"""The generated logs are the same for everyone, and the samples are what their README says."""

import gzip
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.bench.headers import STYLES
from tests.bench.postfix_log import write
from tests.bench.story import tell

SAMPLES = Path(__file__).parents[1] / "sample_logs"


@pytest.mark.parametrize("style", STYLES)
def test_same_seed_gives_same_bytes(tmp_path: Path, style: str) -> None:
    """Two runs with one seed write the same file, another seed another."""
    for name, seed in (("one", 7), ("two", 7), ("other", 8)):
        write(tmp_path / name, 2_000, seed, style)
    one, two, other = ((tmp_path / name).read_bytes() for name in ("one", "two", "other"))
    assert one == two != other


def test_counts_are_those_of_the_file(tmp_path: Path) -> None:
    """The generator counts exactly the lines that it wrote."""
    path = tmp_path / "mail.log"
    counts = write(path, 30_000, 3, "iso")
    lines = path.read_text("utf-8").splitlines()
    assert counts.total() == len(lines) == 30_000
    seen = Counter(word for line in lines for word in re.findall(r" status=([a-z]+)[ ,]", line)[:1])
    assert counts["bounced"] == seen["bounced"]
    assert counts["expired"] == seen["expired"]
    assert counts["sent"] + counts["handover"] == seen["sent"]
    assert counts["deferred"] + counts["suspended"] == seen["deferred"]


def test_lines_are_in_time_order(tmp_path: Path) -> None:
    """Every line is as late as the one before it, or later."""
    write(tmp_path / "mail.log", 30_000, 3, "iso")
    times = [line.split(" ", 1)[0] for line in (tmp_path / "mail.log").read_text("utf-8").splitlines()]
    assert times == sorted(times)


def test_short_queue_ids_come_again(tmp_path: Path) -> None:
    """A day's short queue ids are not unique, as on a real server."""
    write(tmp_path / "mail.log", 400_000, 1)
    text = (tmp_path / "mail.log").read_text("utf-8")
    born = Counter(re.findall(r"smtpd\[\d+\]: ([0-9A-F]+): client=", text))
    assert max(born.values()) > 1


def test_two_weeks_are_as_generated() -> None:
    """The shipped synthetic log is what `make samples` writes."""
    lines, _ = tell()
    shipped = gzip.decompress((SAMPLES / "postfix-two-weeks" / "mail.log.gz").read_bytes()).decode()
    assert shipped == "".join(f"{line}\n" for line in lines)


def test_two_weeks_hold_one_incident_at_gmail() -> None:
    """Gmail refuses for DMARC from Wednesday 09:40 on and never before, and slows mail on the two days before."""
    lines, _ = tell()
    refused = [line[:16] for line in lines if "status=bounced" in line and "DMARC policy" in line]
    slowed = [line[:16] for line in lines if "status=deferred" in line and "421-4.7.32" in line]
    assert min(refused) >= "2026-11-18T09:40"
    assert len(refused) > 150
    assert "2026-11-16T09:30" <= min(slowed) < min(refused)


def test_samples_are_small() -> None:
    """All samples together stay below 3 MB."""
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*") if path.is_file()) < 3_000_000

"""Ingests in many small commits, to be killed at any instant: `python victim.py LAKE LOG...`."""

import sys
from pathlib import Path

from bouncelake.config import Config
from bouncelake.ingest import Options, batch, ingest, sources

if __name__ == "__main__":
    batch.INPUT_PER_COMMIT = 60_000
    sources.Sources.__init__.__defaults__ = (30_000,)
    ingest(sys.argv[2:], Config(lake=Path(sys.argv[1]), zone="UTC"), Options(year=2026))

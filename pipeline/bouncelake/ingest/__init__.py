"""The walk from logs to the lake, with the account of every line."""

from bouncelake.ingest.account import Account, Options, Outcome, Progress
from bouncelake.ingest.walk import ingest

__all__ = ["Account", "Options", "Outcome", "Progress", "ingest"]

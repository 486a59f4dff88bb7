"""The walk itself: inputs in, rows in the lake out, in bounded memory."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path

import polars as pl

from bouncelake import reading, rules
from bouncelake.classify import Classifier
from bouncelake.config import Config
from bouncelake.errors import InputError
from bouncelake.framing import Clock
from bouncelake.ingest.account import Account, Options, Outcome, Progress
from bouncelake.ingest.ahead import ahead
from bouncelake.ingest.batch import Committer
from bouncelake.ingest.repair import repair
from bouncelake.ingest.retold import without_retold
from bouncelake.ingest.settle import where, within
from bouncelake.ingest.sources import Sources
from bouncelake.lake import Lake
from bouncelake.linking import Linker
from bouncelake.parsers.systems import wanted
from bouncelake.reading import Input
from bouncelake.zone import machine_zone, zone_named

MANY_REFUSED = 20, 0.01
"""Number and share of refused lines above which a note is due."""


def ingest(
    paths: Sequence[str],
    config: Config,
    options: Options,
    progress: Callable[[Progress], None] | None = None,
) -> Outcome:
    """Read logs into the lake and return the account of their lines.

    What was read before is not read again. An input that cannot be read becomes an error of the outcome, and the rest
    goes in. Raises LakeError, RuleError and UsageError.
    """
    started = datetime.now(UTC)
    systems, clock = wanted(options.format), _clock(config, options, started)
    classifier = Classifier(rules.load(config.rules))
    found = reading.find(paths)
    lake = Lake.open(config.lake, create=True)
    networks = _networks(config)
    with lake.writing():
        sources = Sources(lake, systems, options, clock)
        parts = sources.read(_outside(lake.root, found.inputs), progress or _silent)
        committer = Committer(lake, config, classifier, Linker(networks), started)
        # Reading again drops rows from the lake, which must not happen beside a commit.
        for part in parts if options.reread else ahead(parts):
            committer.add(part)
        committer.flush()
        if span := committer.unfinished.span:
            without_retold(lake, span[0], span[-1])
            repair(lake, span[0], span[-1], networks)
            committer.unfinished.clear()
    accounts = list(committer.accounts.values())
    errors = [*found.errors, *sources.errors, *_unread(accounts)]
    return Outcome(accounts, errors, [*sources.notes, *_doubts(accounts)], sources.opened)


def _unread(accounts: Sequence[Account]) -> list[InputError]:
    """Return an error for each log of which no line was understood: it is none, or of a kind that we do not know."""
    return [
        InputError(
            f"{each.name}: none of its {each.lines:,} lines could be read, the first at offset {each.refused_at}:"
            " is it a mail log? docs/logs.md lists what is read"
        )
        for each in accounts
        if each.lines and each.refused == each.lines
    ]


def _doubts(accounts: Sequence[Account]) -> list[str]:
    """Return a note for each log of which so much was refused that its figures are in doubt."""
    return [
        f"{each.name}: {each.refused:,} of {each.lines:,} lines could not be read, the first at offset"
        f" {each.refused_at}; they are kept in the table refused"
        for each in accounts
        if max(MANY_REFUSED[0], MANY_REFUSED[1] * each.lines) < each.refused < each.lines
    ]


def _outside(root: Path, inputs: Sequence[Input]) -> list[Input]:
    """Return the inputs without the lake's own files, which a folder of logs may hold."""
    inside = root.resolve()
    return [each for each in inputs if each.path is None or not each.path.resolve().is_relative_to(inside)]


def _silent(progress: Progress) -> None:
    """Show nothing."""


def _clock(config: Config, options: Options, now: datetime) -> Clock:
    named = options.zone or config.zone
    zone = zone_named(named) if named else machine_zone()
    return Clock(zone=zone, year=options.year, modified=now, now=now)


def _networks(config: Config) -> pl.Expr:
    """Return an expression that tells a `client_ip` in the networks that may submit mail."""
    networks = [ip_network(network) for network in config.networks]
    if not networks:
        return pl.lit(value=False)
    return pl.col("client_ip").map_batches(
        lambda column: where(column, lambda address: within(address, networks)), return_dtype=pl.Boolean
    )

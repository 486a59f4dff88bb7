"""The command line: thin commands over the package, each importing what it needs when it runs."""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave the process with one of the codes of `ExitCode`."""
    from bouncelake.cli.run import run

    sys.exit(run(sys.argv[1:] if arguments is None else arguments))

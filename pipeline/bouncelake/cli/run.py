"""Runs a command and turns whatever it raises into one message on standard error and an exit code."""

import errno
import os
import sys
import traceback
from collections.abc import Sequence

# Typer reads this when it is imported; its rich help costs three times the CPU and draws boxes into pipes.
os.environ.setdefault("TYPER_USE_RICH", "0")

from typer.exceptions import Abort, TyperException

from bouncelake.cli.app import app
from bouncelake.cli.output import note
from bouncelake.errors import BouncelakeError, ExitCode


def run(arguments: Sequence[str]) -> int:
    """Return the exit code of one command line."""
    try:
        code = app(list(arguments), standalone_mode=False, prog_name="bouncelake")
    except (KeyboardInterrupt, Abort):
        note("interrupted: what was committed before stays, run the same command again")
        return ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last line of defence: no user should meet a traceback
        return _fail(error)
    return code if isinstance(code, int) else ExitCode.FINE


def _fail(error: Exception) -> int:
    if os.environ.get("BOUNCELAKE_TRACEBACK"):
        sys.stderr.write("".join(traceback.format_exception(error)))
    code, message = _explain(error)
    note(message)
    return code


def _explain(error: Exception) -> tuple[int, str]:
    if isinstance(error, BouncelakeError):
        return error.exit_code, str(error)
    if isinstance(error, TyperException):
        return error.exit_code, _usage(error)
    if isinstance(error, OSError):
        return _code(error), f"{error.filename or 'output'}: {error.strerror or error}"
    kind = type(error).__name__
    return ExitCode.BUG, f"this is our bug: {kind}: {error} (BOUNCELAKE_TRACEBACK=1 shows where; please report it)"


def _code(error: OSError) -> ExitCode:
    full = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO}
    return ExitCode.LAKE if error.errno in full else ExitCode.USAGE


def _usage(error: TyperException) -> str:
    message = error.format_message().strip()
    context = getattr(error, "ctx", None)
    if not message or context is None or "\n" in message:
        return message
    return f"{message[0].lower()}{message[1:].rstrip('.')}: see `{context.command_path} --help`"

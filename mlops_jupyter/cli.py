"""The command line: parse, call one verb, show its answer.

``mlops <verb> --json`` prints the record's fields; without it, the same text that stands beside a
card. Errors of ours are one line on stderr and status 1; ``doctor`` ends with 1 if something is
wrong, an interrupt with 130.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from . import __version__, parsing, verbs
from .errors import MlopsError
from .records import Health, RunView, to_plain

if TYPE_CHECKING:
    from cyclopts import App

_JSON = parsing.Option(bool, default=False, help="Print the record's fields as JSON.")
_INTERRUPTED = 130


def main(words: Sequence[str] | None = None) -> int:
    """Do what the command line asks for, and return the exit status.

    Parameters
    ----------
    words
        The words after ``mlops``; None for those of this process.
    """
    _survive_narrow_streams()
    try:
        given = sys.argv[1:] if words is None else words
        status = parsing.run(application(), given, hint="Try: mlops {verb} --help")
        sys.stdout.flush()
    except MlopsError as error:
        print(f"mlops: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:  # the reader, such as head, has enough
        _close_output()
        return 0
    except OSError as error:
        if error.filename is None:  # not a file of ours, so the output
            _close_output()
        print(f"mlops: {error.filename or 'the output'}: {error.strerror or error}", file=sys.stderr)
        return 1
    return int(status or 0)


def application() -> App:
    """Return the command line, made from the verbs."""
    app = parsing.application(
        "mlops",
        help="Runs, data and models of your notebooks, from the command line.",
        version=__version__,
        version_flags=["--version"],
    )
    for name in verbs.__all__:
        finish = _finish_show if name == "show" else _finish
        parsing.add(app, getattr(verbs, name), finish, {"json": _JSON})
    return app


def _finish(record: Any, *, json: bool) -> int:
    print(_as_json(record) if json else _as_text(record))
    return int(isinstance(record, Health) and any(check.state == "error" for check in record.checks))


def _finish_show(view: RunView, *, json: bool) -> int:
    from . import display

    print(_as_json(view) if json else display.full_text(view))
    return 0


def _as_json(record: Any) -> str:
    return json.dumps(to_plain(record), indent=2, ensure_ascii=False, allow_nan=False)


def _as_text(record: Any) -> str:
    from . import display

    wide = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    return display.text(record, wide=wide)


def _close_output() -> None:
    """Write what still waits to nowhere, so that the end of the process does not fail on it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _survive_narrow_streams() -> None:
    """Write a question mark where the terminal's encoding has no such character."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")

"""The command line: parse, call one verb, show its answer.

``mlops <verb> --json`` prints the record's fields; without it, the same text that stands beside a
card. Errors of ours are one line on stderr and status 1; ``doctor``, ``gates``, ``audit verify``,
``reproduce`` and ``export`` end with 1 if something is wrong, ``validate`` with 1 if the data break
their contract and 2 if that could not be asked, an interrupt with 130. What takes longer than a second
says on stderr what it does.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from functools import cache, wraps
from typing import TYPE_CHECKING, Any

from . import __version__, parsing, verbs
from .errors import MlopsError, UsageError
from .records import (
    AuditReport,
    ContractView,
    ExportReport,
    GateReport,
    GatesView,
    Health,
    ReproductionReport,
    RunView,
    ValidationReport,
    to_plain,
)

if TYPE_CHECKING:
    from cyclopts import App

_JSON = parsing.Option(bool, default=False, help="Print the record's fields as JSON.")
_INTERRUPTED = 130
_NOT_ASKED = 2


def main(words: Sequence[str] | None = None) -> int:
    """Do what the command line asks for, and return the exit status.

    Parameters
    ----------
    words
        The words after ``mlops``; None for those of this process.
    """
    _survive_narrow_streams()
    given = list(sys.argv[1:] if words is None else words)
    try:
        status = parsing.run(application(), given, hint="Try: mlops {verb} --help")
        sys.stdout.flush()
    except MlopsError as error:
        print(f"mlops: {error}", file=sys.stderr)
        return _failed(given)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:  # the reader, such as head, has enough
        _close_output()
        return 0
    except OSError as error:
        if error.filename is None:  # not a file of ours, so the output
            _close_output()
        print(f"mlops: {error.filename or 'the output'}: {error.strerror or error}", file=sys.stderr)
        return _failed(given)
    return int(status or 0)


def _failed(words: Sequence[str]) -> int:
    return _NOT_ASKED if words[:1] == ["validate"] else 1


@cache
def application() -> App:
    """Return the command line, made from the verbs."""
    app = parsing.application(
        "mlops",
        help="Runs, data and models of your notebooks, from the command line.",
        version=__version__,
        version_flags=["--version"],
    )
    for name, verb in verbs.VERBS.items():
        _add(app, name, verb)
    for name, group in verbs.GROUPS.items():
        below = parsing.add_group(app, name, group.help)
        for word, verb in group.verbs.items():
            _add(below, word, verb)
        for word, meant in group.synonyms.items():
            _add(below, word, group.verbs[meant], is_listed=False)
    return app


def _add(app: App, name: str, verb: Callable[..., Any], *, is_listed: bool = True) -> None:
    finish, watched = _FINISH.get(verb, _finish), _watched(_IN_PLACE_OF.get(verb, verb))
    parsing.add(app, watched, finish, {"json": _JSON}, name=name, is_listed=is_listed)


def _watched(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Say on stderr what a verb does, where it takes longer than a second and somebody looks."""

    @wraps(verb)
    def call(*args: Any, **options: Any) -> Any:
        from .datasets.progress import on_terminal

        with on_terminal():
            return verb(*args, **options)

    return call


def _finish(record: Any, *, json: bool) -> int:
    print(_as_json(record) if json else _as_text(record))
    if isinstance(record, ValidationReport):
        return _verdict(record)
    return int(_is_bad(record))


def _is_bad(record: Any) -> bool:
    """Return whether an answer says that something is not as it should be."""
    if isinstance(record, Health):
        return any(check.state == "error" for check in record.checks)
    if isinstance(record, (ReproductionReport, ExportReport)):
        return record.verdict in ("differs", "failed")
    return (isinstance(record, GateReport) and not record.passed) or (
        isinstance(record, AuditReport) and not record.is_whole
    )


def _verdict(report: ValidationReport) -> int:
    """Return 1 where the contract is broken, 2 where a Python rule that must hold was not asked."""
    unasked = [one.rule.name for one in report.results if one.is_unasked]
    if not report.passed or not unasked:
        return int(not report.passed)
    print(f"mlops: not asked, so this is no pass: {', '.join(unasked)}", file=sys.stderr)
    return 2


def _finish_show(view: RunView, *, json: bool) -> int:
    from . import display

    print(_as_json(view) if json else display.full_text(view))
    return 0


def _finish_card(answer: Any, *, json: bool) -> int:
    """Print the card's text in the format that was asked for as it is, so that it can be sent into a file."""
    if not isinstance(answer, str):
        return _finish(answer, json=json)
    print(answer, end="" if answer.endswith("\n") else "\n")
    return 0


def _finish_export(view: ContractView, *, json: bool) -> int:
    """Print a contract's text as it is, so that it can be sent into a file."""
    if json:
        print(_as_json(view))
    elif view.path is None:
        print(view.text, end="" if view.text.endswith("\n") else "\n")
    else:
        print(f"{view.ref} was written to {view.path}.")
    return 0


@wraps(verbs.validate)
def _validate(*args: Any, **options: Any) -> ValidationReport:
    """Check without raising: the status of the command says the same, after the answer."""
    return verbs.validate(*args, **options | {"strict": False})


@wraps(verbs.contracts.edit_contract)
def _edit_contract(ref: str, *, file: str | None = None, **options: Any) -> ContractView:
    """Open the editor where no file is named."""
    if file is not None or not sys.stdin.isatty():
        return verbs.contracts.edit_contract(ref, file=file, **options)
    before = verbs.contracts.show_contract(ref, registry=options.get("registry"))
    return verbs.contracts.edit_contract(ref, text=_edited(before.text), **options)


@wraps(verbs.approving.edit_gates)
def _edit_gates(name: str, *, file: str | None = None, **options: Any) -> GatesView:
    """Open the editor where no file is named."""
    if file is not None or not sys.stdin.isatty():
        return verbs.approving.edit_gates(name, file=file, **options)
    before = verbs.approving.show_gates(name, registry=options.get("registry"))
    return verbs.approving.edit_gates(name, text=_edited(before.text, "gates.yaml"), **options)


@wraps(verbs.data_keeping.load_or_export)
def _load(what: str, to: str | None = None, **options: Any) -> Any:
    """Write to a file: a command has no variable to load into."""
    if to is None:
        raise UsageError(f"data load takes a file to write to: mlops data load {what} --to data.parquet")
    return verbs.data_keeping.load_or_export(what, to, **options)


def _edited(text: str, called: str = "contract.yml") -> str:
    """Return a text after its reader changed it in ``$VISUAL`` or ``$EDITOR``."""
    import shlex
    import subprocess
    import tempfile
    from pathlib import Path

    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / called
        path.write_text(text, encoding="utf-8")
        try:
            done = subprocess.run([*shlex.split(editor), str(path)], check=False)  # noqa: S603 - the user's own
        except FileNotFoundError:
            raise MlopsError(f"there is no editor {editor!r}; set EDITOR, or give --file") from None
        if done.returncode:
            raise MlopsError(f"{editor} ended with status {done.returncode}; nothing was changed")
        return path.read_text(encoding="utf-8")


_IN_PLACE_OF: dict[Callable[..., Any], Callable[..., Any]] = {
    verbs.approving.edit_gates: _edit_gates,
    verbs.contracts.edit_contract: _edit_contract,
    verbs.data_keeping.load_or_export: _load,
    verbs.validate: _validate,
}
_FINISH: dict[Callable[..., Any], Callable[..., int]] = {
    verbs.contracts.export_contract: _finish_export,
    verbs.models_looking.model_card: _finish_card,
    verbs.show: _finish_show,
}


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

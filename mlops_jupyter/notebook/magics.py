"""The line magics: parse, call one verb, show its answer.

``%runs``, ``%show`` and ``%compare`` are verbs of their own; ``%mlops`` has all of them, and alone
says where the registry is. IPython's ``{}`` and ``$`` expansion is off: a filter or a note is
taken as it stands. Errors of ours are one line and stop nbclient and papermill.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, wraps
from typing import TYPE_CHECKING, Any

from .. import parsing, records, verbs
from ..errors import UsageError

if TYPE_CHECKING:
    from cyclopts import App

_ALONE = ("runs", "show", "compare")
_NOT_IN_A_KERNEL = ("demo",)  # it starts a kernel of its own and blocks this one
_SHOWN: tuple[type[Any], ...] = (
    records.Backup,
    records.CapturePlan,
    records.Comparison,
    records.Demo,
    records.Done,
    records.Health,
    records.QueryResult,
    records.RunTable,
    records.RunView,
    records.Status,
)
_STATIC = parsing.Option(bool, default=False, help="Show a static table, also where a widget could be shown.")
_SQL = re.compile(
    r"\s*(?:sql|query)\b(?P<options>[^'\"]*?)\s(?P<sql>(?:select|with|values|explain|pragma)\b.*)",
    re.IGNORECASE,
)

_SQL_OF_ANY_KIND = re.compile(r"\s*(?:sql|query)\s+(?P<sql>[a-z]+\s+[^-'\"].*)", re.IGNORECASE)


def register(ip: Any) -> None:
    """Give a shell the magics, and show our records as cards where they are a cell's last value."""
    for name in _ALONE:
        ip.register_magic_function(_line_magic(name), "line", name)
    ip.register_magic_function(_mlops(), "line_cell", "mlops")
    for kind in _SHOWN:
        ip.display_formatter.mimebundle_formatter.for_type(kind, _formatted)


def unregister(ip: Any) -> None:
    """Take back what :func:`register` gave, where it is still ours."""
    for table in ip.magics_manager.magics.values():
        for name in (*_ALONE, "mlops"):
            if getattr(table.get(name), "__module__", None) == __name__:
                del table[name]
    for kind in _SHOWN:
        ip.display_formatter.mimebundle_formatter.pop(kind, None)


def _line_magic(name: str) -> Callable[[str], None]:
    from IPython.core.magic import no_var_expand

    @no_var_expand
    def magic(line: str) -> None:
        parsing.run(application(name), words(name, line), hint=f"Help: %{name}?")

    magic.__name__ = name
    magic.__doc__ = getattr(verbs, name).__doc__
    return magic


def _mlops() -> Callable[..., None]:
    from IPython.core.magic import no_var_expand

    @no_var_expand
    def mlops(line: str, cell: str | None = None) -> None:
        parsing.run(application("mlops"), words("mlops", line, cell), hint="Help: %mlops help")

    mlops.__doc__ = help_text()
    return mlops


def help_text() -> str:
    """Return what ``%mlops help`` prints."""
    lines = [f"    {name:<9}{_first_line(verb)}" for name, verb in _verbs().items()]
    return "\n".join(
        [
            "Do what the command line does: %mlops <verb> …; alone, say where the registry is.",
            "",
            *lines,
            "    sql      The same as query; what begins with SELECT needs no quotes.",
            "",
            "%mlops <verb> --help has the options. %%mlops sql takes the question from the cell.",
        ]
    )


def _first_line(verb: Callable[..., Any]) -> str:
    return (verb.__doc__ or "").splitlines()[0]


def words(name: str, line: str, cell: str | None = None) -> list[str]:
    """Return the words of a magic's line; in ``%mlops sql``, SQL that is not quoted is one word."""
    if cell is not None:
        given = parsing.split(line)
        if given[:1] not in (["sql"], ["query"]):
            raise UsageError("%%mlops takes a cell for 'sql' alone; for all else use one line: %mlops …")
        return [*given, cell.strip()]
    if name == "mlops" and (found := _SQL.fullmatch(line)):
        return ["query", *parsing.split(found["options"]), found["sql"]]
    if name == "mlops" and (found := _SQL_OF_ANY_KIND.fullmatch(line)):
        return ["query", found["sql"]]
    return parsing.split(line) or (["status"] if name == "mlops" else [])


def _verbs() -> dict[str, Callable[..., Any]]:
    named = {name: getattr(verbs, name) for name in verbs.__all__ if name not in _NOT_IN_A_KERNEL}
    return {**named, "show": _show, "runs": _runs}


@wraps(verbs.show)
def _show(run: int | str, *, registry: str | None = None) -> Any:
    from .. import display, store

    view = verbs.show(run, registry=registry)
    objects = store.open_store(registry).objects
    figures = {
        artifact.path: objects.get(artifact.object_hash)
        for artifact in view.artifacts
        if artifact.kind == "figure"
    }
    return display.full(view, figures)


@wraps(verbs.runs)
def _runs(*args: Any, **options: Any) -> tuple[records.RunTable, str | None]:
    return verbs.runs(*args, **options), options.get("registry")


@cache
def application(magic: str) -> App:
    """Return what a magic's words go to: one verb, or for ``mlops`` all of them."""
    if magic in _ALONE:
        app = parsing.application(f"%{magic}")
        _add(app, magic, _verbs()[magic], alone=True)
        return app
    app = parsing.application("%mlops", help=help_text())
    for name, verb in _verbs().items():
        _add(app, name, verb, alone=False)
    parsing.add(app, verbs.query, _display, name="sql")
    app.command(_print_help, name="help")
    return app


def _add(app: App, name: str, verb: Callable[..., Any], *, alone: bool) -> None:
    named = "" if alone else name
    if name == "runs":
        parsing.add(app, verb, _display_table, {"static": _STATIC}, name=named)
    else:
        parsing.add(app, verb, _display, name=named)


def _print_help() -> None:
    """List the verbs."""
    print(help_text())


def _display(answer: Any) -> None:
    """Show a record, or a bundle that was made of one."""
    from IPython.display import display

    display(answer if isinstance(answer, dict) else _bundle(answer), raw=True)


def _display_table(found: tuple[records.RunTable, str | None], *, static: bool) -> None:
    from . import widgets

    table, registry = found
    if static or not widgets.show_table(table, registry=registry):
        _display(table)


def _bundle(record: Any) -> dict[str, Any]:
    from .. import display

    return display.bundle(record)


def _formatted(record: Any, **_: Any) -> dict[str, Any]:
    """Return the bundle of a record that is a cell's last value, for IPython's formatter."""
    return _bundle(record)

"""The line magics: parse, call one verb, show its answer.

Those that people type daily stand alone: ``%runs``, ``%data``, ``%evaluate``, ``%models`` and more;
``%mlops`` has all of them, and alone says where the registry is. Where a verb takes data or a model, a
word that is a variable of the notebook is that variable first (``variables``). IPython has a
``%history`` and an ``%alias`` of its own: they stay, and ours answer for what names a model
(``shared``). IPython's ``{}`` and ``$`` expansion is off: a filter or a note is taken as it stands.
Errors of ours are one line and stop nbclient and papermill.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, wraps
from typing import TYPE_CHECKING, Any

from .. import parsing, records, verbs
from ..errors import UsageError
from . import shared, variables, waiting

if TYPE_CHECKING:
    from cyclopts import App

_ALONE = (
    "approvals",
    "approve",
    "archive",
    "card",
    "compare",
    "cross-validate",
    "evaluate",
    "export",
    "kpi",
    "register",
    "reject",
    "reproduce",
    "request-approval",
    "retrain",
    "runs",
    "show",
    "slice",
    "usecase",
    "validate",
    "withdraw",
    *verbs.GROUPS,
)
_SHARED = ("alias", "history")
_WITH_CELL: dict[str, Callable[..., Any]] = {
    "contract": verbs.contracts.edit_contract,
    "gates": verbs.approving.edit_gates,
}
_NOT_IN_A_KERNEL = ("demo",)  # it starts a kernel of its own and blocks this one
_SHOWN: tuple[type[Any], ...] = (
    records.AliasMoved,
    records.ApprovalTable,
    records.ApprovalView,
    records.AuditReport,
    records.Backup,
    records.CapturePlan,
    records.CodeSlice,
    records.Collected,
    records.Comparison,
    records.ContractDiff,
    records.ContractView,
    records.CrossValidation,
    records.DataCard,
    records.DataDiff,
    records.DataDoc,
    records.DatasetHistory,
    records.DatasetTable,
    records.Demo,
    records.Done,
    records.EvaluationReport,
    records.ExportReport,
    records.GateReport,
    records.GatesView,
    records.Health,
    records.ModelCard,
    records.ModelHistory,
    records.ModelTable,
    records.ModelView,
    records.QueryResult,
    records.ReproductionReport,
    records.Retraining,
    records.RunTable,
    records.RunView,
    records.SavedView,
    records.Status,
    records.UseCaseView,
    records.ValidationReport,
    records.VersionComparison,
    records.VersionView,
    records.WhereUsed,
)
_STATIC = parsing.Option(bool, default=False, help="Show a static table, also where a widget could be shown.")
_JSON = parsing.Option(bool, default=False, help="Print the record's fields as JSON.")
_SQL = re.compile(
    r"\s*(?:sql|query)\b(?P<options>[^'\"]*?)\s(?P<sql>(?:select|with|values|explain|pragma)\b.*)",
    re.IGNORECASE,
)

_SQL_OF_ANY_KIND = re.compile(r"\s*(?:sql|query)\s+(?P<sql>[a-z]+\s+[^-'\"].*)", re.IGNORECASE)


def register(ip: Any) -> None:
    """Give a shell the magics, and show our records as cards where they are a cell's last value."""
    for name in _ALONE:
        kind = "line_cell" if name in _WITH_CELL else "line"
        ip.register_magic_function(_line_magic(name), kind, name)
    for name in _SHARED:
        shared.take(ip, name, _line_magic(name))
    ip.register_magic_function(_mlops(), "line_cell", "mlops")
    for record in _SHOWN:
        ip.display_formatter.mimebundle_formatter.for_type(record, _formatted)


def unregister(ip: Any) -> None:
    """Take back what :func:`register` gave, where it is still ours."""
    for name in _SHARED:
        shared.give_back(ip, name)
    for table in ip.magics_manager.magics.values():
        for name in (*_ALONE, "mlops"):
            if getattr(table.get(name), "__module__", None) == __name__:
                del table[name]
    for kind in _SHOWN:
        ip.display_formatter.mimebundle_formatter.pop(kind, None)


def _line_magic(name: str) -> Callable[..., Any]:
    from IPython.core.magic import no_var_expand

    @no_var_expand
    def magic(line: str, cell: str | None = None) -> Any:
        if cell is not None:
            given = parsing.split(line)
            if given[:1] != ["edit"]:
                raise UsageError(
                    f"%%{name} takes a cell for 'edit' alone; for all else use one line: %{name} …"
                )
            return parsing.run(_cell(name, cell), given, hint=f"Help: %{name}?")
        return parsing.run(application(name), words(name, line), hint=f"Help: %{name}?")

    magic.__name__ = name
    magic.__doc__ = group_help(name) if name in verbs.GROUPS else verbs.VERBS[name].__doc__
    return magic


def _mlops() -> Callable[..., Any]:
    from IPython.core.magic import no_var_expand

    @no_var_expand
    def mlops(line: str, cell: str | None = None) -> Any:
        return parsing.run(application("mlops"), words("mlops", line, cell), hint="Help: %mlops help")

    mlops.__doc__ = help_text()
    return mlops


def group_help(name: str) -> str:
    """Return what ``%data?`` shows."""
    group = verbs.GROUPS[name]
    lines = [f"    {word or '…':<12}{_first_line(verb)}" for word, verb in group.verbs.items()]
    return "\n".join(
        [
            group.help,
            "",
            *lines,
            "",
            f"%{name} <verb> --help has the options. A word that is a variable of the notebook is that",
            f"variable first; %{name} show <word> shows one that is called like a verb.",
        ]
    )


def help_text() -> str:
    """Return what ``%mlops help`` prints."""
    lines = [f"    {name:<17}{_first_line(verb)}" for name, verb in _verbs().items()]
    lines += [f"    {name:<17}{group.help}" for name, group in verbs.GROUPS.items()]
    return "\n".join(
        [
            "Do what the command line does: %mlops <verb> …; alone, say where the registry is.",
            "",
            *lines,
            "    sql              The same as query; what begins with SELECT needs no quotes.",
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
    named = {name: verb for name, verb in verbs.VERBS.items() if name not in _NOT_IN_A_KERNEL}
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


@wraps(verbs.validate)
def _validate(*args: Any, **options: Any) -> tuple[records.ValidationReport, bool]:
    """Check without raising, so that the answer is shown before it is an error."""
    strict = bool(options.pop("strict", False))
    return verbs.validate(*args, **options), strict


@wraps(verbs.data_keeping.document_dataset)
def _document(*args: Any, **options: Any) -> tuple[records.DataDoc, bool, str | None]:
    """Say besides whether nothing was to be changed, and where the dataset stands."""
    doc = verbs.data_keeping.document_dataset(*args, **options)
    registry = options.get("registry")
    is_asked = len(args) == 1 and not any(value for key, value in options.items() if key != "registry")
    return doc, is_asked, registry


@wraps(verbs.contracts.edit_contract)
def _edit_contract(ref: str, *, file: str | None = None, **options: Any) -> records.ContractView | str:
    """Return the text of a cell to write in, where no file is named."""
    if file is not None:
        return verbs.contracts.edit_contract(ref, file=file, **options)
    view = verbs.contracts.show_contract(ref, registry=options.get("registry"))
    return f"%%contract edit {ref}\n{view.text}"


@wraps(verbs.approving.edit_gates)
def _edit_gates(name: str, *, file: str | None = None, **options: Any) -> records.GatesView | str:
    """Return the text of a cell to write in, where no file is named."""
    if file is not None:
        return verbs.approving.edit_gates(name, file=file, **options)
    view = verbs.approving.show_gates(name, registry=options.get("registry"))
    return f"%%gates edit {name}\n{view.text}"


@wraps(verbs.usecases.document_use_case)
def _document_use_case(*args: Any, **options: Any) -> tuple[records.UseCaseView, bool, str | None]:
    """Say besides whether nothing was to be changed, and where the model stands."""
    view = verbs.usecases.document_use_case(*args, **options)
    is_asked = not any(value is not None for key, value in options.items() if key != "registry")
    return view, is_asked, options.get("registry")


def _cell(name: str, text: str) -> App:
    """Return what the line of ``%%contract edit churn`` goes to; the cell is the contract, or the gates."""
    verb = _WITH_CELL[name]

    @wraps(verb)
    def edit(ref: str, **options: Any) -> Any:
        return verb(ref, **options | {"text": text})

    app = parsing.application(f"%%{name}")
    parsing.add(app, edit, _display, name="edit")
    return app


@cache
def application(magic: str) -> App:
    """Return what a magic's words go to: one verb, a group, or for ``mlops`` all of them."""
    app = parsing.application(f"%{magic}", help=help_text() if magic == "mlops" else None)
    if magic in verbs.GROUPS:
        _add_verbs(app, magic)
        return app
    if magic != "mlops":
        _add(app, "", _verbs()[magic])
        return app
    for name, verb in _verbs().items():
        _add(app, name, verb)
    for name, group in verbs.GROUPS.items():
        _add_verbs(parsing.add_group(app, name, group.help), name)
    parsing.add(app, verbs.query, _display, name="sql")
    app.command(_print_help, name="help")
    return app


def _add_verbs(app: App, group: str) -> None:
    members, synonyms = verbs.GROUPS[group].verbs, verbs.GROUPS[group].synonyms
    for name, verb in members.items():
        _add(app, name, verb)
    for name, meant in synonyms.items():
        _add(app, name, members[meant], is_listed=False)


def _add(app: App, name: str, verb: Callable[..., Any], *, is_listed: bool = True) -> None:
    finish, options = _FINISH.get(getattr(verb, "__wrapped__", verb), (_display, {}))
    verb = _IN_PLACE_OF.get(verb, verb)
    verb, finish = waiting.watched(variables.resolved(verb)), waiting.answering(finish)
    parsing.add(app, verb, finish, options, name=name, is_listed=is_listed)


def _print_help() -> None:
    """List the verbs."""
    print(help_text())


def _display(answer: Any) -> None:
    """Show a record, or a bundle that was made of one."""
    waiting.show(answer if isinstance(answer, dict) else _bundle(answer))


def _display_table(found: tuple[records.RunTable, str | None], *, static: bool) -> None:
    from . import widgets

    table, registry = found
    if static or not widgets.show_table(table, registry=registry):
        _display(table)


def _display_report(found: tuple[records.ValidationReport, bool]) -> None:
    """Show a report; with ``--strict``, a broken contract is an error after that."""
    report, strict = found
    _display(report)
    if strict:
        verbs.contracts.raise_if_broken(report)


def _display_or_write(answer: records.ContractView | records.GatesView | str) -> None:
    """Show a contract or gates, or put their text into the next cell."""
    if not isinstance(answer, str):
        _display(answer)
        return
    from IPython import get_ipython

    get_ipython().set_next_input(answer)
    what = "contract is" if answer.startswith("%%contract") else "gates are"
    print(f"The {what} in the next cell: change it, and run that cell.")


def _display_document(found: tuple[records.DataDoc, bool, str | None]) -> None:
    """Show a document: as a form where nothing was changed and a front end is looking."""
    from .. import datasets
    from . import dictionary

    doc, is_asked, registry = found
    if is_asked and dictionary.show_dictionary(
        doc,
        datasets.column_types(doc.dataset, registry=registry),
        on_save=lambda edited: datasets.put_doc(edited, registry=registry),
        current=lambda: datasets.read_doc(doc.dataset, registry=registry),
    ):
        return
    _display(doc)


def _display_use_case(found: tuple[records.UseCaseView, bool, str | None]) -> None:
    """Show a use case: as a form where nothing was changed and a front end is looking."""
    from .. import models
    from . import usecase

    view, is_asked, registry = found
    name = view.doc.model
    if is_asked and usecase.show_use_case(
        view,
        on_save=lambda edited: models.put_use_case(edited, registry=registry),
        current=lambda: models.use_case(name, registry=registry),
    ):
        return
    _display(view)


def _display_card(answer: records.ModelCard | records.Done | str) -> None:
    """Show a card; its text in a format is printed."""
    if isinstance(answer, str):
        print(answer)
    else:
        _display(answer)


def _display_slice(answer: records.CodeSlice | records.Done, *, json: bool) -> None:
    """Show a slice, or print its fields."""
    if not json:
        _display(answer)
        return
    from json import dumps

    print(dumps(records.to_plain(answer), indent=2, ensure_ascii=False, allow_nan=False))


def _display_text(view: records.ContractView) -> None:
    print(view.text if view.path is None else f"{view.ref} was written to {view.path}.")


def _give(answer: Any) -> Any:
    """Return data to whoever assigns them; what is a record is shown."""
    if not isinstance(answer, records.Done):
        return answer
    _display(answer)
    return None


@wraps(verbs.reproducing.make_slice)
def _make_slice(*args: Any, **options: Any) -> Any:
    from . import slices

    return slices.make_slice(*args, **options)


_IN_PLACE_OF: dict[Callable[..., Any], Callable[..., Any]] = {
    verbs.approving.edit_gates: _edit_gates,
    verbs.contracts.edit_contract: _edit_contract,
    verbs.data_keeping.document_dataset: _document,
    verbs.reproducing.make_slice: _make_slice,
    verbs.usecases.document_use_case: _document_use_case,
    verbs.validate: _validate,
}
_FINISH: dict[Callable[..., Any], tuple[Callable[..., Any], dict[str, parsing.Option]]] = {
    verbs.approving.edit_gates: (_display_or_write, {}),
    verbs.contracts.edit_contract: (_display_or_write, {}),
    verbs.contracts.export_contract: (_display_text, {}),
    verbs.data_keeping.document_dataset: (_display_document, {}),
    verbs.data_keeping.load_or_export: (_give, {}),
    verbs.models_looking.model_card: (_display_card, {}),
    verbs.reproducing.make_slice: (_display_slice, {"json": _JSON}),
    verbs.runs: (_display_table, {"static": _STATIC}),
    verbs.usecases.document_use_case: (_display_use_case, {}),
    verbs.validate: (_display_report, {}),
}


def _bundle(record: Any) -> dict[str, Any]:
    from .. import display

    return display.bundle(record)


def _formatted(record: Any, **_: Any) -> dict[str, Any]:
    """Return the bundle of a record that is a cell's last value, for IPython's formatter."""
    return _bundle(record)

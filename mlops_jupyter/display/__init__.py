"""Records in; static HTML, plain text and MIME bundles out.

No script, no remote address, below 100 kB, readable in light and dark; each with a plain-text twin
that says the same. Nothing here opens the registry: pictures come in as bytes.

Table of contents
-----------------
``html``, ``text``, ``bundle``    a record of any kind that has a view
``full``, ``full_text``           the bundle of everything of one run, figures inline; its text alone
``live_html``, ``Progress``       the card of a run that still runs
``card_page``, ``card_markdown``  the card of a model as a file
``QUIET``                         work behind a run that its card does not name

The rest of the room: ``words`` (numbers, sizes, times, names as few characters), ``curves`` and
``chart`` (SVG), ``diff`` and ``code`` (source), ``facts`` (what a run's views say), ``layout``
(columns, folds), ``rendering`` (templates and stylesheet), and the views: ``card``, ``table``,
``comparison``, ``whole``, ``answers``. Of data: ``bars`` (histograms, SVG), ``column`` (a column as a
row), and the views ``data_card``, ``data_diff``, ``saved`` (list, history, where used), ``report``
(validation), ``contract``, ``contract_diff``, ``dictionary``; ``rule``: a rule as people say it. Of
models: ``interval`` (numbers with intervals), ``plot`` (curves of an evaluation), ``reigns`` (SVG),
``scores`` and ``evidence`` (what an evaluation found), and the views ``evaluation`` (its lines in
``evaluation_text``), ``cross_validation``, ``models`` (list, one model), ``version``, ``gates``,
``approvals``, ``memory`` (history, audit), ``usecase``, ``model_card`` (its files in ``card_files``).
From the notebook to production: the views ``code_slice``, ``reproduction``, ``export``, ``retraining``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import singledispatch
from typing import Any

from .. import records
from . import (
    answers,
    approvals,
    card,
    code_slice,
    comparison,
    contract,
    contract_diff,
    cross_validation,
    data_card,
    data_diff,
    dictionary,
    evaluation,
    evaluation_text,
    export,
    gates,
    memory,
    mime,
    model_card,
    models,
    report,
    reproduction,
    retraining,
    saved,
    table,
    usecase,
    version,
    whole,
    words,
)
from .card import Progress
from .card_files import card_markdown, card_page
from .facts import QUIET

__all__ = [
    "QUIET",
    "Progress",
    "bundle",
    "card_markdown",
    "card_page",
    "full",
    "full_text",
    "html",
    "live_html",
    "text",
]


@singledispatch
def html(record: Any) -> str:
    """Return a record as static HTML, below 100 kB.

    Raises
    ------
    TypeError
        If records of this type have no view.

    Examples
    --------
    >>> from mlops_jupyter.records import Done
    >>> "<b>" in html(Done("<b>saved</b>"))
    False
    """
    raise TypeError(f"there is no view of {type(record).__name__}")


@singledispatch
def _text(record: Any) -> str:
    raise TypeError(f"there is no view of {type(record).__name__}")


_VIEWS: tuple[tuple[type[Any], Any, Any], ...] = (
    (records.RunView, card.html, card.text),
    (records.RunTable, table.html, table.text),
    (records.Comparison, comparison.html, comparison.text),
    (records.CapturePlan, answers.plan_html, answers.plan_text),
    (records.Status, answers.status_html, answers.status_text),
    (records.Health, answers.health_html, answers.health_text),
    (records.QueryResult, answers.query_html, answers.query_text),
    (records.Backup, answers.backup_html, answers.backup_text),
    (records.Done, answers.done_html, answers.done_text),
    (records.Demo, answers.demo_html, answers.demo_text),
    (records.DataCard, data_card.html, data_card.text),
    (records.DataDoc, dictionary.html, dictionary.text),
    (records.DataDiff, data_diff.html, data_diff.text),
    (records.DatasetTable, saved.table_html, saved.table_text),
    (records.DatasetHistory, saved.history_html, saved.history_text),
    (records.WhereUsed, saved.used_html, saved.used_text),
    (records.SavedView, saved.saved_html, saved.saved_text),
    (records.Collected, saved.collected_html, saved.collected_text),
    (records.ValidationReport, report.html, report.text),
    (records.ContractView, contract.html, contract.text),
    (records.ContractDiff, contract_diff.html, contract_diff.text),
    (records.EvaluationReport, evaluation.html, evaluation_text.text),
    (records.CrossValidation, cross_validation.html, cross_validation.text),
    (records.ModelTable, models.table_html, models.table_text),
    (records.ModelView, models.html, models.text),
    (records.VersionView, version.html, version.text),
    (records.VersionComparison, version.comparison_html, version.comparison_text),
    (records.GateReport, gates.html, gates.text),
    (records.GatesView, gates.doc_html, gates.doc_text),
    (records.ApprovalView, approvals.html, approvals.text),
    (records.ApprovalTable, approvals.table_html, approvals.table_text),
    (records.AliasMoved, approvals.moved_html, approvals.moved_text),
    (records.ModelHistory, memory.html, memory.text),
    (records.AuditReport, memory.audit_html, memory.audit_text),
    (records.UseCaseView, usecase.html, usecase.text),
    (records.ModelCard, model_card.html, model_card.text),
    (records.CodeSlice, code_slice.html, code_slice.text),
    (records.Retraining, retraining.html, retraining.text),
    (records.ExportReport, export.html, export.text),
    (records.ReproductionReport, reproduction.html, reproduction.text),
)
for _record, _as_html, _as_text in _VIEWS:
    html.register(_record, _as_html)
    _text.register(_record, _as_text)


def text(record: Any, *, ascii: bool | None = None, wide: int | None = None) -> str:
    """Return a record as plain text, aligned for a monospaced font.

    Parameters
    ----------
    record
        A record that has a view.
    ascii
        Whether our own signs (arrows, stars, rules) must be ASCII; None looks at what standard
        output can encode.
    wide
        How many columns a table of runs may take; None for as many as it needs.

    Examples
    --------
    >>> from mlops_jupyter.records import Backup
    >>> print(text(Backup("copy", 1_200_000, 12, 30), ascii=True))
    Backup made and checked: copy
      12 runs - 30 stored files - 1.2 MB
    """
    said = table.text(record, wide=wide) if isinstance(record, records.RunTable) else _text(record)
    return _for_terminal(words.clean(said), in_ascii=ascii)


def full_text(view: records.RunView, *, ascii: bool | None = None) -> str:
    """Return everything of a run as plain text; ``ascii`` as for :func:`text`."""
    return _for_terminal(whole.text(view), in_ascii=ascii)


def _for_terminal(said: str, *, in_ascii: bool | None) -> str:
    return words.to_ascii(said) if (_is_narrow() if in_ascii is None else in_ascii) else said


def _is_narrow() -> bool:
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        words.SIGNS.encode(encoding)
    except (UnicodeError, LookupError):
        return True
    return False


def bundle(record: Any) -> dict[str, Any]:
    """Return a record as a MIME bundle: ``text/html``, ``text/plain``, and its fields as JSON.

    Examples
    --------
    >>> from mlops_jupyter.records import Done
    >>> sorted(bundle(Done("saved")))
    ['application/vnd.mlops-jupyter.done+json', 'text/html', 'text/plain']
    """
    return mime.make(record, html(record), text(record, ascii=False))


def full(view: records.RunView, figures: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the MIME bundle of everything of a run.

    Parameters
    ----------
    view
        The run.
    figures
        Pictures by path. PNG, JPEG and GIF are shown, at most 4 MB each and 16 MB together.
    """
    return mime.make(view, whole.html(view, figures), whole.text(view))


def live_html(view: records.RunView, progress: Progress) -> str:
    """Return the card of a run that still runs.

    Parameters
    ----------
    view
        The run as it is now.
    progress
        The seconds it has taken, the share that is done (0 to 1) and what it is doing, as far as known.
    """
    return card.live(view, progress)

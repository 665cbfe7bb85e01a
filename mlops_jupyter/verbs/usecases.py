"""Verbs about why a model exists: its use case, and the business figures beside its metrics."""

from __future__ import annotations

from typing import Any

from ..records import UseCaseView
from .around import write_text

__all__ = ["document_use_case", "log_kpi", "use_case"]


def document_use_case(
    name: str,
    *,
    pain_point: str | None = None,
    concerned: str | None = None,
    decision: str | None = None,
    success_measure: str | None = None,
    model_metric: str | None = None,
    relation: str | None = None,
    acceptable: str | None = None,
    acceptable_value: float | None = None,
    owner: str | None = None,
    contact: str | None = None,
    stakeholders: Any = None,
    feedback: str | None = None,
    out_of_scope: str | None = None,
    file: str | None = None,
    to: str | None = None,
    registry: str | None = None,
) -> UseCaseView:
    """Show why a model exists, and change it: for whom, which decision, what is good enough.

    Parameters
    ----------
    name
        The model. One that does not exist yet begins with its use case.
    pain_point
        What hurts today, in whose words.
    concerned
        Who is concerned, and how many.
    decision
        The decision that the model supports, and who takes it.
    success_measure
        The business figure that shall move, as ``kpi`` logs it.
    model_metric
        The metric of the model that stands for it: ``roc_auc``.
    relation
        How the metric maps to the figure.
    acceptable
        From which level it is good enough, and who says so.
    acceptable_value
        That level as a number in the metric, for the gates.
    owner
        Who answers for it.
    contact
        Whom to ask, and where.
    stakeholders
        Whom it touches and how: ``'sales: whom to call; legal: equal treatment'``; in Python also names with
        their concerns, or a list.
    feedback
        How the outcome comes back.
    out_of_scope
        What it must not be used for.
    file
        Read it from this YAML file first.
    to
        Write it to this YAML file.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    UseCaseView
        The use case as it is now, what it does not say yet, and its business figures.

    Raises
    ------
    NotFoundError
        Where there is no such model and nothing is said about it; or no such file.
    UsageError
        Where a file cannot be understood; names the line and near words.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> document_use_case("churn", decision="whom to call", owner="ada", registry=folder).seq
    1
    >>> document_use_case("churn", registry=folder).doc.decision
    'whom to call'
    """
    from .. import models
    from ..datasets.contracts import read_file

    said: dict[str, Any] = models.use_case_from_yaml(read_file(file)) if file is not None else {}
    said.pop("model", None)
    given = {
        "pain_point": pain_point,
        "concerned": concerned,
        "decision": decision,
        "success_measure": success_measure,
        "model_metric": model_metric,
        "relation": relation,
        "acceptable": acceptable,
        "acceptable_value": acceptable_value,
        "owner": owner,
        "contact": contact,
        "stakeholders": stakeholders,
        "feedback": feedback,
        "out_of_scope": out_of_scope,
    }
    said |= {field: value for field, value in given.items() if value is not None}
    if said:
        view = models.document_use_case(name, registry=registry, **said)
    else:
        view = models.use_case(name, registry=registry)
    if to is not None:
        write_text(to, models.use_case_to_yaml(view.doc))
    return view


def use_case(name: str, *, registry: str | None = None) -> UseCaseView:
    """Return why a model exists, with its business figures and how they moved with its metrics.

    Parameters
    ----------
    name
        The model.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    UseCaseView
        The use case, what it does not say yet, figures and relations.

    Raises
    ------
    NotFoundError
        Where there is no such model; names the nearest.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> _ = document_use_case("churn", owner="ada", registry=folder)
    >>> use_case("churn", registry=folder).missing[0]
    'pain_point'
    """
    from .. import models

    return models.use_case(name, registry=registry)


def log_kpi(
    name: str,
    key: str,
    value: float,
    *,
    time: str | None = None,
    version: str | int | None = None,
    note: str | None = None,
    registry: str | None = None,
) -> UseCaseView:
    """Log a value of a business figure beside a model, and show how such figures moved with its metrics.

    Parameters
    ----------
    name
        The model.
    key
        The figure: ``calls-saved``.
    value
        What it was.
    time
        When it held: a date or a time; now where not said.
    version
        Which version was in use: ``4`` or an alias; else the champion at that time.
    note
        A sentence about it.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    UseCaseView
        The use case with all its figures and relations.

    Raises
    ------
    NotFoundError
        Where there is no such model or version; names the nearest.
    UsageError
        Where the value is no number, or the time none.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> _ = document_use_case("churn", success_measure="calls-saved", registry=folder)
    >>> log_kpi("churn", "calls-saved", 130, time="2026-03-01", registry=folder).kpis[0].value
    130.0
    """
    from .. import models

    models.log_kpi(name, key, value, time=time, version=version, note=note, registry=registry)
    return models.use_case(name, registry=registry)

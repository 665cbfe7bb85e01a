"""Verbs that look at registered models: the list, one, its history, its card."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal, cast

from ..errors import UsageError
from ..records import Done, ModelCard, ModelHistory, ModelTable, ModelView, VersionView
from .around import write_text

__all__ = ["describe_model", "list_models", "model_card", "model_history", "models_or_one"]

_FORMATS: Final = {".html": "html", ".htm": "html", ".md": "md", ".json": "json"}
Audience = Literal["everyone", "outsiders"]
_AUDIENCES: Final = ("everyone", "outsiders")


def models_or_one(
    ref: str | None = None, *, registry: str | None = None
) -> ModelTable | ModelView | VersionView:
    """List the registered models; or show one, or one version of it.

    Parameters
    ----------
    ref
        ``churn`` for the model, ``churn:4`` or ``churn@champion`` for a version; without it, the list.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    ModelTable, ModelView or VersionView
        The list, one model with its versions, or one version with its evidence.

    Raises
    ------
    NotFoundError
        Where there is no such model; names the nearest.

    Examples
    --------
    >>> import tempfile
    >>> models_or_one(registry=tempfile.mkdtemp()).total
    0
    """
    return list_models(registry=registry) if ref is None else describe_model(ref, registry=registry)


def list_models(
    query: str | None = None, *, limit: int = 50, offset: int = 0, registry: str | None = None
) -> ModelTable:
    """List the registered models, the last registered first, and requests that wait.

    Parameters
    ----------
    query
        A part of the name; without it, all.
    limit
        How many at most, 1 or more.
    offset
        How many to leave out first.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    ModelTable
        The models, and how many there are in all.

    Raises
    ------
    UsageError
        Where ``limit`` is below 1.

    Examples
    --------
    >>> import tempfile
    >>> list_models(registry=tempfile.mkdtemp()).lines
    ()
    """
    from .. import models

    _at_least("limit", limit, 1)
    _at_least("offset", offset, 0)
    return models.table(query, limit=limit, offset=offset, registry=registry)


def describe_model(
    ref: str, *, limit: int = 20, offset: int = 0, registry: str | None = None
) -> ModelView | VersionView:
    """Show one model with its versions, or one version with all its evidence.

    Parameters
    ----------
    ref
        ``churn`` for the model; ``churn:4`` or ``churn@champion`` for a version.
    limit
        How many versions of a model at most, 1 or more.
    offset
        How many of them to leave out first.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    ModelView or VersionView
        Versions with their figures and aliases; or file, signature, run, data, evaluations, gates.

    Raises
    ------
    NotFoundError
        Where there is no such model or version; names the nearest.

    Examples
    --------
    >>> import tempfile, mlops_jupyter
    >>> from sklearn.linear_model import Ridge
    >>> folder = tempfile.mkdtemp()
    >>> _ = mlops_jupyter.register("slope", Ridge().fit([[0], [1]], [0, 1]), registry=folder)
    >>> describe_model("slope", registry=folder).total
    1
    >>> describe_model("slope:1", registry=folder).version.class_name
    'Ridge'
    """
    from .. import models, store

    _at_least("limit", limit, 1)
    _at_least("offset", offset, 0)
    opened = store.open_existing(registry)
    if models.find_model(opened, ref).name == ref.strip():
        return models.view(ref, limit=limit, offset=offset, registry=opened)
    return models.version(ref, registry=opened)


def model_history(
    name: str, *, at: str | None = None, limit: int = 50, registry: str | None = None
) -> ModelHistory:
    """Tell what happened to a model, or what held at a date: which champion, made how, approved by whom.

    Parameters
    ----------
    name
        The model.
    at
        A date (its end) or a time: ``2026-03-01``.
    limit
        How many events at most, the newest, 1 or more.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    ModelHistory
        Events and reigns; with ``at``, the versions that aliases pointed to then.

    Raises
    ------
    NotFoundError
        Where there is no such model; names the nearest.
    UsageError
        Where the date is none, or ahead.

    Examples
    --------
    >>> import tempfile, mlops_jupyter
    >>> from sklearn.linear_model import Ridge
    >>> folder = tempfile.mkdtemp()
    >>> _ = mlops_jupyter.register("slope", Ridge().fit([[0], [1]], [0, 1]), registry=folder)
    >>> [event.kind for event in model_history("slope", registry=folder).events]
    ['model.registered']
    """
    from .. import models

    _at_least("limit", limit, 1)
    return models.history(name, at=at, limit=limit, registry=registry)


def model_card(
    ref: str,
    *,
    for_: str = "everyone",
    format: str | None = None,
    to: str | None = None,
    registry: str | None = None,
) -> ModelCard | Done | str:
    """Show the card of a version, filled from recorded facts only, or write it to one file.

    Parameters
    ----------
    ref
        The version: ``churn:4``, ``churn@champion``; a name alone is its newest.
    for_
        ``everyone``, or ``outsiders``: one screen for people who train no models.
    format
        ``html`` (one page that opens offline), ``md`` or ``json``; else what the file's ending says.
    to
        The file to write.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    ModelCard, str or Done
        The card; its text where a format is named; what was written where a file is.

    Raises
    ------
    NotFoundError
        Where there is no such version, or no such folder.
    UsageError
        Where the format or the audience is none.

    Examples
    --------
    >>> import tempfile, mlops_jupyter
    >>> from sklearn.linear_model import Ridge
    >>> folder = tempfile.mkdtemp()
    >>> _ = mlops_jupyter.register("slope", Ridge().fit([[0], [1]], [0, 1]), registry=folder)
    >>> model_card("slope:1", registry=folder).ref
    'slope:1'
    >>> model_card("slope:1", to=folder + "/card.html", registry=folder).message
    'The card of slope:1 was written to ...card.html.'
    """
    from .. import models

    if for_ not in _AUDIENCES:
        raise UsageError(f"the card is for {' or '.join(_AUDIENCES)}, not {for_!r}")
    kind = _format(format, to)
    card = models.card(ref, audience=cast("Audience", for_), registry=registry)
    if kind is None:
        return card
    text = _text(card, kind)
    if to is None:
        return text
    write_text(to, text)
    return Done(f"The card of {card.ref} was written to {to}.")


def _format(format: str | None, to: str | None) -> str | None:
    ending = Path(to).suffix.lower() if to is not None else ""
    kind = {"markdown": "md"}.get(format or "", format) or _FORMATS.get(ending)
    if kind is None and to is None:
        return None
    if kind not in _FORMATS.values():
        named = f"the format {format!r}" if format else f"the ending {ending!r}"
        raise UsageError(f"{named} is none of a card; expected html, md or json")
    return kind


def _text(card: ModelCard, kind: str) -> str:
    from .. import display

    if kind == "json":
        import json

        from ..records import to_plain

        return json.dumps(to_plain(card), indent=2, ensure_ascii=False, allow_nan=False)
    return display.card_page(card) if kind == "html" else display.card_markdown(card)


def _at_least(name: str, value: int, least: int) -> None:
    if value < least:
        raise UsageError(f"{name} is {value}; expected {least} or more")

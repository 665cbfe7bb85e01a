"""What people say about a model and its versions: secrets masked, every change remembered."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import UsageError
from ..interrupts import uninterrupted
from ..records import Model, ModelVersion, VersionView
from ..store import Store, events, open_existing
from ..tracking.edit import clean_words
from . import reference, views
from .reference import Registry

EDITED = "model.edited"
OF_VERSIONS = ("note", "owner", "licence", "intended_use", "limits")
"""What is said of one version; its events tell each word that was given and each that was changed."""

_LONGEST = 10_000


def cleaned(**words: str | None) -> dict[str, str]:
    """Return the words that were given, as they are stored: without secrets, at most 10,000 characters."""
    found = {}
    for what, given in words.items():
        if given is None:
            continue
        if not isinstance(given, str):
            raise UsageError(f"{what} is of type {type(given).__name__}; expected text")
        clean, _ = clean_words(what, given.strip())
        if clean is not None and len(clean) > _LONGEST:
            raise UsageError(f"{what} has {len(clean):,} characters; at most {_LONGEST:,}")
        found[what] = clean or ""
    return found


def edit(
    ref: str,
    *,
    note: str | None = None,
    description: str | None = None,
    owner: str | None = None,
    licence: str | None = None,
    intended_use: str | None = None,
    limits: str | None = None,
    registry: Registry = None,
) -> VersionView:
    """Say something about a version, or about the model: whom to ask, what it is for and what not.

    Parameters
    ----------
    ref
        The version: ``churn:4``; a name alone is its newest.
    note
        A sentence about this version. Here and below, empty text takes away what was said.
    description
        What the model is, for all its versions.
    owner, licence, intended_use, limits
        Whom to ask, under which licence, for what, and for what not.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Raises
    ------
    NotFoundError
        If there is no such version.
    UsageError
        If nothing is given.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.linear_model import Ridge
    >>> from mlops_jupyter.models import register
    >>> folder = tempfile.mkdtemp()
    >>> _ = register("slope", model=Ridge().fit([[0], [1]], [0, 1]), registry=folder)
    >>> edit("slope:1", owner="ann", registry=folder).version.owner
    'ann'
    """
    words = cleaned(note=note, owner=owner, licence=licence, intended_use=intended_use, limits=limits)
    about = cleaned(description=description)
    if not words and not about:
        raise UsageError(f"nothing to change is given; as in: edit({ref!r}, owner='ann')")
    store = open_existing(registry)
    model, version = reference.find_version(store, ref)
    with uninterrupted(), store.atomic():
        write(store, model, version, words)
        if about:
            write_description(store, model, about["description"])
    return views.version_view(store, views.model_of(store, version), views.version_by_id(store, version.id))


def write(store: Store, model: Model, version: ModelVersion, words: Mapping[str, str]) -> None:
    """Write the words that differ from what stands there, and one event; call inside an atomic block."""
    changes = {what: word or None for what, word in words.items() if (word or None) != getattr(version, what)}
    if not changes:
        return
    store.update("model_versions", changes, {"id": version.id})
    before = {what: getattr(version, what) for what in changes}
    _remember(store, reference.label(model, version), before, changes)


def write_description(store: Store, model: Model, description: str) -> None:
    """Write what a model is, and the event; call inside an atomic block."""
    said = description or None
    if said != model.description:
        store.update("models", {"description": said}, {"id": model.id})
        _remember(store, model.name, {"description": model.description}, {"description": said})


def _remember(
    store: Store, subject: str, before: Mapping[str, str | None], after: Mapping[str, str | None]
) -> None:
    events.append(store, kind=EDITED, subject=subject, detail={"before": dict(before), "after": dict(after)})

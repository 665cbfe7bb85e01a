"""Registering: a model of a run, in memory or in a file becomes the next version of a name."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from .. import config
from ..errors import GatesFailed, UsageError
from ..interrupts import uninterrupted
from ..records import Model, ModelVersion, VersionView, to_plain
from ..store import Store, as_row, events, open_store
from ..tracking.refs import RunRef
from . import aliases, origins, reference, signatures, trained_on, views, wording
from .origins import Origin
from .reference import Registry
from .signatures import Shape

REGISTERED = "model.registered"


def register(
    name: str,
    *,
    run: RunRef | Any | None = None,
    model: Any = None,
    path: str | os.PathLike[str] | None = None,
    variable: str | None = None,
    X: Any = None,  # noqa: N803 - the field's letter
    y: Any = None,
    alias: str | None = None,
    note: str | None = None,
    description: str | None = None,
    owner: str | None = None,
    licence: str | None = None,
    intended_use: str | None = None,
    limits: str | None = None,
    trusted: Sequence[str] = (),
    unsafe_reason: str | None = None,
    registry: Registry = None,
) -> VersionView:
    """Register a model as the next version of a name, with its evidence.

    A file that is a version of this name already gets no new number; the words and the alias that are
    given are set all the same.

    Parameters
    ----------
    name
        The model's name: ``churn``.
    run
        The run that kept the model: a number, an id, a run. With ``model`` the run that it belongs to;
        None finds the run that kept the same file, else takes the one that is open.
    model
        A fitted model in memory.
    path
        A model file from elsewhere; it is opened in a child process with limits first.
    variable
        Which of the run's models, where it kept several.
    X, y
        The data it was fitted on: for the signature, which content that was, and an example of five rows
        with the answers, which is kept. None takes the run's, where their bytes were saved.
    alias
        A word that shall point to the version, as ``challenger``.
    note
        A sentence about this version.
    description
        What the model is, for all its versions.
    owner, licence, intended_use, limits
        Whom to ask, under which licence, for what, and for what not.
    trusted
        Full names of further types that the file may hold.
    unsafe_reason
        Why a format that can run code when it is opened is kept (cloudpickle); recorded and shown.
        Without it no such file is written or read.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    VersionView
        The version with all that is known of it; ``is_new`` is False where it was there already.

    Raises
    ------
    UsageError
        If it is not said which model, the run kept several, or the name cannot be one.
    NotFoundError
        If there is no such run, or it kept no such model.
    UnsupportedError
        If the model cannot be kept, or the file cannot be opened safely.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.linear_model import Ridge
    >>> folder = tempfile.mkdtemp()
    >>> first = register("slope", model=Ridge().fit([[0], [1]], [0, 1]), registry=folder)
    >>> first.name, first.version.number, first.version.class_name
    ('slope', 1, 'Ridge')
    >>> register("slope", model=Ridge().fit([[0], [1]], [0, 1]), registry=folder).is_new
    False
    """
    store = open_store(registry)
    name = reference.check_name(name)
    word = None if alias is None else reference.check_alias(alias)
    words = wording.cleaned(note=note, owner=owner, licence=licence, intended_use=intended_use, limits=limits)
    about = wording.cleaned(description=description).get("description")
    origin = _origin(store, run, model, path, variable, trusted, unsafe_reason)
    shape = _shape(store, origin, X, y)
    if shape.identity is not None:
        shape = replace(shape, version=trained_on.with_rows(store, shape.identity))
    version, is_new = _write(store, name, origin, shape, words, about)
    if word is not None:
        _point(f"{name}:{version.number}", word, store)
    return views.version_view(store, views.model_of(store, version), version, is_new=is_new)


def _origin(
    store: Store,
    run: Any,
    model: Any,
    path: Any,
    variable: str | None,
    trusted: Sequence[str],
    unsafe_reason: str | None,
) -> Origin:
    if model is not None and path is not None:
        raise UsageError("both a model and a file are given; register takes one of them")
    if unsafe_reason is not None and not unsafe_reason.strip():
        raise UsageError("unsafe_reason is empty; say why a format that can run code is needed")
    if path is not None:
        return origins.of_path(store, path, run=run, trusted=trusted, unsafe_reason=unsafe_reason)
    if model is not None:
        return origins.of_object(store, model, run=run, trusted=trusted, unsafe_reason=unsafe_reason)
    if run is None:
        raise UsageError(
            "it is not said which model: register('churn', run=12), register('churn', model=clf) or path=…"
        )
    return origins.of_run(store, run, variable, trusted=trusted)


def _shape(store: Store, origin: Origin, X: Any, y: Any) -> Shape:  # noqa: N803
    run_id = origin.run.id if origin.run is not None else None
    if X is not None:
        shape = signatures.of_data(origin.model, X, y)
    elif run_id is not None:
        shape = signatures.of_run(store, run_id, origin.model)
    else:
        return signatures.of_model(origin.model)
    return signatures.without_sensitive(store, shape, run_id)


def _write(
    store: Store, name: str, origin: Origin, shape: Shape, words: dict[str, str], description: str | None
) -> tuple[ModelVersion, bool]:
    """Write all rows of a version and its event, or none; two processes get two numbers."""
    example = None
    if shape.example is not None:
        example = store.objects.put(json.dumps(to_plain(shape.example), allow_nan=False).encode())
    environment_id = _environment(store, origin)
    store.objects.put(origin.data)
    with uninterrupted(), store.atomic():
        store.lock(f"model {name}")
        model = _model(store, name, description)
        _write_data(store, shape)
        where = {"model_id": model.id}
        same = store.rows(
            "model_versions", where | {"object_hash": origin.object_hash}, order="number desc", limit=1
        )
        if same:
            version = ModelVersion(**same[0])
            wording.write(store, model, version, words)
            _complete(store, model, version, shape, example)
            return views.version_by_id(store, version.id), False
        newest = store.rows("model_versions", where, order="number desc", limit=1, columns=["number"])
        version = replace(
            _version(model, origin, shape, words),
            number=(newest[0]["number"] if newest else 0) + 1,
            example_hash=example,
            environment_id=environment_id,
        )
        store.insert("model_versions", as_row(version))
        _remember(store, model, version, origin)
    return version, True


def _version(model: Model, origin: Origin, shape: Shape, words: dict[str, str]) -> ModelVersion:
    return ModelVersion(
        id=config.new_id(),
        model_id=model.id,
        number=0,
        created_at=config.now(),
        object_hash=origin.object_hash,
        size_bytes=len(origin.data),
        format=origin.format,
        class_name=origin.class_name,
        signature=json.dumps(to_plain(shape.signature)),
        user_name=config.user_name(),
        run_id=origin.run.id if origin.run is not None else None,
        artifact_path=origin.artifact_path,
        libraries=json.dumps(dict(origin.libraries)) if origin.libraries else None,
        params=_params(origin.model),
        unsafe_reason=origin.unsafe_reason,
        data_version_id=shape.version.id if shape.version is not None else None,
        **{what: word for what, word in words.items() if word},
    )


def _write_data(store: Store, shape: Shape) -> None:
    version = shape.version
    if version is not None and not store.rows("dataset_versions", {"id": version.id}, columns=["id"]):
        store.upsert("dataset_versions", as_row(version), key=["id"])


def _complete(store: Store, model: Model, version: ModelVersion, shape: Shape, example: str | None) -> None:
    """Give a version that had no example the one that was given now, with its signature, and remember it."""
    if version.example_hash is not None or example is None:
        return
    changes = {"example_hash": example, "signature": json.dumps(to_plain(shape.signature))}
    if shape.version is not None:
        changes["data_version_id"] = shape.version.id
    store.update("model_versions", changes, {"id": version.id})
    detail = {"before": {"example_hash": None}, "after": {"example_hash": example}}
    events.append(store, kind=wording.EDITED, subject=reference.label(model, version), detail=detail)


def _model(store: Store, name: str, description: str | None) -> Model:
    """Return the model of a name, made or brought back where there is none."""
    rows = store.rows("models", {"name": name})
    if not rows:
        return reference.make_model(store, name, description)
    model = Model(**{**rows[0], "deleted_at": None})
    if rows[0]["deleted_at"] is not None:
        store.update("models", {"deleted_at": None}, {"id": model.id})
    if description is not None:
        wording.write_description(store, model, description)
    return model


def _remember(store: Store, model: Model, version: ModelVersion, origin: Origin) -> None:
    data = [f"train X {version.data_version_id}"] if version.data_version_id else []
    if origin.run is not None:
        rows = store.rows("run_datasets", {"run_id": origin.run.id}, order="role, name")
        data = [f"{row['role']} {row['name']} {row['version_id']}" for row in rows]
    events.append(
        store,
        kind=REGISTERED,
        subject=reference.label(model, version),
        detail={
            "number": version.number,
            "object_hash": version.object_hash,
            "format": version.format,
            "class_name": version.class_name,
            "run_id": version.run_id,
            "run_number": origin.run.number if origin.run is not None else None,
            "environment_id": version.environment_id,
            "data": data,
            "created_at": version.created_at,
            **{what: getattr(version, what) for what in wording.OF_VERSIONS},
            **({"unsafe_reason": version.unsafe_reason} if version.unsafe_reason else {}),
        },
    )


def _environment(store: Store, origin: Origin) -> str | None:
    """Return the run's environment; for a model in memory that no run kept, this process's."""
    from ..tracking import environment

    if origin.run is not None:
        rows = store.rows("runs", {"id": origin.run.id}, columns=["environment_id"])
        return rows[0]["environment_id"] if rows else None
    if origin.artifact_path is not None:  # a file from elsewhere was not made in this one
        return None
    here = environment.capture()
    if not store.rows("environments", {"id": here.id}, columns=["id"]):
        store.upsert("environments", as_row(here), key=["id"])
    return here.id


def _params(model: Any) -> str | None:
    from .. import formats

    chosen, usual = formats.split_params(model)
    everything = {key: value for key, value in (chosen | usual).items() if value is not None}
    return json.dumps({"chosen": chosen, "all": everything}, default=str) if everything else None


def _point(ref: str, alias: str, store: Store) -> None:
    try:
        aliases.set_alias(ref, alias, registry=store)
    except GatesFailed as error:
        raise GatesFailed(f"{ref} is registered; {error}", error.report) from None

"""What a version takes and answers: from data that are given, kept, or only known by their identity."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..datasets.documents import sensitive_columns
from ..datasets.subject import stored_profile
from ..errors import MlopsError, UsageError
from ..records import ColumnProfile, DatasetVersion, Field, InputExample, Signature
from ..store import Store, lineage

if TYPE_CHECKING:
    from ..data.fingerprint import Fingerprint

_LARGEST_LOADED = 256 << 20
_MOST_CATEGORIES = 100
_EXAMPLE_ROWS = 5
_ROLES = ("train", "input", "validation", "test")
_KINDS = (
    (("int", "uint", "float", "decimal", "complex"), "number"),
    (("bool",), "boolean"),
    (("category",), "category"),
    (("string",), "text"),
    (("datetime", "date", "period"), "time"),
    (("duration", "time"), "span"),
    (("list", "struct"), "nested"),
    (("null",), "empty"),
)


@dataclass(frozen=True, slots=True)
class Shape:
    """The signature of a version, its example where there is one, and the content both rest on."""

    signature: Signature
    example: InputExample | None = None
    version: DatasetVersion | None = None
    identity: Fingerprint | None = None
    """That content's identity with the hashes of its rows, where the data themselves were given."""


def of_data(model: Any, X: Any, y: Any = None) -> Shape:  # noqa: N803 - the field's letter
    """Return signature and example from data that are given, and the identity of ``X``.

    Raises
    ------
    UsageError
        If the model cannot predict these rows.
    """
    from .. import formats

    signature = formats.signature_of(X, y, model=model)
    identity = _identity(X)
    version = identity.version if identity is not None else None
    return Shape(signature, formats.example_of(model, X, n=_EXAMPLE_ROWS), version, identity)


def of_run(store: Store, run_id: str, model: Any) -> Shape:
    """Return the signature from the data that a run fitted the model on, as far as they are known.

    Where their bytes were kept they are loaded, and the model is asked for an example; else the
    columns are known by name and type alone, and by their range where they were described.
    """
    found = fitted_on(store, run_id, model)
    if found is None:
        return of_model(model)
    names = _features(model, found)
    frame = _kept(store, found, _names_of(model))
    if frame is not None:
        try:
            shape = of_data(model, frame)
        except UsageError:  # what only transforms, or was fitted on rows in another form, has no example
            pass
        else:
            return Shape(replace(shape.signature, target=_target(found, names)), shape.example, found)
    return Shape(_of_identity(store, found, names, model), None, found)


def without_sensitive(store: Store, shape: Shape, run_id: str | None) -> Shape:
    """Return a shape without values of columns that the documents of its data call personal or secret.

    An example that would have to hide one of them is left out: the model would answer other rows.
    """
    ids = [shape.version.id] if shape.version is not None else []
    if run_id is not None:
        rows = store.rows("run_datasets", {"run_id": run_id}, columns=["version_id"])
        ids += [row["version_id"] for row in rows]
    labels = lineage.labels_of(store, ids)
    names = {label.rpartition(":")[0] for found in labels.values() for label in found}
    hidden = sensitive_columns(store, names)
    inputs = tuple(
        replace(field, categories=(), low=None, high=None) if field.name in hidden else field
        for field in shape.signature.inputs
    )
    has_hidden = any(field.name in hidden for field in inputs)
    signature = replace(shape.signature, inputs=inputs)
    return replace(shape, signature=signature, example=None if has_hidden else shape.example)


def fitted_on(store: Store, run_id: str, model: Any) -> DatasetVersion | None:
    """Return the content of a run that has the model's features among its columns; training data first."""
    rows = store.rows("run_datasets", {"run_id": run_id}, order="name", columns=["role", "version_id"])
    ids = sorted({row["version_id"] for row in rows})
    known = {row["id"]: DatasetVersion(**row) for row in store.rows("dataset_versions", {"id": ids})}
    for role in _ROLES:
        for row in rows:
            version = known[row["version_id"]]
            if row["role"] == role and _fits(version, model):
                return version
    return None


def _fits(version: DatasetVersion, model: Any) -> bool:
    names, count = _names_of(model), getattr(model, "n_features_in_", None)
    columns = [one["name"] for one in json.loads(version.columns_json)]
    if names is not None:
        return set(names) <= set(columns)
    return count is not None and count == len(columns)


def _names_of(model: Any) -> list[str] | None:
    names = getattr(model, "feature_names_in_", None)
    return None if names is None else [str(name) for name in names]


def _features(model: Any, version: DatasetVersion) -> list[str]:
    return _names_of(model) or [one["name"] for one in json.loads(version.columns_json)]


def _kept(store: Store, version: DatasetVersion, names: Sequence[str] | None) -> Any:
    """Return the columns of a content whose bytes were kept and are not too many, else None.

    A model that knows no names was fitted on all columns, by their place.
    """
    from .. import datasets

    if version.size_bytes > _LARGEST_LOADED:
        return None
    if not store.rows("kept_versions", {"version_id": version.id}, columns=["version_id"]):
        return None
    try:
        return datasets.load(version.id, columns=names, registry=store)
    except MlopsError:  # lost bytes cost the example, and the doctor tells of them
        return None


def _of_identity(store: Store, version: DatasetVersion, names: Sequence[str], model: Any) -> Signature:
    types = {one["name"]: one["type"] for one in json.loads(version.columns_json)}
    profile = stored_profile(store, version.id)
    described = {column.name: column for column in profile.columns} if profile is not None else {}
    inputs = tuple(_field(name, types[name], described.get(name)) for name in names)
    outputs = _outputs_only(model)
    return Signature(
        inputs,
        outputs.outputs,
        "array" if version.kind.endswith(("ndarray", "matrix")) else "frame",
        target=_target(version, names),
        classes=outputs.classes,
    )


def _target(version: DatasetVersion, names: Sequence[str]) -> str:
    """Return the column that the model does not take, where there is one alone."""
    left = [one["name"] for one in json.loads(version.columns_json) if one["name"] not in set(names)]
    return left[0] if len(left) == 1 else ""


def _field(name: str, type_: str, column: ColumnProfile | None) -> Field:
    kind = kind_of(type_)
    if column is None:
        return Field(name, kind, type_)
    numbers = column.numbers if kind == "number" else None
    return Field(
        name,
        kind,
        type_,
        is_nullable=column.n_missing > 0,
        categories=_categories(column) if kind == "category" else (),
        low=numbers.minimum if numbers is not None and numbers.n else None,
        high=numbers.maximum if numbers is not None and numbers.n else None,
    )


def kind_of(type_: str) -> str:
    """Return the profile's word for a logical type.

    Examples
    --------
    >>> kind_of("uint8"), kind_of("category[string]"), kind_of("datetime[us]"), kind_of("object")
    ('number', 'category', 'time', 'other')
    """
    word = type_.partition("[")[0].rstrip("0123456789")
    return next((kind for words, kind in _KINDS if word in words), "other")


def _categories(column: ColumnProfile) -> tuple[str, ...]:
    values = column.values
    if values is None or values.n_other or len(values.top) > _MOST_CATEGORIES:
        return ()
    return tuple(sorted(value for value, _ in values.top))


def of_model(model: Any) -> Shape:
    """Return what a model alone knows: the names of its features, if it has any, and its classes."""
    inputs = tuple(Field(name, "other", "") for name in _names_of(model) or ())
    return Shape(replace(_outputs_only(model), inputs=inputs))


def _outputs_only(model: Any) -> Signature:
    """Return what a model says of its answers: classes, or numbers."""
    classes = getattr(model, "classes_", None)
    if classes is None or getattr(classes, "ndim", 1) != 1:
        return Signature((), (Field("prediction", "number", "float64"),))
    words = tuple(str(one) for one in classes)
    kept = words if len(words) <= _MOST_CATEGORIES else ()
    outputs: tuple[Field, ...] = (Field("prediction", "category", str(classes.dtype), categories=kept),)
    if callable(getattr(model, "predict_proba", None)):
        shape = (-1, len(words))
        outputs += (Field("probability", "number", "float64", low=0.0, high=1.0, shape=shape),)
    return Signature((), outputs, classes=words)


def _identity(given: Any) -> Fingerprint | None:
    from .. import data
    from ..errors import UnsupportedError

    if not data.is_dataset(given):
        return None
    try:
        return data.fingerprint(given)
    except UnsupportedError:  # a column of Python objects has no identity, and its model may be kept
        return None

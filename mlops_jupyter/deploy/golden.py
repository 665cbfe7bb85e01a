"""Golden rows: what an exported model is asked, and what it must answer.

They are the rows that were kept at registration with the answers of then, and up to a thousand of data
that the registry holds, answered here by the model's file; where it has neither, rows that the recipe makes
again, or those of another version.
Rows go through JSON before they are predicted, so that the service is shown the very same values.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Final

from ..datasets.documents import sensitive_columns
from ..errors import MlopsError
from ..models import loading, reference, views
from ..records import InputExample, Model, ModelVersion, Run, Signature, from_plain
from ..store import Store, lineage

MOST_ROWS: Final = 1_000
_ROLES: Final = ("test", "validation", "train")


@dataclass(frozen=True, slots=True)
class Golden:
    """Rows and the answers to them, as JSON can hold both.

    Attributes
    ----------
    columns, rows
        As a request has them.
    predictions
        The answer to each row.
    probabilities
        Those of each class for each row, None where the model has none.
    n_recorded
        How many of the first rows are from the registration, with its answers.
    source
        Where the rows are from, as a sentence.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    predictions: tuple[Any, ...]
    probabilities: tuple[tuple[float, ...], ...] | None = None
    n_recorded: int = 0
    source: str = ""


def golden_rows(
    store: Store,
    model: Model,
    version: ModelVersion,
    *,
    n: int = MOST_ROWS,
    loaded: Any = None,
) -> Golden | None:
    """Return rows with the answers that an export of a version must give; None where there are none.

    Parameters
    ----------
    n
        How many rows to take from data that the registry keeps, at most.
    loaded
        The model, where the caller has it open already.

    Raises
    ------
    MlopsError
        If the model cannot be opened, as :func:`~mlops_jupyter.models.load_model` has it.
    """
    from .. import formats

    if loaded is None:
        loaded = loading.load_version(store, model, version, unsafe=True)
    signature = from_plain(Signature, json.loads(version.signature))
    hidden = _sensitive(store, version)
    recorded = _shown(views.example_of(store, version), signature, hidden)
    for name, frame in _frames(store, version, signature, hidden, n, is_enough=recorded is not None):
        try:
            found = formats.example_of(loaded, frame, n=n)
        except MlopsError:  # other columns than the model takes
            continue
        found = None if found is None else _filled(loaded, signature, found)
        if found is not None and (recorded is None or found.columns == recorded.columns):
            return _together(loaded, signature, recorded, found, name)
    if recorded is not None:
        return _together(loaded, signature, recorded, None, "")
    for name, found in _of_others(store, model, version, signature, hidden):
        try:
            return _together(loaded, signature, None, _answered(loaded, signature, found), name)
        except MlopsError:  # the same columns, but not what this model takes
            continue
    return None


def _sensitive(store: Store, version: ModelVersion) -> frozenset[str]:
    """Return the columns that the documents of a version's data call personal or secret."""
    labels = lineage.labels_of(store, [version_id for _, version_id in _contents(store, version)])
    names = {label.rpartition(":")[0] for found in labels.values() for label in found}
    return sensitive_columns(store, names)


def _frames(
    store: Store,
    version: ModelVersion,
    signature: Signature,
    hidden: frozenset[str],
    n: int,
    *,
    is_enough: bool,
) -> Iterator[tuple[str, Any]]:
    """Yield data that the model can be asked about: kept ones, and where there is nothing, remade ones."""
    wanted = [field.name for field in signature.inputs]
    remade = () if is_enough else _remade(store, version, n)
    for called, frame in chain(_kept(store, version), remade):
        if signature.container == "frame" and hasattr(frame, "columns"):
            known = {str(column): column for column in frame.columns}
            if not set(wanted) <= known.keys():
                continue
            chosen = frame[[known[name] for name in wanted]]
            frame = chosen.assign(**{name: _blank(chosen[name]) for name in hidden & set(wanted)})  # noqa: PLW2901
        if len(frame):
            yield called, frame


def _kept(store: Store, version: ModelVersion) -> Iterator[tuple[str, Any]]:
    """Yield data that the registry holds the bytes of: held out first, then what was trained on."""
    from ..datasets import subject

    for called, version_id in _contents(store, version):
        try:
            yield called, subject.of(store, version_id).frame(as_="pandas")
        except MlopsError:  # its fingerprint is known, its bytes were not kept
            continue


def _remade(store: Store, version: ModelVersion, n: int) -> Iterator[tuple[str, Any]]:
    """Yield rows that the recipe of the version's run makes again, where they are the very same as then."""
    from ..lineage.remaking import remade_rows

    rows = store.rows("runs", {"id": version.run_id}) if version.run_id else []
    if not rows:
        return
    names = dict(_contents(store, version))
    try:
        made = remade_rows(store, Run(**rows[0]), names, n=n)
    except MlopsError:  # it has no recipe
        return
    for called, version_id in names.items():
        if version_id in made:
            yield f"{called}, made again by the recipe,", made[version_id]


def _blank(column: Any) -> Any:
    """Return what stands for every value of a column that must not be shown: its type, and nothing of it."""
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        return pd.Categorical(column.cat.categories[:1].repeat(len(column)), dtype=column.dtype)
    if pd.api.types.is_bool_dtype(column.dtype) or pd.api.types.is_numeric_dtype(column.dtype):
        return pd.Series(0, index=column.index).astype(column.dtype)
    is_time = pd.api.types.is_datetime64_any_dtype(column.dtype)
    return pd.Timestamp("2000-01-01", tz=getattr(column.dtype, "tz", None)) if is_time else "hidden"


def _contents(store: Store, version: ModelVersion) -> Iterator[tuple[str, str]]:
    for row in store.rows("evaluations", {"model_hash": version.object_hash}, order="created_at desc"):
        if row["version_id"]:
            yield row["data_name"] or "the rows of an evaluation", row["version_id"]
    used = store.rows("run_datasets", {"run_id": version.run_id}, order="name") if version.run_id else []
    for role in _ROLES:
        yield from ((row["name"], row["version_id"]) for row in used if row["role"] == role)
    if version.data_version_id:
        yield "the data it was registered with", version.data_version_id


def _of_others(
    store: Store, model: Model, version: ModelVersion, signature: Signature, hidden: frozenset[str]
) -> Iterator[tuple[str, InputExample]]:
    """Yield the rows of a model's other versions, the newest first, that this one's columns fit."""
    columns = tuple(field.name for field in signature.inputs)
    for row in store.rows("model_versions", {"model_id": model.id}, order="number desc"):
        other = ModelVersion(**row)
        example = None if other.id == version.id else views.example_of(store, other)
        example = _shown(example, signature, hidden)
        if example is not None and example.columns == columns:
            yield reference.label(model, other), example


def _answered(loaded: Any, signature: Signature, example: InputExample) -> InputExample:
    """Return rows with what this model answers to them."""
    from .. import formats

    method = "predict_proba" if hasattr(loaded, "predict_proba") else "predict"
    asked = replace(example, predictions=(), method=method)
    return replace(asked, predictions=formats.predict_example(loaded, asked, signature))


def _shown(
    example: InputExample | None, signature: Signature, hidden: frozenset[str] = frozenset()
) -> InputExample | None:
    """Return those rows of an example that may be shown and that a service takes; None where none is left."""
    if example is None or hidden & set(example.columns):
        return None
    never = _never_empty(example, signature)
    fit = [at for at, row in enumerate(example.rows) if all(row[place] is not None for place in never)]
    if not fit:
        return None
    rows, answers = (tuple(values[at] for at in fit) for values in (example.rows, example.predictions))
    return replace(example, rows=rows, predictions=answers)


def _filled(loaded: Any, signature: Signature, example: InputExample) -> InputExample | None:
    """Put one value for all into columns that were emptied as personal, and ask the model again."""
    never = _never_empty(example, signature)
    empty = {at: fill for at, fill in never.items() if all(row[at] is None for row in example.rows)}
    if empty:
        rows = tuple(tuple(empty.get(at, value) for at, value in enumerate(row)) for row in example.rows)
        example = _answered(loaded, signature, replace(example, rows=rows))
    return _shown(example, signature)


def _never_empty(example: InputExample, signature: Signature) -> dict[int, Any]:
    """Return the places that a service takes no empty values at, with a value that it does take."""
    known = {field.name: field for field in signature.inputs}
    found = {}
    for place, name in enumerate(example.columns):
        field = known.get(name)
        if field is not None and not field.is_nullable and not field.shape:
            found[place] = "2000-01-01" if field.kind == "time" else field.low or 0
    return found


def _together(
    loaded: Any, signature: Signature, recorded: InputExample | None, found: InputExample | None, name: str
) -> Golden:
    examples = [one for one in (recorded, found) if one is not None]
    columns, rows = examples[0].columns, tuple(row for one in examples for row in one.rows)
    answers = tuple(answer for one in examples for answer in one.predictions)
    has_chances = examples[0].method == "predict_proba"
    predictions = _predicted(loaded, signature, columns, rows) if has_chances else answers
    n_recorded = len(recorded.rows) if recorded else 0
    return Golden(
        columns=columns,
        rows=rows,
        predictions=predictions,
        probabilities=answers if has_chances else None,
        n_recorded=n_recorded,
        source=_source(n_recorded, len(rows) - n_recorded, name),
    )


def _predicted(
    loaded: Any, signature: Signature, columns: tuple[str, ...], rows: tuple[tuple[Any, ...], ...]
) -> tuple[Any, ...]:
    from .. import formats

    return formats.predict_example(loaded, InputExample(columns, rows, (), "predict"), signature)


def _source(n_recorded: int, n_kept: int, name: str) -> str:
    said = []
    if n_recorded:
        said.append(f"{n_recorded} rows kept at registration with their answers")
    if n_kept:
        said.append(f"{n_kept:,} rows of {name} answered by the model's file")
    return " and ".join(said)

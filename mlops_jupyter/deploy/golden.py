"""Golden rows: what an exported model is asked, and what it must answer.

They are the rows that were kept at registration with the answers of then, and up to a thousand of data
that the registry holds, answered here by the model's file. Rows go through JSON before they are
predicted, so that the service is shown the very same values.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from ..errors import MlopsError
from ..models import loading, views
from ..records import InputExample, Model, ModelVersion, Signature, from_plain
from ..store import Store

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
    recorded = _fitting(views.example_of(store, version), signature)
    for name, frame in _kept(store, version, signature):
        try:
            found = formats.example_of(loaded, frame, n=n)
        except MlopsError:  # other columns than the model takes
            continue
        if found is not None and (recorded is None or found.columns == recorded.columns):
            return _together(loaded, signature, recorded, _filled(loaded, signature, found), name)
    return None if recorded is None else _together(loaded, signature, recorded, None, "")


def _kept(store: Store, version: ModelVersion, signature: Signature) -> Iterator[tuple[str, Any]]:
    """Yield frames that the registry holds the bytes of: held out first, then what was trained on."""
    from ..datasets import subject

    for called, version_id in _contents(store, version):
        try:
            frame = subject.of(store, version_id).frame(as_="pandas")
        except MlopsError:  # its fingerprint is known, its bytes were not kept
            continue
        wanted = [field.name for field in signature.inputs]
        if signature.container == "frame" and hasattr(frame, "columns"):
            known = {str(column): column for column in frame.columns}
            if not set(wanted) <= known.keys():
                continue
            frame = frame[[known[name] for name in wanted]]
        if len(frame):
            yield called, frame


def _contents(store: Store, version: ModelVersion) -> Iterator[tuple[str, str]]:
    for row in store.rows("evaluations", {"model_hash": version.object_hash}, order="created_at desc"):
        if row["version_id"]:
            yield row["data_name"] or "the rows of an evaluation", row["version_id"]
    used = store.rows("run_datasets", {"run_id": version.run_id}, order="name") if version.run_id else []
    for role in _ROLES:
        yield from ((row["name"], row["version_id"]) for row in used if row["role"] == role)
    if version.data_version_id:
        yield "the data it was registered with", version.data_version_id


def _fitting(example: InputExample | None, signature: Signature) -> InputExample | None:
    """Return the recorded rows but for those that a service refuses: what is personal was taken out."""
    if example is None:
        return None
    never = _never_empty(example, signature)
    fit = [at for at, row in enumerate(example.rows) if all(row[place] is not None for place in never)]
    if not fit:
        return None
    rows, answers = (tuple(values[at] for at in fit) for values in (example.rows, example.predictions))
    return replace(example, rows=rows, predictions=answers)


def _filled(loaded: Any, signature: Signature, example: InputExample) -> InputExample:
    """Put one number for all into columns that were emptied as personal, and ask the model again."""
    never = _never_empty(example, signature)
    if not any(row[place] is None for row in example.rows for place in never):
        return example
    from .. import formats

    rows = tuple(
        tuple(never[at] if at in never and value is None else value for at, value in enumerate(row))
        for row in example.rows
    )
    asked = replace(example, rows=rows, predictions=())
    return replace(asked, predictions=formats.predict_example(loaded, asked, signature))


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

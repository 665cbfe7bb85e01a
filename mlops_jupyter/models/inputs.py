"""What an evaluation is asked about: the model, the rows and their truth, and what goes beside them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..datasets.subject import Given
from ..errors import MlopsError, NotFoundError, UnsupportedError, UsageError, near
from ..records import Costs, Run
from ..store import Store
from . import loading, origins, reference

if TYPE_CHECKING:
    from ..data.fingerprint import Fingerprint

_COSTS: Final = {
    "tp": "true_positive",
    "fp": "false_positive",
    "fn": "false_negative",
    "tn": "true_negative",
    "unit": "unit",
}
_MOST_NAMED: Final = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """A model that is to be scored: the object, what people call it, its file's hash, the run it is of."""

    model: Any
    label: str
    object_hash: str | None = None
    run: Run | None = None
    why_unknown: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows to score on: the features as the model takes them, all columns, the truth, and names."""

    X: Any
    whole: Any
    y: Any
    label: str
    target: str
    fingerprint: Fingerprint | None

    @property
    def columns(self) -> list[str]:
        """The names of all columns; none for arrays."""
        return columns_of(self.whole)


def model_of(store: Store, what: Any, *, is_fitted: bool = True) -> Asked:
    """Return the model that is meant: an object, a registered version, or the one that a run kept.

    Parameters
    ----------
    what
        The model, or what people call it.
    is_fitted
        Whether it shall be known by its file, which only a fitted one has.

    Raises
    ------
    NotFoundError
        If a name stands for no model.
    """
    value, name = (what.value, what.name) if isinstance(what, Given) else (what, None)
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        return _named(store, value)
    if not (callable(getattr(value, "predict", None)) or callable(value) or hasattr(value, "labels_")):
        raise UsageError(
            f"{name or 'the model'} is of type {type(value).__name__}, which cannot predict; expected a "
            "fitted model, a version such as churn:4, or a run"
        )
    called = name or type(value).__name__
    return _in_memory(store, value, called) if is_fitted else Asked(value, called)


def are_versions(store: Store, refs: Sequence[Any]) -> bool:
    """Return whether versions of models are meant, and not runs.

    Text with a mark (``churn:4``, ``churn@champion``) is a version, and so is the name of a model.
    """
    return all(isinstance(ref, str) and _is_version(store, ref) for ref in refs)


def _is_version(store: Store, ref: str) -> bool:
    asked = reference.parse(ref.strip())
    if asked.number is not None or asked.alias is not None:
        return True
    return bool(store.rows("models", {"name": ref.strip(), "deleted_at": None}, columns=["id"]))


def _named(store: Store, ref: str | int) -> Asked:
    if not loading.is_run(ref):
        model, version = reference.find_version(store, str(ref))
        loaded = loading.load_version(store, model, version)
        rows = store.rows("runs", {"id": version.run_id}) if version.run_id else []
        return Asked(
            loaded, reference.label(model, version), version.object_hash, Run(**rows[0]) if rows else None
        )
    origin = origins.of_run(store, ref)
    number = origin.run.number if origin.run is not None else ref
    return Asked(
        origin.model,
        registered(store, origin.object_hash) or f"run #{number}",
        origin.object_hash,
        origin.run,
    )


def _in_memory(store: Store, model: Any, name: str) -> Asked:
    """Return a model with the hash that its file has; one that cannot be a file has none."""
    try:
        origin = origins.of_object(store, model)
    except UnsupportedError as error:
        return Asked(model, name, why_unknown=str(error))
    known = registered(store, origin.object_hash)
    return Asked(model, f"{name} ({known})" if known else name, origin.object_hash, origin.run)


def registered(store: Store, object_hash: str) -> str | None:
    """Return the newest version that a file is registered as."""
    rows = store.rows("model_versions", {"object_hash": object_hash}, order="created_at desc", limit=1)
    if not rows:
        return None
    name = store.rows("models", {"id": rows[0]["model_id"]}, columns=["name"])[0]["name"]
    return f"{name}:{rows[0]['number']}"


def rows_of(store: Store, model: Any, X: Any, y: Any, beside: Sequence[Any] = ()) -> Rows:  # noqa: N803
    """Return the rows to score on.

    Parameters
    ----------
    model
        The object whose features tell which columns it takes.
    X, y
        As for :func:`~mlops_jupyter.models.evaluating.evaluate`.
    beside
        Groups, times and weights: where one is the name of a column, that is no feature.

    Raises
    ------
    NotFoundError
        If there are no such data or columns.
    """
    frame, label = _data(store, X, "X")
    truth = y.value if isinstance(y, Given) else y
    target = ""
    if isinstance(truth, str):
        target = truth
        truth = column(frame, truth, "the truth")
        frame = _without(frame, [target])
    else:
        own = getattr(truth, "name", None)
        target = str(own if own is not None else (y.name or "" if isinstance(y, Given) else ""))
    features = _features(model, frame, [one for one in beside if isinstance(one, str)])
    return Rows(features, frame, truth, label, target, _fingerprint(features))


def training_rows(store: Store, X: Any, y: Any) -> tuple[Any, Any]:  # noqa: N803
    """Return features and truth of what a model was fitted on, named as for an evaluation."""
    frame, _ = _data(store, X, "X")
    truth = y.value if isinstance(y, Given) else y
    if isinstance(truth, str):
        return _without(frame, [truth]), column(frame, truth, "the truth")
    return frame, truth


def _data(store: Store, what: Any, fallback: str) -> tuple[Any, str]:
    from ..datasets import subject

    value, name = (what.value, what.name) if isinstance(what, Given) else (what, None)
    if isinstance(value, str) or hasattr(value, "__fspath__"):
        found = subject.of(store, value)
        return found.frame(as_="pandas"), found.label
    if type(value).__module__.partition(".")[0] == "pyarrow":
        value = value.to_pandas()
    return value, name or fallback


def _features(model: Any, frame: Any, beside: Sequence[str]) -> Any:
    """Return the columns that a model takes, where both have names; else all but those beside."""
    names, known = getattr(model, "feature_names_in_", None), columns_of(frame)
    if names is not None and known:
        wanted = [str(name) for name in names]
        if missing := [name for name in wanted if name not in known]:
            raise NotFoundError(
                f"the model takes {_listed(missing)}, which the data do not have; "
                f"{near(missing[0], known) or 'they have ' + _listed(known)}"
            )
        return frame if wanted == known else pick(frame, wanted)
    count = getattr(model, "n_features_in_", None)
    if beside and known and count != len(known):
        return _without(frame, beside)
    return frame


def column(frame: Any, name: str, what: str) -> Any:
    """Return one column of a frame by its name.

    Raises
    ------
    NotFoundError
        If there is none; names the nearest.
    """
    known = columns_of(frame)
    if name not in known:
        hint = near(name, known) or (
            f"there are {_listed(known)}" if known else "the data have no named columns"
        )
        raise NotFoundError(f"{what}: there is no column {name!r}; {hint}")
    return frame[name]


def pick(frame: Any, names: Sequence[str]) -> Any:
    """Return some columns of a frame in their order."""
    return frame[list(names)]


def columns_of(frame: Any) -> list[str]:
    """Return the names of a frame's columns; none for arrays."""
    names = getattr(frame, "columns", None)
    return [] if names is None else [str(name) for name in names]


def _without(frame: Any, names: Sequence[str]) -> Any:
    return pick(frame, [name for name in columns_of(frame) if name not in names])


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def _fingerprint(features: Any) -> Fingerprint | None:
    """Return the identity of the features; what has none (texts, objects) is not in the ledger."""
    from .. import data

    try:
        return data.fingerprint(features) if data.is_dataset(features) else None
    except MlopsError:
        return None


def side(rows: Rows, given: Any, what: str) -> Any:
    """Return groups, times or weights: as given, or the column of that name."""
    value = given.value if isinstance(given, Given) else given
    return column(rows.whole, value, what) if isinstance(value, str) else value


def sensitive(rows: Rows, names: Sequence[str] | None) -> Any:
    """Return the columns by which people are told apart, as a pandas frame; None where none is named."""
    import pandas as pd

    if not names:
        return None
    return pd.DataFrame({name: list(column(rows.whole, name, "fairness")) for name in names})


def together(
    asked: Asked, against: Asked | None, rows: Rows, slices: Sequence[str] | None
) -> tuple[Any, Any, Any]:
    """Return model, baseline and the columns for both, and for slices by what is no feature.

    Raises
    ------
    NotFoundError
        If the baseline takes columns, or slices name some, that the data do not have.
    """
    own = columns_of(rows.X)
    other = own if against is None else _takes(against.model, own)
    if missing := [name for name in other if name not in rows.columns]:
        raise NotFoundError(f"the baseline takes {_listed(missing)}, which the data do not have")
    for name in slices or ():
        column(rows.whole, name, "slices")
    all_ = list(dict.fromkeys([*own, *other, *(slices or ())]))
    baseline = None if against is None else against.model
    if all_ == own == other:
        return asked.model, baseline, rows.X
    second = None if against is None else _on(baseline, other)
    return _on(asked.model, own), second, pick(rows.whole, all_)


def _takes(model: Any, usual: Sequence[str]) -> list[str]:
    names = getattr(model, "feature_names_in_", None)
    return list(usual) if names is None or not usual else [str(name) for name in names]


def _on(model: Any, features: Sequence[str]) -> Any:
    if callable(getattr(model, "predict", None)):
        return _OnFeatures(model, features)
    return lambda X: model(pick(X, features))  # noqa: N803


class _OnFeatures:
    """A model that is given further columns, and looks at its own."""

    def __init__(self, model: Any, features: Sequence[str]) -> None:
        self._model, self._features = model, list(features)

    def __getattr__(self, name: str) -> Any:
        if name in ("_model", "_features", "feature_names_in_", "n_features_in_"):
            raise AttributeError(name)
        found = getattr(self._model, name)
        if name not in ("predict_proba", "decision_function"):
            return found
        return lambda X: found(pick(X, self._features))  # noqa: N803

    def predict(self, X: Any) -> Any:  # noqa: N803
        """Return what the model says of these rows."""
        return self._model.predict(pick(X, self._features))


def costs_of(given: Costs | Mapping[str, Any] | str | None) -> Costs | None:
    """Return costs from words such as ``fp=5,fn=100,unit=€``.

    Raises
    ------
    UsageError
        If a word is not known or a cost is no number.

    Examples
    --------
    >>> costs_of("fp=5, fn=100").false_negative
    100.0
    """
    if given is None or isinstance(given, Costs):
        return given
    if isinstance(given, str):
        pairs = [part.partition("=") for part in given.split(",") if part.strip()]
        given = {key.strip(): value.strip() for key, _, value in pairs}
    said: dict[str, Any] = {}
    for key, value in given.items():
        field = _COSTS.get(key, key)
        if field not in _COSTS.values():
            raise UsageError(f"costs: {key!r} is no outcome; expected fp=5,fn=100 (also tp, tn, and unit=€)")
        said[field] = str(value) if field == "unit" else _cost(key, value)
    if not said.keys() - {"unit"}:
        raise UsageError("costs names no outcome; expected fp=5,fn=100")
    return Costs(**said)


def _cost(key: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise UsageError(f"costs: {key} is {value!r}; expected a number, as in fp=5")
    return number

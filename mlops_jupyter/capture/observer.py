"""What a tracked cell notes of the calls that its code makes: fits, predictions, scores, metrics."""

from __future__ import annotations

import contextlib
import os
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..records import Role
from .analysis import CellPlan
from .caller import Caller, find_caller
from .datasets import DataLog, Use
from .expressions import span_of
from .hooks import Call
from .naming import UNNAMED, expression_of, name_of, role_by_name
from .results import Result
from .snapshot import is_number, own_attributes

_FOLDS_LIMIT = 10_000

# What each model was fitted on, as long as the model lives: it may be scored in a later cell.
_trained_on: weakref.WeakKeyDictionary[Any, Use] = weakref.WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Fitted:
    """An estimator that the cell fitted, with its params as they were; never kept alive.

    ``is_copied`` says that copies of it were fitted, as a cross-validation does; ``defaults`` are the
    keys of the params that nobody chose.
    """

    reference: weakref.ref[Any]
    class_name: str
    params: Mapping[str, Any]
    is_copied: bool = False
    defaults: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Table:
    """A result that is more than one number: a confusion matrix, a report, a curve."""

    key: str
    value: Any
    function: str
    data: str | None


@dataclass(frozen=True, slots=True)
class Folds:
    """Scores of a cross-validation, one per fold, by score."""

    key: str
    scores: Mapping[str, tuple[float, ...]]
    function: str
    data: str | None
    value: Any


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a search tried: params and scores of each, and which was best."""

    class_name: str
    results: Mapping[str, Any]
    best_params: Mapping[str, Any] | None
    best_score: float | None


class CellObserver:
    """Follows one execution of a cell. ``close`` makes it deaf, for tasks that outlive the cell."""

    def __init__(self, plan: CellPlan, namespace: Mapping[str, Any], data: DataLog | None) -> None:
        self.pid = os.getpid()
        self.is_closed = False
        self.fitted: list[Fitted] = []
        self.results: list[Result] = []
        self.tables: list[Table] = []
        self.folds: list[Folds] = []
        self.searches: list[Candidates] = []
        self.problems: list[str] = []
        self._plan, self._namespace, self._data = plan, namespace, data
        self._latest: Use | None = None
        self._predictions: list[tuple[weakref.ref[Any], str]] = []

    def close(self) -> None:
        """Take no further notice."""
        self.is_closed = True

    def begin(self, call: Call) -> bool:
        """Note the data that a call is given, before it can change."""
        if self.is_closed:
            return False
        caller = find_caller(self._plan, self._namespace, wrapped=call.kind in ("metric", "cross", "quiet"))
        if not caller.is_user or (call.kind == "metric" and not caller.is_direct):
            return False
        if self._plan.is_ignored(caller.line):
            return True
        call.notes = (caller, None)
        if self._data is not None:
            self._data.begin_moment()
        try:
            call.notes = (caller, self._note_data(call, caller))
        except Exception as error:  # noqa: BLE001 - tracking is a guest
            self.problems.append(f"data of {call.name}: {error}")
        return True

    def end(self, call: Call, result: Any) -> None:
        """Note what a call returned."""
        if self.is_closed or call.notes is None:
            return
        caller, data = call.notes
        try:
            self._note_result(call, result, caller, data)
        except Exception as error:  # noqa: BLE001 - tracking is a guest
            self.problems.append(f"result of {call.name}: {error}")

    def _note_data(self, call: Call, caller: Caller) -> str | None:
        """Fingerprint the data of a call and return its names."""
        if call.kind == "metric":
            return self._note_metric_data(call, caller)
        if call.kind in ("cross", "quiet"):
            first: str | None = self._note(
                call.argument(1, "X"), caller, 1, "X", role="train", is_features=True
            )
            self._note(call.argument(2, "y"), caller, 2, "y", role="train")
            return first
        role: Role | None = "train" if call.kind == "fit" else None
        features = self._note(call.argument(1, "X"), caller, 0, "X", role=role, is_features=True)
        self._connect(call, role)
        if call.kind != "predict":
            self._note(call.argument(2, "y"), caller, 1, "y", role=role)
        return features

    def _connect(self, call: Call, role: Role | None) -> None:
        """Bring the data of this call together with what the same model was fitted on before."""
        use, self._latest = self._latest, None
        model = call.args[0]
        if self._data is None:
            return
        with contextlib.suppress(TypeError):  # a model that cannot be a key
            if use is None:
                if role == "train":  # on what has no fingerprint: what was known of it is no longer so
                    _trained_on.pop(model, None)
            elif role == "train":
                _trained_on[model] = use
            elif (trained := _trained_on.get(model)) is not None:
                self._data.note_trained_on(use, trained)

    def _note_metric_data(self, call: Call, caller: Caller) -> str | None:
        names = []
        truth = call.argument(0, "y_true", "labels_true", "X")
        for value in (*call.args, *call.kwargs.values()):
            if (source := self._predicted_from(value)) and source not in names:
                names.append(source)
        if self._predicted_from(truth) is None:
            name = self._note(truth, caller, 0, "y_true", "labels_true", "X")
            if name and name != UNNAMED:
                names.append(name)
        return ", ".join(names) or None

    def _note(
        self,
        value: Any,
        caller: Caller,
        index: int,
        *keywords: str,
        role: Role | None = None,
        is_features: bool = False,
    ) -> str | None:
        if value is None:
            return None
        name = name_of(value, self._namespace, self._plan) or expression_of(caller.call, index, *keywords)
        if self._data is None:
            return name
        use = self._data.note(value, name, role or role_by_name(name), is_features=is_features)
        self._latest = use
        return name if use is not None or name != UNNAMED else None

    def _predicted_from(self, value: Any) -> str | None:
        """Return the name of the data whose prediction a value is, or is a part of."""
        if value is None:
            return None
        base = getattr(value, "base", None) if hasattr(type(value), "base") else None
        predictions = reversed(self._predictions)
        found = (name for reference, name in predictions if _is_one_of(reference(), value, base))
        return next(found, None)

    def _note_result(self, call: Call, result: Any, caller: Caller, data: str | None) -> None:
        match call.kind:
            case "fit":
                self._note_fit(call.args[0])
            case "predict":
                self._note_prediction(result, data)
            case "score":
                function = f"{type(call.args[0]).__name__}.score"
                self._note_number("score", function, result, caller, data)
            case "metric":
                self._note_number(call.name, _qualified(call), result, caller, data)
            case "cross":
                self._note_folds(call, result, data)

    def _note_fit(self, estimator: Any) -> None:
        self.fitted.append(_fitted(estimator))
        own = own_attributes(estimator)
        found = own.get("cv_results_")
        if isinstance(found, dict) and "params" in found:
            best = own.get("best_score_")
            self.searches.append(
                Candidates(
                    type(estimator).__name__,
                    dict(found),
                    own.get("best_params_"),
                    float(best) if best is not None and is_number(best) else None,
                )
            )

    def _note_prediction(self, result: Any, data: str | None) -> None:
        if data is None or data == UNNAMED:
            return
        with contextlib.suppress(TypeError):
            self._predictions.append((weakref.ref(result), data))

    def _note_number(self, key: str, function: str, result: Any, caller: Caller, data: str | None) -> None:
        if not is_number(result):
            self.tables.append(Table(key, result, function, data))
            return
        call_span = span_of(caller.call) if caller.call is not None else None
        self.results.append(Result(key, result, function, data, caller.top_span, call_span))

    def _note_folds(self, call: Call, result: Any, data: str | None) -> None:
        scores = result if isinstance(result, dict) else {"": result}
        kept = {
            key: tuple(float(value) for value in values)
            for key, values in scores.items()
            if key == "" or key.startswith(("test_", "train_"))
            if getattr(values, "ndim", 0) == 1 and len(values) <= _FOLDS_LIMIT
        }
        self.folds.append(Folds(call.name, kept, _qualified(call), data, result))
        estimator = call.argument(0, "estimator")
        from .. import formats

        if formats.is_model(estimator):
            self.fitted.append(_fitted(estimator, is_copied=True))


def _fitted(estimator: Any, *, is_copied: bool = False) -> Fitted:
    from .. import formats

    chosen, usual = formats.split_params(estimator) if formats.is_model(estimator) else ({}, {})
    name = type(estimator).__name__
    return Fitted(weakref.ref(estimator), name, chosen | usual, is_copied, frozenset(usual))


def _is_one_of(made: Any, *values: Any) -> bool:
    return made is not None and any(made is value for value in values)


def _qualified(call: Call) -> str:
    """Return the public dotted name of a function: ``sklearn.metrics.roc_auc_score``."""
    module = str(getattr(call.function, "__module__", ""))
    public = ".".join(part for part in module.split(".") if not part.startswith("_"))
    return f"{public}.{call.name}" if public else call.name

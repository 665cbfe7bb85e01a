"""Mean |SHAP| of trees and linear models, where shap is installed; never by asking the model at random.

To add a kind of model, add its explainer to :func:`_explainer`.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..records import Estimate, Importance
from .curves_bands import Floats
from .explaining_tables import take, with_rows
from .scored import Scored

_MOST_STEPS: Final = 2_000_000_000
_LEAST_ROWS: Final = 20
_N_BACKGROUND: Final = 100
_LINEAR: Final = "linear_model"


def shap_importances(
    model: Any, table: Any, names: Sequence[str], part: Scored, *, confidence: float = 0.95
) -> tuple[tuple[Importance, ...], str]:
    """Return mean |SHAP| of each feature with its interval over rows, the largest first, and a note.

    Of a pipeline the last step is explained; what it makes of one column is added up, so that the names are
    those of the table. Of two classes the values are of the positive one, of more the mean over classes.
    Nothing, without a note, where shap is not installed.

    References
    ----------
    Lundberg & Lee (2017); trees: Lundberg et al. (2020), algorithm 2.
    """
    if find_spec("shap") is None:
        return (), ""
    steps, last = _split(model)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of shap, about itself
            shap = import_module("shap")
            inner = _inner(steps, table)
            rows = np.arange(min(table.shape[0], _affordable(last)))
            explainer = _explainer(shap, last, inner)
            if explainer is None:
                return (), ""
            values = _values(explainer, take(inner, rows), last, part)
            source = _sources(steps, take(table, rows), take(inner, rows))
    except Exception as error:  # noqa: BLE001 shap knows not every model; importance stands without it
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        return (), f"no SHAP: {reason[:120]}"
    if source is None:
        return (), "no SHAP: a step of the pipeline mixes columns"
    by_feature = np.stack([values[:, source == i].sum(axis=1) for i in range(len(names))], axis=1)
    return _ordered(np.abs(by_feature), names, confidence), ""


def _split(model: Any) -> tuple[Any, Any]:
    """Return what stands before the last step of a pipeline, or None, and the last."""
    steps, last = None, model
    if hasattr(model, "steps") and hasattr(model, "named_steps"):
        steps, last = (model[:-1] if len(model.steps) > 1 else None), model[-1]
    return steps, last


def _inner(steps: Any, table: Any) -> Any:
    made = table if steps is None else steps.transform(table)
    return made.toarray() if hasattr(made, "toarray") else made


def _explainer(shap: Any, last: Any, inner: Any) -> Any:
    if f".{_LINEAR}." in f".{type(last).__module__}." and hasattr(last, "coef_"):
        return shap.LinearExplainer(last, inner[:_N_BACKGROUND])
    if _is_trees(last):
        return shap.TreeExplainer(last, feature_perturbation="tree_path_dependent")
    return None


def _is_trees(last: Any) -> bool:
    words = (".tree.", ".ensemble.", ".xgboost.", ".lightgbm.", ".catboost.")
    return any(word in f".{type(last).__module__}." for word in words)


def _affordable(last: Any) -> int:
    """Return for how many rows leaves × depth² stays within a few seconds."""
    trees = [getattr(one, "tree_", None) for one in np.ravel(getattr(last, "estimators_", [last]))]
    steps = sum(int(one.n_leaves) * int(one.max_depth) ** 2 for one in trees if one is not None)
    return max(_LEAST_ROWS, _MOST_STEPS // steps) if steps else 1_000_000


def _values(explainer: Any, inner: Any, last: Any, part: Scored) -> Floats:
    """Return rows × columns; of several classes the positive one's, or the mean of |SHAP| over them."""
    found = np.asarray(explainer.shap_values(inner))
    if isinstance(explainer.expected_value, list | np.ndarray) and found.ndim == 3:
        classes = list(getattr(last, "classes_", range(found.shape[-1])))
        if part.problem == "binary" and part.positive in classes:
            return np.asarray(found[..., classes.index(part.positive)])
        return np.asarray(np.abs(found).mean(axis=-1))
    return found[..., 0] if found.ndim == 3 else found


def _sources(steps: Any, table: Any, inner: Any) -> NDArray[np.intp] | None:
    """Return of which column each inner one is made; None where one is made of several.

    A column is shuffled, and what changes is made of it.
    """
    n = inner.shape[1]
    if steps is None:
        return np.arange(n)
    before = np.asarray(inner)
    source = np.full(n, -1)
    order = np.roll(np.arange(table.shape[0]), 1)
    for place in range(table.shape[1]):
        after = np.asarray(_inner(steps, with_rows(table, table, [place], order)))
        changed = np.array([not _equal(before[:, i], after[:, i]) for i in range(n)])
        if (source[changed] >= 0).any():
            return None
        source[changed] = place
    return source


def _equal(one: NDArray[Any], other: NDArray[Any]) -> bool:
    return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def _ordered(size: Floats, names: Sequence[str], confidence: float) -> tuple[Importance, ...]:
    from scipy.special import stdtrit

    n, total = len(size), float(size.mean(axis=0).sum())
    far = float(stdtrit(n - 1, (1 + confidence) / 2)) / np.sqrt(n) if n > 1 else np.nan
    found = []
    for i, name in enumerate(names):
        value = float(size[:, i].mean())
        half = far * float(size[:, i].std(ddof=1)) if n > 1 else 0.0
        estimate = Estimate(value, max(0.0, value - half), value + half, confidence, "t", n)
        found.append(Importance(name, estimate, value / total if total else 0.0))
    return tuple(sorted(found, key=lambda one: -one.share))

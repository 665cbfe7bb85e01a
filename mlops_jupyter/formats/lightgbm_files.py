"""Models of lightgbm as its own text: ``Booster(model_str=…)`` opens it without us.

Our JSON stands on a line of its own behind the params, where lightgbm reads over what it does not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import MlopsError
from . import native
from .facts import facts
from .files import FileContent
from .handlers import Handler, register

MEDIA_TYPE = "application/vnd.lightgbm+text"
SUFFIX = ".lgb.txt"
_LIBRARY = "lightgbm"
_CATEGORIES = "pandas_categorical:"
_STATE = (
    "_best_iteration",
    "_best_score",
    "_class_weight",
    "_classes",
    "_evals_result",
    "_fitted_with_feature_names",
    "_n_classes",
    "_n_features",
    "_n_features_in",
    "_objective",
    "_other_params",
)


def accepts(model: Any) -> bool:
    """Whether a model is lightgbm's."""
    return native.is_of(_LIBRARY, model)


def is_fitted(model: Any) -> bool:
    """Whether there is a booster with trees in it."""
    if type(model).__name__ == "Booster":
        return bool(model.num_trees() > 0)
    return bool(model.__sklearn_is_fitted__())


def dump(model: Any, trusted: Sequence[str] = ()) -> FileContent:  # noqa: ARG001 - one interface for all
    """Return a fitted model as a file; see :func:`mlops_jupyter.formats.dump_model`."""
    import lightgbm

    is_bare = type(model).__name__ == "Booster"
    booster = model if is_bare else model.booster_
    state = {} if is_bare else {name: getattr(model, name) for name in _STATE if hasattr(model, name)}
    known = native.about(_LIBRARY, model, state=state, best_iteration=booster.best_iteration)
    text = booster.model_to_string(num_iteration=-1)
    body, _, categories = text.rpartition(_CATEGORIES)
    data = f"{body}{native.ABOUT}:{known}\n{_CATEGORIES}{categories}".encode()
    detail = {
        "format": _LIBRARY,
        "class": type(model).__name__,
        "lightgbm": lightgbm.__version__,
        **facts(model),
    }
    return FileContent(data, MEDIA_TYPE, SUFFIX, detail)


def load(data: bytes, trusted: Sequence[str] = ()) -> Any:  # noqa: ARG001
    """Return the model of a file; one that lightgbm wrote comes back as a booster."""
    lightgbm = native.module_of(_LIBRARY)
    try:
        text = data.decode()
        booster = lightgbm.Booster(model_str=text)
        known = native.read_about(_about_in(text), _LIBRARY)
        if not known:
            return booster
        booster.best_iteration = int(known["best_iteration"])
        return booster if known["class"] == "Booster" else _wrapped(known, booster)
    except MlopsError:
        raise
    except Exception as error:
        raise native.damaged(_LIBRARY, error) from error


def _wrapped(known: dict[str, Any], booster: Any) -> Any:
    from sklearn.preprocessing import LabelEncoder

    model = native.build(known)
    for name in _STATE:
        if name in known["state"]:
            setattr(model, name, known["state"][name])
    model._Booster, model.fitted_ = booster, True
    if (classes := known["state"].get("_classes")) is not None:
        model._le = LabelEncoder().fit(classes)
        model._class_map = {label: place for place, label in enumerate(model._le.classes_)}
    return model


def _about_in(text: str) -> str | None:
    lines = text.rstrip("\n").rsplit("\n", 2)
    mark = f"{native.ABOUT}:"
    return next((line.removeprefix(mark) for line in lines[-2:] if line.startswith(mark)), None)


register(
    Handler(
        _LIBRARY,
        accepts,
        dump,
        lambda data: data.startswith(b"tree\nversion="),
        load,
        is_fitted,
        is_part=True,
    )
)

"""Models of xgboost as UBJSON, the library's own format: ``Booster(model_file=…)`` opens it without us."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..errors import MlopsError
from . import native
from .facts import facts
from .files import FileContent
from .handlers import Handler, register

MEDIA_TYPE = "application/vnd.xgboost+ubjson"
SUFFIX = ".ubj"
_LIBRARY = "xgboost"


def accepts(model: Any) -> bool:
    """Whether a model is xgboost's."""
    return native.is_of(_LIBRARY, model)


def is_fitted(model: Any) -> bool:
    """Whether there is a booster with trees in it."""
    if type(model).__name__ == "Booster":
        return bool(model.num_boosted_rounds() > 0)
    return bool(model.__sklearn_is_fitted__())


def dump(model: Any, trusted: Sequence[str] = ()) -> FileContent:  # noqa: ARG001 - one interface for all
    """Return a fitted model as a file; see :func:`mlops_jupyter.formats.dump_model`."""
    import xgboost

    is_bare = type(model).__name__ == "Booster"
    booster = (model if is_bare else model.get_booster()).copy()
    history = {} if is_bare else getattr(model, "evals_result_", {})
    booster.set_attr(**{native.ABOUT: native.about(_LIBRARY, model, history=history)})
    detail = {
        "format": _LIBRARY,
        "class": type(model).__name__,
        "xgboost": xgboost.__version__,
        **facts(model),
    }
    return FileContent(bytes(booster.save_raw("ubj")), MEDIA_TYPE, SUFFIX, detail)


def load(data: bytes, trusted: Sequence[str] = ()) -> Any:  # noqa: ARG001
    """Return the model of a file; one of xgboost's own is the estimator that its objective asks for."""
    xgboost = native.module_of(_LIBRARY)
    try:
        booster = xgboost.Booster(model_file=bytearray(data))
        known = native.read_about(booster.attr(native.ABOUT), _LIBRARY)
        if known.get("class") == "Booster":
            booster.set_attr(**{native.ABOUT: None})
            return booster
        model = native.build(known) if known else getattr(xgboost, _class_for(booster))()
        model.load_model(bytearray(data))
        model.get_booster().set_attr(**{native.ABOUT: None})
        if known:
            model.set_params(**known["params"])
            if known.get("history"):
                model.evals_result_ = known["history"]
    except MlopsError:
        raise
    except Exception as error:
        raise native.damaged(_LIBRARY, error) from error
    return model


def _class_for(booster: Any) -> str:
    objective = json.loads(booster.save_config())["learner"]["objective"]["name"]
    if objective.startswith(("binary:", "multi:")):
        return "XGBClassifier"
    return "XGBRanker" if objective.startswith("rank:") else "XGBRegressor"


def _reads(data: bytes) -> bool:
    return data.startswith(b"{") and b"learner" in data[:200]


register(Handler(_LIBRARY, accepts, dump, _reads, load, is_fitted, is_part=True))

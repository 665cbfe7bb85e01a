"""What the boosted trees of three libraries share: their classes, and their params as JSON.

Each is kept as the library's own file, which that library opens without us. What the file does not
hold (the class, the params as they were chosen, the labels) stands in it as one JSON text,
``ABOUT``, where the library has a place for notes.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

from ..errors import UnsupportedError

ABOUT: Final = "mlops_jupyter"
CLASSES: Final = {
    "xgboost": ("XGBClassifier", "XGBRegressor", "XGBRanker", "XGBRFClassifier", "XGBRFRegressor", "Booster"),
    "lightgbm": ("LGBMClassifier", "LGBMRegressor", "LGBMRanker", "Booster"),
    "catboost": ("CatBoostClassifier", "CatBoostRegressor", "CatBoostRanker", "CatBoost"),
}
_MOST_ABOUT = 16 * 2**20


def is_of(library: str, model: Any) -> bool:
    """Whether a model is exactly of one of a library's classes. Imports nothing."""
    kind = type(model)
    if kind.__module__.partition(".")[0] != library or kind.__name__ not in CLASSES[library]:
        return False
    return getattr(sys.modules.get(library), kind.__name__, None) is kind


def about(library: str, model: Any, **more: Any) -> str:
    """Return class and params of a model as JSON text, with what else is given.

    Raises
    ------
    UnsupportedError
        If a param is no plain value, such as an objective that is a function.
    """
    name = type(model).__name__
    params = (
        {} if name == "Booster" else model.get_params(**({} if library == "catboost" else {"deep": False}))
    )
    encoded = {"dict": [[key, _encoded(value, f"{name}: {key}")] for key, value in params.items()]}
    extra = {key: _encoded(value, f"{name}: {key}") for key, value in more.items()}
    known = {"format": library, "class": name, "params": encoded, **extra}
    return json.dumps(known, allow_nan=False, separators=(",", ":"))


def read_about(text: str | None, library: str | None = None) -> dict[str, Any]:
    """Return what :func:`about` wrote, empty where a file has none.

    Raises
    ------
    UnsupportedError
        If it is not what we write.
    """
    if not text:
        return {}
    if len(text) > _MOST_ABOUT:
        raise _refused(f"its description has {len(text):,} characters")
    try:
        known = json.loads(text)
        read = {key: _decoded(value) for key, value in known.items() if key not in {"format", "class"}}
        read |= {"format": known["format"], "class": known["class"]}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _refused("its description is damaged") from error
    fits = read["format"] in CLASSES and library in {None, read["format"]}
    if not fits or read["class"] not in CLASSES[read["format"]] or not isinstance(read.get("params"), dict):
        raise _refused(f"it names the class {str(read['class'])[:80]!r} of {str(read['format'])[:80]!r}")
    return read


def build(known: Mapping[str, Any]) -> Any:
    """Return a new model, not fitted, of the class and the params that :func:`read_about` gave."""
    library = known["format"]
    kind = getattr(module_of(library), known["class"])
    try:
        return kind(**known["params"])
    except Exception as error:
        raise _refused(f"{known['class']} does not take its params ({error})") from error


def module_of(library: str) -> Any:
    """Return the library.

    Raises
    ------
    UnsupportedError
        If it is not installed.
    """
    try:
        return import_module(library)
    except ImportError as error:
        raise UnsupportedError(
            f"this is a model of {library}, which is not installed: pip install {library}"
        ) from error


def damaged(library: str, error: Exception) -> UnsupportedError:
    """Return the refusal of a file that the library itself cannot read."""
    words = " ".join(str(error).split())[:200]
    return UnsupportedError(
        f"this is not a model file that {library} can load: {type(error).__name__}: {words}"
    )


def _refused(reason: str) -> UnsupportedError:
    return UnsupportedError(f"this is not a model file that can be loaded safely: {reason}")


def _encoded(value: Any, place: str) -> Any:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if hasattr(value, "dtype"):
        kind = "object" if value.dtype.kind == "O" else value.dtype.str
        return {"array": kind, "values": _encoded(value.tolist(), place)}
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": str(value)}
    if isinstance(value, Mapping):
        return {"dict": [[_encoded(key, place), _encoded(one, place)] for key, one in value.items()]}
    if isinstance(value, (list, tuple)):
        items = [_encoded(one, place) for one in value]
        return items if isinstance(value, list) else {"tuple": items}
    raise UnsupportedError(
        f"{place} is a {getattr(value, '__name__', type(value).__name__)}, which has no form in the file: "
        "a model with a function of yours is kept only with an explicit word, unsafe_reason='…'"
    )


def _decoded(value: Any) -> Any:
    if isinstance(value, list):
        return [_decoded(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "float" in value:
        return float(value["float"])
    if "dict" in value:
        return {_decoded(key): _decoded(one) for key, one in value["dict"]}
    if "tuple" in value:
        return tuple(_decoded(one) for one in value["tuple"])
    if "array" in value:
        import numpy as np

        held = np.asarray(_decoded(value["values"]), dtype=np.dtype(value["array"]))
        return held[()] if held.ndim == 0 else held
    raise ValueError("a value of no kind that is written here")

"""Models of catboost as CBM, the library's own format: ``CatBoost().load_model(…)`` opens it without us."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import MlopsError
from . import native
from .facts import facts
from .files import FileContent
from .handlers import Handler, register

MEDIA_TYPE = "application/vnd.catboost"
SUFFIX = ".cbm"
_LIBRARY = "catboost"
_OF_CLASSES = ("Logloss", "CrossEntropy", "MultiClass", "MultiLogloss", "MultiCrossEntropy")


def accepts(model: Any) -> bool:
    """Whether a model is catboost's."""
    return native.is_of(_LIBRARY, model)


def dump(model: Any, trusted: Sequence[str] = ()) -> FileContent:  # noqa: ARG001 - one interface for all
    """Return a fitted model as a file; see :func:`mlops_jupyter.formats.dump_model`."""
    catboost = native.module_of(_LIBRARY)
    known = native.about(_LIBRARY, model)
    noted = type(model)()
    noted.load_model(blob=_bytes_of(model))  # the note goes into a copy: the user's model stays as it is
    noted.get_metadata()[native.ABOUT] = known
    detail = {
        "format": _LIBRARY,
        "class": type(model).__name__,
        "catboost": catboost.__version__,
        **facts(model),
    }
    return FileContent(_bytes_of(noted), MEDIA_TYPE, SUFFIX, detail)


def load(data: bytes, trusted: Sequence[str] = ()) -> Any:  # noqa: ARG001
    """Return the model of a file; one that catboost wrote comes back as the class its loss asks for."""
    catboost = native.module_of(_LIBRARY)
    try:
        plain = catboost.CatBoost()
        plain.load_model(blob=data)
        notes = dict(plain.get_metadata())
        known = native.read_about(notes.get(native.ABOUT), _LIBRARY)
        model = native.build(known) if known else getattr(catboost, _class_for(notes))()
        model.load_model(blob=data)
        model._n_features_in = len(model.feature_names_)
        if known:
            model._init_params = dict(known["params"])
    except MlopsError:
        raise
    except Exception as error:
        raise native.damaged(_LIBRARY, error) from error
    return model


def _bytes_of(model: Any) -> bytes:
    """Return a model as CBM: catboost writes to a path only, here in a folder that only we can read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.cbm"
        model.save_model(str(path), format="cbm")
        return path.read_bytes()


def _class_for(notes: dict[str, str]) -> str:
    params = json.loads(notes.get("params") or "{}")
    loss = str(params.get("loss_function", {}).get("type", ""))
    return "CatBoostClassifier" if loss in _OF_CLASSES else "CatBoostRegressor"


register(
    Handler(
        _LIBRARY,
        accepts,
        dump,
        lambda data: data.startswith(b"CBM1"),
        load,
        lambda model: bool(model.is_fitted()),
        is_part=True,
    )
)

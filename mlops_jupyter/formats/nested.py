"""A boosted tree inside a model of scikit-learn: kept in its own format within the file of the whole.

Before the whole is written, each such part is replaced by a :class:`KeptPart` with the part's file; after
it is read, each is replaced by the model of that file. Both are done on a copy, by telling ``deepcopy`` what
to take in place of the part, so that a part may stand anywhere: in a step, a search, an array of estimators.
"""

from __future__ import annotations

import copy
from typing import Any

from ..errors import UnsupportedError
from . import handlers, native, structure


class KeptPart:
    """The file of a part, as bytes in an array; or ``about`` alone, for a part that is not fitted."""

    def __init__(self, data: Any, about: str = "") -> None:
        self.data = data
        self.about = about


def without_parts(model: Any) -> tuple[Any, dict[str, str]]:
    """Return a model with its parts of other libraries replaced, and the versions of these libraries.

    Raises
    ------
    UnsupportedError
        If a part cannot be kept; names it.
    """
    parts = {id(part): part for part in structure.below(model) if handlers.for_part(part) is not None}
    if not parts:
        return model, {}
    versions: dict[str, str] = {}
    instead: dict[int, Any] = {number: _kept(part, versions) for number, part in parts.items()}
    return copy.deepcopy(model, instead), versions


def with_parts(model: Any) -> Any:
    """Return a model whose parts are models again.

    Raises
    ------
    UnsupportedError
        If a part's file is of no library that may be a part, or is damaged.
    """
    parts = [part for part in structure.below(model) if type(part) is KeptPart]
    return copy.deepcopy(model, {id(part): _model_of(part) for part in parts}) if parts else model


def _kept(part: Any, versions: dict[str, str]) -> KeptPart:
    import numpy as np

    handler = handlers.for_part(part)
    if handler is None or handler.is_fitted is None:
        raise UnsupportedError(f"a {type(part).__name__} cannot be kept inside another model")
    versions[handler.name] = str(native.module_of(handler.name).__version__)
    if not handler.is_fitted(part):
        return KeptPart(np.zeros(0, "uint8"), native.about(handler.name, part))
    return KeptPart(np.frombuffer(handler.dump(part, ()).data, "uint8"))


def _model_of(part: KeptPart) -> Any:
    import numpy as np

    data, about = getattr(part, "data", None), getattr(part, "about", None)
    if (
        not isinstance(data, np.ndarray)
        or data.dtype != np.uint8
        or data.ndim != 1
        or not isinstance(about, str)
    ):
        raise UnsupportedError("this is not a model file that can be loaded safely: a part of it is no file")
    if not data.size:
        return native.build(native.read_about(about or "{}"))
    content = data.tobytes()
    handler = handlers.for_file(content)
    if handler is None or not handler.is_part:
        raise UnsupportedError(
            "this is not a model file that can be loaded safely: a part of it is of no format that may be one"
        )
    return handler.load(content, ())

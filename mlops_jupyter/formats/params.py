"""The parameters of an estimator as short, stable values: what was chosen first, then the defaults."""

from __future__ import annotations

import inspect
from typing import Any

_TEXT = 120
_ITEMS = 12
_STRUCTURE = frozenset({"steps", "transformers", "transformer_list", "estimators"})
_SCALARS = (bool, int, float, str, type(None))


def split_params(model: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the parameters of an estimator in two: those that were chosen, and those at their default.

    Nested estimators are named by their class, after the other chosen ones, and their parameters
    stand beside them as ``clf__max_depth``. Values are scalars or short text; what has no short text is
    described by its type (``<function log1p>``, ``array(3, float64)``), never by a memory address.

    Parameters
    ----------
    model
        An object with ``get_params``. One that fails in it gives no parameters.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> chosen, usual = split_params(Ridge(alpha=0.5))
    >>> chosen, usual["solver"]
    ({'alpha': 0.5}, 'auto')
    """
    try:
        params = model.get_params(deep=True)
    except Exception:  # noqa: BLE001 - foreign code, and a run must not end for want of a parameter
        return {}, {}
    owners = {"": default_params(model)}
    for key, value in params.items():
        if hasattr(value, "get_params") and not isinstance(value, type):
            owners[f"{key}__"] = default_params(value)
    chosen: dict[str, Any] = {}
    classes: dict[str, Any] = {}
    usual: dict[str, Any] = {}
    for key, value in params.items():
        if key.rpartition("__")[2] in _STRUCTURE:
            continue
        prefix, separator, name = key.rpartition("__")
        is_default = _same(value, owners.get(prefix + separator, {}).get(name, _MISSING))
        kept = usual if is_default else classes if f"{key}__" in owners else chosen
        kept[key] = short_value(value)
    return chosen | classes, usual


def default_params(model: Any) -> dict[str, Any]:
    """Return the defaults of an estimator's parameters, as its class declares them.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> default_params(Ridge(alpha=0.5))["alpha"]
    1.0
    """
    try:
        declared = inspect.signature(type(model).__init__).parameters.values()
    except (TypeError, ValueError):
        return {}
    return {one.name: one.default for one in declared if one.default is not inspect.Parameter.empty}


def short_value(value: Any) -> Any:
    """Return a scalar as it is, and anything else as short text without memory addresses.

    Examples
    --------
    >>> short_value((1, 2)), short_value(len), short_value(range)
    ('(1, 2)', '<function len>', '<class range>')
    """
    if isinstance(value, str):
        return _cut(value)
    if type(value) in _SCALARS:
        return value
    if hasattr(value, "dtype") and hasattr(value, "item") and getattr(value, "shape", None) == ():
        return short_value(value.item()) if value.dtype != object else f"<{type(value).__name__}>"
    return _cut(_describe(value))


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT else text[: _TEXT - 1] + "…"


def _describe(value: Any) -> str:
    if isinstance(value, type):
        return f"<class {value.__name__}>"
    if hasattr(value, "get_params"):
        return type(value).__name__
    if type(value).__module__.startswith("scipy.stats") and hasattr(value, "dist"):
        words = [*map(_item, value.args), *(f"{name}={_item(held)}" for name, held in value.kwds.items())]
        return f"{value.dist.name}({', '.join(words)})"
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        return f"array({' × '.join(map(str, value.shape))}, {value.dtype})"
    if isinstance(value, dict):
        return _joined((f"{_item(key)}: {_item(held)}" for key, held in value.items()), "{}", len(value))
    if isinstance(value, list):
        return _joined(map(_item, value), "[]", len(value))
    if isinstance(value, tuple):
        return _joined(map(_item, value), "()", len(value), one_more="," if len(value) == 1 else "")
    if callable(value) and isinstance(getattr(value, "__name__", None), str):
        return f"<function {value.__name__}>"
    return f"<{type(value).__name__}>"


def _joined(items: Any, brackets: str, count: int, *, one_more: str = "") -> str:
    shown = [item for item, _ in zip(items, range(_ITEMS), strict=False)]
    rest = f", … {count} in all" if count > _ITEMS else one_more
    return brackets[0] + ", ".join(shown) + rest + brackets[1]


def _item(value: Any) -> str:
    short = short_value(value)
    return repr(short) if isinstance(value, str) or short is None or not isinstance(short, str) else short


def _same(value: Any, default: Any) -> bool:
    """Whether a parameter is at its default; asked of simple values only, since ``==`` may be anything."""
    if value is default:
        return True
    if type(value) is not type(default):
        return False
    if isinstance(value, float) and value != value:
        return bool(default != default)
    return type(value) in {bool, int, float, str, tuple, list} and repr(value) == repr(default)


_MISSING = object()

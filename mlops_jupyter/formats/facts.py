"""What a model says of itself, asked so that a property of foreign code that fails costs nothing."""

from __future__ import annotations

from typing import Any

from .params import short_value

_CLASSES_SHOWN = 20


def quietly(model: Any, name: str) -> Any:
    """Return an attribute, or None where there is none or asking for it fails."""
    try:
        return getattr(model, name, None)
    except Exception:  # noqa: BLE001 - a property of foreign code
        return None


def facts(model: Any) -> dict[str, Any]:
    """Return ``n_features``, the first ``classes`` and ``n_classes``, as far as a model has them."""
    found: dict[str, Any] = {}
    if isinstance(count := quietly(model, "n_features_in_"), int):
        found["n_features"] = count
    classes = quietly(model, "classes_")
    if getattr(classes, "ndim", 0) == 1 and len(classes):
        found["classes"] = [short_value(one) for one in classes[:_CLASSES_SHOWN].tolist()]
        found["n_classes"] = len(classes)
    return found

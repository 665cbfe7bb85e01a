"""Results that are more than one number, as files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def table_file(value: Any, about: Mapping[str, Any]) -> tuple[bytes, str, str]:
    """Return the bytes, suffix and media type of a matrix, curve or report.

    Examples
    --------
    >>> table_file([[3, 1], [0, 4]], {"function": "confusion_matrix"})[0]
    b'{"function": "confusion_matrix", "value": [[3, 1], [0, 4]]}'
    """
    if isinstance(value, str):
        return value.encode("utf-8", "replace"), ".txt", "text/plain"
    text = json.dumps({**about, "value": _plain(value)}, default=str)
    return text.encode(), ".json", "application/json"


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    return value

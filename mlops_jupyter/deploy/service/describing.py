"""What the service says of itself: an example of its rows, and the OpenAPI description of its addresses."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from .bodies import ARROW, CSV, JSON
from .bundle import EXAMPLE, Bundle
from .columns import Level, Text
from .number_columns import Number

Described = dict[int | str, dict[str, Any]]

_PROBLEM: Final = {
    "type": "object",
    "properties": {
        "column": {"type": "string"},
        "row": {"type": ["integer", "null"]},
        "expected": {"type": "string"},
        "found": {"type": "string"},
        "message": {"type": "string"},
    },
}
_REFUSED: Final = {
    "type": "object",
    "required": ["error", "message", "request_id"],
    "properties": {
        "error": {"type": "string"},
        "message": {"type": "string"},
        "request_id": {"type": "string"},
        "problems": {"type": "array", "items": _PROBLEM},
        "n_problems": {"type": "integer"},
    },
}
_VALUES: Final[dict[str, Any]] = {"type": "array"}
_NAMES: Final[dict[str, Any]] = {"type": "array", "items": {"type": "string"}}
_REASONS: Final = {
    400: "The body cannot be read.",
    401: "The token is missing.",
    404: "There is no such model.",
    406: "No such form of answer.",
    408: "The body came too slowly.",
    413: "Too many rows or bytes.",
    415: "The body is of another type.",
    422: "The rows do not fit; columns and rows are named.",
    429: "Too many requests are waiting.",
}


def _refused(*statuses: int) -> Described:
    content = {JSON: {"schema": _REFUSED}}
    return {status: {"description": _REASONS[status], "content": content} for status in statuses}


REFUSED_TOKEN: Final = _refused(401)
NO_MODEL: Final = _refused(401, 404)
PREDICTED: Final = {
    "type": "object",
    "required": ["predictions", "request_id"],
    "properties": {
        "predictions": _VALUES,
        "probabilities": _VALUES,
        "classes": _VALUES,
        "warnings": _NAMES,
        "model": {"type": "string"},
        "version": {"type": "string"},
        "request_id": {"type": "string"},
    },
}
INVOKED: Final = {"type": "object", "required": ["predictions"], "properties": {"predictions": _VALUES}}
INFERRED: Final = {
    "type": "object",
    "required": ["model_name", "outputs"],
    "properties": {
        "model_name": {"type": "string"},
        "model_version": {"type": "string"},
        "id": {"type": "string"},
        "outputs": {"type": "array", "items": {"type": "object"}},
    },
}


def answered(answer: Mapping[str, Any], other_types: Sequence[str] = ()) -> Described:
    """Return the responses of an address that predicts."""
    content: dict[str, Any] = {JSON: {"schema": answer}}
    content |= {kind: {"schema": {"type": "string", "format": "binary"}} for kind in other_types}
    whole = {200: {"description": "The answers.", "content": content}}
    return whole | _refused(400, 401, 406, 408, 413, 415, 422, 429)


def predict_body(bundle: Bundle) -> dict[str, Any]:
    """Return the description of what ``/predict`` takes."""
    record = _record(bundle)
    forms = [
        {"type": "array", "items": record},
        _object(records={"type": "array", "items": record}),
        _object(columns={"type": "object", "additionalProperties": _VALUES}),
        _object(columns=_NAMES, data=_rows()),
    ]
    content: dict[str, Any] = {JSON: {"schema": {"anyOf": forms}, "example": _records(bundle)}}
    content |= {kind: {"schema": {"type": "string", "format": "binary"}} for kind in (CSV, ARROW)}
    return {"requestBody": {"required": True, "content": content}}


def invocations_body(bundle: Bundle) -> dict[str, Any]:
    """Return the description of what ``/invocations`` takes."""
    forms = [
        _object(dataframe_split=_object(columns=_NAMES, data=_rows())),
        _object(dataframe_records={"type": "array", "items": _record(bundle)}),
        _object(instances={"type": ["array", "object"]}),
        _object(inputs={"type": ["array", "object"]}),
    ]
    content: dict[str, Any] = {JSON: {"schema": {"anyOf": forms}}}
    content[CSV] = {"schema": {"type": "string", "format": "binary"}}
    return {"requestBody": {"required": True, "content": content}}


def infer_body(bundle: Bundle) -> dict[str, Any]:
    """Return the description of what ``/v2/models/{model}/infer`` takes."""
    tensor = _object(
        name={"type": "string", "enum": list(bundle.schema.names)[:1_000]},
        shape={"type": "array", "items": {"type": "integer", "minimum": 0}},
        datatype={"type": "string"},
        data={"type": "array"},
    )
    asked = _object(inputs={"type": "array", "items": tensor, "minItems": 1})
    return {"requestBody": {"required": True, "content": {JSON: {"schema": asked}}}}


def prototype(bundle: Bundle) -> dict[str, Any]:
    """Return the columns that the model takes, and a body that it answers."""
    columns = [
        {
            "name": field["name"],
            "kind": field.get("kind", ""),
            "type": field.get("dtype", ""),
            "is_nullable": bool(field.get("is_nullable")),
            "categories": list(field.get("categories") or ()),
            "low": field.get("low"),
            "high": field.get("high"),
            "shape": list(field.get("shape") or ()),
        }
        for field in bundle.signature["inputs"]
    ]
    known = {"container": bundle.schema.container, "columns": columns}
    return {**known, "classes": list(bundle.signature.get("classes") or ()), "example": _records(bundle)}


def _records(bundle: Bundle) -> dict[str, Any]:
    """Return a body with the row that was kept with the model, else with one made up from the signature."""
    try:
        kept = json.loads((bundle.folder / EXAMPLE).read_text(encoding="utf-8"))
        if bundle.schema.shape:
            return {"instances": [kept["rows"][0][0]]}
        return {"records": [dict(zip(kept["columns"], kept["rows"][0], strict=True))]}
    except (OSError, ValueError, LookupError, TypeError):
        pass
    if bundle.schema.shape:
        return {"instances": [_zeros(bundle.schema.shape[1:])]}
    fields = zip(bundle.schema.columns, bundle.signature["inputs"], strict=True)
    return {"records": [{column.name: _example(column, field) for column, field in fields}]}


def _zeros(shape: Sequence[int]) -> Any:
    return [_zeros(shape[1:]) for _ in range(shape[0])] if shape else 0


def _example(column: Any, field: Mapping[str, Any]) -> Any:
    """Return a value that a column takes: the middle of its range, its first category."""
    if isinstance(column, Number):
        low, high = field.get("low"), field.get("high")
        middle = 0.0 if low is None or high is None else (low + high) / 2
        return int(middle) if column.is_whole else middle
    if isinstance(column, (Text, Level)):
        return column.from_text(column.categories[0]) if column.categories else "text"
    word = column.dtype.partition("[")[0]
    return {"bool": True, "date": "2026-01-01", "datetime": column.example}.get(word)


def _record(bundle: Bundle) -> dict[str, Any]:
    if bundle.schema.shape:
        return {"type": "array"}
    properties = {column.name: _type(column) for column in bundle.schema.columns[:1_000]}
    return {"type": "object", "properties": properties, "required": list(properties)}


def _type(column: Any) -> dict[str, Any]:
    if isinstance(column, Number):
        word = "integer" if column.is_whole else "number"
    elif column.dtype == "bool":
        word = "boolean"
    elif isinstance(column, Level):
        return {}
    else:
        word = "string"
    return {"type": [word, "null"] if column.is_nullable else word}


def _rows() -> dict[str, Any]:
    return {"type": "array", "items": {"type": "array"}}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}

"""What was sent: JSON in the forms that people and other servers write, and CSV, as rows.

JSON is one of: a list of objects or of lists; ``{"records": [...]}``; ``{"columns": {"age": [31]}}`` or the
inner object alone; ``{"columns": ["age"], "data": [[31]]}``; and MLflow's ``dataframe_split``,
``dataframe_records``, ``instances`` and ``inputs``.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson

from .column import MISSING
from .refusals import Refusal, shown
from .schema import Rows

JSON: Final = "application/json"
CSV: Final = "text/csv"
ARROW: Final = "application/vnd.apache.arrow.stream"

FORMS: Final = (
    'a list of objects, {"records": […]}, {"columns": {name: […]}}, {"columns": […], "data": [[…]]}, '
    '{"dataframe_split": …}, {"dataframe_records": …}, {"instances": …} or {"inputs": …}'
)


def rows_of(body: bytes, media_type: str, most_rows: int) -> Rows:
    """Return the rows of a body.

    Parameters
    ----------
    body
        What was sent.
    media_type
        Its ``Content-Type``.
    most_rows
        How many rows may be sent.

    Raises
    ------
    Refusal
        400 if it cannot be read, 413 if there are too many rows, 415 if it is of another type, 422 if
        it is JSON of another form.
    """
    kind, _, options = media_type.partition(";")
    kind = kind.strip().lower()
    if kind == JSON or kind.endswith("+json"):
        rows = rows_of_json(read_json(body))
    elif kind == CSV:
        rows = _rows_of_csv(body, options, most_rows)
    elif kind == ARROW:
        from .arrow import rows_of_arrow

        rows = rows_of_arrow(body, most_rows)
    else:
        raise Refusal(415, "unknown_type", f"Content-Type is {kind[:100]!r}; send {JSON}, {CSV} or {ARROW}")
    if rows.n_rows > most_rows:
        raise too_many_rows(rows.n_rows, most_rows)
    return rows


def too_many_rows(count: int, most: int) -> Refusal:
    """Return the refusal of more rows than may be sent."""
    return Refusal(413, "too_many_rows", f"there are {count:,} rows; at most {most:,} may be sent at a time")


def read_json(body: bytes) -> Any:
    """Return what JSON says; ``NaN`` and ``Infinity``, which it does not have, are taken as they are meant.

    Raises
    ------
    Refusal
        400 if it is no JSON.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if b"NaN" in body or b"Infinity" in body:
            return _with_constants(body)
        raise Refusal(400, "no_json", f"the body is no JSON: {error}"[:300]) from error


def _with_constants(body: bytes) -> Any:
    tokens = {"NaN": None, "Infinity": "Infinity", "-Infinity": "-Infinity"}
    try:
        return orjson.loads(orjson.dumps(json.loads(body, parse_constant=tokens.__getitem__)))
    except (ValueError, TypeError, RecursionError) as error:
        raise Refusal(400, "no_json", f"the body is no JSON: {error}"[:300]) from error


def rows_of_json(given: Any) -> Rows:
    """Return the rows of JSON in any of the forms.

    Raises
    ------
    Refusal
        422 if it is of no form that is known.
    """
    if isinstance(given, list):
        return _listed(given)
    if not isinstance(given, dict):
        raise _no_form(shown(given))
    for key, read in _WRAPPED.items():
        if key in given and isinstance(given[key], (list, dict)):
            return read(given[key])
    if isinstance(given.get("columns"), dict):
        return _columns(given["columns"])
    if isinstance(given.get("data"), list) and isinstance(given.get("columns"), (list, type(None))):
        return _split(given)
    if not given:
        raise _no_form("an empty object")
    if all(isinstance(values, list) for values in given.values()):
        return _columns(given)
    if not any(isinstance(values, (list, dict)) for values in given.values()):
        return Rows(1, {name: (value,) for name, value in given.items()})
    raise _no_form(f"an object with {', '.join(repr(key[:30]) for key in list(given)[:5])}")


def _listed(given: Sequence[Any]) -> Rows:
    if not given:
        return Rows(0, {})
    if isinstance(given[0], dict):
        return _records(given)
    return Rows(len(given), placed=given)


def _records(given: Sequence[Any]) -> Rows:
    first = given[0]
    for row, record in enumerate(given):
        if not isinstance(record, dict):
            raise Refusal(422, "does_not_fit", f"row {row}: expected an object, found {shown(record)}")
        if record.keys() != first.keys():
            return _uneven(given)
    return Rows(len(given), {name: [record[name] for record in given] for name in first})


def _uneven(given: Sequence[Any]) -> Rows:
    """Return records that do not all have the same names: what one of them lacks has to be said as null."""
    names: dict[str, None] = {}
    for row, record in enumerate(given):
        if not isinstance(record, dict):
            raise Refusal(422, "does_not_fit", f"row {row}: expected an object, found {shown(record)}")
        names.update(dict.fromkeys(record))
    columns = {}
    for name in names:
        columns[name] = [record.get(name, MISSING) for record in given]
    return Rows(len(given), columns)


def _columns(given: Mapping[str, Any]) -> Rows:
    lengths: dict[str, int] = {}
    for name, values in given.items():
        if not isinstance(values, list):
            found = shown(values)
            raise Refusal(
                422, "does_not_fit", f"column {name[:60]!r}: expected a list of values, found {found}"
            )
        lengths[name] = len(values)
    if len(set(lengths.values())) > 1:
        short, long = min(lengths, key=lengths.__getitem__), max(lengths, key=lengths.__getitem__)
        raise Refusal(
            422,
            "does_not_fit",
            f"columns differ in length: {short[:60]!r} has {lengths[short]:,} values "
            f"and {long[:60]!r} {lengths[long]:,}",
        )
    return Rows(next(iter(lengths.values()), 0), given)


def _split(given: Any) -> Rows:
    if not isinstance(given, Mapping) or not isinstance(given.get("data"), list):
        raise _no_form("no list as data of a split frame")
    data, names = given["data"], given.get("columns")
    if names is None:
        return Rows(len(data), placed=data)
    if not isinstance(names, list) or not all(isinstance(name, (str, int)) for name in names):
        raise Refusal(422, "does_not_fit", f"expected a list of names as columns, found {shown(names)}")
    texts = [str(name) for name in names]
    if len(set(texts)) < len(texts):
        raise Refusal(422, "does_not_fit", "two columns have one name")
    for row, values in enumerate(data):
        if not isinstance(values, list) or len(values) != len(names):
            found = f"{len(values)}" if isinstance(values, list) else shown(values)
            raise Refusal(422, "does_not_fit", f"row {row}: expected {len(names)} values, found {found}")
    return Rows(len(data), dict(zip(texts, zip(*data, strict=True), strict=True)) if data else {})


def _tensors(given: Any) -> Rows:
    """Return the rows of ``instances`` or ``inputs``: a list of rows, or columns by name."""
    return _listed(given) if isinstance(given, list) else _columns(given)


_WRAPPED: Final[dict[str, Callable[[Any], Rows]]] = {
    "records": _tensors,
    "dataframe_split": _split,
    "dataframe_records": _tensors,
    "instances": _tensors,
    "inputs": _tensors,
}


def _rows_of_csv(body: bytes, options: str, most_rows: int) -> Rows:
    encoding = options.partition("charset=")[2].strip().strip('"').lower() or "utf-8"
    if encoding not in {"utf-8", "utf8", "us-ascii"}:
        raise Refusal(415, "unknown_type", f"the charset is {encoding[:30]!r}; send utf-8")
    try:
        lines = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True)
        names = next(lines, [])
        rows = [line for line in lines if line]
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refusal(400, "no_csv", f"the body is no CSV: {error}"[:300]) from error
    if not names:
        raise Refusal(400, "no_csv", "the body is no CSV: it has no first line with the columns' names")
    if len(rows) > most_rows:
        raise too_many_rows(len(rows), most_rows)
    if len(names) == 1:  # an empty line is an empty value there, unless it is the last
        rows = [line or [""] for line in rows]
    split = _split({"columns": names, "data": rows})
    return Rows(split.n_rows, split.columns, is_text=True)


def _no_form(found: str) -> Refusal:
    return Refusal(422, "unknown_form", f"found {found}; send {FORMS}")


def finite(value: Any) -> Any:
    """Return a number in a form that JSON has: those that are not finite as ``nan``, ``+inf``, ``-inf``."""
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if value != value else "+inf" if value > 0 else "-inf"
    return value

"""What is sent back: JSON, CSV or Arrow, with every number in a form that its reader can take."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson

from .bodies import ARROW, CSV, JSON, finite
from .model import Answers
from .refusals import Refusal


def plain(values: Any) -> list[Any]:
    """Return an array as lists that JSON can hold; what is not finite becomes ``nan``, ``+inf``, ``-inf``."""
    array = np.asarray(values)
    if array.dtype.kind in "mM":
        array = np.where(np.isnat(array), "", array.astype(str))
    listed: list[Any] = array.tolist()
    is_plain = array.dtype.kind in "iub" or (array.dtype.kind == "f" and np.isfinite(array).all())
    return listed if is_plain else list(_each(listed))


def _each(values: Any) -> Any:
    if isinstance(values, (list, tuple)):
        return [_each(value) for value in values]
    if hasattr(values, "tolist"):
        return _each(values.tolist())
    if values is None or isinstance(values, (bool, int)):
        return values
    return finite(values) if isinstance(values, float) else _text(values)


def _text(value: Any) -> str:
    return str(value).encode("utf-8", "replace").decode()


def encode(answer: Any) -> bytes:
    """Return JSON."""
    return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)


def chosen_type(accept: str) -> str:
    """Return the type that an ``Accept`` header asks for: JSON, CSV or Arrow.

    Raises
    ------
    Refusal
        406 if it asks for none of them.
    """
    if not accept:
        return JSON
    offers = [_offer(part) for part in accept.split(",")]
    for kind, _ in sorted((one for one in offers if one[1] > 0), key=lambda one: -one[1]):
        if kind in {JSON, "*/*", "application/*"}:
            return JSON
        if kind in {CSV, "text/*"}:
            return CSV
        if kind == ARROW:
            return ARROW
    raise Refusal(406, "unknown_type", f"Accept is {accept[:100]!r}; there are {JSON}, {CSV} and {ARROW}")


def _offer(part: str) -> tuple[str, float]:
    kind, *options = (one.strip().lower() for one in part.split(";"))
    for option in options:
        if option.startswith("q="):
            try:
                return kind, float(option[2:])
            except ValueError:
                return kind, 0.0
    return kind, 1.0


def as_json(answers: Answers, **more: Any) -> bytes:
    """Return answers as JSON: predictions, and probabilities with their classes where there are any."""
    body: dict[str, Any] = {"predictions": plain(answers.predictions)}
    if answers.probabilities is not None:
        body["probabilities"] = plain(answers.probabilities)
        body["classes"] = plain(np.asarray(answers.classes))
    return encode({**body, **more})


def as_columns(answers: Answers) -> dict[str, list[Any]]:
    """Return answers as columns: ``prediction``, and ``probability_<class>`` for each class."""
    columns = _numbered("prediction", answers.predictions, ())
    if answers.probabilities is not None:
        columns |= _numbered("probability", answers.probabilities, answers.classes)
    return columns


def _numbered(name: str, values: Any, labels: Sequence[Any]) -> dict[str, list[Any]]:
    array = np.asarray(values)
    if array.ndim == 1:
        return {name: plain(array)}
    flat = array.reshape(len(array), -1)
    names = labels if len(labels) == flat.shape[1] else range(flat.shape[1])
    return {f"{name}_{_text(label)}": plain(flat[:, place]) for place, label in enumerate(names)}


def as_csv(answers: Answers) -> bytes:
    """Return answers as CSV. Texts that a spreadsheet would take for a formula are given an apostrophe."""
    columns = as_columns(answers)
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\n")
    lines.writerow(map(_harmless, columns))
    lines.writerows([_harmless(value) for value in row] for row in zip(*columns.values(), strict=True))
    return written.getvalue().encode()


def _harmless(value: Any) -> Any:
    return (
        f"'{value}"
        if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") and value != "-inf"
        else value
    )


def as_arrow(answers: Answers) -> bytes:
    """Return answers as an Arrow stream."""
    from .arrow import stream_of

    return stream_of(as_columns(answers))


def same(found: Any, wanted: Any) -> bool:
    """Return whether plain answers are equal, numbers within 1e-5 of their size."""
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(same, found, wanted))
    if isinstance(found, (int, float)) and isinstance(wanted, (int, float)):
        return math.isclose(found, wanted, rel_tol=1e-5, abs_tol=1e-8)
    return bool(found == wanted)

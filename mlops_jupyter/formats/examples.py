"""Some rows with the answers to them: kept beside a model, and asked again when it is loaded."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Sequence
from typing import Any

from ..errors import UsageError
from ..records import Field, InputExample, Signature
from . import signatures
from .facts import quietly

RELATIVE = 1e-5
"""How far a number may be off, as a share of it: single precision, and the order in which threads add."""
ABSOLUTE = 1e-8

_WIDEST = 2_000
_HIDDEN = "hidden"
_DATES = ("datetime", "date")


def example_of(model: Any, X: Any, n: int = 5) -> InputExample | None:  # noqa: N803 - the field's letter
    """Return some rows, spread evenly over ``X``, with what the model answers to them.

    A classifier that has probabilities is asked for these: they show a change that labels hide.
    The model is shown the rows as they come back from JSON, so that what is compared later is the same.
    Values of columns that look personal are replaced by ``hidden`` (texts) or nothing (others).

    Parameters
    ----------
    model
        A fitted model.
    X
        Data that it can predict: a frame, array, matrix or texts.
    n
        How many rows, at least 1.

    Returns
    -------
    InputExample or None
        None where rows are wider than 2,000 values, hold what JSON cannot, or the model cannot
        answer rows without what is personal in them.

    Raises
    ------
    UsageError
        If the model cannot predict ``X``.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> found = example_of(Ridge(alpha=0.0).fit([[0.0], [1.0]], [0.0, 1.0]), [[0.0], [0.5], [1.0]], n=3)
    >>> found.columns, [round(value, 6) for value in found.predictions]
    (('0',), [0.0, 0.5, 1.0])
    """
    some = spread_rows(X, n)
    method = "predict_proba" if callable(quietly(model, "predict_proba")) else "predict"
    signatures.ask(model, method, some)
    signature = signatures.signature_of(some)
    hidden = _personal(X, signature)
    try:
        rows = _rows(some, signature, hidden)
        json.dumps(rows, allow_nan=False)
        columns = tuple(field.name for field in signature.inputs)
        asked = InputExample(columns, rows, (), method)
        answers = predict_example(model, asked, signature)
        json.dumps(answers, allow_nan=False)
    except (TypeError, ValueError, UsageError):
        return None
    return InputExample(columns, rows, answers, method)


def spread_rows(X: Any, n: int) -> Any:  # noqa: N803 - the field's letter
    """Return up to ``n`` rows, spread evenly over ``X``.

    Raises
    ------
    UsageError
        If there are none, or ``n`` is less than 1.
    """
    count = signatures.n_rows(X)
    if count < 1 or n < 1:
        raise UsageError(f"an example needs rows: X has {count}, n is {n}")
    places = sorted({round(step * (count - 1) / max(n - 1, 1)) for step in range(n)})
    return signatures.rows_at(X, places)


def predict_example(model: Any, example: InputExample, signature: Signature | None = None) -> tuple[Any, ...]:
    """Return what a model answers to the rows of an example, in a form that JSON can hold.

    Parameters
    ----------
    signature
        What the rows were before they were JSON: a frame with dtypes, an array, texts. Without one, a
        frame where the columns have names, else an array of numbers.

    Raises
    ------
    UsageError
        If the model cannot predict the rows.
    """
    return plain_answers(signatures.ask(model, example.method, input_of(example, signature)))


def input_of(example: InputExample, signature: Signature | None = None) -> Any:
    """Return the rows of an example as what the model was given: a frame, an array, or texts."""
    import numpy as np

    if signature is None or not signature.inputs:
        if all(name.isdigit() for name in example.columns):
            return np.asarray(example.rows)
        fields = [Field(name, "other", "") for name in example.columns]
        signature = Signature(tuple(fields))
    known = {field.name: field for field in signature.inputs}
    fields = [known.get(name, Field(name, "other", "")) for name in example.columns]
    if signature.container == "texts":
        return [row[0] for row in example.rows]
    if signature.container == "frame":
        return _frame(example.rows, fields)
    return _array(example.rows, fields)


def same_predictions(expected: Sequence[Any], got: Sequence[Any]) -> tuple[bool, str]:
    """Return whether answers are equal, numbers within 1e-5 of their size, and a sentence.

    Examples
    --------
    >>> same_predictions([0.25, "yes"], [0.2500001, "yes"])
    (True, 'all 2 answers are the same')
    >>> same_predictions([1.0, 2.0], [1.0, 2.5])
    (False, '1 of 2 answers differs; the first: row 2 was 2.0 and is 2.5')
    """
    before, after = plain_answers(expected), plain_answers(got)
    if len(before) != len(after):
        return False, f"there were {len(before)} answers and there are {len(after)}"
    differ = [row for row, (old, new) in enumerate(zip(before, after, strict=True)) if not _is_same(old, new)]
    if not differ:
        return True, f"all {len(before)} answers are the same"
    row = differ[0]
    verb = "differs" if len(differ) == 1 else "differ"
    return False, (
        f"{len(differ)} of {len(before)} answers {verb}; the first: row {row + 1} was "
        f"{_short(before[row])} and is {_short(after[row])}"
    )


def plain_answers(answers: Any) -> tuple[Any, ...]:
    """Return answers as numbers, texts and tuples of them; NaN is None."""
    values = answers.tolist() if hasattr(answers, "tolist") else answers
    if hasattr(values, "to_numpy"):
        values = values.to_numpy().tolist()
    return tuple(_plain(value) for value in values)


def _is_same(before: Any, after: Any) -> bool:
    if isinstance(before, tuple) and isinstance(after, tuple):
        return len(before) == len(after) and all(map(_is_same, before, after))
    if isinstance(before, (int, float)) and isinstance(after, (int, float)):
        return math.isclose(before, after, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    return bool(before == after)


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return tuple(_plain(one) for one in value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None if math.isnan(value) else str(value)
    if value != value:  # NaT
        return None
    if isinstance(value, (dt.datetime, dt.date)):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} has no form in JSON")


def _rows(some: Any, signature: Signature, hidden: frozenset[str]) -> tuple[tuple[Any, ...], ...]:
    if signature.container == "texts":
        return tuple((one,) for one in plain_answers(some))
    if signature.inputs[0].shape:
        if math.prod(signature.inputs[0].shape[1:]) > _WIDEST:
            raise ValueError("too wide for an example")
        dense = some.toarray() if hasattr(some, "toarray") else some
        return tuple((row,) for row in plain_answers(dense))
    if len(signature.inputs) > _WIDEST:
        raise ValueError("too wide for an example")
    columns = _columns(some, signature)
    for place, field in enumerate(signature.inputs):
        if field.name in hidden:
            columns[place] = [_HIDDEN if isinstance(value, str) else None for value in columns[place]]
    return tuple(zip(*columns, strict=True))


def _columns(some: Any, signature: Signature) -> list[list[Any]]:
    import numpy as np

    if hasattr(some, "iloc") and some.ndim == 2:
        series = [some.iloc[:, place] for place in range(some.shape[1])]
        return [[_cell(value) for value in one] for one in series]
    if hasattr(some, "get_columns"):
        return [list(map(_cell, one.to_list())) for one in some.get_columns()]
    if hasattr(some, "to_pydict"):
        return [list(map(_cell, values)) for values in some.to_pydict().values()]
    array = np.asarray(some)
    return [list(map(_cell, one)) for one in array.reshape(len(array), len(signature.inputs)).T.tolist()]


def _cell(value: Any) -> Any:
    if type(value).__name__ in {"NAType", "NaTType"}:
        return None
    return _plain(value.item() if hasattr(value, "item") else value)


def _personal(X: Any, signature: Signature) -> frozenset[str]:  # noqa: N803 - the field's letter
    from ..data import profile

    if signature.container != "frame":
        return frozenset()
    return frozenset(
        str(column.name) for column in profile(signatures.first_rows(X, 10_000)).columns if column.personal
    )


def _frame(rows: Sequence[Sequence[Any]], fields: Sequence[Field]) -> Any:
    import pandas as pd

    columns = [[row[place] for row in rows] for place in range(len(fields))]
    series = [_series(values, field) for values, field in zip(columns, fields, strict=True)]
    frame = pd.concat(series, axis=1) if series else pd.DataFrame(index=range(len(rows)))
    frame.columns = pd.Index([field.name for field in fields])
    return frame


def _series(values: list[Any], field: Field) -> Any:
    import pandas as pd

    word = field.dtype.partition("[")[0]
    if word == "category":
        levels: list[Any] = list(field.categories) or sorted({one for one in values if one is not None})
        if any(isinstance(one, (int, float)) for one in values):
            levels = pd.to_numeric(pd.Series(levels)).tolist()
        return pd.Series(pd.Categorical(values, categories=levels, ordered="ordered" in field.dtype))
    if word in _DATES:
        return pd.Series(pd.to_datetime(values))
    if word.rstrip("0123456789") in {"int", "uint", "float"}:
        if None in values and not word.startswith("float"):
            word = "float64" if word.startswith("int") else word
        return pd.Series([math.nan if one is None else one for one in values], dtype=word)
    if word == "bool" and None not in values:
        return pd.Series(values, dtype=bool)
    return pd.Series(values, dtype=None if values else object)


def _array(rows: Sequence[Sequence[Any]], fields: Sequence[Field]) -> Any:
    import numpy as np

    kind = fields[0].dtype if fields else "float64"
    if kind.startswith("sparse["):
        from scipy.sparse import csr_matrix

        return csr_matrix(np.asarray([row[0] for row in rows], dtype=kind[7:-1]))
    values = [row[0] for row in rows] if fields and fields[0].shape else rows
    same = {field.dtype for field in fields} == {kind}
    is_number = kind.rstrip("0123456789") in {"int", "uint", "float", "bool"}
    return np.asarray(values, dtype=kind if same and is_number else object)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"

"""What a model takes and what it answers, as far as the data show that it was fitted on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ..errors import UsageError
from ..records import ColumnProfile, Field, Signature
from .facts import quietly

MOST_CATEGORIES: Final = 100
MOST_FIELDS: Final = 1_000
"""Columns of an array that are told one by one; a wider one is a single field with a shape."""

_ASKED_ROWS = 20


def signature_of(X: Any, y: Any = None, model: Any = None, predictions: Any = None) -> Signature:  # noqa: N803 - the field's letter
    """Return the schema of a model's inputs and outputs, from data.

    Parameters
    ----------
    X
        What the model was fitted on: a frame, array, matrix (rows × columns), or texts.
    y
        What it was to answer, one per row; names the target and its categories.
    model
        A fitted model; it says its classes, and is asked for a few answers where neither ``y`` nor
        ``predictions`` are given.
    predictions
        Answers to ``X``, one per row.

    Returns
    -------
    Signature
        Values of columns that look personal (as e-mail addresses) are not told, nor their range.

    Raises
    ------
    UsageError
        If ``X`` has no rows and columns, or the model cannot predict it.

    Examples
    --------
    >>> import pandas as pd
    >>> found = signature_of(pd.DataFrame({"age": [31, 62, None]}), pd.Series([0, 1, 0], name="left"))
    >>> found.inputs[0].name, found.inputs[0].is_nullable, found.inputs[0].high, found.target
    ('age', True, 62.0, 'left')
    """
    container = container_of(X)
    answers = y if y is not None else predictions
    if answers is None and model is not None:
        answers = ask(model, "predict", first_rows(X, _ASKED_ROWS))
    classes = _classes(model)
    outputs: tuple[Field, ...] = () if answers is None else _outputs(answers, classes)
    if classes and callable(quietly(model, "predict_proba")):
        outputs += (Field("probability", "number", "float64", low=0.0, high=1.0, shape=(-1, len(classes))),)
    return Signature(
        tuple(_inputs(X, container)),
        outputs,
        container,
        target=str(name) if (name := getattr(y, "name", None)) is not None else "",
        classes=classes,
    )


def container_of(X: Any) -> str:  # noqa: N803 - the field's letter
    """Return ``frame``, ``array`` or ``texts``.

    Raises
    ------
    UsageError
        If it is none of these.

    Examples
    --------
    >>> container_of(["a text", "another"]), container_of([[1, 2]])
    ('texts', 'array')
    """
    from ..data.columns import library_of

    if isinstance(X, (list, tuple)) and X:
        return "texts" if all(isinstance(one, str) for one in X) else "array"
    library = library_of(X)
    if library is None:
        raise UsageError(
            f"X is a {type(X).__name__}; give a frame, an array, a sparse matrix or a list of texts"
        )
    if library in {"numpy", "scipy.sparse"}:
        return "texts" if library == "numpy" and X.ndim == 1 and _is_text(X) else "array"
    return "frame" if len(getattr(X, "shape", (0, 0))) > 1 else "texts" if _is_text(X) else "array"


def first_rows(X: Any, count: int) -> Any:  # noqa: N803 - the field's letter
    """Return at most ``count`` rows from the beginning, as the same kind of object."""
    return rows_at(X, range(min(count, n_rows(X))))


def rows_at(X: Any, places: Any) -> Any:  # noqa: N803 - the field's letter
    """Return the rows at some places, as the same kind of object."""
    if isinstance(X, (list, tuple)):
        return [X[place] for place in places]
    if hasattr(X, "iloc"):
        return X.iloc[list(places)]
    if hasattr(X, "take") and type(X).__module__.startswith("pyarrow"):
        return X.take(list(places))
    return (X.tocsr() if hasattr(X, "tocsr") else X)[list(places)]


def n_rows(X: Any) -> int:  # noqa: N803 - the field's letter
    """Return how many rows there are; a sparse matrix has no length."""
    return int(X.shape[0]) if hasattr(X, "shape") else len(X)


def ask(model: Any, method: str, X: Any) -> Any:  # noqa: N803 - the field's letter
    """Return what a model answers.

    Raises
    ------
    UsageError
        If it cannot; names the model, the method and its reason.
    """
    call = quietly(model, method)
    if not callable(call):
        raise UsageError(f"a {type(model).__name__} has no {method}()")
    try:
        return call(X)
    except Exception as error:  # foreign code: whatever it raises, the rows do not fit the model
        raise UsageError(
            f"{type(model).__name__}.{method} cannot take these rows: {type(error).__name__}: {error}"[:400]
        ) from error


def _inputs(X: Any, container: str) -> Iterator[Field]:  # noqa: N803 - the field's letter
    if container == "texts":
        yield Field("text", "text", "string")
        return
    yield from _fields(X)


def _fields(X: Any) -> Iterator[Field]:  # noqa: N803 - the field's letter
    import numpy as np

    from ..data import profile

    if isinstance(X, (list, tuple)):
        X = np.asarray(X)  # noqa: N806 - the field's letter
    shape = tuple(getattr(X, "shape", ()))
    if hasattr(X, "tocsr") or (isinstance(X, np.ndarray) and (X.ndim > 2 or shape[1:] > (MOST_FIELDS,))):
        kind = f"sparse[{X.dtype}]" if hasattr(X, "tocsr") else str(X.dtype)
        yield Field("values", "number", kind, shape=(-1, *map(int, shape[1:])))
        return
    for place, column in enumerate(profile(X).columns):
        yield _field(column, _levels(X, place))


def _field(column: ColumnProfile, levels: tuple[str, ...]) -> Field:
    numbers = column.numbers if column.kind == "number" and not column.personal else None
    has_range = numbers is not None and numbers.n > 0
    return Field(
        str(column.name),
        column.kind,
        column.type,
        is_nullable=column.n_missing > 0,
        categories=() if column.personal else levels or _seen(column),
        low=numbers.minimum if numbers is not None and has_range else None,
        high=numbers.maximum if numbers is not None and has_range else None,
    )


def _levels(X: Any, place: int) -> tuple[str, ...]:  # noqa: N803 - the field's letter
    """Return the declared levels of a category in their order, on which some libraries rest."""
    if not hasattr(X, "iloc") or getattr(X, "ndim", 1) != 2:
        return ()
    levels = getattr(X.dtypes.iloc[place], "categories", None)
    return () if levels is None or len(levels) > MOST_CATEGORIES else tuple(map(str, levels))


def _seen(column: ColumnProfile) -> tuple[str, ...]:
    values = column.values
    if column.kind != "category" or values is None or values.n_other or len(values.top) > MOST_CATEGORIES:
        return ()
    return tuple(sorted(value for value, _ in values.top))


def _outputs(answers: Any, classes: tuple[str, ...]) -> tuple[Field, ...]:
    import numpy as np

    from ..data import profile

    values = np.asarray(answers)
    if values.ndim > 1:
        width = tuple(map(int, values.shape[1:]))
        return (Field("prediction", "number", str(values.dtype), shape=(-1, *width)),)
    column = profile(values if isinstance(answers, (list, tuple)) else answers).columns[0]
    if classes:
        kept = classes if len(classes) <= MOST_CATEGORIES else ()
        return (Field("prediction", "category", column.type, categories=kept),)
    numbers = column.numbers
    low, high = (numbers.minimum, numbers.maximum) if numbers is not None and numbers.n else (None, None)
    return (Field("prediction", column.kind, column.type, low=low, high=high),)


def _classes(model: Any) -> tuple[str, ...]:
    classes = quietly(model, "classes_")
    if (
        classes is None
        or getattr(classes, "ndim", 1) != 1
        or any(hasattr(one, "__len__") and not isinstance(one, str) for one in classes)
    ):
        return ()
    return tuple(str(one) for one in classes)


def _is_text(X: Any) -> bool:  # noqa: N803 - the field's letter
    values = first_rows(X, 10)
    return all(isinstance(one, str) for one in (values.tolist() if hasattr(values, "tolist") else values))

"""Models of scikit-learn as ONNX, for places without Python: written only where the answers agree.

ONNX counts in single precision, so answers are not equal to the last digit: numbers may be off by 1e-4 of
their size, labels not at all. A row beside the threshold of a tree may fall on its other side; then
the export is refused, with how many rows do.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from ..errors import MlopsError, UnsupportedError
from . import signatures
from .facts import quietly
from .files import FileContent

MEDIA_TYPE = "application/onnx"
SUFFIX = ".onnx"
TOLERANCE: Final = 1e-4
"""How far a number may be off, as a share of its size, at least of 1."""

_MOST_ROWS = 1_000


def to_onnx(model: Any, example: Any) -> FileContent:
    """Return a fitted model as ONNX, after its answers were compared with those of the model.

    Parameters
    ----------
    model
        A fitted estimator or pipeline of scikit-learn.
    example
        Rows that it can predict (frame, array): they give the inputs their types, and at most 1,000 of
        them, spread evenly, are answered by both.

    Returns
    -------
    FileContent
        ``detail`` says ``checked_rows`` and ``largest_difference``, of numbers as a share of their size.

    Raises
    ------
    UnsupportedError
        If skl2onnx is not installed or has no way to write the model, or the answers differ.
    UsageError
        If the model cannot predict the rows.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> rows = np.arange(10.0).reshape(5, 2)
    >>> to_onnx(Ridge().fit(rows, rows[:, 0]), rows).detail["checked_rows"]  # doctest: +SKIP
    5
    """
    skl2onnx, runtime = _libraries()
    count = signatures.n_rows(example)
    places = sorted({round(step * (count - 1) / (_MOST_ROWS - 1)) for step in range(_MOST_ROWS)})
    rows = signatures.rows_at(example, places)
    named = hasattr(rows, "columns")
    rows = rows if named else _single(rows)
    wanted = [signatures.ask(model, method, rows) for method in _methods(model)]
    proto = _converted(skl2onnx, model, rows, named=named)
    content = proto.SerializeToString()
    got = _answers(runtime, content, rows, named=named)
    worst = max(_difference(one, other) for one, other in zip(wanted, got, strict=False))
    detail = {
        "format": "onnx",
        "class": type(model).__name__,
        "onnx": import_module("onnx").__version__,
        "skl2onnx": skl2onnx.__version__,
        "opset": max(one.version for one in proto.opset_import),
        "checked_rows": len(places),
        "largest_difference": worst,
    }
    return FileContent(content, MEDIA_TYPE, SUFFIX, detail)


def _libraries() -> tuple[Any, Any]:
    try:
        return import_module("skl2onnx"), import_module("onnxruntime")
    except ImportError as error:
        raise UnsupportedError(
            f"ONNX needs {error.name}, which is not installed: pip install skl2onnx onnxruntime"
        ) from error


def _single(rows: Any) -> Any:
    import numpy as np

    return np.asarray(rows.toarray() if hasattr(rows, "toarray") else rows, dtype="float32")


def _methods(model: Any) -> list[str]:
    return ["predict", "predict_proba"] if callable(quietly(model, "predict_proba")) else ["predict"]


def _converted(skl2onnx: Any, model: Any, rows: Any, *, named: bool) -> Any:
    options = {"zipmap": False} if "predict_proba" in _methods(model) else None
    try:
        initial = _types(skl2onnx, rows) if named else None
        return skl2onnx.to_onnx(model, None if named else rows[:1], initial_types=initial, options=options)
    except Exception as error:  # it raises many kinds, all of them for want of a way to write
        words = " ".join(str(error).split())[:300]
        raise UnsupportedError(
            f"{type(model).__name__} cannot be written as ONNX: {type(error).__name__}: {words}"
        ) from error


def _types(skl2onnx: Any, rows: Any) -> list[tuple[str, Any]]:
    kinds = skl2onnx.common.data_types
    of_kind = {
        "i": kinds.Int64TensorType,
        "u": kinds.Int64TensorType,
        "f": kinds.FloatTensorType,
        "b": kinds.BooleanTensorType,
    }
    return [
        (str(name), of_kind.get(getattr(rows[name].dtype, "kind", "O"), kinds.StringTensorType)([None, 1]))
        for name in rows.columns
    ]


def _answers(runtime: Any, content: bytes, rows: Any, *, named: bool) -> list[Any]:
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        inputs = (
            {one.name: _column(rows[one.name], one.type) for one in session.get_inputs()} if named else None
        )
        fed = inputs if inputs is not None else {session.get_inputs()[0].name: rows}
        found: list[Any] = session.run(None, fed)
    except Exception as error:  # the runtime's errors have no base class of their own
        raise UnsupportedError(f"the ONNX file that was written cannot be run: {error}"[:300]) from error
    return found


def _column(column: Any, kind: str) -> Any:
    import numpy as np

    types = {"tensor(float)": "float32", "tensor(int64)": "int64", "tensor(bool)": "bool"}
    return np.asarray(column, dtype=types.get(kind, object)).reshape(-1, 1)


def _difference(wanted: Any, got: Any) -> float:
    """Return the largest difference between answers.

    Raises
    ------
    UnsupportedError
        If it is more than may be.
    """
    import numpy as np

    before = np.asarray(wanted)
    after = np.asarray(got).reshape(before.shape)
    if before.dtype.kind in "OUSib":
        texts = before.dtype.kind in "OUS"
        unequal = before.astype(str) != after.astype(str) if texts else before != after
        wrong = int(unequal.reshape(len(before), -1).any(axis=1).sum())
        if wrong:
            raise _differs(f"{wrong:,} of {len(before):,} rows get another answer")
        return 0.0
    off = np.abs(before - after) / np.maximum(1.0, np.abs(before))
    worst = float(off.max(initial=0.0))
    if not worst <= TOLERANCE:
        raise _differs(f"numbers are off by up to {worst:.2g} of their size, and {TOLERANCE:g} is allowed")
    return worst


def _differs(words: str) -> MlopsError:
    return UnsupportedError(f"the ONNX form of this model does not answer as the model does: {words}")

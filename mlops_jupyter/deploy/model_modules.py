"""Which modules a model's file needs when it is opened: read from the file, nothing of it is run."""

from __future__ import annotations

import io
import json
import pickletools
import sys
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from ..errors import UnsupportedError

OURS = "mlops_jupyter"
# What every model is asked through, besides what its own file names.
_ALWAYS = ("numpy", "pandas", "pyarrow")
_OF_FORMATS = {
    "skops": ("sklearn", "skops"),
    "xgboost": ("xgboost", "sklearn"),  # whose classes the wrappers of these two are made of
    "lightgbm": ("lightgbm", "sklearn"),
    "catboost": ("catboost",),
    "cloudpickle": ("cloudpickle",),
    "onnx": ("onnxruntime",),
}
# By the names that versions are recorded with (models.origins.LIBRARIES).
_OF_LIBRARIES = {"scikit-learn": "sklearn"}


def modules_of(data: bytes, name: str, libraries: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the top-level modules, none of the standard library, that a model's file needs.

    Parameters
    ----------
    data
        The file.
    name
        Its format.
    libraries
        The packages whose versions are recorded with it.

    Raises
    ------
    UnsupportedError
        If the file is not of that format.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from mlops_jupyter import formats
    >>> modules_of(formats.dump_model(Ridge().fit([[0], [1]], [0, 1])).data, "skops")
    ('numpy', 'pandas', 'pyarrow', 'sklearn', 'skops')
    """
    try:
        named = _in_archive(data) if name == "skops" else _in_pickle(data) if name == "cloudpickle" else ()
        found = {module.partition(".")[0] for module in named}
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise UnsupportedError(f"the model's file cannot be read as {name}: {error}") from error
    found |= {*_ALWAYS, *_OF_FORMATS.get(name, ())}
    found |= {_OF_LIBRARIES.get(one, one) for one in libraries if one != "python"}
    return tuple(sorted(found - sys.stdlib_module_names - {OURS, "__main__", ""}))


def _in_archive(data: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        plain = json.loads(archive.read("schema.json"))
    waiting: list[Any] = [plain]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if isinstance(one.get("__module__"), str):
                yield one["__module__"]
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _in_pickle(data: bytes) -> Iterator[str]:
    """Yield every text in a pickle that may be a module's name: the first operand of its globals."""
    texts: list[str] = []
    start = data.index(b"\n", data.index(b"\n") + 1) + 1
    for code, value, _ in pickletools.genops(data[start:]):
        if code.name == "GLOBAL":
            yield str(value).partition(" ")[0]
        elif "UNICODE" in code.name:
            texts.append(str(value))
    yield from (
        text for text in texts if all(part.isidentifier() for part in text.split(".")) and text in sys.modules
    )

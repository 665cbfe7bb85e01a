"""Models that can be kept only as a pickle: with an explicit word, which is written into the file.

A pickle runs code when it is opened. So none is ever written unless the call says why it has to be, and
none is opened unless that call says so too. The file begins with a line that nothing else begins with, then
who it is and its digest as JSON, then the pickle: a damaged one is refused before anything of it runs.
"""

from __future__ import annotations

import hashlib
import io
import json
from importlib import import_module
from typing import Any, Final

from ..errors import IntegrityError, UnsupportedError
from .facts import facts
from .files import FileContent

NAME: Final = "cloudpickle"
MEDIA_TYPE = "application/vnd.mlops-jupyter.unsafe"
SUFFIX = ".unsafe.pkl"
_MARK = b"mlops_jupyter unsafe model 1\n"
_MOST_ABOUT = 100_000


def dump(model: Any, reason: str) -> FileContent:
    """Return a model as a file that runs code when it is opened.

    Raises
    ------
    UnsupportedError
        If no reason is given, or not even a pickle can be made of it.
    """
    if not reason.strip():
        raise UnsupportedError("a file that can run code when it is opened needs a reason: unsafe_reason='…'")
    cloudpickle: Any = import_module(NAME)

    buffer = io.BytesIO()
    try:
        cloudpickle.dump(model, buffer)
    except Exception as error:  # whatever the objects inside raise
        raise UnsupportedError(
            f"{type(model).__name__} cannot be saved, not even as a pickle: {type(error).__name__}: {error}"[
                :400
            ]
        ) from error
    content = buffer.getvalue()
    detail = {
        "format": NAME,
        "class": type(model).__name__,
        "unsafe_reason": reason.strip(),
        "cloudpickle": cloudpickle.__version__,
        **facts(model),
    }
    about = json.dumps({**detail, "sha256": hashlib.sha256(content).hexdigest()}).encode()
    return FileContent(_MARK + about + b"\n" + content, MEDIA_TYPE, SUFFIX, detail)


def reads(data: bytes) -> bool:
    """Whether a file is one of these."""
    return data.startswith(_MARK)


def load(data: bytes, *, unsafe: bool) -> Any:
    """Return the model of a file, running what it says, where the call allows that.

    Raises
    ------
    UnsupportedError
        If the call does not allow it, or the pickle cannot be opened.
    IntegrityError
        If the pickle is not the one that was written.
    """
    about, content = _parts(data)
    if not unsafe:
        raise UnsupportedError(
            f"this model ({about.get('class')}) is a pickle, which runs code when it is opened; it was kept "
            f"so because: {about.get('unsafe_reason')}. If you know who made it: unsafe=True"
        )
    if hashlib.sha256(content).hexdigest() != about.get("sha256"):
        raise IntegrityError("the pickle in this file is not the one that was written; nothing of it was run")
    cloudpickle: Any = import_module(NAME)

    try:
        return cloudpickle.loads(content)
    except Exception as error:  # a pickle may raise anything
        raise UnsupportedError(
            f"the pickle cannot be opened here: {type(error).__name__}: {error}"[:400]
        ) from error


def _parts(data: bytes) -> tuple[dict[str, Any], bytes]:
    end = data.find(b"\n", len(_MARK), len(_MARK) + _MOST_ABOUT)
    try:
        about = json.loads(data[len(_MARK) : end]) if end > 0 else None
    except (ValueError, RecursionError):
        about = None
    if not isinstance(about, dict):
        raise UnsupportedError("this is not a model file that can be loaded: its description is damaged")
    return about, data[end + 1 :]

"""A model file from elsewhere, opened and tried in a process of its own before it is loaded here.

An allow-list stops code, and the checks of structure stop the crashes that are known; a file for compiled
code may hold others. The child has limits of memory and time, no secrets in its environment, a folder of its
own; whatever happens to it, this process only reads one line of JSON from it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, Final

from ..errors import MlopsError, UnsupportedError
from ..records import InputExample, Signature, from_plain, to_plain

MEMORY_BYTES: Final = 4 << 30
TIMEOUT_S: Final = 60.0
_MOST_ANSWER = 64 << 20
_KEPT_VARIABLES = ("HOME", "LANG", "LC_ALL", "PATH", "SYSTEMROOT", "TZ", "VIRTUAL_ENV")
_START = "from mlops_jupyter.formats.child import main; main()"


def load_in_child(
    data: bytes,
    example: InputExample | None = None,
    *,
    signature: Signature | None = None,
    trusted: Sequence[str] = (),
    unsafe: bool = False,
    timeout_s: float = TIMEOUT_S,
    memory_bytes: int = MEMORY_BYTES,
) -> tuple[Any, ...]:
    """Load a model file in a child process, let it answer an example there, and return the answers.

    Parameters
    ----------
    data
        The file's bytes.
    example
        Rows to be answered; without, the model is shown two rows of zeros where it says how wide.
    signature
        What the rows of the example are: see :func:`mlops_jupyter.formats.predict_example`.
    trusted, unsafe
        As for :func:`mlops_jupyter.formats.load_model`.
    timeout_s
        Seconds until the child is ended, more than 0.
    memory_bytes
        Address space of the child (not on Windows), from about 2 GiB, of which libraries reserve much.

    Returns
    -------
    tuple
        One answer per row of the example; nothing without one.

    Raises
    ------
    UnsupportedError
        If the file is refused, cannot answer the example, takes too long or too much memory, or crashes
        the child.

    Examples
    --------
    >>> from mlops_jupyter import formats
    >>> load_in_child(b"no model")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    mlops_jupyter.errors.UnsupportedError: this is not a model file that can be loaded safely: ...
    """
    wanted = {
        "example": None if example is None else to_plain(example),
        "signature": None if signature is None else to_plain(signature),
        "trusted": list(trusted),
        "unsafe": unsafe,
        "size": len(data),
    }
    limits = {"timeout_s": timeout_s, "memory_bytes": memory_bytes}
    head = json.dumps({**wanted, **limits}).encode() + b"\n"
    code, answer = _run(head + data, timeout_s)
    if code:
        raise UnsupportedError(f"this model file was not loaded: {_ended(code)}")
    try:
        told = json.loads(answer)
    except ValueError as error:
        raise UnsupportedError(
            "this model file was not loaded: the process that tried it said nothing"
        ) from error
    if "error" in told:
        raise UnsupportedError(str(told["error"]))
    return tuple(_as_tuples(one) for one in told["answers"])


def main() -> None:
    """Be the child: read one request from standard input, write one line to standard output."""
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is not the answer
    request = json.loads(sys.stdin.buffer.readline())
    _limit(request)
    try:
        told: dict[str, Any] = {"answers": _tried(request, sys.stdin.buffer)}
    except MlopsError as error:
        told = {"error": str(error)}
    except MemoryError:
        most = request["memory_bytes"] >> 20
        told = {"error": f"this model file was not loaded: it took more than {most:,} MiB"}
    except Exception as error:  # noqa: BLE001 - whatever a file makes its library raise
        told = {"error": f"this model file was not loaded: {type(error).__name__}: {error}"[:400]}
    answer.write(json.dumps(told).encode())
    answer.flush()
    os._exit(0)  # what the file left behind has no say at the end


def _tried(request: Mapping[str, Any], stream: BinaryIO) -> list[Any]:
    from .examples import predict_example
    from .models import load_model

    data = stream.read(request["size"])
    model = load_model(data, trusted=request["trusted"], unsafe=request["unsafe"])
    if request["example"] is None:
        _ask_zeros(model)
        return []
    example = from_plain(InputExample, request["example"])
    known = request["signature"]
    signature = None if known is None else from_plain(Signature, known)
    return list(predict_example(model, example, signature))


def _ask_zeros(model: Any) -> None:
    """Let a model answer two rows of zeros: only a crash counts, since it may want other rows."""
    import numpy as np

    width = getattr(model, "n_features_in_", None)
    if not isinstance(width, int) or not 0 < width <= 100_000:
        return
    names = getattr(model, "feature_names_in_", None)
    rows: Any = np.zeros((2, width))
    if names is not None:
        import pandas as pd

        rows = pd.DataFrame(rows, columns=list(names))
    try:
        model.predict(rows)
    except Exception:  # noqa: BLE001 - a model of texts or categories has other words
        return


def _run(request: bytes, timeout_s: float) -> tuple[int, bytes]:
    """Return the exit code of a child and what it wrote; one that takes too long is ended with SIGKILL."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as out:
        child = subprocess.Popen(  # noqa: S603 - our own interpreter with our own line
            [sys.executable, "-c", _START],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=_environment(folder),
            start_new_session=True,
        )
        try:
            child.communicate(request, timeout=timeout_s)
        except subprocess.TimeoutExpired as error:
            child.kill()
            child.wait()
            raise UnsupportedError(
                f"this model file was not loaded: it took longer than {timeout_s:g} s in a process of its own"
            ) from error
        out.seek(0)
        return child.returncode, out.read(_MOST_ANSWER)


def _environment(folder: str) -> dict[str, str]:
    """Return few variables: a file that does run code finds no keys in the child's environment."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    path = os.pathsep.join(os.path.abspath(place or os.curdir) for place in sys.path)  # noqa: PTH100
    return {**kept, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TMPDIR": folder}


def _limit(request: Mapping[str, Any]) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits; the time still counts
        return
    seconds = max(1, round(request["timeout_s"]))
    for kind, most in (
        (resource.RLIMIT_AS, int(request["memory_bytes"])),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, _MOST_ANSWER),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _ended(code: int) -> str:
    if code > 0:
        return f"the process that tried it ended with {code}"
    name = signal.Signals(-code).name
    return f"it crashed the process that tried it ({name})"


def _as_tuples(value: Any) -> Any:
    return tuple(map(_as_tuples, value)) if isinstance(value, list) else value

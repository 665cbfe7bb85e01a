"""Loading: a version comes back after its bytes, its libraries and its answers were checked."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import re
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from .. import tracking
from ..errors import IntegrityError, UnsupportedError
from ..records import InputExample, Model, ModelVersion, Signature, from_plain
from ..store import Store, open_existing
from ..tracking.refs import RunRef
from . import reference
from .reference import Registry

# A file may be read by another of these without a change in what it predicts.
_NOT_TOLD = frozenset({"skops", "safetensors", "cloudpickle"})
_RUN = re.compile(r"#?\d+\Z|.+/#?\d+\Z")


def load_model(
    ref: RunRef | Any,
    name: str | None = None,
    *,
    unsafe: bool = False,
    check: bool = True,
    trusted: Sequence[str] = (),
    registry: Registry = None,
) -> Any:
    """Return a registered model, or one that a run kept.

    The bytes are checked against their hash before they are read. A warning names both versions where
    a library is another one than the model was made with. The stored example is predicted again.

    Parameters
    ----------
    ref
        A version: ``churn:4``, ``churn@champion``, ``churn`` (its newest); or a run: ``12``, ``"#12"``,
        ``"experiment/12"``.
    name
        Which model of a run, by the variable it had.
    unsafe
        Open a file in a format that can run code (cloudpickle). Do so only if you know who made it.
    check
        Whether the stored example is predicted again.
    trusted
        Full names of further types that the file may hold.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Raises
    ------
    NotFoundError
        If there is no such model, version, alias or run.
    IntegrityError
        If the bytes are not what their hash says, or the stored example is answered otherwise.
    UnsupportedError
        If the file needs ``unsafe``, is damaged, or names types that are not trusted.

    Examples
    --------
    >>> model = load_model("churn@champion")  # doctest: +SKIP
    >>> model = load_model(12)  # doctest: +SKIP
    """
    store = open_existing(registry)
    if name is not None or is_run(ref):
        return tracking.load_model(ref, name, trusted=trusted, registry=store)
    model, version = reference.find_version(store, str(ref))
    return load_version(store, model, version, unsafe=unsafe, check=check, trusted=trusted)


def load_version(
    store: Store,
    model: Model,
    version: ModelVersion,
    *,
    unsafe: bool = False,
    check: bool = True,
    trusted: Sequence[str] = (),
) -> Any:
    """Return the model of a version that was found; see :func:`load_model`."""
    from .. import formats

    label = reference.label(model, version)
    if version.unsafe_reason and not unsafe:
        raise UnsupportedError(
            f"{label} is kept as {version.format}, which can run code when it is opened "
            f"({version.unsafe_reason}); if you know who made it: load_model({label!r}, unsafe=True)"
        )
    data = store.objects.get(version.object_hash)
    for words in other_libraries(version):
        warnings.warn(f"{label} was made with {words}: check its predictions", stacklevel=3)
    if version.archived_at is not None:
        warnings.warn(f"{label} is archived: {version.archive_reason}", stacklevel=3)
    with warnings.catch_warnings():
        if "scikit-learn" in _libraries(version):  # said above, with the name of the version
            warnings.filterwarnings("ignore", message="the model was saved by scikit-learn")
        loaded = formats.load_model(data, trusted=trusted, unsafe=unsafe)
    if check:
        _check_answers(store, label, version, loaded)
    return loaded


def other_libraries(version: ModelVersion) -> Iterator[str]:
    """Yield what is not as a version was made with: ``xgboost 2.0, and this is 3.2``."""
    for library, then in _libraries(version).items():
        if library in _NOT_TOLD:
            continue
        if library == "python":
            here: str | None = platform.python_version()
            if _minor(then) == _minor(str(here)):
                continue
        else:
            here = _installed(library)
        if here is None:
            yield f"{library} {then}, which is not installed"
        elif here != then:
            yield f"{library} {then}, and this is {here}"


def _libraries(version: ModelVersion) -> dict[str, str]:
    return json.loads(version.libraries) if version.libraries else {}


def _check_answers(store: Store, label: str, version: ModelVersion, loaded: Any) -> None:
    from .. import formats

    if version.example_hash is None:
        return
    example = from_plain(InputExample, json.loads(store.objects.get(version.example_hash)))
    signature = from_plain(Signature, json.loads(version.signature))
    got = formats.predict_example(loaded, example, signature)
    is_same, words = formats.same_predictions(example.predictions, got)
    if not is_same:
        raise IntegrityError(
            f"{label} answers the rows it was registered with otherwise than then: {words}. "
            "Its file is whole, so the libraries differ: "
            f"load_model({label!r}, check=False) loads it all the same"
        )


def is_run(ref: Any) -> bool:
    """Return whether a run is meant: a number, which is no model's name, or a run's id."""
    return not isinstance(ref, str) or bool(_RUN.match(ref.strip()))


def _installed(library: str) -> str | None:
    for name in (library, f"{library}-cpu"):  # some libraries have a smaller package of another name
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return None


def _minor(version: str) -> tuple[str, ...]:
    return tuple(version.split(".")[:2])

"""Models: what is one, whether it is fitted, and how it becomes a file and comes back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import UnsupportedError
from . import facts, handlers, unsafe_files
from .files import FileContent


def is_model(obj: Any) -> bool:
    """Whether an object is an estimator, fitted or not. Looks at its type and imports nothing.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> is_model(Ridge()), is_model(Ridge), is_model([1])
    (True, False, False)
    """
    return handlers.for_model(obj) is not None


def is_fitted(obj: Any) -> bool:
    """Whether a model has learnt something.

    What learns nothing, such as a ``FunctionTransformer``, is not fitted until it was asked to.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> is_fitted(Ridge()), is_fitted(Ridge().fit([[0], [1]], [0, 1]))
    (False, True)
    """
    handler = handlers.for_model(obj)
    if handler is None:
        return False
    if handler.is_fitted is not None:
        return handler.is_fitted(obj)
    has_learnt = any(
        name.endswith("_") and not name.startswith("__") for name in getattr(obj, "__dict__", ())
    )
    if has_learnt and not hasattr(type(obj), "__sklearn_is_fitted__"):
        return True
    if _learns_nothing(obj):
        return has_learnt
    if (ask := getattr(type(obj), "__sklearn_is_fitted__", None)) is not None:
        try:
            return bool(ask(obj))
        except Exception:  # noqa: BLE001 - foreign code; a model that cannot say so counts as not fitted
            return False
    return has_learnt


def dump_model(model: Any, *, trusted: Sequence[str] = (), unsafe_reason: str | None = None) -> FileContent:
    """Return a fitted model as a file: without pickle, unless there is no other way and you say so.

    Parameters
    ----------
    model
        A fitted estimator.
    trusted
        Full names of further types that the file may hold, such as ``"mypackage.steps.Clipper"``. They
        have to be named again to load it. What is defined in the notebook cannot be trusted, since
        no other process has it.
    unsafe_reason
        Why it may be a pickle, where nothing else can keep it. It is written into the file, and whoever
        loads it has to allow that. A model that can be kept safely is, whatever is said here.

    Returns
    -------
    FileContent
        The same bytes for the same model. ``detail`` says ``format``, ``class``, versions, ``n_features``,
        ``classes`` and the ``types`` beyond skops' own list.

    Raises
    ------
    UnsupportedError
        If the model is not fitted or cannot be written; names the step, the type and the remedy.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> dump_model(Ridge().fit([[0], [1]], [0, 1])).suffix
    '.skops'
    """
    try:
        return _safe_file(model, trusted)
    except UnsupportedError:
        can_answer = callable(facts.quietly(model, "predict")) or callable(model)
        if unsafe_reason is None or not can_answer or (is_model(model) and not _is_ready(model)):
            raise
        return unsafe_files.dump(model, unsafe_reason)


def _safe_file(model: Any, trusted: Sequence[str]) -> FileContent:
    handler = handlers.for_model(model)
    if handler is None:
        known = ", ".join(handlers.names())
        raise UnsupportedError(f"a {type(model).__name__} is no model that can be saved; formats: {known}")
    if not _is_ready(model):
        raise UnsupportedError(f"{type(model).__name__} is not fitted: fit it, then save it")
    return handler.dump(model, trusted)


def _is_ready(model: Any) -> bool:
    return is_fitted(model) or _learns_nothing(model)


def load_model(data: bytes, *, trusted: Sequence[str] = (), unsafe: bool = False) -> Any:
    """Return the model of a file that :func:`dump_model` made, running nothing that the file says.

    The list of trusted types is this package's own and that of the call; one inside the file is not
    read. Archives that declare too much, arrays of objects, trees whose nodes point outside, and
    pickles under any name are refused. There is no second way to load what is refused here.
    The libraries of boosted trees read their files with compiled code, which a crafted file can crash:
    one that comes from elsewhere is tried with :func:`mlops_jupyter.formats.load_in_child` first.

    Parameters
    ----------
    data
        The file's bytes.
    trusted
        Full names of further types that you know and allow.
    unsafe
        Allow this one file to be a pickle that was written with ``unsafe_reason``: it runs code.

    Raises
    ------
    UnsupportedError
        If the file is none of ours, is damaged or crafted, names types that are not trusted, or is a
        pickle and ``unsafe`` is not said.
    IntegrityError
        If it is such a pickle, and not the one that was written.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> file = dump_model(Ridge().fit([[0], [1]], [0, 1]))
    >>> round(float(load_model(file.data).coef_[0]), 3)
    0.333
    """
    if unsafe_files.reads(data):
        return unsafe_files.load(data, unsafe=unsafe)
    handler = handlers.for_file(data)
    if handler is None:
        raise UnsupportedError(
            "this is not a model file that can be loaded safely: it is none of the formats "
            f"{', '.join(handlers.names())} (a pickle is never loaded, whatever its name)"
        )
    return handler.load(data, trusted)


def format_of(data: bytes) -> str:
    r"""Return the name of a file's format, told by its first bytes; empty where it is none of ours.

    Examples
    --------
    >>> format_of(b"tree\nversion=v4"), format_of(b"what is this?")
    ('lightgbm', '')
    """
    if unsafe_files.reads(data):
        return unsafe_files.NAME
    handler = handlers.for_file(data)
    return "" if handler is None else handler.name


def warm_up() -> None:
    """Import what saving a model needs (about half a second), such as behind a fit that still runs."""
    import skops.io  # noqa: F401


def _learns_nothing(model: Any) -> bool:
    try:
        from sklearn.utils import get_tags

        return not get_tags(model).requires_fit
    except Exception:  # noqa: BLE001 - no scikit-learn, or an estimator without tags: it has to be fitted
        return False

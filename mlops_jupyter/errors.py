"""Errors: what was asked (with the value), what exists or was expected, and the next step.

Every error of ours is a :class:`MlopsError`. In a notebook it is one line without a traceback,
through IPython's ``_render_traceback_`` hook, and it still stops nbclient and papermill.

Table of contents
-----------------
``MlopsError``       the base; catch this to catch all of ours
``UsageError``       a magic line, option or argument that cannot be understood
``NotFoundError``    a run, experiment, object or file that does not exist; lists near names
``RegistryError``    the registry cannot be opened, read or written
``IntegrityError``   bytes that are not what their hash says
``ValueRefused``     a value that cannot be stored as what it was given as
``UnsupportedError`` an object that this version cannot fingerprint, save or load
``ContractBroken``   data that break their contract, where that was asked to be an error
``GatesFailed``      a version that may not move to an alias: a gate or an approval is missing
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

__all__ = [
    "ContractBroken",
    "GatesFailed",
    "IntegrityError",
    "MlopsError",
    "NotFoundError",
    "RegistryError",
    "UnsupportedError",
    "UsageError",
    "ValueRefused",
    "near",
]


class MlopsError(Exception):
    """Base of all errors of mlops_jupyter."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


class UsageError(MlopsError):
    """A magic line, option or argument that cannot be understood."""


class NotFoundError(MlopsError):
    """Something named does not exist."""


class RegistryError(MlopsError):
    """The registry cannot be opened, read or written."""


class IntegrityError(MlopsError):
    """Stored bytes are not what their hash says."""


class ValueRefused(MlopsError):
    """A value cannot be stored as what it was given as."""


class UnsupportedError(MlopsError):
    """An object cannot be fingerprinted, saved or loaded."""


class ContractBroken(MlopsError):
    """Data break their contract.

    Attributes
    ----------
    report
        The whole answer, a ``ValidationReport``.
    """

    def __init__(self, message: str, report: Any = None) -> None:
        super().__init__(message)
        self.report = report


class GatesFailed(MlopsError):
    """A version may not move to a protected alias: a gate does not pass, or no approval holds.

    Attributes
    ----------
    report
        Every gate with its evidence, a ``GateReport``.
    """

    def __init__(self, message: str, report: Any = None) -> None:
        super().__init__(message)
        self.report = report


def near(asked: str, known: Iterable[str], *, count: int = 3, cutoff: float = 0.5) -> str:
    """Return a hint that names the known words nearest to the one asked for.

    Examples
    --------
    >>> near("chrun", ["churn", "delay"])
    "did you mean 'churn'?"
    >>> near("x", [])
    ''
    """
    found = difflib.get_close_matches(asked, sorted(set(known)), n=count, cutoff=cutoff)
    return f"did you mean {' or '.join(map(repr, found))}?" if found else ""

"""The checks of a proof as they are made: what was asked, what was found, how long it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import MlopsError
from ..records import ProofCheck
from ..records.deploy import CheckState
from .comparing import compare
from .golden import Golden

Say = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Found:
    """What a check has found: a sentence, how many answers were compared, how far the farthest is off."""

    words: str
    n_rows: int | None = None
    largest: float | None = None


class Differs(Exception):  # noqa: N818 - it says what was found
    """Answers are not the expected ones."""

    def __init__(self, found: Found) -> None:
        super().__init__(found.words)
        self.found = found


class Checks:
    """Checks one after the other; none of them raises."""

    def __init__(self) -> None:
        self.made: list[ProofCheck] = []

    @property
    def has_failed(self) -> bool:
        """Whether one of them has failed."""
        return any(check.state == "failed" for check in self.made)

    def check(self, key: str, asked: str, work: Callable[[], Found]) -> None:
        """Do some work and note what it found; where it raises, why it failed."""
        timer = self.timer()
        try:
            found, state = work(), "passed"
        except Differs as error:
            found, state = error.found, "failed"
        except MlopsError as error:
            found, state = Found(str(error)), "failed"
        except Exception as error:  # noqa: BLE001 - whatever goes wrong is what the proof has found
            found, state = Found(f"{type(error).__name__}: {error}"), "failed"
        self.add(key, asked, "passed" if state == "passed" else "failed", found, timer())

    def skip(self, key: str, asked: str, why: str) -> None:
        """Note that something could not be checked."""
        self.made.append(ProofCheck(key, "skipped", asked, why))

    def add(self, key: str, asked: str, state: CheckState, found: Found, took_s: float) -> None:
        """Note what was found."""
        made = ProofCheck(key, state, asked, found.words, found.n_rows, found.largest, round(took_s, 3))
        self.made.append(made)

    @staticmethod
    def timer() -> Callable[[], float]:
        """Return what tells the seconds since now."""
        began = time.monotonic()
        return lambda: time.monotonic() - began


def as_expected(golden: Golden, predictions: Sequence[Any], probabilities: Sequence[Any] | None) -> Found:
    """Return how answers compare with the golden ones.

    Raises
    ------
    Differs
        If they are not the same.
    """
    compared = [compare(golden.predictions, predictions, "predictions")]
    if golden.probabilities is not None:
        compared.append(compare(golden.probabilities, probabilities or (), "probabilities"))
    worst = max(compared, key=lambda one: (one.n_differing, one.largest))
    words = worst.words
    if worst.is_same and golden.n_recorded:
        words += f"; {golden.n_recorded} of them were recorded at registration"
    found = Found(words, worst.n_rows, worst.largest if worst.largest < float("inf") else None)
    if not worst.is_same:
        raise Differs(found)
    return found


def silent(_words: str) -> None:
    """Tell nobody."""

"""Answers beside those that were expected: classes exactly, numbers within a relative 1e-9."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

RELATIVE: Final = 1e-9

_NUMBERS: Final = {"nan": None, "+inf": "inf", "-inf": "-inf"}


@dataclass(frozen=True, slots=True)
class Compared:
    """How answers compare. ``largest`` is the largest relative difference of two numbers."""

    n_rows: int
    n_differing: int
    largest: float
    words: str

    @property
    def is_same(self) -> bool:
        """Whether all of them are the same."""
        return self.n_differing == 0


def compare(expected: Sequence[Any], found: Sequence[Any], what: str = "answers") -> Compared:
    """Hold answers against the expected ones, row by row.

    Examples
    --------
    >>> compare(["a", 0.5], ["a", 0.5]).words
    'all 2 answers are the same, bit for bit'
    >>> compare([1.0, 2.0], [1.0, 2.5]).words
    '1 of 2 answers differs; the first: row 2 was 2.0 and is 2.5'
    """
    if len(expected) != len(found):
        words = f"{len(expected):,} {what} were expected and {len(found):,} came"
        return Compared(len(expected), max(len(expected), len(found)), math.inf, words)
    differing, largest = [], 0.0
    for row, (before, after) in enumerate(zip(expected, found, strict=True)):
        distance = max(_distances(before, after), default=0.0)
        if distance > RELATIVE:
            differing.append(row)
        largest = max(largest, distance)
    count = f"{len(expected):,}"
    if not differing:
        how = "bit for bit" if largest == 0 else f"the largest relative difference is {largest:.1g}"
        return Compared(len(expected), 0, largest, f"all {count} {what} are the same, {how}")
    row = differing[0]
    verb = "differs" if len(differing) == 1 else "differ"
    words = (
        f"{len(differing):,} of {count} {what} {verb}; the first: row {row + 1} was "
        f"{_short(expected[row])} and is {_short(found[row])}"
    )
    return Compared(len(expected), len(differing), largest, words)


def _distances(before: Any, after: Any) -> Iterator[float]:
    """Yield how far apart each pair of values is: infinitely where they are no numbers, and not equal."""
    before, after = _plain(before), _plain(after)
    if isinstance(before, (list, tuple)) and isinstance(after, (list, tuple)):
        if len(before) != len(after):
            yield math.inf
        for one, other in zip(before, after, strict=False):
            yield from _distances(one, other)
    elif _is_number(before) and _is_number(after):
        size = max(abs(before), abs(after))
        yield 0.0 if before == after else abs(before - after) / size
    else:
        yield 0.0 if before == after and type(before) is type(after) else math.inf


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _plain(value: Any) -> Any:
    """Return what is not finite in one spelling: files, services and JSON each have their own."""
    if isinstance(value, str):
        return _NUMBERS.get(value, value)
    if isinstance(value, float) and not math.isfinite(value):
        return None if value != value else "inf" if value > 0 else "-inf"
    return value


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"

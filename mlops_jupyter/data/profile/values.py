"""Texts and categories, batch by batch: how often each stands."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import numpy as np

from ...records import ValueCounts
from .distinct import Distinct, text_hashes
from .grids import Counts
from .numbers import MOST_VALUES

TOP: Final = 1_000
LONGEST: Final = 200
"""Characters kept of a value."""

_MOST_BYTES = 1 << 26
_TOP_CHARACTERS = 16_000
"""Of all values of a column together, so that a profile stays small; 100 values are kept in any case."""


class ValueState:
    """How often each text stands: every one up to 65,536, then the 1,000 most frequent."""

    def __init__(self) -> None:
        self.values: Any = None
        self.times: Counts = np.zeros(0, np.int64)
        self.n = 0
        self.is_exact = True
        self.distinct = Distinct()

    def add(self, texts: Any, times: Counts) -> None:
        """Count distinct texts (an Arrow array of large strings)."""
        self.n += int(times.sum())
        self.distinct.add(text_hashes(texts))
        if self.values is None:
            self.values, self.times = texts, times
        else:
            self._follow(texts, times)

    def _follow(self, texts: Any, times: Counts) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        self._prune_where_many()
        places = pc.index_in(texts, value_set=self.values).fill_null(-1).to_numpy(zero_copy_only=False)
        known = places >= 0
        np.add.at(self.times, places[known], times[known])
        if self.is_exact and not known.all():
            self.values = pa.concat_arrays([self.values, texts.filter(pa.array(~known))])
            self.times = np.concatenate([self.times, times[~known]])
            self._prune_where_many()

    def _prune_where_many(self) -> None:
        if not self.is_exact or (len(self.values) <= MOST_VALUES and self.values.nbytes <= _MOST_BYTES):
            return
        often = np.argsort(-self.times, kind="stable")[:TOP]
        self.values, self.times = self.values.take(often), self.times[often]
        self.is_exact = False

    def value_counts(self) -> ValueCounts:
        """Return the most frequent texts and how many differ."""
        if self.values is None:
            return ValueCounts((), 0, 0)
        often = np.argsort(-self.times, kind="stable")[: 2 * TOP]
        words = self.values.take(often).to_pylist()
        counted = sorted(
            zip(words, self.times[often].tolist(), strict=True), key=lambda item: (-item[1], item[0])
        )
        n_distinct = len(self.values) if self.is_exact else self.distinct.estimate()
        n_single = int((self.times == 1).sum()) if self.is_exact else None
        top = trimmed(counted)
        return ValueCounts(
            top,
            self.n - sum(n for _, n in top),
            n_distinct,
            self.is_exact or self.distinct.is_exact,
            n_single,
        )


def trimmed(counted: list[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    """Return as many of the most frequent values as a profile keeps, each cut at 200 characters.

    Where not all values fit, those that stand once say nothing and are left out.
    """
    if len(counted) > TOP or sum(len(text) for text, _ in counted) > _TOP_CHARACTERS:
        counted = [(text, n) for text, n in counted if n > 1]
    kept: dict[str, int] = {}
    size = 0
    for text, n in counted[:TOP]:
        shown = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
        size += len(shown)
        if len(kept) >= 100 and size > _TOP_CHARACTERS:
            break
        kept[shown] = kept.get(shown, 0) + n
    return tuple(kept.items())


def merged_values(a: ValueCounts, b: ValueCounts, distinct: Distinct | None, most: int) -> ValueCounts:
    """Return the counts of both; ``distinct`` is their common sketch."""
    counts = Counter(dict(a.top)) + Counter(dict(b.top))
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    top = trimmed(ordered)[:most]
    n = a.n_other + b.n_other + sum(n for _, n in ordered)
    other = n - sum(n for _, n in top)
    if not a.n_other and not b.n_other:
        single = sum(1 for n in counts.values() if n == 1)
        return ValueCounts(top, other, len(counts), is_exact=True, n_single=single)
    exact = distinct is not None and distinct.is_exact
    n_distinct = distinct.estimate() if distinct else max(a.n_distinct, b.n_distinct, len(counts))
    return ValueCounts(top, other, n_distinct, is_exact=exact)

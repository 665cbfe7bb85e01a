"""Which row of one dataset is which row of the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..columns.texts import stir

if TYPE_CHECKING:
    from ..columns.base import Words

Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Match:
    """Positions of the rows that both have, side by side in the order of ``after``, and of the others."""

    before: Positions
    after: Positions
    removed: Positions
    added: Positions
    is_identity: bool = False

    @property
    def n_rows(self) -> int:
        """Rows that both have."""
        return len(self.before)

    @property
    def is_reordered(self) -> bool:
        """Whether the rows that both have stand in another order."""
        return bool((np.diff(self.before) < 0).any())


def by_position(n_before: int, n_after: int) -> Match:
    """Match the first row with the first, the second with the second, and so on."""
    both = np.arange(min(n_before, n_after))
    rest = [np.arange(len(both), n, dtype=np.int64) for n in (n_before, n_after)]
    return Match(both, both, rest[0], rest[1], is_identity=n_before == n_after)


def by_words(before: Words, after: Words) -> Match:
    """Match rows whose words are equal; the words of each side are unique.

    Examples
    --------
    >>> found = by_words(np.array([7, 8, 9], np.uint64), np.array([9, 5, 7], np.uint64))
    >>> found.before, found.after, found.removed, found.added, found.is_reordered
    (array([2, 0]), array([0, 2]), array([1]), array([1]), True)
    """
    import pandas as pd

    start = common_start(before, after)
    if start == len(before) == len(after):
        return by_position(start, start)
    places = pd.Index(before[start:]).get_indexer(pd.Index(after[start:])).astype(np.int64)
    found = places >= 0
    gone = np.ones(len(before) - start, np.bool_)
    gone[places[found]] = False
    head = np.arange(start)
    return Match(
        np.concatenate([head, places[found] + start]),
        np.concatenate([head, np.flatnonzero(found) + start]),
        np.flatnonzero(gone) + start,
        np.flatnonzero(~found) + start,
    )


def common_start(before: Words, after: Words) -> int:
    """Return how many first rows are the same; appended data need no search."""
    n = min(len(before), len(after))
    differ = before[:n] != after[:n]
    return int(differ.argmax()) if differ.any() else n


def is_unique(words: Words) -> bool:
    """Tell whether no word stands twice; rising words and early repeats are seen quickly."""
    import pandas as pd

    if len(words) < 2 or bool((words[1:] > words[:-1]).all()):
        return True
    head = np.sort(words[:5_000])
    if bool((head[1:] == head[:-1]).any()):
        return False
    return bool(pd.Index(words).is_unique)


def combined(columns: Sequence[Words]) -> Words:
    """Return one word per row from those of several columns; of one column it is its own."""
    if len(columns) == 1:
        return columns[0]
    state: Words = np.full(len(columns[0]), np.uint64(len(columns)))
    for words in columns:
        stir(state, words)
    return state


def repeated(words: Words) -> tuple[Any, Any]:
    """Return the position of one row of each repeated word, the most frequent first, and how often each."""
    _, first, counts = np.unique(words, return_index=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] > 1]
    return first[order], counts[order]

"""How many different values, by the 512 smallest of their hashes: a sketch that merges.

With fewer than 512 different values the count is exact (two of them share a 32-bit hash with a
probability of 3e-5); beyond, its standard error is 4.4 %.

References
----------
Bar-Yossef, Jayram, Kumar, Sivakumar & Trevisan (2002), *Counting distinct elements in a data stream*;
the unbiased estimate (k - 1) / U(k) is that of Beyer et al. (2007), section 4.1.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..columns.texts import stir, text_words

SIZE: Final = 512
_SPACE = 2.0**32
_SEED = np.uint64(0x9E3779B97F4A7C15)
_EXACT = 2**53

Hashes = NDArray[np.uint64]


class Distinct:
    """The smallest hashes seen so far, ascending."""

    def __init__(self, smallest: Hashes | None = None) -> None:
        self.smallest = np.zeros(0, np.uint64) if smallest is None else smallest

    def add(self, words: Hashes) -> None:
        """See the 64-bit hashes of some values."""
        self.merge(words >> np.uint64(32))

    def merge(self, hashes: Hashes) -> None:
        """See hashes of 32 bits, as a sketch holds them."""
        if len(self.smallest) == SIZE:
            hashes = hashes[hashes < self.smallest[-1]]
        elif len(hashes) > 8 * SIZE:
            # Sorting all of them would take ten times as long; repeated ones may need a second look.
            nearest = np.unique(np.partition(hashes, 4 * SIZE)[: 4 * SIZE])
            hashes = nearest if len(nearest) >= SIZE else hashes
        if len(hashes):
            self.smallest = np.unique(np.concatenate([self.smallest, hashes]))[:SIZE]

    @property
    def is_exact(self) -> bool:
        """Whether every different value is in the sketch."""
        return len(self.smallest) < SIZE

    def estimate(self) -> int:
        """Return how many different values there were."""
        if self.is_exact:
            return len(self.smallest)
        share = (float(self.smallest[-1]) + 1) / _SPACE
        hashes = min((SIZE - 1) / share, _SPACE * 0.999)
        # Of very many values some share a hash: n values fill M(1 - exp(-n/M)) of M places.
        return round(-_SPACE * math.log1p(-hashes / _SPACE))


def number_hashes(values: NDArray[Any]) -> Hashes:
    """Return a 64-bit hash per number; an integer and the float that equals it have one hash."""
    if values.dtype.kind in "iu" and len(values) and (values.max() >= _EXACT or values.min() <= -_EXACT):
        bits = values.astype(np.int64 if values.dtype.kind == "i" else np.uint64).view(np.uint64)
    else:
        bits = (values.astype(np.float64) + 0.0).view(np.uint64)  # -0.0 becomes 0.0
    return stir(np.full(len(bits), _SEED), bits)


def text_hashes(texts: Any) -> Hashes:
    """Return a 64-bit hash per text of an Arrow array without missing values."""
    from ..columns.arrow import text_parts

    return text_words(*text_parts(texts))

"""Central moments that merge.

References
----------
Chan, Golub & LeVeque (1979), *Updating formulae*, for the second moment; Pébay (2008), *Formulas for
robust, one-pass parallel computation of covariances and arbitrary-order moments*, equations 3.1, for the
third and fourth.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass

import numpy as np

from .grids import Counts, Floats


@dataclass(frozen=True, slots=True)
class Moments:
    """``n`` values, their mean, and the sums of the second to fourth powers of the distance from it."""

    n: int = 0
    mean: float = 0.0
    m2: float = 0.0
    m3: float = 0.0
    m4: float = 0.0

    def __add__(self, other: Moments) -> Moments:
        """Return the moments of the values of both.

        Examples
        --------
        >>> Moments(1, 1.0) + Moments(1, 3.0)
        Moments(n=2, mean=2.0, m2=2.0, m3=0.0, m4=2.0)
        """
        a, b = self, other
        if not a.n or not b.n:
            return b if not a.n else a
        n, delta = a.n + b.n, b.mean - a.mean
        p, q = a.n / n, b.n / n
        d2, d3, d4 = _power(delta, 2), _power(delta, 3), _power(delta, 4)
        return Moments(
            n,
            finite(a.mean * p + b.mean * q),
            finite(a.m2 + b.m2 + d2 * p * b.n),
            finite(a.m3 + b.m3 + d3 * p * b.n * (p - q) + 3 * delta * (p * b.m2 - q * a.m2)),
            finite(
                a.m4
                + b.m4
                + d4 * p * b.n * (p * p - p * q + q * q)
                + 6 * d2 * (p * p * b.m2 + q * q * a.m2)
                + 4 * delta * (p * b.m3 - q * a.m3)
            ),
        )


def moments(values: Floats, counts: Counts) -> Moments:
    """Return the moments of values that stand ``counts`` times each."""
    n = int(counts.sum())
    if not n:
        return Moments()
    times = None if n == len(values) else counts.astype(np.float64)
    # Sums of products, not dot products: as precise as pairwise sums are, and no threads of a BLAS that
    # would fight with ours.
    with np.errstate(all="ignore"):
        shares = values / n
        mean = float((shares if times is None else shares * times).sum())
        distance = values - mean
        square = distance * distance
        weighted = square if times is None else square * times
        m2, m3, m4 = (float(part.sum()) for part in (weighted, weighted * distance, weighted * square))
    return Moments(n, finite(mean), finite(m2), finite(m3), finite(m4))


def finite(value: float) -> float:
    """Return a float that JSON holds: the largest one beyond the range, 0 where nothing is known."""
    if math.isnan(value):
        return 0.0
    return max(-sys.float_info.max, min(sys.float_info.max, float(value)))


def _power(value: float, exponent: int) -> float:
    try:
        return float(value**exponent)
    except OverflowError:
        return math.copysign(math.inf, value**1 if exponent % 2 else 1.0)

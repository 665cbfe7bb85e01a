"""Intervals: Wilson's of shares, BCa's of anything that was bootstrapped."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEW_UNITS: Final = 10
"""Below so many units an interval is a rough guide, and is said to be."""

_LEAST_KNOWN: Final = 0.9


def wilson(share: float, n: float, confidence: float) -> tuple[float, float]:
    """Return Wilson's interval of a share (1927), which stays between 0 and 1.

    Examples
    --------
    >>> [round(end, 3) for end in wilson(0.0, 50, 0.95)]
    [0.0, 0.071]
    """
    z = z_of(confidence)
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))
    return max(0.0, middle - half), min(1.0, middle + half)


def z_of(confidence: float) -> float:
    """Return how many standard errors an interval of a normal number reaches to each side.

    Examples
    --------
    >>> round(z_of(0.95), 2)
    1.96
    """
    from scipy.special import ndtri

    return float(ndtri((1 + confidence) / 2))


def expected_maximum(n: int) -> float:
    """Return the mean of the largest of n independent standard normal numbers.

    The integral of ``x n phi(x) Phi(x)^(n-1)`` (David & Nagaraja, 2003, "Order statistics", eq. 3.1.1).

    Examples
    --------
    >>> round(expected_maximum(2), 4), round(expected_maximum(10), 3)
    (0.5642, 1.539)
    """
    from scipy.special import log_ndtr

    x, step = np.linspace(-9.0, 12.0, 20_001, retstep=True)
    density = n * np.exp(-(x**2) / 2 + (n - 1) * log_ndtr(x)) / np.sqrt(2 * np.pi)
    return float((x * density).sum() * step)


def reach_of(confidence: float, n_units: int | None = None) -> float:
    """Return :func:`z_of`, or Student's (1908), for a spread that was estimated from so many units.

    Examples
    --------
    >>> round(reach_of(0.95, 10), 2), round(reach_of(0.95), 2)
    (2.26, 1.96)
    """
    from scipy.special import stdtrit

    if n_units is None:
        return z_of(confidence)
    return float(stdtrit(max(n_units - 1, 1), (1 + confidence) / 2))


def bca(
    value: float, drawn: Floats, without: Floats, confidence: float, n_units: int | None = None
) -> tuple[float, float, str] | None:
    r"""Return the bias-corrected and accelerated interval, and the method's name.

    Parameters
    ----------
    value : the statistic of the rows themselves.
    drawn : (b,) that of bootstrap samples; samples without a value (NaN) are left out.
    without : (j,) that of samples without one part of the rows.
    n_units : how many units were drawn from; the tails reach as far as those few allow.

    Returns
    -------
    Low, high and ``bca``; ``percentile`` where the acceleration cannot be had. None where more than a
    tenth of the samples have no value.

    Notes
    -----
    :math:`\alpha_1 = \Phi(z_0 + (z_0 + z_\alpha) / (1 - a (z_0 + z_\alpha)))` with the acceleration
    :math:`a = \sum U^3 / 6 (\sum U^2)^{3/2}` from the jackknife (Efron, 1987, eq. 2.3, 6.6). Samples equal
    to the value count by half in the bias, so that a metric of few rows is not pushed aside. The
    spread of samples of n units is too small by :math:`\sqrt{(n - 1) / n}`, and a normal number's tails
    are too short for it: the tails are widened (Hesterberg, 2015, section 4.2).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> low, high, method = bca(0.0, rng.normal(size=5000), rng.normal(size=100) / 100, 0.95)
    >>> round(low), round(high), method
    (-2, 2, 'bca')
    """
    from scipy.special import ndtr, ndtri

    known = drawn[np.isfinite(drawn)]
    if not np.isfinite(value) or len(known) < max(2, _LEAST_KNOWN * len(drawn)):
        return None
    reach = reach_of(confidence, n_units)
    if n_units is not None and n_units > 1:
        reach *= float(np.sqrt(n_units / (n_units - 1)))
    tail = float(ndtr(-reach))
    share = (np.mean(known < value) + np.mean(known <= value)) / 2
    acceleration = _acceleration(without)
    if acceleration is None or not 0 < share < 1:
        low, high = np.quantile(known, (tail, 1 - tail))
        return float(low), float(high), "percentile"
    bias = float(ndtri(share))
    z = bias + np.array([-reach, reach])
    low, high = np.quantile(known, ndtr(bias + z / (1 - acceleration * z)))
    return float(low), float(high), "bca"


def _acceleration(without: Floats) -> float | None:
    if len(without) < 2 or not np.isfinite(without).all():
        return None
    moved = without.mean() - without
    size = float((moved**2).sum())
    return float((moved**3).sum() / (6 * size**1.5)) if size > 0 else None

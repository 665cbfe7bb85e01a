"""Two shares beside each other: exact tests and bounds in closed form.

``tail``              hypergeometric tail, exact
``differ`` ``more``   p-values: two shares differ; the second is larger
``bound_of_change``   lower 99 % bound of how far two shares are apart
"""

from __future__ import annotations

import math
from typing import Any, Final

_Z: Final = 2.3263478740408408
"""The standard normal's 99 % point: one-sided, so a bound errs once in a hundred."""
_TERMS: Final = 20_000


def tail(hits: int, draws: int, marked: int, total: int) -> float:
    """Return the chance of at least ``hits`` marked among ``draws`` of ``total`` without putting back.

    Parameters
    ----------
    hits, draws, marked, total : counts; ``marked`` of ``total`` are marked.

    Notes
    -----
    P(X ≥ k) = Σ_{x ≥ k} C(K, x)·C(N-K, n-x) / C(N, n), summed from k on; terms further out than
    20,000 are below 1e-100 of the first wherever the sum matters.

    Examples
    --------
    >>> round(tail(2, 2, 5, 10), 6)  # both of two drawn: 5/10 · 4/9
    0.222222
    >>> tail(0, 2, 5, 10)
    1.0
    """
    import numpy as np
    from scipy.special import gammaln

    least, most = max(0, draws + marked - total), min(draws, marked)
    if hits <= least:
        return 1.0
    if hits > most:
        return 0.0
    if hits <= draws * marked / total:
        return max(0.0, 1 - tail(draws - hits + 1, draws, total - marked, total))
    x = np.arange(hits, min(most, hits + _TERMS) + 1, dtype=np.float64)

    def log_choose(n: int, k: Any) -> Any:
        return gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0)

    logs = log_choose(marked, x) + log_choose(total - marked, draws - x) - log_choose(total, draws)
    return float(min(1.0, np.exp(logs).sum()))


def differ(hits_before: int, n_before: int, hits_after: int, n_after: int) -> float:
    """Return the two-sided p-value of "both shares are the same" (Fisher's exact test, 1935).

    Twice the smaller tail, at most 1.

    Examples
    --------
    >>> differ(0, 10, 0, 10), round(differ(0, 5, 5, 5), 6)
    (1.0, 0.007937)
    """
    hits, total = hits_before + hits_after, n_before + n_after
    if hits in (0, total):
        return 1.0
    upper = tail(hits_after, n_after, hits, total)
    lower = tail(hits_before, n_before, hits, total)
    return min(1.0, 2 * min(upper, lower))


def more(hits_before: int, n_before: int, hits_after: int, n_after: int) -> float:
    """Return the one-sided p-value of "the second share is not larger".

    Also exact where the thing counted is "beyond the extreme values of the first sample": of the
    outermost ``hits_before + hits_after`` rows, how many are from the second sample is
    hypergeometric whatever the distribution (Gumbel and von Schelling, 1950).

    Examples
    --------
    >>> round(more(0, 100, 3, 100), 3)
    0.123
    """
    return tail(hits_after, n_after, min(hits_before + hits_after, n_before + n_after), n_before + n_after)


def bound_of_change(hits_before: int, n_before: int, hits_after: int, n_after: int) -> float:
    """Return the lower 99 % bound of how far two shares are apart, 0 where they may be equal.

    Notes
    -----
    Newcombe (1998), method 10: the square root of the summed squares of the distances to the
    Wilson score limits that lie between the two shares.

    Examples
    --------
    >>> round(bound_of_change(0, 1000, 100, 1000), 3), bound_of_change(5, 100, 6, 100)
    (0.079, 0.0)
    """
    if hits_before * n_after > hits_after * n_before:
        return bound_of_change(hits_after, n_after, hits_before, n_before)
    low, high = hits_before / n_before, hits_after / n_after
    above, below = _wilson(low, n_before)[1], _wilson(high, n_after)[0]
    return max(0.0, high - low - math.hypot(high - below, above - low))


def _wilson(share: float, n: int) -> tuple[float, float]:
    """Return the score limits of a share (Wilson, 1927)."""
    middle = share + _Z**2 / (2 * n)
    half = _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    scale = 1 + _Z**2 / n
    return (middle - half) / scale, (middle + half) / scale

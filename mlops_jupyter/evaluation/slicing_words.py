"""A slice as a record: the metric in it and in the rest, and what that means in words."""

from __future__ import annotations

from collections.abc import Sequence

from ..records import SliceResult
from .slicing_bins import Parts
from .slicing_losses import ERRORS
from .slicing_metrics import Yardstick
from .slicing_search import Found


def result_of(
    found: Found, parts: Sequence[Parts], by: Yardstick, *, alpha: float, least: int, is_found: bool
) -> SliceResult:
    """Return a slice as it is kept and shown; one of fewer than ``least`` rows gets no verdict."""
    rows = found.rows(parts)
    conditions = tuple(parts[column].conditions[part] for column, part in found.members)
    mean, overall = by.mean_loss(rows), by.mean_loss()
    lift = mean / overall if overall > 0 else 1.0
    is_tested = found.n >= least
    is_worse = True if found.p_value <= alpha else False if found.p_better <= alpha else None
    return SliceResult(
        conditions,
        " and ".join(one.text for one in conditions),
        found.n,
        found.n / len(rows),
        by.estimate(rows),
        by.estimate(~rows, n_bootstrap=0),
        mean,
        lift,
        found.score,
        adjusted_p_value=found.p_value if is_tested else None,
        is_worse=is_worse if is_tested else None,
        is_found=is_found,
        verdict=_verdict(found.n, lift, is_worse=is_worse, is_tested=is_tested),
    )


def _verdict(n: int, lift: float, *, is_worse: bool | None, is_tested: bool) -> str:
    if not is_tested:
        return f"too few rows to say: {n}"
    if is_worse is None:
        return "no difference beyond noise"
    return f"{'worse' if is_worse else 'better'}: {lift:.3g} times the mean loss"


def ordered(results: Sequence[SliceResult], least: int) -> list[SliceResult]:
    """Return worse slices first, those too small last, and what was found and asked for only once."""
    found = {one.conditions for one in results if one.is_found}
    kept = [one for one in results if one.is_found or one.conditions not in found]
    return sorted(kept, key=lambda one: (one.n < least, not one.is_worse, -one.score, -one.lift))


def summary_of(results: Sequence[SliceResult], n_tested: int, kind: str, *, is_searched: bool) -> str:
    """Return the worst of what was found, as a sentence."""
    worse = [one for one in results if one.is_worse]
    if worse:
        worst = worse[0]
        others = len(worse) - 1
        more = f"; {others} more {'slice is' if others == 1 else 'slices are'} worse" if others else ""
        return (
            f"worst where {worst.text} ({worst.n:,} rows): {ERRORS[kind]} {worst.mean_error:.3g}, "
            f"{worst.lift:.3g} times that of all rows{more}"
        )
    if not is_searched:
        return "no slice asked for is worse beyond noise" if results else "no slice was asked for"
    if not n_tested:
        return "no slice has enough rows to be tested"
    return f"no slice is worse beyond noise among {n_tested:,} tested"

"""The profile of a dataset: counts that merge, so that parts add up to the whole. No row is in it."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Literal, get_args

ColumnKind = Literal["number", "boolean", "category", "text", "time", "span", "nested", "other", "empty"]
COLUMN_KINDS: tuple[str, ...] = get_args(ColumnKind)


@dataclass(frozen=True, slots=True)
class Distribution:
    """The finite values of a column: counts at grid points, and central moments.

    ``grid`` ascends; ``counts[i]`` is how many values are at most ``grid[i]``, exact unless
    ``rank_error`` (a share of ``n``, 0 to 1) says by how much a count may be off. ``m2``, ``m3`` and
    ``m4`` are sums of powers of the distance from ``mean``. Times are seconds since 1970 UTC, spans
    are seconds, booleans 0 and 1. ``is_complete`` says that every value that occurs stands on the
    grid, so that nothing lies between two points.
    """

    n: int
    minimum: float
    maximum: float
    mean: float
    m2: float
    m3: float
    m4: float
    grid: tuple[float, ...]
    counts: tuple[int, ...]
    rank_error: float = 0.0
    n_zero: int = 0
    n_negative: int = 0
    is_complete: bool = False


@dataclass(frozen=True, slots=True)
class ValueCounts:
    """How often values stand in a column: the most frequent ones, and what is left.

    ``n_other`` counts the rows whose value is not in ``top``. ``n_distinct`` is exact where
    ``is_exact``, else an estimate; ``n_single`` counts the values that stand once, where known.
    """

    top: tuple[tuple[str, int], ...]
    n_other: int
    n_distinct: int
    is_exact: bool = True
    n_single: int | None = None


@dataclass(frozen=True, slots=True)
class TextSummary:
    """What texts look like, without the texts: lengths in characters, words, shapes.

    ``patterns`` counts character-class masks (``A`` letter, ``a`` small letter, ``9`` digit, others as
    they are, runs folded: ``Aa+ 9+``), the most frequent first; ``characters`` counts characters by class.
    ``tokens`` counts words by hash, in 1,024 places.
    """

    length: Distribution
    n_words: int
    patterns: tuple[tuple[str, int], ...]
    characters: tuple[tuple[str, int], ...]
    tokens: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TimeSummary:
    """When: rows by hour of the day (24) and weekday (7, Monday first), and the widest gap in seconds."""

    hours: tuple[int, ...]
    weekdays: tuple[int, ...]
    zone: str | None = None
    widest_gap_s: float | None = None
    is_sorted: bool | None = None


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column. ``type`` is the logical type of the fingerprint; ``reason`` says why a part is absent.

    ``n_missing`` counts NaN, None, NaT and null together; ``n_empty`` empty texts, which are not
    missing. ``personal`` names the kind of personal data that was detected (``"email"``), and
    ``hash`` is the column's digest in the fingerprint, where one was computed.
    """

    name: str
    position: int
    type: str
    kind: ColumnKind
    n_rows: int
    n_missing: int = 0
    n_empty: int = 0
    n_positive_infinite: int = 0
    n_negative_infinite: int = 0
    numbers: Distribution | None = None
    values: ValueCounts | None = None
    text: TextSummary | None = None
    time: TimeSummary | None = None
    personal: str | None = None
    reason: str | None = None
    hash: str | None = None


@dataclass(frozen=True, slots=True)
class Association:
    """How strongly a column goes with the target, 0 to 1, and by which measure."""

    column: str
    strength: float
    method: str
    n: int


@dataclass(frozen=True, slots=True)
class Profile:
    """A dataset's profile. ``sampled_rows`` is how many rows were looked at where not all were.

    ``distinct_sketch`` holds, per column that needs one, the 512 smallest 32-bit hashes of its values
    (a KMV sketch), so that distinct counts merge.
    """

    n_rows: int
    columns: tuple[ColumnProfile, ...]
    version_id: str | None = None
    n_duplicate_rows: int | None = None
    sampled_rows: int | None = None
    target: str | None = None
    associations: tuple[Association, ...] = ()
    distinct_sketch: tuple[tuple[int, tuple[int, ...]], ...] = ()
    format: int = 1


@dataclass(frozen=True, slots=True)
class DataFinding:
    """Something in the data worth a person's look. ``weight`` (0 to 1) ranks it; most urgent first."""

    code: str
    severity: Literal["info", "warning", "error"]
    message: str
    column: str | None = None
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Shift:
    """How one column's distribution differs between two profiles.

    ``effect`` is the distance (``measure``: ``KS``, ``TV``, ``outside``, ``missing``; ``none`` where the
    level is ``unknown``), ``bound`` the lower 99 % bound of it, and ``level`` the colour: ``same`` (not
    significant), ``some`` (significant, but at most the material size) or ``material``. ``words`` says it
    to people.
    """

    measure: str
    effect: float
    bound: float
    p_value: float | None
    level: Literal["same", "some", "material", "unknown"]
    words: str
    n_before: int
    n_after: int


def quantile(distribution: Distribution, q: float) -> float:
    """Return the value that a share ``q`` of the values is at most.

    Between two points of the grid the values are taken as evenly spread, unless the grid is
    complete: then it is the smallest value whose count reaches the share.

    Parameters
    ----------
    distribution : the finite values of a column.
    q : a share, 0 to 1; 0.5 is the median.

    Raises
    ------
    ValueError
        When ``q`` is not between 0 and 1, or there are no values.

    Examples
    --------
    >>> ten = Distribution(10, 1.0, 3.0, 1.8, 7.6, 0.0, 0.0, (1.0, 3.0), (6, 10), is_complete=True)
    >>> quantile(ten, 0.5), quantile(ten, 0.61)
    (1.0, 3.0)
    """
    if not 0 <= q <= 1:
        raise ValueError(f"q is a share between 0 and 1, got {q!r}")
    if not distribution.grid:
        raise ValueError("a distribution of no values has no quantiles")
    grid, counts = distribution.grid, distribution.counts
    wanted = q * distribution.n
    place = min(bisect_left(counts, wanted), len(grid) - 1)
    if place == 0 or distribution.is_complete:
        return grid[place]
    left, right = counts[place - 1], counts[place]
    share = (wanted - left) / (right - left) if right > left else 1.0
    return grid[place - 1] * (1 - share) + grid[place] * share


def histogram(distribution: Distribution, bins: int = 24) -> tuple[tuple[float, float, int], ...]:
    """Return left edge, right edge and number of values of bins of one width, from smallest to largest.

    A value on an edge counts in the bin to its right, the largest in the last. Counts add up to ``n``;
    within a bin of the grid, values are taken as evenly spread. A column of one value is one bin.

    Parameters
    ----------
    distribution : the finite values of a column.
    bins : how many bins, at least 1.

    Raises
    ------
    ValueError
        When ``bins`` is less than 1.

    Examples
    --------
    >>> ten = Distribution(10, 1.0, 3.0, 1.8, 7.6, 0.0, 0.0, (1.0, 3.0), (6, 10), is_complete=True)
    >>> histogram(ten, 2)
    ((1.0, 2.0, 6), (2.0, 3.0, 4))
    """
    if bins < 1:
        raise ValueError(f"bins is at least 1, got {bins!r}")
    if not distribution.grid:
        return ()
    low, high = distribution.minimum, distribution.maximum
    if low == high:
        return ((low, high, distribution.n),)
    # Two products, because high - low may be more than a float holds.
    edges = [low * (1 - i / bins) + high * (i / bins) for i in range(bins + 1)]
    below = [0, *(round(_count_below(distribution, edge)) for edge in edges[1:-1]), distribution.n]
    return tuple(
        (left, right, upto - start)
        for left, right, start, upto in zip(edges, edges[1:], below, below[1:], strict=False)
    )


def _count_below(distribution: Distribution, value: float) -> float:
    """Return how many values are less than one that lies between minimum and maximum."""
    grid, counts = distribution.grid, distribution.counts
    place = bisect_left(grid, value)
    before = counts[place - 1] if place else 0
    if distribution.is_complete or place in (0, len(grid)):
        return before
    left, right = grid[place - 1], grid[place]
    return before + (counts[place] - before) * (value / 2 - left / 2) / (right / 2 - left / 2)

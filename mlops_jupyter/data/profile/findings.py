"""What in a profile is worth a person's look, the most urgent first.

Each rule is a function from a column to findings; a new one is a function and a line in ``_RULES``.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final, Literal

from ... import config
from ...display.words import duration, number, on_axis, percent
from ...records import ColumnDoc, ColumnProfile, DataDoc, DataFinding, Distribution, Profile, quantile

_MOSTLY_MISSING: Final = 0.5
_IMBALANCE: Final = 0.05
_LEAKAGE: Final = 0.98
_OUTLIERS_IQR: Final = 3.0
_OUT_OF_PROPORTION: Final = 10.0
_PLACEHOLDER_WORDS: Final = frozenset(
    "n/a na n.a. #n/a nan none null nil missing unknown undefined ? - -- . tbd xxx".split()  # noqa: SIM905
) | {"not available"}
_PLACEHOLDER_NUMBERS: Final = frozenset({"-1", "999", "9999", "99999", "-999", "-9999", "-99"})
_PLACEHOLDER_TIMES: Final = ("1900-01-01", "1970-01-01", "9999-12-31")
_FEW_ROWS: Final = 20
"""Below as many rows, shares say nothing and only plain facts are reported."""


def findings(profile: Profile, *, doc: DataDoc | None = None) -> tuple[DataFinding, ...]:
    """Return ranked warnings about a dataset, from its profile alone.

    Parameters
    ----------
    profile : the counts.
    doc : the dataset's document; a column that it calls personal or secret is not reported again.

    Returns
    -------
    findings : most urgent first; ``weight`` is 0 to 1.

    Examples
    --------
    >>> import pandas as pd
    >>> from mlops_jupyter.data.profile import profile
    >>> [f.message for f in findings(profile(pd.DataFrame({"site": ["x"] * 30, "n": range(30)})))]
    ['site is always “x”', 'all 30 values of n differ: it looks like an identifier']
    """
    found = list(_of_table(profile))
    known = {column.name: column for column in doc.columns} if doc else {}
    for column in profile.columns:
        for rule in _RULES:
            found += rule(column)
        found += _personal(column, known.get(column.name))
    found += _of_target(profile)
    return tuple(sorted(found, key=lambda one: -one.weight))


def _finding(
    code: str,
    column: ColumnProfile | None,
    message: str,
    weight: float,
    severity: Literal["info", "warning", "error"] = "warning",
) -> DataFinding:
    return DataFinding(code, severity, message, column.name if column else None, round(min(1.0, weight), 4))


def _of_table(profile: Profile) -> Iterator[DataFinding]:
    if not profile.n_rows or not profile.columns:
        what = "rows" if profile.columns else "columns"
        yield _finding("empty", None, f"there are no {what}", 1.0, "error")
    if profile.n_duplicate_rows:
        share = profile.n_duplicate_rows / profile.n_rows
        message = f"{profile.n_duplicate_rows:,} rows ({percent(share)}) repeat an earlier row"
        yield _finding("duplicate-rows", None, message, 0.5 + share / 2)


def _missing(c: ColumnProfile) -> Iterator[DataFinding]:
    if not c.n_rows:
        return
    share = c.n_missing / c.n_rows
    if share == 1:
        yield _finding("all-missing", c, f"{c.name} has no value at all", 0.9)
    elif share >= _MOSTLY_MISSING:
        yield _finding("mostly-missing", c, f"{percent(share)} of {c.name} is missing", 0.5 + share / 4)
    infinite = c.n_positive_infinite + c.n_negative_infinite
    if infinite:
        yield _finding("infinite", c, f"{c.name} has {infinite:,} infinite values", 0.7)
    if c.reason and c.reason.startswith("not "):
        yield _finding("not-profiled", c, f"{c.name}: {c.reason}", 0.6)


def _constant(c: ColumnProfile) -> Iterator[DataFinding]:
    values = c.values
    if values and values.is_exact and values.n_distinct == 1 and c.n_rows > 1 and not c.n_missing:
        # A column of lengths, of types or of masked values shows no value that is constant.
        if c.kind in ("nested", "other"):
            return
        shown = _shown(c, values.top[0][0]) if values.top and not c.personal else "the same"
        yield _finding("constant", c, f"{c.name} is always {shown}", 0.32, "info")


def _shown(c: ColumnProfile, value: str) -> str:
    """Return one value as people write it: a number as it is, without separators, a text in quotes."""
    return value.removesuffix(".0") if c.kind in ("number", "boolean", "time") else f"“{value}”"


def _identifier(c: ColumnProfile) -> Iterator[DataFinding]:
    values, n = c.values, c.n_rows - c.n_missing
    if values is None or n < _FEW_ROWS or c.personal:
        return
    is_key = c.kind == "text" or c.type.startswith(("int", "uint"))
    has_spaces = c.text is not None and c.text.n_words >= 2 * n
    if is_key and values.is_exact and values.n_distinct == n and not has_spaces:
        message = f"all {n:,} values of {c.name} differ: it looks like an identifier"
        yield _finding("identifier", c, message, 0.25, "info")
    elif c.kind == "text" and not has_spaces and values.n_distinct > max(50, 0.1 * n):
        message = f"{c.name} has {values.n_distinct:,} different values in {n:,} rows"
        yield _finding("high-cardinality", c, message, 0.4)


def _outliers(c: ColumnProfile) -> Iterator[DataFinding]:
    d = c.numbers
    if d is None or c.kind not in ("number", "span") or d.n < 100 or (d.is_complete and len(d.grid) < 10):
        return
    low, high = quantile(d, 0.25), quantile(d, 0.75)
    width = high - low
    is_far = False
    if width > 0 and math.isfinite(width) and not c.personal:
        fences = low - _OUTLIERS_IQR * width, high + _OUTLIERS_IQR * width
        below, above = _below(d, fences[0]), _above(d, fences[1])
        is_far = 0 < below + above <= 0.02 * d.n
        if is_far:
            yield _far_off(c, d, (low, high), below, above)
    variance = d.m2 / d.n
    skewness = (d.m3 / d.n) / variance**1.5 if variance > 0 and math.isfinite(variance**1.5) else 0.0
    if abs(skewness) > 5 and not is_far:
        side = "right" if skewness > 0 else "left"
        message = f"{c.name} has a long tail to the {side} (skewness {number(skewness, digits=2)})"
        yield _finding("skewed", c, message, 0.2, "info")


def _far_off(
    c: ColumnProfile, d: Distribution, half: tuple[float, float], below: int, above: int
) -> DataFinding:
    """Return that values lie far from the rest: urgent where the farthest is out of all proportion."""
    span = d.maximum - d.minimum
    end, side = (d.minimum, "below") if below > above else (d.maximum, "above")
    shown, *middle = (duration(value) if c.kind == "span" else on_axis(value, span) for value in (end, *half))
    # Between two points of the grid a count is only a lower bound.
    count = below + above
    many = f"{'' if d.is_complete else 'at least '}{count:,} {'value lies' if count == 1 else 'values lie'}"
    where = f"{many} far {side} the rest, {'down' if side == 'below' else 'up'} to {shown}"
    message = f"{c.name}: {where}; half of all lie between {' and '.join(middle)}"
    far = max(d.maximum - half[1], half[0] - d.minimum) / (half[1] - half[0])
    if far < _OUT_OF_PROPORTION:
        return _finding("outliers", c, message, 0.28, "info")
    return _finding("outliers", c, message, 0.45 + 0.15 * math.log10(min(far, 1e3)))


def _below(d: Distribution, value: float) -> int:
    """Return how many values are surely less."""
    place = bisect_left(d.grid, value)
    return max(d.counts[place - 1] if place else 0, int(d.minimum < value))


def _above(d: Distribution, value: float) -> int:
    """Return how many values are surely greater."""
    place = bisect_right(d.grid, value)
    if d.is_complete:
        return d.n - (d.counts[place - 1] if place else 0)
    return max(d.n - d.counts[place] if place < len(d.grid) else 0, int(d.maximum > value))


def _placeholders(c: ColumnProfile) -> Iterator[DataFinding]:
    if c.values is None or c.personal:
        return
    hits = [(value, n) for value, n in c.values.top if _is_placeholder(c, value, n)]
    if hits:
        value, n = max(hits, key=lambda hit: hit[1])
        said = f"{n:,} values of {c.name} are" if n > 1 else f"one value of {c.name} is"
        message = f"{said} {_shown(c, value)}, which looks like a stand-in for missing"
        yield _finding("placeholder", c, message, 0.55 + 0.3 * n / c.n_rows)


def _is_placeholder(c: ColumnProfile, value: str, n: int) -> bool:
    if c.kind in ("text", "category"):
        return value.strip().lower() in _PLACEHOLDER_WORDS
    if c.kind == "time":
        return n > 1 and value.startswith(_PLACEHOLDER_TIMES)
    d = c.numbers
    if c.kind != "number" or d is None or value not in _PLACEHOLDER_NUMBERS or n < 2:
        return False
    # 999 among 1..1000 is a number; far out, or the one negative one, it is a word.
    number = float(value)
    if number < 0:
        return number == d.minimum and d.n_negative == n
    return number == d.maximum and quantile(d, max(0.0, 1 - 1.5 * n / d.n)) < number / 3


def _spelling(c: ColumnProfile) -> Iterator[DataFinding]:
    if c.values is None or c.personal or c.kind not in ("text", "category"):
        return
    groups: dict[str, list[str]] = {}
    for value, _ in c.values.top:
        groups.setdefault(re.sub(r"\s+", " ", value).strip().casefold(), []).append(value)
    twins = [values for values in groups.values() if len(values) > 1]
    if twins:
        shown = " and ".join(f"“{value}”" for value in twins[0][:2])
        message = f"{c.name} spells one value in several ways: {shown}"
        yield _finding(
            "spelling", c, message + (f", and {len(twins) - 1} more" if len(twins) > 1 else ""), 0.6
        )
    padded = sum(n for value, n in c.values.top if value != value.strip())
    if padded and not twins:
        yield _finding("whitespace", c, f"{padded:,} values of {c.name} begin or end with spaces", 0.45)


def _mixed(c: ColumnProfile) -> Iterator[DataFinding]:
    if c.kind == "other" and c.type == "object" and c.values and c.values.n_distinct > 1:
        kinds = ", ".join(f"{name} ({n:,})" for name, n in c.values.top[:4])
        yield _finding("mixed-types", c, f"{c.name} holds values of several types: {kinds}", 0.75)
    if c.kind == "text" and c.text and c.text.patterns:
        n = c.n_rows - c.n_missing
        numeric = sum(k for shape, k in c.text.patterns if re.fullmatch(r"[-+]?9\+?([.,]9\+?)?", shape))
        if n >= _FEW_ROWS and 0.5 * n < numeric < n:
            yield _finding(
                "mixed-types", c, f"{c.name} is text, but {percent(numeric / n)} reads as numbers", 0.6
            )


def _times(c: ColumnProfile) -> Iterator[DataFinding]:
    d, time = c.numbers, c.time
    if d is None or time is None:
        return
    now = datetime.fromisoformat(config.now())
    day_ahead = (now + timedelta(days=1)).timestamp()
    if d.maximum > day_ahead:
        late = _above(d, day_ahead)
        message = (
            f"{c.name} has {'' if d.is_complete else 'at least '}{late:,} times in the future"
            if late > 1
            else f"{c.name} reaches the future"
        )
        yield _finding("future", c, message, 0.65)
    span, gap = d.maximum - d.minimum, time.widest_gap_s
    if gap is None or d.n < 100 or span <= 0:
        return
    usual = span / min(d.n, c.values.n_distinct if c.values else d.n)
    if gap > 20 * usual and gap > 0.02 * span:
        yield _finding("gap", c, f"{c.name} has a gap of {_duration(gap)}", 0.5)


def _personal(c: ColumnProfile, doc: ColumnDoc | None) -> Iterator[DataFinding]:
    if c.personal is None or (doc is not None and doc.sensitivity in ("personal", "secret", "public")):
        return
    if c.personal == "location":
        yield _finding("personal", c, f"{c.name} looks like a place on the map (location)", 0.3, "info")
        return
    yield _finding("personal", c, f"{c.name} looks like personal data ({c.personal})", 0.85)


def _of_target(profile: Profile) -> Iterator[DataFinding]:
    for one in profile.associations:
        if one.strength >= _LEAKAGE and one.n >= _FEW_ROWS:
            message = (
                f"{one.column} all but gives {profile.target} away "
                f"({one.method} {number(one.strength, digits=3)}); is it known before the outcome?"
            )
            yield DataFinding("leakage", "error", message, one.column, 0.95)
    goal = next((c for c in profile.columns if c.name == profile.target), None)
    if goal is None:
        return
    if goal.n_missing:
        share = goal.n_missing / goal.n_rows
        yield _finding(
            "target-missing", goal, f"the target {goal.name} is missing in {percent(share)} of rows", 0.9
        )
    values = goal.values
    if values and values.top and 2 <= values.n_distinct <= 20 and not values.n_other:
        rarest, n = values.top[-1]
        share = n / sum(k for _, k in values.top)
        if share < _IMBALANCE:
            message = f"the target {goal.name} is {_shown(goal, rarest)} in only {percent(share)} of rows"
            yield _finding("imbalance", goal, message, 0.7)


def _duration(seconds: float) -> str:
    for size, word in ((86_400 * 365.25, "years"), (86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {word}"
    return f"{seconds:,.3g} seconds"


_RULES: Final[tuple[Callable[[ColumnProfile], Iterator[DataFinding]], ...]] = (
    _missing,
    _constant,
    _identifier,
    _outliers,
    _placeholders,
    _spelling,
    _mixed,
    _times,
)

"""Slices: the parts of the rows where a model is worse, those asked for and those found by a search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import NotFoundError, UsageError, near
from ..records import SliceReport
from .metrics import measure
from .scored import Scored
from .slicing_asked import asked_slices
from .slicing_bins import Parts, cut_all, frame_of
from .slicing_losses import ERRORS, row_losses, unit_numbers
from .slicing_metrics import DEFAULTS, Yardstick
from .slicing_search import Found, Search
from .slicing_words import ordered, result_of, summary_of

_MOST_PAIRED: Final = 60
"""Pairs of columns are searched among these many columns, the ones whose parts differ most."""


def slices(
    scored: Scored,
    X: Any,  # noqa: N803 the field's letter
    *,
    columns: Sequence[str] | None = None,
    find: bool = True,
    metric: str | None = None,
    min_share: float = 0.01,
    min_rows: int = 50,
    max_depth: int = 2,
    alpha: float = 0.05,
    confidence: float = 0.95,
) -> SliceReport:
    """Return where a model is worse: in the parts of columns asked for, and in slices that a search finds.

    The search looks at every part of every column (values of a category, deciles of a number, missing)
    and every pair of parts of two columns, and reports at most ten that do not lean on each other's
    rows. A model without any worse slice shows one in at most ``alpha`` of cases, whatever the shape of
    its errors. With groups or times, a slice must also stand out over whole groups or blocks.

    Parameters
    ----------
    scored : predictions beside the truth, one per row.
    X : frame whose columns make the slices, rows × columns; more columns than the model saw are welcome.
    columns : columns whose every part is reported, worse or not.
    find : whether to search all columns.
    metric : the metric shown in each slice and in the rest (``roc_auc``); by default that of the mean
        loss, and the MAE for MASE.
        It also chooses the loss: see :func:`~mlops_jupyter.evaluation.slicing_losses.row_losses`.
    min_share, min_rows : a found slice has at least this share of the rows, but for three standard errors
        of such a count, and at least this many rows.
    max_depth : 1 or 2 conditions in a found slice.
    alpha : chance of any false slice, 0 < alpha < 1.
    confidence : of the intervals, 0 < confidence < 1.

    Raises
    ------
    UsageError
        When the problem has no loss per row or no such metric, rows do not match, or an option is out of
        range.
    NotFoundError
        When a column asked for does not exist.

    References
    ----------
    Sagadeeva and Boehm, 2021, "SliceLine", SIGMOD, eq. 1 (the score). Holm, 1979 (slices asked for).

    Examples
    --------
    >>> import pandas as pd
    >>> from mlops_jupyter.evaluation import score_predictions
    >>> y = np.zeros(4000, int)
    >>> wrong = np.arange(4000) % 10 == 0
    >>> wrong[:400] = np.arange(400) % 2 == 0
    >>> X = pd.DataFrame({"city": np.repeat(list("abcdefghij"), 400)})
    >>> y[::2] = 1
    >>> report = slices(score_predictions(y, np.where(wrong, 1 - y, y)), X)
    >>> [(one.text, one.n, round(one.lift, 1)) for one in report.slices]
    [('city = a', 400, 3.6)]
    """
    frame = _checked(scored, X, columns, max_depth, alpha)
    if metric is not None:
        measure(scored, [metric])  # a metric that the problem does not have is refused here
    kind, losses = row_losses(scored, metric)
    shown = DEFAULTS[kind] if metric in (None, "mase") else metric  # a slice has no seasons of its own
    by = Yardstick(scored, kind, losses, unit_numbers(scored), shown, confidence)
    loads = by.loads()
    asked = asked_slices(frame, columns or (), loads, by.units, min_rows)
    found: tuple[list[Parts], list[Found]] = ([], [])
    n_tested, note = len(asked[1]), ""
    if find:
        share = min_share * len(losses)
        least = max(min_rows, int(share - 3 * np.sqrt(share)), 1)
        parts = cut_all(frame, list(frame.columns), least=least)
        search, note = _search(parts, loads, by.units, least, max_depth)
        found = parts, search.worst(alpha)
        n_tested += search.n_tested
    results = ordered(
        [
            result_of(one, cuts, by, alpha=alpha, least=min_rows, is_found=is_found)
            for (cuts, members), is_found in ((found, True), (asked, False))
            for one in members
        ],
        min_rows,
    )
    return SliceReport(
        by.metric,
        ERRORS[kind],
        by.mean_loss(),
        len(losses),
        n_tested,
        tuple(results),
        columns=tuple(columns or ()),
        min_rows=min_rows,
        summary=summary_of(results, n_tested, kind, is_searched=find),
        note=note,
    )


def _checked(scored: Scored, X: Any, columns: Sequence[str] | None, max_depth: int, alpha: float) -> Any:  # noqa: N803
    if max_depth not in (1, 2):
        raise UsageError(f"max_depth is {max_depth}; expected 1 or 2 conditions")
    if not 0 < alpha < 1:
        raise UsageError(f"alpha is {alpha}; expected a chance above 0 and below 1, such as 0.05")
    frame = frame_of(X, scored.features)
    if len(frame) != len(scored.y):
        raise UsageError(f"X has {len(frame):,} rows, the scored data {len(scored.y):,}; expected one each")
    for name in columns or ():
        if name not in frame.columns:
            hint = near(name, frame.columns) or f"columns are {', '.join(frame.columns[:10])}"
            raise NotFoundError(f"no column {name!r} to slice by; {hint}")
    return frame


def _search(
    parts: Sequence[Parts],
    loads: NDArray[np.float64],
    units: NDArray[np.intp] | None,
    least: int,
    depth: int,
) -> tuple[Search, str]:
    """Return the search; of very many columns, only those whose parts differ most are paired."""
    if depth == 1 or len(parts) <= _MOST_PAIRED:
        return Search(parts, loads, groups=units, least=least, depth=depth), ""
    spreads = Search(parts, loads, least=least, depth=1).spreads()
    paired = set(np.argsort(-spreads, kind="stable")[:_MOST_PAIRED].tolist())
    search = Search(parts, loads, groups=units, least=least, depth=2, paired=paired)
    return search, f"pairs among {_MOST_PAIRED} of {len(parts)} columns"

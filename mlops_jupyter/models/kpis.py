"""Business figures over time, and how they moved with the metric of the model that was in use.

What can be said is little: a handful of versions, and a world that changes beside them. A relation is
said with its interval and the number of measured versions behind it, and below five of them not at all.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

from .. import config
from ..errors import UsageError
from ..interrupts import uninterrupted
from ..records import Estimate, EvaluationReport, KpiRelation, KpiValue, Model, from_plain
from ..store import Row, Store, as_row, events, open_existing
from ..store.values import to_key
from . import moments, reference
from .reference import Registry

LOGGED: Final = "kpi.logged"
FEWEST: Final = 5
"""Measured versions from which a relation is said."""

_IN_USE: Final = "champion"
_MOST_VALUES: Final = 10_000
_CONFIDENCE: Final = 0.95


def log_kpi(
    name: str,
    key: str,
    value: float | None,
    *,
    time: Any = None,
    version: int | str | None = None,
    note: str | None = None,
    registry: Registry = None,
) -> KpiValue:
    """Record a value of a business figure beside a model.

    Parameters
    ----------
    name
        The model; ``churn:4`` says the version too.
    key
        The figure: ``calls saved``.
    value
        What it was; None where nobody could say.
    time
        When it held: a date or a time, UTC or with its zone, local without one; None for now.
    version
        Which version was in use (``4`` or ``champion``); None for the champion at that time.
    note
        A sentence about it.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Raises
    ------
    NotFoundError
        If there is no such model or version.
    UsageError
        If the value is no number or the time none.
    """
    store = open_existing(registry)
    model = reference.find_model(store, name)
    figure, number = to_key(key, "the name of the figure"), _number(value, key)
    held_at = config.now() if time is None else moments.utc(time)
    used = _version(store, model, name, version, held_at)
    with uninterrupted(), store.atomic():
        row = KpiValue(
            model.id,
            figure,
            store.next_number(f"kpi {model.id}"),
            held_at,
            number,
            config.now(),
            used,
            note or None,
            config.user_name(),
        )
        store.insert("kpi_values", as_row(row))
        said = {"key": figure, "value": number, "time": held_at, "number": used}
        subject = f"{model.name}:{used}" if used is not None else model.name
        events.append(store, kind=LOGGED, subject=subject, detail=said)
    return row


def values(store: Store, model: Model) -> tuple[KpiValue, ...]:
    """Return a model's business figures, by name and time; of very many, the newest 10,000."""
    found = store.rows("kpi_values", {"model_id": model.id}, order="seq desc", limit=_MOST_VALUES)
    return tuple(sorted((KpiValue(**row) for row in found), key=lambda one: (one.key, one.time, one.seq)))


def relations(store: Store, model: Model) -> tuple[KpiRelation, ...]:
    """Return how each business figure moved with each metric that its versions were measured by.

    A version that was measured twice on the same rows counts once, with the mean of the figure while it
    was in use: values of one version say nothing about how versions differ.
    """
    logged = [one for one in values(store, model) if one.value is not None and one.number is not None]
    if not logged:
        return ()
    scores = _scores(store, model)
    found = []
    for key in sorted({one.key for one in logged}):
        for metric in sorted({metric for by_metric in scores.values() for metric in by_metric}):
            pairs = list(_pairs([one for one in logged if one.key == key], scores, metric))
            if pairs:
                found.append(_relation(key, metric, pairs))
    return tuple(found)


def rank_correlation(x: Sequence[float], y: Sequence[float]) -> Estimate:
    """Return Spearman's rank correlation of two rows of numbers with its interval.

    Parameters
    ----------
    x, y
        Numbers of equal length n.

    Returns
    -------
    Estimate
        From -1 to 1; without an interval below five pairs, without a value where a side is constant.

    Notes
    -----
    Interval: Bonett and Wright (2000), *Sample size requirements for estimating Pearson, Kendall and
    Spearman correlations*, Psychometrika 65, eq. 3: ``tanh(atanh(r) ± z·√((1 + r²/2) / (n - 3)))``. Where
    all ranks agree, ``r`` in there is half a step of the statistic below 1: 1 - 6 / (n(n² - 1)).

    Examples
    --------
    >>> found = rank_correlation([1, 2, 3, 4, 5, 6], [2, 1, 4, 3, 6, 5])
    >>> round(found.value, 3), round(found.low, 2), round(found.high, 2)
    (0.829, -0.13, 0.99)
    """
    import numpy as np
    from scipy.stats import norm, rankdata

    n = len(x)
    left, right = rankdata(x), rankdata(y)
    if n < 2 or np.ptp(left) == 0 or np.ptp(right) == 0:
        return Estimate(None, n=n, method="spearman", note="one side is always the same")
    r = float(np.clip(np.corrcoef(left, right)[0, 1], -1.0, 1.0))
    if n < FEWEST:
        return Estimate(r, n=n, method="spearman", note=f"{n} pairs are too few for an interval")
    most = 1.0 - 6.0 / (n * (n * n - 1))
    inner = min(max(r, -most), most)
    half = float(norm.ppf(0.5 + _CONFIDENCE / 2)) * math.sqrt((1 + inner * inner / 2) / (n - 3))
    low, high = math.tanh(math.atanh(inner) - half), math.tanh(math.atanh(inner) + half)
    return Estimate(r, min(low, r), max(high, r), _CONFIDENCE, "spearman", n)


def _relation(key: str, metric: str, pairs: Sequence[tuple[float, float]]) -> KpiRelation:
    estimate = rank_correlation([score for score, _ in pairs], [figure for _, figure in pairs])
    n = len(pairs)
    if n < FEWEST:
        few = "measured version" if n == 1 else "measured versions"
        return KpiRelation(
            key, metric, estimate, n, f"too few to say: {n} {few}, at least {FEWEST} are needed"
        )
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return KpiRelation(key, metric, estimate, n, f"cannot be said: {estimate.note}")
    shown = f"rank correlation {estimate.value:.2f} [{estimate.low:.2f}, {estimate.high:.2f}], {n} versions"
    if estimate.low <= 0 <= estimate.high:
        return KpiRelation(key, metric, estimate, n, f"no relation beyond noise ({shown})")
    moves = "rises" if estimate.value > 0 else "falls"
    return KpiRelation(key, metric, estimate, n, f"{key} {moves} as {metric} rises ({shown})")


def _pairs(
    logged: Sequence[KpiValue], scores: dict[int, dict[str, list[tuple[str, str, float]]]], metric: str
) -> Iterator[tuple[float, float]]:
    """Yield score and mean figure of each measurement that was the newest when the figure held."""
    together: dict[tuple[int, str, float], list[float]] = {}
    for one in logged:
        measured = scores.get(int(one.number or 0), {}).get(metric)
        if not measured or one.value is None:
            continue
        known = [found for found in measured if found[0] <= one.time] or measured[:1]
        _, data, score = known[-1]
        together.setdefault((int(one.number or 0), data, score), []).append(one.value)
    for (_, _, score), figures in together.items():
        yield score, sum(figures) / len(figures)


def _scores(store: Store, model: Model) -> dict[int, dict[str, list[tuple[str, str, float]]]]:
    """Return when, on which data and how each version was measured, oldest first, by version and metric."""
    versions = store.rows("model_versions", {"model_id": model.id}, columns=["number", "object_hash"])
    numbers: dict[str, list[int]] = {}
    for row in versions:
        numbers.setdefault(row["object_hash"], []).append(int(row["number"]))
    evaluated = store.rows("evaluations", {"model_hash": list(numbers)}, order="created_at")
    wanted = _metric_of_use_case(store, model)
    found: dict[int, dict[str, list[tuple[str, str, float]]]] = {}
    for row in evaluated:
        for metric, score in _measured(store, row, wanted):
            for number in numbers[row["model_hash"]]:
                measured = found.setdefault(number, {}).setdefault(metric, [])
                measured.append((row["created_at"], row["version_id"] or row["id"], score))
    return found


def _measured(store: Store, row: Row, wanted: str) -> Iterator[tuple[str, float]]:
    """Yield the primary metric of an evaluation, and the one that the use case names."""
    if row["primary_value"] is not None:
        yield row["primary_key"], float(row["primary_value"])
    if not wanted or wanted == row["primary_key"] or not store.objects.exists(row["object_hash"]):
        return
    report = from_plain(EvaluationReport, json.loads(store.objects.get(row["object_hash"])))
    for metric in report.metrics:
        if wanted in (metric.key, metric.name) and metric.estimate.value is not None:
            yield metric.key, metric.estimate.value


def _metric_of_use_case(store: Store, model: Model) -> str:
    from . import usecases

    doc = usecases.read(store, model)
    return doc.model_metric if doc is not None else ""


def _version(store: Store, model: Model, name: str, version: int | str | None, held_at: str) -> int | None:
    """Return the number of the version in use: as said, or the champion at that time."""
    asked = reference.parse(name.strip())
    if version is None and name.strip() != model.name and (asked.number or asked.alias):
        return reference.find_version(store, name)[1].number
    if version is None:
        return in_use(store, model, held_at)
    mark = ":" if str(version).strip().isdigit() else "@"
    return reference.find_version(store, f"{model.name}{mark}{str(version).strip().removeprefix('@')}")[
        1
    ].number


def in_use(store: Store, model: Model, at: str, alias: str = _IN_USE) -> int | None:
    """Return the number of the version that an alias pointed to at a time, from the memory; None for none."""
    from . import aliases

    moved = events.read(
        store, model=model.name, kinds=[aliases.MOVED, aliases.REMOVED], until=at, newest_first=True
    )
    for event in moved:
        detail = json.loads(event.detail)
        if detail.get("alias") == alias:
            return int(detail["number"]) if event.kind == aliases.MOVED else None
    return None


def _number(value: Any, key: str) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if isinstance(value, bool) or not math.isfinite(number):
        raise UsageError(f"{key} is {value!r}; expected a number, or nothing where nobody could say")
    return number

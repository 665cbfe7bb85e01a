"""One sentence, and a paragraph of facts for people who train no models."""

from __future__ import annotations

from collections.abc import Sequence

from ..records import DataFinding, Difference, Estimate, FairnessReport, MetricResult, Problem, SliceReport

_WHAT = {
    "binary": "says which of two classes a row belongs to",
    "multiclass": "says which of several classes a row belongs to",
    "multilabel": "says which labels a row has",
    "regression": "says a number for each row",
    "ranking": "puts rows in an order",
    "forecasting": "says what a number will be later",
    "clustering": "puts rows into groups that are alike",
}


def number(value: float | None) -> str:
    """Return a number with three digits that matter.

    Examples
    --------
    >>> number(0.81249), number(12345.6), number(None)
    ('0.812', '12,346', 'not known')
    """
    if value is None:
        return "not known"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3f}" if 0.01 <= abs(value) <= 1 else f"{value:.3g}"


def interval(estimate: Estimate) -> str:
    """Return a number with its interval: ``0.812 (0.790 to 0.834)``."""
    if estimate.low is None or estimate.high is None:
        return f"{number(estimate.value)} (interval not known)"
    return f"{number(estimate.value)} ({number(estimate.low)} to {number(estimate.high)})"


def summary(
    metrics: Sequence[MetricResult], n_rows: int, findings: Sequence[DataFinding], *, unit: str = "row"
) -> str:
    """Return the one sentence of a report: the primary metric, against whom, and what voids it."""
    first = next((one for one in metrics if one.is_primary), metrics[0])
    by = "" if unit == "row" else f", by {unit}"
    if first.estimate.value is None:
        said = f"{first.name} cannot be computed on {n_rows:,} rows{by}"
    else:
        said = f"{first.name} {interval(first.estimate)} on {n_rows:,} rows{by}"
    if first.over_baseline is not None:
        than = " than the baseline" if first.over_baseline.is_better is not None else " from the baseline"
        said += f"; {first.over_baseline.verdict}{than}"
    elif first.over_dummy is not None and first.over_dummy.value is not None:
        if first.over_dummy.is_better:
            said += f"; {first.over_dummy.verdict} than the dummy"
        else:
            said += f"; not shown to beat the dummy ({first.over_dummy.verdict})"
    errors = [one for one in findings if one.severity == "error"]
    if errors:
        said += f". Not to be trusted: {errors[0].message}"
    return f"{said}."


def outsiders(
    problem: Problem,
    metrics: Sequence[MetricResult],
    n_rows: int,
    *,
    dummy: str,
    positive: str,
    slices: SliceReport | None,
    fairness: FairnessReport | None,
    findings: Sequence[DataFinding],
) -> str:
    """Return a paragraph of measured facts, without the words of the trade."""
    by_key = {one.key: one for one in metrics}
    known = " whose answer is known" * (problem != "clustering")
    said = [f"This model {_WHAT[problem]}. It was tried on {n_rows:,} rows{known}."]
    said += _how_well(problem, by_key, positive)
    first = next((one for one in metrics if one.is_primary), metrics[0])
    if first.over_dummy is not None and first.over_dummy.value is not None and dummy:
        said.append(_beside_dummy(first.over_dummy, dummy))
    worse = [one for one in slices.slices if one.is_worse] if slices is not None else []
    if worse:
        said.append(
            f"It is worse where {worse[0].text} ({worse[0].n:,} rows: "
            f"{worse[0].lift:.1f} times the usual error)."
        )
    elif slices is not None and slices.n_tested:
        said.append(f"In none of {slices.n_tested:,} parts of the rows was it shown to be worse.")
    if fairness is not None and fairness.summary:
        said.append(_ended(fairness.summary[0].upper() + fairness.summary[1:]))
    said += [_ended(f"A caution: {one.message}") for one in findings if one.severity != "info"][:2]
    return " ".join(said)


def _how_well(problem: Problem, by_key: dict[str, MetricResult], positive: str) -> list[str]:
    said = []
    if "accuracy" in by_key:
        said.append(f"It was right in {_of_100(by_key['accuracy'].estimate)} of 100 rows.")
    if problem == "binary" and {"precision", "recall"} <= by_key.keys():
        said.append(
            f"Of 100 rows that are {positive}, it found {_of_100(by_key['recall'].estimate)}; of 100 that it "
            f"called {positive}, {_of_100(by_key['precision'].estimate)} were."
        )
    if "mae" in by_key:
        said.append(f"Its numbers were off by {interval(by_key['mae'].estimate)} on average.")
    return said


def _of_100(estimate: Estimate) -> str:
    if estimate.value is None:
        return "an unknown number"
    if estimate.low is None or estimate.high is None:
        return f"{100 * estimate.value:.0f}"
    return f"{100 * estimate.value:.0f} ({100 * estimate.low:.0f} to {100 * estimate.high:.0f})"


def _beside_dummy(over: Difference, dummy: str) -> str:
    guess = f"a guess without any model ({dummy})"
    if over.is_better:
        return f"It does better than {guess}, beyond chance."
    if over.is_better is False:
        return f"It does worse than {guess}."
    return f"It was not shown to do better than {guess}."


def _ended(text: str) -> str:
    return text if text.endswith(".") else f"{text}."

"""What an evaluation says: numbers with intervals, differences, curves, slices, groups, reasons.

An interval that could not be computed has ``low`` and ``high`` None, and ``note`` says why. Rates
are fractions from 0 to 1. Sequences are tuples of plain Python numbers, so that a report can be
kept as JSON and read back as the same record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .profiles import DataFinding

Problem = Literal["binary", "multiclass", "multilabel", "regression", "ranking", "forecasting", "clustering"]
PROBLEMS: tuple[Problem, ...] = (
    "binary",
    "multiclass",
    "multilabel",
    "regression",
    "ranking",
    "forecasting",
    "clustering",
)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One evaluation in the registry; the whole report is the object ``object_hash`` (JSON).

    ``model_hash`` is the hash of the model's file, which ties evaluations made before a model was
    registered to its versions. ``version_id`` is the content that was scored (a dataset version).
    ``primary_*`` repeat the first metric, so that lists need not open reports.
    """

    id: str
    created_at: str
    problem: Problem
    n_rows: int
    primary_key: str
    object_hash: str
    primary_value: float | None = None
    primary_low: float | None = None
    primary_high: float | None = None
    model_hash: str | None = None
    run_id: str | None = None
    version_id: str | None = None
    data_name: str | None = None
    user_name: str | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval, and the ``method``: ``delong``, ``wilson``, ``bca``, ``t``, …."""

    value: float | None
    low: float | None = None
    high: float | None = None
    confidence: float = 0.95
    method: str = ""
    n: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """A model's metric minus another's, on the same rows.

    ``is_better`` is None where the interval holds 0: within noise. ``verdict`` is plain words:
    ``better by 0.012 ± 0.009``.
    """

    value: float | None
    low: float | None
    high: float | None
    is_better: bool | None
    verdict: str
    method: str = ""
    p_value: float | None = None
    confidence: float = 0.95


@dataclass(frozen=True, slots=True)
class MetricResult:
    """One metric: ``key`` is scikit-learn's word (``roc_auc``), ``name`` what people read (``AUC``)."""

    key: str
    name: str
    estimate: Estimate
    is_higher_better: bool
    is_primary: bool = False
    dummy: Estimate | None = None
    baseline: Estimate | None = None
    over_dummy: Difference | None = None
    over_baseline: Difference | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class CurveLine:
    """One line of a plot; ``low`` and ``high`` are its band, ``counts`` the rows behind each point."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Curve:
    """A plot as numbers: at most 200 points a line.

    ``kind`` is ``roc``, ``precision_recall``, ``calibration``, ``gain``, ``residuals``,
    ``actual_predicted``, ``confusion``, ``forecast`` or ``sizes``. A confusion matrix has ``labels``
    and ``matrix`` (rows are the truth) and no lines. ``x_labels`` name categories on the x axis.
    """

    kind: str
    title: str
    x_label: str = ""
    y_label: str = ""
    lines: tuple[CurveLine, ...] = ()
    labels: tuple[str, ...] = ()
    matrix: tuple[tuple[float, ...], ...] = ()
    x_labels: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Costs:
    """What each outcome costs (negative: earns), per row, in ``unit`` (for example ``€``)."""

    true_positive: float = 0.0
    false_positive: float = 0.0
    false_negative: float = 0.0
    true_negative: float = 0.0
    unit: str = ""


@dataclass(frozen=True, slots=True)
class ThresholdChoice:
    """The threshold with the lowest expected cost, and what it saves.

    Costs are per 1,000 rows. ``saving`` is the cost at ``default_threshold`` minus that at
    ``threshold``; ``against_nobody`` and ``against_everybody`` are the savings over treating no row
    and every row as positive. The threshold is chosen out of fold, so that the saving is honest.
    """

    costs: Costs
    threshold: float
    cost: Estimate
    saving: Estimate
    default_threshold: float = 0.5
    default_cost: float | None = None
    against_nobody: Estimate | None = None
    against_everybody: Estimate | None = None
    curve: CurveLine | None = None
    confusion: tuple[int, int, int, int] = (0, 0, 0, 0)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a slice: ``text`` is what people read (``hour in [17, 20)``).

    ``low`` and ``high`` bound a number (half open; None is without bound), ``values`` name
    categories, ``is_missing`` selects missing values.
    """

    column: str
    text: str
    low: float | None = None
    high: float | None = None
    values: tuple[str, ...] = ()
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class SliceResult:
    """A part of the rows: the metric in it and in the rest, and whether the difference is real.

    ``mean_error`` is the mean loss of its rows (0/1 error, log loss or absolute error, as the
    report says), ``lift`` its ratio to the mean loss of all rows, ``score`` SliceLine's.
    ``adjusted_p_value`` is corrected for all slices that were tested. ``is_worse`` None: cannot say.
    """

    conditions: tuple[Condition, ...]
    text: str
    n: int
    share: float
    estimate: Estimate
    rest: Estimate
    mean_error: float
    lift: float
    score: float
    adjusted_p_value: float | None = None
    is_worse: bool | None = None
    is_found: bool = True
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class SliceReport:
    """Slices that people asked for and slices that the search found, worst first."""

    metric_key: str
    error: str
    overall_error: float
    n_rows: int
    n_tested: int
    slices: tuple[SliceResult, ...]
    columns: tuple[str, ...] = ()
    min_rows: int = 50
    summary: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class GroupResult:
    """One group of a sensitive attribute, or of several together.

    ``rates`` holds (key, Estimate): ``selection_rate``, ``tpr``, ``fpr``, ``ppv``, ``error``,
    ``base_rate``, ``calibration`` (mean predicted minus mean observed) for classes;
    ``mean_prediction``, ``mean_error``, ``mae`` for regression.
    """

    group: tuple[tuple[str, str], ...]
    text: str
    n: int
    rates: tuple[tuple[str, Estimate], ...]
    is_too_small: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """The largest difference (or smallest ratio) of a rate between two groups that are large enough.

    ``key`` is Fairlearn's word (``demographic_parity_ratio``). ``is_bad`` is None where the
    interval holds the limit. ``columns`` are the attributes that make the groups.
    """

    key: str
    name: str
    estimate: Estimate
    worst: str
    best: str
    limit: float | None = None
    is_bad: bool | None = None
    verdict: str = ""
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FairnessReport:
    """Rates by group and intersection, and the gaps between groups. It never says ``fair``."""

    columns: tuple[str, ...]
    groups: tuple[GroupResult, ...]
    gaps: tuple[Gap, ...]
    min_rows: int = 50
    positive: str = ""
    summary: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Importance:
    """How much the primary metric falls when a feature is shuffled; ``together`` are shuffled with it."""

    feature: str
    estimate: Estimate
    share: float
    together: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Which features the model uses, and how: permutation importance, dependence, SHAP where installed."""

    metric_key: str
    importances: tuple[Importance, ...]
    dependences: tuple[Curve, ...] = ()
    shap: tuple[Importance, ...] = ()
    n_rows: int = 0
    n_repeats: int = 0
    summary: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class FoldResult:
    """One fold of a cross-validation: which groups or times it holds out."""

    name: str
    n_train: int
    n_test: int
    value: float


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """A cross-validation by the right unit: ``unit`` is ``row``, ``group`` or ``time``.

    ``estimate`` has the interval with the corrected variance (Nadeau and Bengio, 2003, eq. 6 ff.).
    """

    metric_key: str
    unit: str
    splitter: str
    folds: tuple[FoldResult, ...]
    estimate: Estimate
    is_higher_better: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class LedgerUse:
    """One look at a hold-out: by whom, when, in which run or evaluation, and what it showed."""

    used_at: str
    kind: str
    run_number: int | None = None
    model: str | None = None
    user_name: str | None = None
    metric: str | None = None
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """How often the rows of an evaluation were used before to choose, and what that does to the claim.

    ``n_models`` different models were scored on these rows, this one included. ``estimate`` is the
    primary metric with the interval that still holds for the best of so many (Bonferroni);
    ``optimism`` the gain that the best of so many equal models would show by luck.
    """

    version_id: str
    n_uses: int
    n_models: int
    first_used_at: str | None = None
    last_used_at: str | None = None
    estimate: Estimate | None = None
    optimism: float | None = None
    verdict: str = ""
    uses: tuple[LedgerUse, ...] = ()


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """All that one evaluation found, as kept and shown.

    ``summary`` is one sentence, ``outsiders`` a paragraph of facts for people who train no models.
    ``findings`` are the pitfalls, worst first. ``seconds`` is how long the evaluation took.
    """

    problem: Problem
    n_rows: int
    metrics: tuple[MetricResult, ...]
    summary: str
    model: str = ""
    data: str = ""
    target: str = ""
    baseline: str = ""
    dummy: str = ""
    positive: str = ""
    classes: tuple[str, ...] = ()
    curves: tuple[Curve, ...] = ()
    threshold: ThresholdChoice | None = None
    slices: SliceReport | None = None
    fairness: FairnessReport | None = None
    explanation: Explanation | None = None
    cross_validation: CrossValidation | None = None
    findings: tuple[DataFinding, ...] = ()
    ledger: Ledger | None = None
    outsiders: str = ""
    unit: str = "row"
    n_bootstrap: int = 0
    seconds: float = 0.0
    id: str | None = None
    created_at: str | None = None
    user_name: str | None = None
    run_number: int | None = None
    version_id: str | None = None
    model_hash: str | None = None

    @property
    def primary(self) -> MetricResult:
        """The metric that decides."""
        return next((metric for metric in self.metrics if metric.is_primary), self.metrics[0])

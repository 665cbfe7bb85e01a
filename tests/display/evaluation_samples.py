"""Made-up evaluations as a working week leaves them: classes, numbers, clusters, one that says little."""

# ruff: noqa: E501 - made-up records are read best in long lines

from __future__ import annotations

import math
from dataclasses import replace

from mlops_jupyter.records import (
    Condition,
    Costs,
    CrossValidation,
    Curve,
    CurveLine,
    DataFinding,
    Difference,
    Estimate,
    EvaluationReport,
    Explanation,
    FairnessReport,
    FoldResult,
    Gap,
    GroupResult,
    Importance,
    Ledger,
    LedgerUse,
    MetricResult,
    SliceReport,
    SliceResult,
    ThresholdChoice,
)

NOW = "2026-11-24T11:04:31.123456Z"


def near(value: float, half: float, method: str = "bca", n: int = 24_310) -> Estimate:
    return Estimate(value, value - half, value + half, method=method, n=n)


def difference(value: float, half: float, is_better: bool | None) -> Difference:
    if is_better is None:
        said = f"no difference beyond noise ({value:+.3f} ± {half:.3f})"
    else:
        said = f"{'better' if is_better else 'worse'} by {abs(value):.3f} ± {half:.3f}"
    return Difference(value, value - half, value + half, is_better, said, "bootstrap")


def metric(
    key: str,
    name: str,
    value: float,
    half: float,
    base: float,
    dummy: float,
    *,
    up: bool = True,
    better: bool | None = True,
    primary: bool = False,
) -> MetricResult:
    return MetricResult(
        key, name, near(value, half), up, primary,
        dummy=near(dummy, half * 0.8), baseline=near(base, half),
        over_dummy=difference(value - dummy, half, True), over_baseline=difference(value - base, half * 0.7, better),
    )  # fmt: skip


def metrics() -> tuple[MetricResult, ...]:
    return (
        metric("roc_auc", "AUC", 0.871, 0.0071, 0.859, 0.5, primary=True),
        metric("average_precision", "Average precision", 0.648, 0.014, 0.631, 0.204, better=True),
        metric("neg_log_loss", "Log loss", 0.341, 0.0062, 0.352, 0.506, up=False),
        metric("brier", "Brier score", 0.106, 0.0021, 0.1062, 0.163, up=False, better=None),
        metric("balanced_accuracy", "Balanced accuracy", 0.742, 0.0082, 0.748, 0.5, better=None),
        metric("f1", "F1", 0.604, 0.012, 0.588, 0.0),
        metric("precision", "Precision", 0.671, 0.013, 0.688, 0.0, better=False),
        metric("recall", "Recall", 0.549, 0.014, 0.513, 0.0),
    )


def curves() -> tuple[Curve, ...]:
    xs = tuple(i / 60 for i in range(61))
    tpr = tuple(x**0.22 for x in xs)
    before = tuple(x**0.27 for x in xs)
    at = (0.04, 0.12, 0.2, 0.31, 0.4, 0.52, 0.6, 0.71, 0.8, 0.93)
    seen = (0.03, 0.11, 0.22, 0.29, 0.43, 0.47, 0.63, 0.75, 0.77, 0.9)
    return (
        Curve("roc", "ROC", "False positive rate", "True positive rate", (
            CurveLine("model", xs, tpr, tuple(max(0.0, y - 0.02) for y in tpr), tuple(min(1.0, y + 0.02) for y in tpr)),
            CurveLine("baseline", xs, before),
        )),
        Curve("precision_recall", "Precision and recall", "Recall", "Precision", (
            CurveLine("model", xs, tuple(1 - 0.8 * x**2.6 for x in xs), tuple(0.97 - 0.79 * x**2.6 for x in xs), tuple(min(1.0, 1.03 - 0.79 * x**2.6) for x in xs)),
        ), note="no skill is 0.204"),
        Curve("calibration", "Calibration", "Predicted", "Observed", (
            CurveLine("model", at, seen, tuple(y - 0.03 for y in seen), tuple(y + 0.03 for y in seen), (9000, 5000, 3000, 2000, 1500, 1200, 900, 800, 600, 310)),
        ), note="off by 0.012 on average (debiased)"),
        Curve("gain", "Gain", "Part of the rows looked at", "Part of the positives found", (
            CurveLine("model", xs, tuple(min(1.0, 1 - (1 - x) ** 3.4) for x in xs)),
        )),
        Curve("confusion", "Confusion at 0.5", labels=("no", "yes"), matrix=((18_012.0, 1_339.0), (2_236.0, 2_723.0))),
    )  # fmt: skip


def threshold() -> ThresholdChoice:
    xs = tuple(i / 80 for i in range(1, 80))
    costs = tuple(4200 + 9000 * (x - 0.18) ** 2 * (2.2 if x > 0.18 else 14) for x in xs)
    return ThresholdChoice(
        Costs(false_positive=5, false_negative=100, unit="€"), 0.183, near(4_213, 160), near(1_904, 310),
        default_cost=6_117, against_nobody=near(16_190, 480), against_everybody=near(-239 + 800, 420),
        curve=CurveLine("cost per 1,000 rows", xs, costs, tuple(c - 190 for c in costs), tuple(c + 190 for c in costs)),
        confusion=(4_410, 5_020, 549, 14_331), note="chosen on other rows than those it is judged on",
    )  # fmt: skip


def slices() -> SliceReport:
    def one(
        text: str, n: int, value: float, half: float, lift: float, worse: bool | None, found: bool = True
    ) -> SliceResult:
        return SliceResult(
            (Condition(text.split(" ", maxsplit=1)[0], text),),
            text,
            n,
            n / 24_310,
            near(value, half, n=n),
            near(0.876, 0.0072),
            0.2 * lift,
            lift,
            lift / 3,
            0.0004 if worse else 0.4,
            worse,
            found,
            f"worse by {0.876 - value:.3f}" if worse else "no difference beyond noise",
        )

    return SliceReport(
        "roc_auc", "0/1 error", 0.147, 24_310, 1_841,
        (
            one("contract = monthly and tenure in [0, 6)", 1_204, 0.742, 0.031, 1.94, True),
            one("payment = cheque", 2_890, 0.811, 0.022, 1.41, True),
            one("region = north", 4_102, 0.869, 0.017, 1.02, None, False),
            one("age is missing", 212, 0.83, 0.094, 1.2, None, False),
        ),
        ("contract", "tenure", "payment", "region", "age"), summary="2 slices are worse than the rest beyond noise; the worst: contract = monthly and tenure in [0, 6).",
    )  # fmt: skip


def fairness() -> FairnessReport:
    def group(
        sex: str, age: str, n: int, selection: float, tpr: float, fpr: float, error: float, half: float
    ) -> GroupResult:
        named = (("sex", sex), ("age", age)) if age else (("sex", sex),)
        rates = (("selection_rate", selection), ("tpr", tpr), ("fpr", fpr), ("ppv", 0.66), ("error", error))
        return GroupResult(
            named,
            " and ".join(f"{k} = {v}" for k, v in named),
            n,
            tuple((key, near(rate, half, "wilson", n)) for key, rate in rates) if n >= 50 else (),
            n < 50,
        )

    return FairnessReport(
        ("sex", "age"),
        (
            group("female", "", 11_902, 0.171, 0.542, 0.071, 0.148, 0.009), group("male", "", 12_408, 0.163, 0.556, 0.067, 0.146, 0.009),
            group("female", "18 to 30", 2_310, 0.231, 0.49, 0.102, 0.171, 0.019), group("male", "over 60", 1_911, 0.112, 0.601, 0.04, 0.122, 0.018),
            group("female", "over 90", 31, 0.0, 0.0, 0.0, 0.0, 0.0),
        ),
        (
            Gap("demographic_parity_ratio", "Smallest ratio of selection rates", Estimate(0.485, 0.41, 0.56), "male and over 60", "female and 18 to 30", 0.8, True, "below 0.8"),
            Gap("equalized_odds_difference", "Largest difference of TPR or FPR", Estimate(0.111, 0.05, 0.17), "female and 18 to 30", "male and over 60", 0.1, None, "cannot say whether it is above 0.1"),
            Gap("equal_opportunity_difference", "Largest difference of TPR", Estimate(0.014, 0.001, 0.03), "female", "male", 0.1, False, "within 0.1"),
        ),
        positive="yes", summary="Men over 60 are chosen about half as often as women from 18 to 30.",
    )  # fmt: skip


def explanation() -> Explanation:
    xs = tuple(float(x) for x in range(0, 72, 3))
    return Explanation(
        "roc_auc",
        (
            Importance("tenure", near(0.094, 0.006), 0.41, ("total_charges",)), Importance("contract", near(0.061, 0.005), 0.27),
            Importance("monthly_charges", near(0.033, 0.004), 0.14), Importance("payment", near(0.012, 0.003), 0.05), Importance("sex", near(0.0002, 0.0006), 0.0),
        ),
        (
            Curve("dependence", "tenure", "tenure", "predicted", (CurveLine("mean", xs, tuple(0.5 * math.exp(-x / 20) + 0.05 for x in xs)),)),
            Curve("dependence", "contract", "contract", "predicted", (CurveLine("mean", (0.0, 1.0, 2.0), (0.41, 0.13, 0.05)),), x_labels=("monthly", "one year", "two years")),
        ),
        (Importance("tenure", Estimate(0.81), 0.38), Importance("contract", Estimate(0.71), 0.33), Importance("monthly_charges", Estimate(0.2), 0.1)),
        5_000, 10, "tenure (with total_charges) and contract carry 68 % of what the model uses.",
    )  # fmt: skip


def folds() -> CrossValidation:
    values = (0.861, 0.874, 0.858, 0.88, 0.869)
    return CrossValidation(
        "roc_auc",
        "group",
        "StratifiedGroupKFold(5)",
        tuple(FoldResult(f"fold {i + 1}", 19_448, 4_862, v) for i, v in enumerate(values)),
        near(0.868, 0.017, "t"),
        note="123 rows of a customer stand in one fold",
    )


def ledger() -> Ledger:
    uses = tuple(
        LedgerUse(NOW, "evaluation", 12 - i, f"churn:{4 - i // 3}", "ines", "roc_auc", 0.871 - 0.002 * i)
        for i in range(9)
    )
    return Ledger(
        "mj1:" + "ab" * 32,
        9,
        6,
        "2026-10-02T08:00:00.000000Z",
        NOW,
        near(0.871, 0.0096),
        0.0051,
        "These rows chose among 6 models before; the best of 6 equal ones would look 0.005 better by luck.",
        uses,
    )


def report() -> EvaluationReport:
    return EvaluationReport(
        "binary", 24_310, metrics(), "AUC is 0.871 ± 0.007, better than churn@champion by 0.012 ± 0.005 and than guessing by 0.371.",
        model="churn:4", data="churn-test:2", target="churned", baseline="churn:3 (champion)", dummy="most frequent class", positive="yes", classes=("no", "yes"),
        curves=curves(), threshold=threshold(), slices=slices(), fairness=fairness(), explanation=explanation(), cross_validation=folds(),
        findings=(
            DataFinding("seen-before", "error", "212 of 24,310 rows (0.9 %) were also in the training data", None, 0.9),
            DataFinding("imbalance", "warning", "20 % of rows are positive: read average precision beside accuracy", None, 0.4),
        ),
        ledger=ledger(), outsiders="Of 100 customers who leave, the model finds 55 in time; of 100 warnings that it gives, 67 are right. It is worse for customers with a monthly contract in their first half year.",
        unit="customer", n_bootstrap=1_000, seconds=6.4, id="20261124T110431Z-9bfad3c1", created_at=NOW, user_name="ines", run_number=12, model_hash="e" * 64,
    )  # fmt: skip


def numbers() -> EvaluationReport:
    """Return an evaluation of a regression that is no better than the one before."""
    xs = tuple(10 + (i * 37 % 200) / 2 for i in range(160))
    noise = tuple(((i * 7919) % 101 - 50) / 6 for i in range(160))
    steps = tuple(float(i) for i in range(48))
    wave = tuple(40 + 12 * math.sin(i / 4) for i in steps)
    return EvaluationReport(
        "regression", 8_204,
        (
            metric("rmse", "RMSE", 11.82, 0.31, 11.91, 18.4, up=False, better=None, primary=True),
            metric("mae", "MAE", 7.93, 0.18, 7.88, 13.1, up=False, better=None), metric("r2", "R²", 0.587, 0.021, 0.581, 0.0, better=None),
            MetricResult("bias", "Bias", near(0.31, 0.26), False),
        ),
        "RMSE is 11.82 ± 0.31: no difference from delays:7 beyond noise.", model="delays:8", data="flights-test:1", target="arr_delay", baseline="delays:7", dummy="median",
        curves=(
            Curve("actual_predicted", "Actual and predicted", "Predicted", "Actual", (CurveLine("rows", xs, tuple(x + e for x, e in zip(xs, noise, strict=True))),)),
            Curve("residuals", "Residuals", "Predicted", "Actual minus predicted", (CurveLine("rows", xs, noise),)),
            Curve("forecast", "Forecast", "Step", "Delay", (CurveLine("actual", steps, wave), CurveLine("predicted", steps, tuple(y * 0.95 + 1 for y in wave), tuple(y - 6 for y in wave), tuple(y + 6 for y in wave)))),
        ),
        n_bootstrap=1_000, seconds=1.2, created_at=NOW,
    )  # fmt: skip


def bare() -> EvaluationReport:
    """Return an evaluation of which little could be computed."""
    lone = MetricResult("silhouette", "Silhouette", Estimate(0.41, note="fewer than 50 rows"), True, True)
    undefined = MetricResult("ari", "Adjusted Rand", Estimate(None, note="no true groups were given"), True)
    return EvaluationReport(
        "clustering",
        31,
        (lone, undefined),
        "The silhouette is 0.41 on 31 rows: too few for an interval.",
        model="KMeans",
        data="customers",
    )


def many() -> EvaluationReport:
    """Return an evaluation of ten classes with hundreds of slices and groups, to see that it stays small."""
    names = tuple(f"class {i}" for i in range(30))
    heat = tuple(tuple(400.0 if i == j else float((i * j * 7) % 31) for j in range(30)) for i in range(30))
    some, fair = slices(), fairness()
    return replace(
        report(), problem="multiclass", classes=names,
        curves=(Curve("confusion", "Confusion", labels=names, matrix=heat), *curves()[:4]),
        metrics=tuple(replace(metrics()[i % 8], key=f"m{i}", is_primary=i == 3) for i in range(40)),
        slices=replace(some, slices=tuple(replace(some.slices[i % 4], text=f"{some.slices[i % 4].text} {i}") for i in range(300))),
        fairness=replace(fair, groups=fair.groups * 60, gaps=fair.gaps * 8),
        explanation=replace(explanation(), importances=explanation().importances * 100),
    )  # fmt: skip


def every() -> list[object]:
    """Return every record of an evaluation that is not very large."""
    return [report(), numbers(), bare(), folds()]

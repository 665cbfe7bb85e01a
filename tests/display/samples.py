"""Made-up records as a working day leaves them, for the gallery and the tests."""

# ruff: noqa: E501, W293 - made-up records are read best in long lines

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import cache

from mlops_jupyter.records import (
    Artifact,
    Backup,
    CapturePlan,
    Cell,
    Check,
    ComparedRow,
    Comparison,
    DataChange,
    DatasetVersion,
    DataUse,
    Environment,
    Finding,
    Health,
    LatestMetric,
    MetricChange,
    Param,
    QueryResult,
    Run,
    RunChanges,
    RunDataset,
    RunTable,
    RunView,
    Status,
    Tag,
    ValueChange,
)

SOURCE = """depth = 8
n_trees = 300
model = RandomForestClassifier(n_trees, max_depth=depth, random_state=0)
model.fit(X_train, y_train)

scores = model.predict_proba(X_test)[:, 1]
auc = roc_auc_score(y_test, scores)   # the threshold does not matter here
log_loss_test = log_loss(y_test, scores)
"""

CODE_DIFF = """--- #11
+++ #12
@@ -1,5 +1,5 @@
-depth = 6
-n_trees = 100
+depth = 8
+n_trees = 300
 model = RandomForestClassifier(n_trees, max_depth=depth, random_state=0)
 model.fit(X_train, y_train)
 
@@ -8,2 +8,3 @@
 auc = roc_auc_score(y_test, scores)   # the threshold does not matter here
-print(auc)
+log_loss_test = log_loss(y_test, scores)
+assert auc < 1, "<script>alert(1)</script> & co"
"""


def run(number: int = 12, **fields) -> Run:
    given = {
        "id": f"run{number:029d}",
        "number": number,
        "experiment_id": "e1",
        "name": "churn",
        "status": "finished",
        "session_id": "s1",
        "started_at": f"2026-11-24T{8 + number % 12:02d}:{number * 7 % 60:02d}:31.123456Z",
        "last_seen_at": "2026-11-24T11:04:34.523456Z",
        "kind": "cell",
        "attempt": 3,
        "ended_at": "2026-11-24T11:04:34.523456Z",
        "duration_s": 3.412345,
        "cpu_s": 11.2,
        "peak_memory_bytes": 412_000_000,
        "user_name": "ada",
        "notebook": "churn.ipynb",
        "git_commit": "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678",
        "git_branch": "main",
        "git_diff": "d" * 64,
    }
    return Run(**{**given, **fields})


def param(key: str, value: str, seq: int, kind: str = "int", source: str = "literal") -> Param:
    return Param("r", key, seq, value, kind, source)


def metric(key: str, value: float | None, seq: int, **fields) -> LatestMetric:
    kind = fields.pop("kind", "finite" if value is not None else "nan")
    return LatestMetric("r", key, seq, value, kind, **fields)


@cache
def curve(last: float, n: int = 40, gap: bool = False) -> tuple[tuple[float, float | None], ...]:
    points = [(float(i), last - 0.4 * math.exp(-i / 9) + 0.012 * math.sin(i * 1.7)) for i in range(n)]
    return tuple((x, None if gap and 14 <= x <= 17 else y) for x, y in points)


def dataset(name: str, role: str, rows: int, columns: int = 24, **fields) -> DataUse:
    version = DatasetVersion(
        f"mj1:{'ab' * 32}",
        "pandas.DataFrame",
        rows,
        columns,
        rows * columns * 8,
        "s" * 64,
        "[]",
        "2026-11-24T11:04:31Z",
    )
    return DataUse(RunDataset("r", role, name, version.id, **fields), version)


def artifact(path: str, kind: str, size: int, **fields) -> Artifact:
    return Artifact("r", path, kind, "0" * 64, size, "2026-11-24T11:04:34Z", **fields)


MODEL = artifact(
    "models/model.skops", "model", 1_234_567, variable="model",
    detail=json.dumps({"class": "sklearn.ensemble._forest.RandomForestClassifier"}),
)  # fmt: skip

ENVIRONMENT = Environment(
    "e" * 64, "3.11.7", "Linux-6.1-x86_64",
    json.dumps({"numpy": "2.3.1", "pandas": "2.3.0", "scikit-learn": "1.7.0", "mlops-jupyter": "0.1.0"}),
    json.dumps({"cpu": "AMD EPYC", "cores": 8, "memory_bytes": 33_000_000_000}), "2026-11-24T11:00:00Z",
)  # fmt: skip

CELL = Cell(
    "c1", "s1", 7, SOURCE, "2026-11-24T11:04:31Z", "r", "a1b2", "a1b2", 14, "2026-11-24T11:04:34Z", "ok"
)


def usual() -> RunView:
    """The card of the design: third attempt, some things changed, one warning."""
    return RunView(
        run=run(note="deeper, with three times the trees", stdout_tail="fitting 300 trees\ndone in 3.1 s\n"),
        experiment="churn",
        params=(
            param("depth", "8", 1),
            param("n_trees", "300", 2),
            param("model__criterion", "gini", 3, "str", "estimator"),
            param("model__random_state", "0", 4, "int", "estimator"),
            param("learning_rate", "0.30000000000000004", 5, "float"),
        ),
        metrics=(
            metric("auc", 0.8710000001, 1, direction="max", source="assigned", function="sklearn.metrics.roc_auc_score", data="y_test, X_test"),
            metric("log_loss_test", 0.32187654, 2, direction="min", source="assigned"),
            metric("rows_used", 336776.0, 3),
        ),
        data=(
            dataset("X_train", "train", 80_000, source_uri="flights.parquet"),
            dataset("X_test", "test", 20_000),
            dataset("y_test", "test", 20_000, 1),
        ),
        artifacts=(MODEL, artifact("figures/roc.png", "figure", 41_200), artifact("figures/importance.png", "figure", 38_000)),
        tags=(Tag("r", "team", "growth"),),
        cell=CELL,
        environment=ENVIRONMENT,
        findings=(Finding("r", 1, "overlap", "warning", "412 rows of X_test also stand in X_train"),),
        changes=RunChanges(
            "run11", 11,
            params=(ValueChange("depth", "6", "8"), ValueChange("n_trees", "100", "300")),
            metrics=(
                MetricChange("auc", 0.8710000001, 0.859, 0.0120000001, True, 0.881, 9),
                MetricChange("log_loss_test", 0.32187654, 0.3421, -0.02022346, True, 0.32187654, 12, True),
                MetricChange("rows_used", 336776.0, 336776.0, 0.0, None),
            ),
            data=(
                DataChange("train", "X_train", "unchanged", "unchanged"),
                DataChange("test", "X_test", "changed", "412 rows added, 1 column changed: dep_time", 412, 0, columns_changed=("dep_time",)),
                DataChange("test", "y_test", "unchanged", "unchanged"),
            ),
            code_changed=True,
            environment=(ValueChange("scikit-learn", "1.6.1", "1.7.0"), ValueChange("shap", None, "0.48.0")),
        ),
    )  # fmt: skip


def first() -> RunView:
    """A first attempt, as small as a run can be."""
    return RunView(
        run=run(1, attempt=1, duration_s=0.0042, git_commit=None, git_branch=None, git_diff=None),
        experiment="churn",
        params=(param("depth", "6", 1),),
        metrics=(metric("auc", 0.859, 1, direction="max"),),
        changes=RunChanges(None, None),
    )


def stepped() -> RunView:
    """A training loop: curves, worse than before, not finite values, a model still being saved."""
    return RunView(
        run=run(21, attempt=2, duration_s=95.2, name="lstm-wide"),
        experiment="flights delay",
        params=(param("epochs", "40", 1), param("lr", "1e-05", 2, "float"), param("optimizer", "AdamW", 3, "str")),
        metrics=(
            metric("val_auc", 0.8123, 4, step=39, count=40, min_value=0.41, max_value=0.83, direction="max"),
            metric("val_loss", 0.4123, 5, step=39, count=40, min_value=0.39, max_value=0.9, direction="min"),
            metric("grad_norm", None, 6, step=39, count=40, min_value=0.1, max_value=3e4),
            metric("perplexity", None, 7, kind="+inf", count=1),
            metric("tiny", 1.23e-7, 8),
            metric("huge", -2.5e21, 9),
        ),
        series={
            "val_auc": curve(0.83),
            "val_loss": tuple((x, 1.2 - (y or 0)) for x, y in curve(0.83)),
            "grad_norm": curve(3.0, gap=True),
        },
        data=(dataset("train", "train", 336_776, 19),),
        changes=RunChanges(
            "run20", 20,
            metrics=(
                MetricChange("val_auc", 0.8123, 0.8241, -0.0118, False, 0.8302, 17),
                MetricChange("val_loss", 0.4123, 0.4001, 0.0122, False, 0.3822, 17),
            ),
            data=(DataChange("train", "train", "unchanged", "unchanged"),),
            code_changed=False,
        ),
        pending=("saving model", "hashing data"),
    )  # fmt: skip


def running() -> RunView:
    """A training loop while it runs."""
    return replace(
        stepped(), run=run(21, status="running", duration_s=None, ended_at=None), changes=None, pending=()
    )


def failed() -> RunView:
    """A cell that raised."""
    return RunView(
        run=run(
            22, status="failed", attempt=4, duration_s=0.31, error_type="ValueError",
            error_message="Input X contains NaN.\nRandomForestClassifier does not accept missing values encoded as NaN natively.",
            incomplete="the model could not be saved: disk full",
        ),
        experiment="churn",
        params=(param("depth", "8", 1),),
        findings=(
            Finding("r", 1, "secret", "info", "the value of api_key was masked"),
            Finding("r", 2, "refused", "error", "metric 'auc' was refused: a list is not a number"),
        ),
    )  # fmt: skip


def search() -> RunView:
    """A grid search with candidates as children."""
    return RunView(
        run=run(30, attempt=1, name="grid", duration_s=7265.0),
        experiment="churn",
        params=tuple(param(f"grid__param_{i}", str(i), i, "int", "estimator") for i in range(46)),
        metrics=(
            metric("auc", 0.8812, 1, direction="max"),
            metric("best_score", 0.8791, 2, source="search", direction="max"),
        ),
        artifacts=(MODEL,),
        children=24,
    )


def enormous() -> RunView:
    """1,000 params with long names, 300 metrics, 200 data sets."""
    return RunView(
        run=run(31, name="a" * 300, note="n" * 2000),
        experiment="an experiment with a name that somebody typed without thinking of its length at all " * 2,
        params=tuple(param(f"section_{i}__a_rather_long_name_of_a_param_{i}", "v" * 400, i, "str") for i in range(1000)),
        metrics=tuple(metric(f"metric_{i}_of_the_validation_set", i / 7, i) for i in range(300)),
        series={f"metric_{i}_of_the_validation_set": curve(i / 7, 200) for i in range(40)},
        data=tuple(dataset(f"frame_{i}", "input", 10**9 + i, 4000) for i in range(200)),
        artifacts=tuple(artifact(f"figures/{i}.png", "figure", 10**6) for i in range(500)),
    )  # fmt: skip


def table(n: int = 9, **fields) -> RunTable:
    """An experiment's runs, newest first."""
    statuses = {2: "failed", 5: "running", 7: "interrupted", 8: "killed"}
    first = [_row(n - i, statuses.get(i, "finished")) for i in range(min(n, 300))]
    runs = tuple(first[i % len(first)] for i in range(n))
    return RunTable(runs, total=n if n < 10_000 else n * 3, experiment="churn", **fields)


def stale() -> RunView:
    """A run whose code and data are others now."""
    return replace(
        usual(),
        stale=("cell [8], which it needs, ran again with other code", "data/customers.csv has changed"),
    )


def stale_table() -> RunTable:
    """Runs of which one is stale."""
    runs = table().runs
    return replace(table(), runs=(replace(runs[0], stale=stale().stale), *runs[1:]))


def _row(number: int, status: str) -> RunView:
    over = status != "running"
    auc = 0.84 + 0.04 * math.sin(number * 1.3) if status != "failed" else None
    return RunView(
        run=run(
            number, status=status, name="forest" if number % 4 else "grid", attempt=1 + number % 3,
            duration_s=0.4 * number**1.7 + 0.2 if over else None,
            note="deeper, with three times the trees" if number % 5 == 1 else None,
            error_type="ValueError" if status == "failed" else None,
        ),
        experiment="churn",
        params=(
            param("depth", str(4 + 2 * (number % 4)), 1), param("n_trees", str(100 * (1 + number % 3)), 2),
            param("criterion", "gini", 3, "str"), param("random_state", "0", 4),
        ),
        metrics=(
            metric("auc", auc, 1, direction="max"),
            metric("val_loss", 0.3 + 0.03 * math.cos(number), 2, direction="min", step=39, count=40),
        ) if status != "failed" else (),
        series={"val_loss": tuple((x, 1.2 - (y or 0)) for x, y in curve(0.83 + number % 7 / 99))} if status != "failed" else {},
        tags=(Tag("r", "team", "growth"),) if number % 4 == 0 else (),
        children=24 if number % 4 == 0 else 0,
    )  # fmt: skip


def comparison() -> Comparison:
    """Two runs, with all kinds of differences."""
    before = replace(
        usual(),
        run=run(11, attempt=2, duration_s=1.9),
        series={"val_loss": curve(0.7), "val_auc": curve(0.80)},
    )
    after = replace(usual(), series={"val_loss": curve(0.62, 55), "val_auc": curve(0.83, 55)})
    return Comparison(
        runs=(before, after),
        params=(
            ComparedRow("depth", ("6", "8"), True),
            ComparedRow("n_trees", ("100", "300"), True),
            ComparedRow("bootstrap", (None, "True"), True),
            ComparedRow("criterion", ("gini", "gini"), False),
            ComparedRow("random_state", ("0", "0"), False),
        ),
        metrics=(
            ComparedRow("auc", (0.859, 0.8710000001), True, 1),
            ComparedRow("log_loss_test", (0.3421, 0.32187654), True, 1),
            ComparedRow("fit_time", (0.81, 2.94), True, 0),
            ComparedRow("rows_used", (336776.0, 336776.0), False),
            ComparedRow("grad_norm", (math.nan, None), True),
        ),
        code_diff=CODE_DIFF,
        data=usual().changes.data,
        environment=usual().changes.environment,
    )


def wide_comparison() -> Comparison:
    """Six runs beside each other."""
    runs = tuple(replace(_row(n, "finished"), run=run(n)) for n in range(1, 7))
    return Comparison(
        runs=runs,
        params=(ComparedRow("depth", tuple(str(n) for n in range(6)), True),),
        metrics=(ComparedRow("auc", tuple(0.80 + n / 100 for n in range(6)), True, 5),),
        code_diff="",
        data=(),
        environment=(),
    )


def plan() -> CapturePlan:
    return CapturePlan(
        "churn",
        params=("depth", "n_trees"),
        metrics=("auc", "log_loss_test"),
        data=("X_train", "X_test", "y_test"),
        models=("model",),
        excluded=("scratch",),
    )


def status() -> Status:
    return Status(
        "/home/ada/.local/share/mlops-jupyter", "the default of this machine", "0.1.0", "3.53.4", "wal",
        3, 1284, 1, 962, 48_200_000, "ada", 12,
    )  # fmt: skip


def health() -> Health:
    return Health(
        "/home/ada/.local/share/mlops-jupyter",
        (
            Check("integrity", "ok", "the database is whole"),
            Check("objects", "error", "1 of 962 objects does not match its hash: 3fa9…", "restore it: mlops backup --restore"),
            Check("space", "warning", "1.2 GB free on the disk", "free some space, or move the registry"),
            Check("journal", "ok", "wal, on a local file system"),
        ),
    )  # fmt: skip


def query() -> QueryResult:
    rows = tuple(
        (n, f"forest-{n}", 0.8 + n / 97, None if n % 3 else "note", b"\x00" * n) for n in range(1, 9)
    )
    return QueryResult(("number", "name", "auc", "note", "blob"), rows, truncated=True)


def backup() -> Backup:
    return Backup("/backups/2026-11-24", 48_200_000, 1284, 962)

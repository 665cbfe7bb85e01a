"""Made-up records of slices, reproductions, exports and retraining."""

# ruff: noqa: E501 - made-up records are read best in long lines

from __future__ import annotations

from dataclasses import replace

import evaluation_samples as scored

from mlops_jupyter.records import (
    ChangedInput,
    CodeSlice,
    Drawing,
    Export,
    ExportedFile,
    ExportReport,
    FileUse,
    Latency,
    LocalModule,
    ProofCheck,
    ReproducedCell,
    ReproducedValue,
    Reproduction,
    ReproductionReport,
    Retraining,
    SliceCell,
)

NOW = scored.NOW
HASH = "9f2c" * 16

LOAD = """\
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

customers = pd.read_csv("data/customers.csv", parse_dates=["signed"])"""
CLEAN = """\
def clean(frame):
    \"\"\"Leave out contracts that never began.\"\"\"
    frame = frame.dropna(subset=["tenure"])
    return frame[frame["tenure"] > 0]

customers = clean(customers)"""
SPLIT = """\
features = ["tenure", "contract", "charges"]
X_train, X_test, y_train, y_test = train_test_split(customers[features], customers["churned"])"""
FIT = """\
%%track churn
depth = 8  # deeper than last week
model = RandomForestClassifier(300, max_depth=depth, random_state=0)
model.fit(X_train, y_train)
auc = roc_auc_score(y_test, model.predict_proba(X_test)[:, 1])"""
NOTHING = "nothing that is needed depends on it"


def code_slice(verdict: str | None = "identical") -> CodeSlice:
    cells = (
        SliceCell(1, LOAD, True, "makes customers, RandomForestClassifier, train_test_split", 1, "c1"),
        SliceCell(2, "customers.head()", False, NOTHING, 2, "c2"),
        SliceCell(3, "customers['charges'].hist(bins=40)\nplt.title('Charges')", False, NOTHING, 3, "c3"),
        SliceCell(4, "from sklearn.metrics import roc_auc_score", True, "makes roc_auc_score, which [9] reads", 4, "c4"),
        SliceCell(5, CLEAN, True, "changes customers, which [8] reads", 5, "c5", doubts=("clean is called by code that was deleted later; it is kept because customers is changed in place",)),
        SliceCell(6, "model = LogisticRegression().fit(X, y)", False, "failed with NameError and left nothing", 6, "c6", "failed"),
        SliceCell(7, "old = clean(customers.copy())\nold.describe()", False, NOTHING, 7, "c7"),
        SliceCell(8, SPLIT, True, "makes X_train, X_test, y_train, y_test", 8, "c8"),
        SliceCell(9, FIT, True, "is the run itself", 11, "c9"),
    )  # fmt: skip
    return CodeSlice(
        "#12", ("model", "auc"), cells,
        ("the cell that set numpy's seed is not among those recorded; its state is put instead",),
        (FileUse("data/customers.csv", 8_412_330, HASH, 1.0, HASH), FileUse("data/tariffs.parquet", 412_000_000, HASH)),
        (LocalModule("features.lags", "features/lags.py", HASH, object_hash=HASH),),
        (), {"numpy.random": "00ff"},
        verdict, NOW if verdict else None, 12, HASH,
    )  # fmt: skip


def doubtful_slice() -> CodeSlice:
    """One that nobody verified, whose cells read the clock and the network."""
    cells = (
        SliceCell(1, "from datetime import datetime\nsince = datetime.now()", True, "makes since", 1),
        SliceCell(2, "rates = requests.get(URL).json()", True, "makes rates", None),
        SliceCell(3, "table = [rates[k] for k in sorted(rates)]", True, "is what was asked for", 7, outcome="failed"),
    )  # fmt: skip
    return CodeSlice(
        "table", ("table",), cells,
        unrepeatable=(Drawing("reads the time: datetime.now()", 2), Drawing("asks the network")), code_hash=HASH,
    )  # fmt: skip


def empty_slice() -> CodeSlice:
    return CodeSlice("scores", ("scores",), ())


def stamped() -> Reproduction:
    return Reproduction("p1", "r12", NOW, "equal", "equal within 1e-9", HASH, 1, 17.2, "ines")


def exports() -> tuple[Export, ...]:
    return (
        Export("x2", "v4", NOW, "service", "service", "verified", "", HASH, HASH, "ines"),
        Export("x1", "v4", NOW, "batch", "jobs/churn", "unverified", "", HASH, HASH, "omar"),
    )


def value(kind: str, key: str, verdict: str, before: str, after: str, note: str = "") -> ReproducedValue:
    return ReproducedValue(kind, key, verdict, before, after, note)


def reproduction(verdict: str = "equal") -> ReproductionReport:
    values = (
        value("param", "depth", "identical", "8", "8"),
        value("param", "n_estimators", "identical", "300", "300"),
        value("metric", "auc", "equal", "0.8712345678", "0.8712345679", "within 1e−9"),
        value("metric", "log_loss", "identical", "0.3219", "0.3219"),
        value("data", "churn-train:12", "identical", "churn-train:12", "churn-train:12"),
        value("model", "model", "equal", "9f2c9f2c", "a01b77e2", "other bytes, equal predictions on 1,000 rows"),
    )  # fmt: skip
    cells = (
        ReproducedCell(1, "import pandas as pd", "finished", 1.42, execution_count=1),
        ReproducedCell(4, "from sklearn.metrics import roc_auc_score", "finished", 0.004, execution_count=4),
        ReproducedCell(5, "def clean(frame):", "finished", 0.31, execution_count=5),
        ReproducedCell(
            8, 'features = ["tenure", "contract", "charges"]', "finished", 0.08, execution_count=8
        ),
        ReproducedCell(9, "%%track churn", "finished", 12.6, execution_count=11),
    )
    return ReproductionReport(
        12, "churn", verdict, "Run 12 of churn was made again: 6 of 6 results are the same, 2 of them within 1e−9",
        values, cells, (("scikit-learn", "1.9.0", "1.9.1"), ("numpy", "2.3.1", "2.3.4")),
        created_at=NOW, duration_s=17.2, user_name="ines", run_id="r12",
    )  # fmt: skip


def differing() -> ReproductionReport:
    """One whose result is another."""
    values = (
        value("param", "depth", "identical", "8", "8"),
        value("metric", "auc", "differs", "0.8712", "0.8655", "−0.0057"),
        value("metric", "log_loss", "identical", "0.3219", "0.3219"),
        value("predictions", "model", "differs", "", "", "41 of 1,000 rows have another class"),
    )
    cells = (
        ReproducedCell(1, "rates = requests.get(URL).json()", "finished", 2.1, (Drawing("asks the network", 1),), execution_count=1),
        ReproducedCell(2, "rng = np.random.default_rng()", "finished", 0.0, (Drawing("a generator without a seed", 1),), execution_count=2),
        ReproducedCell(9, "%%track churn", "finished", 11.9),
    )  # fmt: skip
    return ReproductionReport(
        12, "churn", "differs", "Run 12 of churn came out differently: auc is 0.8655, before it was 0.8712",
        values, cells, causes=("cell [2], line 1, draws from a generator without a seed", "cell [1], line 1, asks the network"),
        is_exact_environment=True, created_at=NOW, duration_s=14.4, user_name="ines",
    )  # fmt: skip


def broken() -> ReproductionReport:
    cells = (
        ReproducedCell(1, "import pandas as pd", "finished", 1.4),
        ReproducedCell(
            4, 'prices = pd.read_csv("prices.csv")', "failed", 0.1, error="FileNotFoundError: prices.csv"
        ),
    )
    return ReproductionReport(
        7, "prices", "failed", "Run 7 of prices does not come to its end: FileNotFoundError: prices.csv", (), cells,
        causes=("prices.csv was larger than what is kept, and is not there any more",), created_at=NOW, duration_s=1.5,
    )  # fmt: skip


CHECKS = (
    ProofCheck("environment", "passed", "the lock installs into an empty environment", "14 packages on Python 3.11.9, every one with its hash", duration_s=21.4),
    ProofCheck("start", "passed", "the service starts as its README says", "ready after 1.9 s", duration_s=1.9),
    ProofCheck("answers", "passed", "the recorded rows are answered as the notebook did", "the same classes; probabilities within 1e−9", 1000, 3.1e-16, 0.8),
    ProofCheck("forms", "passed", "records, columns, CSV and Arrow are answered alike", "5 forms, the same answers", 1000, 0.0, 1.2),
    ProofCheck("refusals", "passed", "a row that does not fit is refused with its column", "422 naming contract"),
    ProofCheck("train", "passed", "train.py makes the same model", "the same predictions", 1000, 0.0, 14.2),
    ProofCheck("tests", "passed", "its own tests pass", "9 tests", duration_s=4.0),
    ProofCheck("stop", "passed", "it stops when it is asked to", "after 0.2 s, nothing lost", duration_s=0.2),
)  # fmt: skip

FILES = (
    ExportedFile("Dockerfile", 1_204, "the image: slim, not root, with a health check"),
    ExportedFile("README.md", 2_310, "three commands"),
    ExportedFile("model/manifest.json", 912, "name, version, digest"),
    ExportedFile("model/model.bin", 1_204_331, "the model"),
    ExportedFile("model/schema.json", 1_811, "what goes in and comes out"),
    ExportedFile("requirements.lock", 24_110, "exact versions with hashes"),
    ExportedFile("service/app.py", 9_120, "the application"),
    ExportedFile("service/runtime/formats.py", 12_400),
    ExportedFile("tests/golden.json", 51_240, "rows and the answers of the notebook"),
    ExportedFile("tests/test_service.py", 3_020, "asks them"),
    ExportedFile("train.py", 4_410, "the slice, its parameters as options"),
)
PACKAGES = (
    ("fastapi", "0.121.0"), ("joblib", "1.5.2"), ("numpy", "2.3.1"), ("orjson", "3.11.4"), ("pandas", "2.3.3"),
    ("prometheus-client", "0.23.1"), ("scikit-learn", "1.9.0"), ("scipy", "1.16.3"), ("uvicorn", "0.38.0"),
)  # fmt: skip


def export(verdict: str = "verified") -> ExportReport:
    return ExportReport(
        "churn:4", "service", "service", verdict,
        "churn:4 answers 1,000 rows as the notebook did, and train.py makes the same model", CHECKS, FILES,
        "3.11.9", PACKAGES, (), (Latency(1, 2.1, 3.9, 500), Latency(1000, 14.2, 22.7, 100)),
        ("The base image is pinned by its tag: its digest is not known here",), NOW, 48.1, "ines", "x1",
    )  # fmt: skip


def failed_export() -> ExportReport:
    checks = (
        *CHECKS[:2],
        ProofCheck("answers", "failed", "the recorded rows are answered as the notebook did", "41 of 1,000 rows have another class; the first is row 17: yes, recorded no", 1000, 0.31, 0.8),
        ProofCheck("train", "skipped", "train.py makes the same model", "data/customers.csv is only known by its hash"),
    )  # fmt: skip
    return replace(
        export("failed"), checks=checks, latencies=(), differing=(("scikit-learn", "1.9.0", "1.9.1"),),
        summary="churn:4 does not answer as the notebook did: 41 of 1,000 rows have another class", target="batch",
    )  # fmt: skip


def unverified_export() -> ExportReport:
    return ExportReport("churn:4", "batch", "job", "unverified", "churn:4 was written to job without proof")


def retrained() -> Retraining:
    changes = (
        ChangedInput("data", "data/customers.csv", "9f2c9f2c9f2c", "77aa0b1e42d1"),
        ChangedInput("data", "churn-train", "version 12", "version 13"),
        ChangedInput("environment", "scikit-learn", "1.9.0", "1.9.1"),
    )
    return Retraining(
        "churn", "churn:4", changes, True, 31, "churn:5", "churn:5 was trained because data changed"
    )


def unchanged() -> Retraining:
    return Retraining(
        "churn", "churn:4", (), False, summary="nothing changed since churn:4, so nothing was run"
    )


def large() -> list[object]:
    """Records with hundreds of everything."""
    many = 400
    cells = tuple(
        SliceCell(i, "\n".join(f"x_{i}_{j} = np.arange({j}) * {i}" for j in range(20)), i % 3 != 1, f"makes x_{i}", i)
        for i in range(many)
    )  # fmt: skip
    names = tuple(f"a_column_with_a_rather_long_name_{i}" for i in range(many))
    return [
        replace(
            code_slice(), cells=cells, doubts=names, files=tuple(FileUse(f"data/{name}.csv", 1, HASH, 1.0, HASH) for name in names),
            unrepeatable=tuple(Drawing(name, 1) for name in names),
        ),
        replace(
            reproduction(), values=tuple(value("metric", name, "differs", "1" * 40, "2" * 40, name) for name in names), causes=names,
            cells=tuple(ReproducedCell(i, name * 3, "failed", 0.1, (Drawing(name, 1),), name) for i, name in enumerate(names)),
            environment=tuple((name, "1.0", "2.0") for name in names),
        ),
        replace(
            export(), checks=tuple(ProofCheck(name, "failed", name * 5, name * 8) for name in names),
            files=tuple(ExportedFile(f"{name}/{name}/x", 10, name) for name in names), packages=tuple((name, "1.0") for name in names),
            warnings=names, differing=tuple((name, "1", "2") for name in names), latencies=tuple(Latency(i, 1.0, 2.0, 3) for i in range(many)),
        ),
        replace(retrained(), changes=tuple(ChangedInput("data", name, "a" * 64, "b" * 64) for name in names)),
    ]  # fmt: skip


def every() -> list[object]:
    return [
        code_slice(), code_slice(None), code_slice("differs"), doubtful_slice(), empty_slice(),
        reproduction(), differing(), broken(), export(), failed_export(), unverified_export(), retrained(), unchanged(),
    ]  # fmt: skip

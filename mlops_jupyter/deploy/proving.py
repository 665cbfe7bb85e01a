"""The proof of an export: built from its lock, started, asked, trained again, each step with its finding.

Everything happens in a copy of the folder and in environments made for it, so that nothing of this
process or of this machine's packages can help, and nothing of the proof stays in the export.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final

from ..display import words
from ..lineage.environments import fresh_environment
from ..records import ExportReport, Latency, ProofCheck, ProofVerdict
from . import asking, forms, jobs
from .checks import Checks, Found, Say, as_expected, silent
from .golden import Golden

_NO_RECIPE: Final = "the export has no train.py; its README says why"
_NO_ENVIRONMENT: Final = "there is no environment for it"
_NO_ROWS: Final = "there are no rows with known answers: register the model with X=, or keep its data"


def prove(
    folder: Path,
    *,
    label: str,
    golden: Golden | None,
    inputs: Mapping[str, bytes] | None = None,
    variables: Mapping[str, str] | None = None,
    on_progress: Say | None = None,
) -> tuple[tuple[ProofCheck, ...], tuple[Latency, ...]]:
    """Return what was checked of an export, each with its finding, and how long answering took.

    Never raises for what it finds: a step that fails says why, and those that need it are skipped.

    Parameters
    ----------
    folder
        The exported folder; it is left as it is.
    label
        What the version is called, ``churn:4``.
    golden
        Rows with the answers to compare with; None where there are none.
    inputs
        The files that ``train.py`` reads, by the path it reads them at.
    variables
        Environment variables that the training had: threads, hash seed, time zone.
    on_progress
        Is told in a few words what is being done.

    Examples
    --------
    >>> checks, _ = prove(Path("service"), label="churn:4", golden=None)  # doctest: +SKIP
    >>> verdict_of(checks)  # doctest: +SKIP
    'verified'
    """
    say = on_progress or silent
    with tempfile.TemporaryDirectory(prefix="mlops-proof-") as scratch:
        copy = Path(scratch) / "export"
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("__pycache__", ".venv", "*.sqlite*"))
        proof = _Proof(copy, Path(scratch) / "environments", label, golden, say)
        running = proof.environment("environment", "requirements.lock")
        if (copy / "service").is_dir():
            proof.service(running)
        else:
            proof.batch(running)
        testing = proof.environment("environment.dev", "requirements-dev.lock")
        proof.tests(testing)
        proof.training(testing, inputs or {}, variables or {})
        return tuple(proof.checks.made), proof.latencies


def verdict_of(checks: Sequence[ProofCheck]) -> ProofVerdict:
    """Return what a proof comes to: nothing is verified unless answers were compared.

    Examples
    --------
    >>> verdict_of([])
    'unverified'
    """
    if any(check.state == "failed" for check in checks):
        return "failed"
    return "verified" if any(check.state == "passed" and check.n_rows for check in checks) else "unverified"


def summary_of(report: ExportReport) -> str:
    """Return the verdict of an export as a sentence."""
    failed = next((check for check in report.checks if check.state == "failed"), None)
    if failed is not None:
        return f"not proved: {failed.found}"
    if not report.checks:
        return "never proved: exported without a check (--no-verify)"
    if report.verdict == "unverified":
        return f"nothing was compared: {_NO_ROWS}"
    rows = max(check.n_rows or 0 for check in report.checks)
    said = [f"{rows:,} rows answered as in the notebook"]
    passed = {check.key for check in report.checks if check.state == "passed"}
    said += ["its tests pass"] if "tests" in passed else []
    said += ["train.py makes the same model"] if "training" in passed else []
    return f"proved in a fresh environment: {', '.join(said)}"


class _Proof:
    """The steps of a proof, in a copy of the exported folder."""

    def __init__(self, folder: Path, environments: Path, label: str, golden: Golden | None, say: Say) -> None:
        self.folder, self.environments = folder, environments
        self.label, self.golden, self.say = label, golden, say
        self.checks = Checks()
        self.latencies: tuple[Latency, ...] = ()

    def environment(self, key: str, lock: str) -> Path | None:
        """Install a lock; None where there is none, or it cannot be installed."""
        file = self.folder / lock
        made: list[Path] = []
        if not file.exists():
            return None

        def work() -> Found:
            text, links = file.read_text(encoding="utf-8"), [self.folder / "wheels"]
            made.append(fresh_environment(text, self.environments, links=links, on_progress=self.say))
            lines = [line for line in text.splitlines() if line[:1].strip() and line[0] != "#"]
            return Found(f"{len(lines)} packages, each file checked by its hash")

        self.checks.check(key, f"{lock} is installed into a new environment", work)
        return made[0] if made else None

    def service(self, python: Path | None) -> None:
        """Start the service, ask it in all forms, measure it, stop it."""
        asked = "The service starts as its README says"
        if python is None:
            self.checks.skip("start", asked, _NO_ENVIRONMENT)
            return
        self.say(f"starting {self.label}")
        with ExitStack() as stack:
            running: list[asking.Service] = []

            def work() -> Found:
                running.append(stack.enter_context(asking.started(self.folder, python)))
                return Found(f"ready after {running[0].ready_s:.1f} s, for this machine only")

            self.checks.check("start", asked, work)
            if running:
                self._answers(running[0])
                stopping = "It stops when told, and answers what it has begun"
                self.checks.check("stop", stopping, lambda: self._stop(running[0]))

    def _answers(self, service: asking.Service) -> None:
        golden = self.golden
        if golden is None:
            self.checks.skip("answers", "It answers as the notebook did", _NO_ROWS)
            return
        for form in forms.FORMS:
            self.say(f"asking {self.label}: {form.words}")
            asked = f"Asked in {form.words}, it answers as the notebook did"
            self.checks.check(f"answers.{form.key}", asked, _asking(form, service, golden))
        if not self.checks.has_failed:
            self.say(f"measuring {self.label}")
            self.checks.check(
                "latency", "How long it takes is measured", lambda: self._measure(service, golden)
            )

    def _measure(self, service: asking.Service, golden: Golden) -> Found:
        self.latencies = asking.latencies(service, golden)
        said = [f"{words.counted(one.n_rows, 'row')} in {one.p50_ms:.3g} ms" for one in self.latencies]
        return Found(f"{' and '.join(said)} (medians)")

    def _stop(self, service: asking.Service) -> Found:
        body = forms.as_columns(self.golden) if self.golden else None
        took = service.stop_while_answering(body)
        said = "the request that was open was answered, and " if body else ""
        return Found(f"{said}it ended {took:.1f} s after SIGTERM")

    def batch(self, python: Path | None) -> None:
        """Score the golden rows from a file of each kind."""
        golden = self.golden
        if python is None or golden is None:
            why = _NO_ROWS if python else _NO_ENVIRONMENT
            self.checks.skip("answers", "The batch job answers as the notebook did", why)
            return
        for kind in jobs.KINDS:
            self.say(f"scoring {self.label}: {kind}")
            asked = f"From a file of {kind}, it answers as the notebook did"
            self.checks.check(f"answers.{kind}", asked, _scoring(self.folder, python, golden, kind))

    def tests(self, python: Path | None) -> None:
        """Run the exported tests."""
        if not (self.folder / "tests").is_dir():
            return
        if python is None:
            self.checks.skip("tests", "The exported tests pass", _NO_ENVIRONMENT)
            return
        self.say(f"running the tests of {self.label}")
        run = jobs.run_tests
        self.checks.check("tests", "The exported tests pass", lambda: Found(run(self.folder, python)))

    def training(
        self, python: Path | None, inputs: Mapping[str, bytes], variables: Mapping[str, str]
    ) -> None:
        """Train again and compare the answers of the new model."""
        asked, golden = "train.py makes a model that answers the same", self.golden
        has_script = (self.folder / "train.py").exists()
        if not has_script or python is None or golden is None:
            why = _NO_ROWS if python else _NO_ENVIRONMENT
            self.checks.skip("training", asked, why if has_script else _NO_RECIPE)
            return
        self.say(f"training {self.label} again")

        def work() -> Found:
            jobs.train(self.folder, python, inputs, variables)
            if not (self.folder / "service").is_dir():
                return _scoring(self.folder, python, golden, "csv")()
            with asking.started(self.folder, python) as service:
                return _asking(forms.FORMS[0], service, golden)()

        self.checks.check("training", asked, work)


def _asking(form: forms.Form, service: asking.Service, golden: Golden) -> Callable[[], Found]:
    expected = golden if form.has_probabilities else replace(golden, probabilities=None)
    return lambda: as_expected(expected, *form.ask(service, golden))


def _scoring(folder: Path, python: Path, golden: Golden, kind: str) -> Callable[[], Found]:
    return lambda: as_expected(golden, *jobs.score(folder, python, golden, kind))

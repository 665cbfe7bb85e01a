"""Programs of an export, run in its own environment: its tests, its training, its batch job."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Final

from ..errors import MlopsError
from . import asking, forms
from .golden import Golden

KINDS: Final = ("csv", "parquet")

_LIMIT_S: Final = 3_600.0
_FAILED = re.compile(r"^(?:FAILED|ERROR) (.{1,300})", re.MULTILINE)
_COUNTED = re.compile(r"\d+ passed[^=\n]*")


def run_tests(folder: Path, python: Path) -> str:
    """Run the tests of a folder and return what they counted.

    Raises
    ------
    MlopsError
        If one fails, or there is none; with the last of what was said.
    """
    command = [
        str(python),
        "-m",
        "pytest",
        "-q",
        "--no-header",
        "--color=no",
        "-p",
        "no:cacheprovider",
        "tests",
    ]
    done = _run(command, folder)
    found = _COUNTED.search(done.stdout)
    if done.returncode or found is None:
        said = _FAILED.search(done.stdout)
        raise MlopsError(
            f"the exported tests fail: {said[1] if said else _last_line(done.stdout + done.stderr)}"
        )
    return found[0].strip()


def train(folder: Path, python: Path, inputs: Mapping[str, bytes], variables: Mapping[str, str]) -> None:
    """Run ``train.py`` on kept inputs; its model takes the place of the folder's.

    Files at absolute paths are laid into the folder, and the script is shown them there: what stands at
    that path by now may be another file.

    Raises
    ------
    MlopsError
        If it does not come to its end, or writes no model.
    """
    script = folder / "train.py"
    text = script.read_text(encoding="utf-8")
    for number, (path, content) in enumerate(inputs.items()):
        place = folder / path
        if PurePath(path).is_absolute() or ".." in PurePath(path).parts:
            place = folder / "inputs" / f"{number}-{PurePath(path).name}"
            text = text.replace(repr(path), repr(str(place))).replace(
                json.dumps(path), json.dumps(str(place))
            )
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    script.write_text(text, encoding="utf-8")
    made = folder / "retrained.bin"
    done = _run([str(python), "train.py", "--output", str(made)], folder, variables)
    if done.returncode or not made.exists():
        raise MlopsError(f"train.py did not come to its end: {_last_line(done.stderr or done.stdout)}")
    manifest = folder / "model" / "manifest.json"
    facts = json.loads(manifest.read_text(encoding="utf-8"))
    facts["sha256"] = hashlib.sha256(made.read_bytes()).hexdigest()
    manifest.write_text(json.dumps(facts), encoding="utf-8")
    made.replace(folder / "model" / "model.bin")


def score(folder: Path, python: Path, golden: Golden, kind: str) -> forms.Answers:
    """Score golden rows from a file with the batch job; return predictions, and probabilities or None.

    Raises
    ------
    MlopsError
        If it does not come to its end.
    """
    given, scored = folder / f"golden.{kind}", folder / f"golden-scored.{kind}"
    scored.unlink(missing_ok=True)
    if kind == "csv":
        given.write_text(forms.csv_of(golden), encoding="utf-8")
    else:
        _write_parquet(golden, given)
    done = _run([str(python), "score.py", given.name, scored.name], folder)
    if done.returncode or not scored.exists():
        raise MlopsError(f"score.py did not come to its end: {_last_line(done.stderr or done.stdout)}")
    beside = len(golden.columns)
    if kind == "csv":
        return forms.answers_of_csv(scored.read_bytes(), golden, beside=beside)
    import pyarrow.parquet as pq

    return forms.answers_of_table(pq.read_table(scored), beside=beside)


def _write_parquet(golden: Golden, path: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(forms.table_of(golden), path)


def _run(
    command: Sequence[str], folder: Path, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 - the environment's own Python, a list of arguments
            list(command),
            cwd=folder,
            env={**asking.clean_environ(), **(variables or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise MlopsError(f"{command[1]} still ran after {_LIMIT_S / 60:.0f} minutes and was ended") from None


def _last_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"

"""What stands in the folder of an export, put together in memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .. import __version__, config
from ..errors import UsageError, near
from ..records import Target, to_plain
from ..store import Store
from . import texts
from .folder import FORM, MARK, Bundle
from .golden import Golden, golden_rows
from .naming import base_image, is_pinned
from .packages import Packages, packages_of
from .service.settings import defaults
from .sources import batch_sources, first_line, service_sources
from .subject import Subject, card_files, manifest
from .training import TrainingCode, training_of

Say = Callable[[str], Any]
_OF_BATCH = ("threads", "extra_columns", "unseen", "outside_range", "allows_infinite")
_NEEDS_OPENMP = frozenset({"lightgbm"})
_PACKAGES = {"service": "service", "batch": "scoring"}
_LEFT_OUT = "whoever exported it left it out (training=False)."
_NO_ROWS = "No rows with known answers are recorded, so the tests only look at the form of answers."


@dataclass(frozen=True, slots=True)
class Contents:
    """The files of an export, and what the report tells of them."""

    bundle: Bundle
    golden: Golden | None
    packages: Packages
    warnings: tuple[str, ...]
    has_training: bool = False


def contents_of(
    store: Store,
    subject: Subject,
    target: Target,
    *,
    say: Say,
    log_columns: Sequence[str] = (),
    image: str | None = None,
    training: bool = True,
) -> Contents:
    """Return everything that an export writes.

    Raises
    ------
    UsageError
        If a column is none of the model's, the image is none, or the recipe holds a secret.
    MlopsError
        If no lock can be made.
    """
    base = base_image(subject.python, image)
    settings = _settings(subject, target, log_columns)
    say("writing the recipe as a script")
    recipe = training_of(store, subject, _PACKAGES[target]) if training else TrainingCode(why_none=_LEFT_OUT)
    sources = service_sources() if target == "service" else batch_sources()
    packages = packages_of(subject, sources, recipe.imports, on_progress=say)
    say("asking the model for rows with known answers")
    golden = golden_rows(store, subject.model, subject.version, loaded=subject.loaded)
    warnings = _warnings(subject, packages, golden, base)
    bundle = Bundle()
    _put_code(bundle, sources, target)
    _put_model(bundle, subject, settings)
    _put_training(bundle, recipe)
    _put_tests(bundle, subject, golden, target)
    _put_packages(bundle, packages)
    for path, text in card_files(subject, store).items():
        bundle.put(path, text, "what is recorded about the model")
    facts = _facts(subject, target, base, settings, log_columns, packages, recipe, golden, warnings)
    for path, what in texts.FILES.items():
        if path != "README.md":
            bundle.put(path, texts.text_of(path, facts), what)
    bundle.put(MARK, b"", "what was exported, when, and the digest of every file")
    bundle.put("README.md", "", texts.FILES["README.md"])
    bundle.files["README.md"] = texts.text_of("README.md", facts | {"files": _told(bundle)}).encode()
    bundle.files[MARK] = _mark(bundle, subject, target)
    return Contents(bundle, golden, packages, warnings, has_training=bool(recipe.script))


def _settings(subject: Subject, target: Target, log_columns: Sequence[str]) -> dict[str, Any]:
    """Return the settings of an export: the defaults, and what a service keeps of what it is sent."""
    known = [one.name for one in subject.signature.inputs]
    for name in log_columns:
        if name not in known:
            hint = near(name, known) or f"it takes {', '.join(known[:8])}"
            raise UsageError(f"the model has no column {name!r} to keep in the log; {hint}")
    found = defaults()
    found["log"]["columns"] = list(dict.fromkeys(log_columns))
    return found if target == "service" else {name: found[name] for name in _OF_BATCH}


def _put_code(bundle: Bundle, sources: dict[str, str], target: Target) -> None:
    for path, text in sources.items():
        bundle.put(path, text, first_line(text))
    if target == "batch":
        bundle.put("score.py", texts.text_of("score.py", {}), "the command: scores a file")


def _put_model(bundle: Bundle, subject: Subject, settings: dict[str, Any]) -> None:
    bundle.put("model/model.bin", subject.data, f"the model ({subject.version.format}), as registered")
    bundle.put("model/manifest.json", manifest(subject), "what it is called, its digest, its libraries")
    bundle.put("model/schema.json", to_plain(subject.signature), "the columns it takes and what it answers")
    if subject.example is not None:
        bundle.put("model/example.json", to_plain(subject.example), "rows it was registered with")
    bundle.put("settings.json", settings, "everything that can be set")


def _put_training(bundle: Bundle, recipe: TrainingCode) -> None:
    if recipe.script:
        bundle.put("train.py", recipe.script, "trains it again: the part of the notebook that made it")
        bundle.put("recipe.json", recipe.recipe, "the executed cells, kept and left out, as recorded")
    for path, data in recipe.modules.items():
        bundle.put(path, data, "a module of the notebook's own")


def _put_tests(bundle: Bundle, subject: Subject, golden: Golden | None, target: Target) -> None:
    columns = tuple(one.name for one in subject.signature.inputs)
    known = golden or Golden(columns, (), ())
    bundle.put("tests/golden.json", to_plain(known), "rows and the answers to them")
    if target == "service":
        bundle.put("tests/test_service.py", texts.text_of("test_service.py", {}), "starts it and asks it")
        bundle.put("tests/request.json", _request(known), "a request to try")
    else:
        bundle.put("tests/test_score.py", texts.text_of("test_score.py", {}), "scores files, stops, goes on")
        bundle.put("tests/rows.csv", _rows(known), "rows to try")


def _request(known: Golden) -> dict[str, Any]:
    row = known.rows[0] if known.rows else [None] * len(known.columns)
    return {"columns": {name: [value] for name, value in zip(known.columns, row, strict=True)}}


def _rows(known: Golden) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(known.columns)
    writer.writerows(["" if value is None else value for value in row] for row in known.rows)
    return text.getvalue()


def _put_packages(bundle: Bundle, packages: Packages) -> None:
    bundle.put("requirements.lock", packages.lock.text, "the packages that run it, with hashes")
    bundle.put("requirements-dev.lock", packages.dev_lock.text, "these, and what tests and training need")
    for wheel in dict.fromkeys((*packages.lock.wheels, *packages.dev_lock.wheels)):
        bundle.put(f"wheels/{wheel.name}", wheel.read_bytes(), "a package that no index has")


def _warnings(subject: Subject, packages: Packages, golden: Golden | None, base: str) -> tuple[str, ...]:
    said = list(packages.warnings)
    if golden is None:
        said.append("no rows with known answers are recorded, so nothing could be compared")
    if not is_pinned(base):
        said.append(f"the image {base} is named by its exact tag, not by its digest: image='{base}@sha256:…'")
    if subject.version.unsafe_reason:
        said.append(f"the model is kept as a pickle, which runs code: {subject.version.unsafe_reason}")
    return tuple(said)


def _facts(
    subject: Subject,
    target: Target,
    base: str,
    settings: dict[str, Any],
    log_columns: Sequence[str],
    packages: Packages,
    recipe: TrainingCode,
    golden: Golden | None,
    warnings: tuple[str, ...],
) -> dict[str, Any]:
    """Return what the templates print; of what users wrote only what was checked, or is for people."""
    python = subject.python
    return {
        "name": subject.name,
        "number": subject.version.number,
        "target": target,
        "base": base,
        "is_pinned": is_pinned(base),
        "python": python,
        "minor": ".".join(python.split(".")[:2]),
        "ours": __version__,
        "needs_openmp": bool(_NEEDS_OPENMP & {name for name, _ in packages.lock.packages}),
        "has_wheels": bool(packages.lock.wheels or packages.dev_lock.wheels),
        "has_modules": bool(recipe.modules),
        "has_training": bool(recipe.script),
        "requirements": packages.requirements,
        "dev_requirements": packages.dev_requirements,
        "token_env": settings.get("token_env", ""),
        "extra_columns": settings["extra_columns"],
        "log_columns": ", ".join(map(texts.in_markdown, log_columns)),
        "class_name": texts.in_markdown(subject.version.class_name),
        "golden_sentence": _tested(golden),
        "n_kept": recipe.n_kept,
        "n_cells": recipe.n_cells,
        "options": ", ".join(f"`{one}`" for one in recipe.options),
        "inputs": [texts.in_markdown(path) for path in recipe.inputs],
        "training_notes": [texts.in_markdown(note) for note in recipe.notes],
        "why_no_training": texts.in_markdown(recipe.why_none),
        "warnings": [texts.in_markdown(one) for one in warnings],
    }


def _tested(golden: Golden | None) -> str:
    if golden is None:
        return _NO_ROWS
    return f"They start it and compare its answers: {texts.in_markdown(golden.source)}."


def _told(bundle: Bundle) -> list[dict[str, str]]:
    """Return the files as the README lists them: folders of code as one line each."""
    found: dict[str, str] = {}
    for file in bundle.listed():
        top = file.path.partition("/")[0]
        folder = f"{top}/" if top in {"service", "scoring", "modules", "wheels"} else ""
        found.setdefault(folder or file.path, _FOLDERS.get(folder, file.what))
    return [{"path": path, "what": what} for path, what in found.items()]


_FOLDERS = {
    "service/": "the service; nothing in it is generated, everything that varies is in the other files",
    "scoring/": "the code of the job; nothing in it is generated",
    "modules/": "modules of the notebook's own",
    "wheels/": "packages that no index has",
}


def _mark(bundle: Bundle, subject: Subject, target: Target) -> bytes:
    digests = {path: digest for path, digest in bundle.digests().items() if path != MARK}
    mark = Bundle()
    mark.put(
        MARK,
        {
            "form": FORM,
            "label": subject.label,
            "target": target,
            "created_at": config.now(),
            "made_by": f"mlops_jupyter {__version__}",
            "files": digests,
        },
    )
    return mark.files[MARK]

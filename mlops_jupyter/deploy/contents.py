"""What stands in the folder of an export, put together in memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import __version__, config
from ..errors import UsageError, near
from ..records import Target, to_plain
from ..store import Store
from . import texts
from .facts import Facts, files_told
from .folder import FORM, MARK, Bundle
from .golden import Golden, golden_rows
from .model_modules import modules_of
from .naming import base_image
from .own_modules import own_modules, top_names
from .packages import Packages, imports_of, imports_of_code, packages_of
from .service.settings import defaults
from .sources import batch_sources, first_line, service_sources
from .subject import Subject, card_files, manifest
from .training import TrainingCode, training_of

Say = Callable[[str], Any]
_OF_BATCH = ("threads", "extra_columns", "unseen", "outside_range", "allows_infinite")
README = "README.md"
_PACKAGES = {"service": "service", "batch": "scoring"}
_LEFT_OUT = "whoever exported it left it out (training=False)."


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
    named = modules_of(subject.data, subject.version.format, subject.libraries)
    modules = recipe.modules | own_modules(named, recipe.modules)
    running = {*imports_of_code(sources), *_of_model(named, modules)}
    packages = packages_of(subject, running, recipe.imports, on_progress=say)
    say("asking the model for rows with known answers")
    golden = golden_rows(store, subject.model, subject.version, loaded=subject.loaded)
    facts = Facts(subject, target, base, settings, packages, recipe, golden, bool(modules))
    bundle = Bundle()
    _put_code(bundle, sources, target)
    _put_model(bundle, subject, settings)
    _put_training(bundle, recipe, modules)
    _put_tests(bundle, subject, golden, target)
    _put_packages(bundle, packages)
    for path, text in card_files(subject, store).items():
        bundle.put(path, text, "what is recorded about the model")
    _put_texts(bundle, facts)
    return Contents(bundle, golden, packages, facts.warnings, has_training=bool(recipe.script))


def _of_model(named: Collection[str], modules: Mapping[str, bytes]) -> set[str]:
    """Return the modules of packages that a model's file needs, also through the user's own modules."""
    own = top_names(modules)
    used = {
        path: data.decode("utf-8", "replace")
        for path, data in modules.items()
        if top_names([path]) & {*named}
    }
    return ({*named} | imports_of(used)) - own


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


def _put_training(bundle: Bundle, recipe: TrainingCode, modules: Mapping[str, bytes]) -> None:
    if recipe.script:
        bundle.put("train.py", recipe.script, "trains it again: the part of the notebook that made it")
        bundle.put("recipe.json", recipe.recipe, "the executed cells that made it, as recorded")
    for path, data in modules.items():
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


def _put_texts(bundle: Bundle, facts: Facts) -> None:
    """Add what is made of templates; the README and the mark last, since they list all the others."""
    told = facts.of_templates()
    for path, what in texts.FILES.items():
        bundle.put(path, "" if path == README else texts.text_of(path, told), what)
    bundle.put(MARK, "", "what was exported, when, and the digest of every file")
    bundle.files[README] = texts.text_of(README, told | {"files": files_told(bundle)}).encode()
    bundle.files[MARK] = _mark(bundle, facts)


def _mark(bundle: Bundle, facts: Facts) -> bytes:
    mark = {
        "form": FORM,
        "label": facts.subject.label,
        "target": facts.target,
        "created_at": config.now(),
        "made_by": f"mlops_jupyter {__version__}",
        "files": {path: digest for path, digest in bundle.digests().items() if path != MARK},
    }
    return Bundle.as_bytes(mark)

"""The folder of a service: everything about it is checked before the model's file is opened."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .answers import plain, same
from .model import Model
from .runtime import IntegrityError, UnsupportedError, load_model
from .schema import Rows, Schema
from .settings import Settings, check_settings, read_settings

EXAMPLE = "model/example.json"
DIGEST_VARIABLE = "MODEL_SHA256"
_METHODS = ("predict", "transform")
_ANY_VERSION = frozenset({"skops", "cloudpickle"})  # they read each other's files


@dataclass(frozen=True, slots=True)
class Bundle:
    """A folder that was read: the model ready to answer, what it takes, and what is known of it."""

    folder: Path
    manifest: Mapping[str, Any]
    signature: Mapping[str, Any]
    settings: Settings
    schema: Schema
    model: Model
    warnings: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What people call the model."""
        return str(self.manifest.get("label") or self.manifest["name"])

    @property
    def version(self) -> str:
        """The number of the version, as text."""
        return str(self.manifest.get("number", ""))


@dataclass(frozen=True, slots=True)
class CheckedFolder:
    """A folder whose files are all there and understood; ``data`` are the model's bytes, as exported."""

    folder: Path
    manifest: Mapping[str, Any]
    signature: Mapping[str, Any]
    settings: Settings
    schema: Schema
    data: bytes


def read_bundle(folder: str | Path) -> Bundle:
    """Return the bundle of a folder, whose layout the package's docstring shows.

    Raises
    ------
    UnsupportedError
        If a file is missing or cannot be understood; names it.
    IntegrityError
        If the model's file is not the one that the manifest, or ``MODEL_SHA256``, names.
    SettingsError
        If a setting cannot be understood.
    """
    checked = check_folder(folder)
    root, manifest = checked.folder, checked.manifest
    _find_modules(root)
    fitted = load_model(
        checked.data, trusted=manifest.get("trusted") or (), unsafe=manifest.get("unsafe") is True
    )
    model = Model(fitted, manifest.get("method", "predict"), checked.settings.threads)
    warnings = (*_other_versions(manifest), *_other_answers(root, checked.schema, model))
    return Bundle(root, manifest, checked.signature, checked.settings, checked.schema, model, warnings)


def check_folder(folder: str | Path) -> CheckedFolder:
    """Return what a folder holds, the model's file not opened yet; raises as :func:`read_bundle` does."""
    root = Path(folder).resolve()
    settings = read_settings(root)
    check_settings(settings)
    manifest = _json(root, "model/manifest.json")
    signature = _json(root, "model/schema.json")
    for key in ("name", "sha256"):
        if not isinstance(manifest.get(key), str):
            raise UnsupportedError(f"model/manifest.json has no {key!r}")
    method = manifest.get("method", "predict")
    if method not in _METHODS:
        raise UnsupportedError(f"model/manifest.json: method is {method!r}; expected predict or transform")
    try:
        schema = Schema(signature, settings)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnsupportedError(f"model/schema.json is no signature: {error}") from error
    data = _checked(root / "model" / "model.bin", manifest)
    return CheckedFolder(root, manifest, signature, settings, schema, data)


def _json(root: Path, name: str) -> dict[str, Any]:
    try:
        read = json.loads((root / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UnsupportedError(f"there is no {name} in {root}") from None
    except (OSError, ValueError) as error:
        raise UnsupportedError(f"{name} cannot be read: {error}") from error
    if not isinstance(read, dict):
        raise UnsupportedError(f"{name} is no JSON object")
    return read


def _checked(path: Path, manifest: Mapping[str, Any]) -> bytes:
    """Return the model's bytes, which are those that were exported: nothing else is ever opened."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnsupportedError(f"model/model.bin cannot be read: {error.strerror}") from error
    found = hashlib.sha256(data).hexdigest()
    asked = os.environ.get(DIGEST_VARIABLE, "")
    for where, wanted in (("model/manifest.json", manifest["sha256"]), (DIGEST_VARIABLE, asked)):
        if wanted and wanted.lower() != found:
            raise IntegrityError(
                f"model/model.bin is not the file that was exported: its SHA-256 is {found}, "
                f"and {where} says {wanted}. Nothing of it was opened; export the model again"
            )
    return data


def _find_modules(root: Path) -> None:
    modules = str(root / "modules")
    if (root / "modules").is_dir() and modules not in sys.path:
        sys.path.insert(0, modules)


def _other_versions(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    found = []
    for library, then in (manifest.get("libraries") or {}).items():
        if library == "python" or library in _ANY_VERSION:
            continue
        try:
            here = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            continue
        if here != then:
            found.append(f"the model was made with {library} {then}, and this is {here}: check its answers")
    return tuple(found)


def _other_answers(root: Path, schema: Schema, model: Model) -> tuple[str, ...]:
    """Return a sentence where the rows that were kept with the model are answered otherwise than then.

    Asking them here also makes the first request as fast as the others.
    """
    try:
        example = _json(root, EXAMPLE)
        rows = [row[0] for row in example["rows"]] if schema.shape else example["rows"]
        given = schema.read(Rows(len(rows), placed=rows))
        answers = model.ask(given.data)
        is_asked_for_classes = example.get("method") != "predict_proba"
        found = answers.predictions if is_asked_for_classes else answers.probabilities
        is_same = same(plain(found), example["predictions"])
    except Exception as error:  # noqa: BLE001 - an example is no reason not to start
        return () if isinstance(error, UnsupportedError) else (f"{EXAMPLE} cannot be asked: {error}"[:300],)
    return () if is_same else (f"the model answers the rows of {EXAMPLE} otherwise than it did",)

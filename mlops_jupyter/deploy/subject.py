"""What is exported: a version with its file, what it takes and answers, and where it was trained."""

from __future__ import annotations

import json
import platform
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import models
from ..errors import NotFoundError, UsageError
from ..models import reference, views
from ..models.loading import load_version
from ..records import (
    CodeSlice,
    InputExample,
    Model,
    ModelVersion,
    Signature,
    from_plain,
)
from ..store import Store
from .naming import plain_name


@dataclass(frozen=True, slots=True)
class Subject:
    """A version that is exported.

    ``name`` is its plain name, ``label`` what people call it, ``loaded`` the model that the file makes.
    ``installed`` are the packages and versions of the training, empty where nobody recorded them;
    ``recipe`` the cells that made it, else None and ``why_no_recipe`` a sentence. ``variable`` is the
    name of the model in the recipe, ``variables`` what of the process's environment changes bits,
    ``folder`` where the recipe ran.
    """

    model: Model
    version: ModelVersion
    name: str
    label: str
    data: bytes
    loaded: Any
    signature: Signature
    example: InputExample | None
    trusted: tuple[str, ...]
    python: str
    installed: dict[str, str]
    recipe: CodeSlice | None
    why_no_recipe: str = ""
    variable: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    folder: Path = Path()

    @property
    def libraries(self) -> dict[str, str]:
        """The versions that the file was written with."""
        return json.loads(self.version.libraries) if self.version.libraries else {}


def subject_of(store: Store, ref: str, *, trusted: Sequence[str] = (), unsafe: bool = False) -> Subject:
    """Return what an export of a version is made from, after its file was opened once.

    Raises
    ------
    NotFoundError
        If there is no such version.
    UsageError
        If it has no signature: a service could not check what it is sent.
    UnsupportedError
        If its file cannot be opened as it would be in the service; says what to allow.
    """
    model, version = reference.find_version(store, ref)
    label = reference.label(model, version)
    signature = from_plain(Signature, json.loads(version.signature))
    if not signature.inputs:
        raise UsageError(
            f"nothing says what {label} takes, so nothing could be checked: give it some rows, "
            f"register({model.name!r}, model=…, X=X_train), and export that version"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # other versions than here are what the proof is about
        loaded = load_version(store, model, version, unsafe=unsafe, check=False, trusted=trusted)
    environment = views.environment_of(store, version)
    recipe, why = _recipe(store, version, label)
    variable = variable_of(store, version)
    if recipe is not None and variable is None:
        recipe, why = None, "its recipe does not say which variable is the model."
    libraries = json.loads(version.libraries) if version.libraries else {}
    return Subject(
        model=model,
        version=version,
        name=plain_name(model.name),
        label=label,
        data=store.objects.get(version.object_hash),
        loaded=loaded,
        signature=signature,
        example=views.example_of(store, version),
        trusted=tuple(trusted),
        python=environment.python if environment else libraries.get("python", platform.python_version()),
        installed=json.loads(environment.packages) if environment else {},
        recipe=recipe,
        why_no_recipe=why,
        variable=variable,
        **_where(store, version),
    )


def manifest(subject: Subject) -> dict[str, Any]:
    """Return what the service reads of its model: ``model/manifest.json``."""
    version = subject.version
    return {
        "name": subject.model.name,
        "number": version.number,
        "label": subject.label,
        "sha256": version.object_hash,
        "format": version.format,
        "class_name": version.class_name,
        "method": "predict",
        "trusted": list(subject.trusted),
        "unsafe": version.unsafe_reason is not None,
        "libraries": subject.libraries,
        "python": subject.python,
        "created_at": version.created_at,
    }


def card_files(subject: Subject, store: Store) -> dict[str, str]:
    """Return the model card as Markdown and as a page."""
    from .. import display

    card = models.card(subject.label, registry=store)
    return {"model-card.md": display.card_markdown(card), "model-card.html": display.card_page(card)}


def _recipe(store: Store, version: ModelVersion, label: str) -> tuple[CodeSlice | None, str]:
    if version.run_id is None:
        origin = "from a file" if version.artifact_path else "from memory, without a run"
        return None, f"the model was registered {origin}, so nothing says which code made it."
    from ..lineage import recipe_of

    try:
        return recipe_of(store, label), ""
    except NotFoundError as error:
        return None, f"{error}."


def variable_of(store: Store, version: ModelVersion) -> str | None:
    """Return the name that the model had in its run."""
    where = {"run_id": version.run_id, "object_hash": version.object_hash, "kind": "model"}
    rows = store.rows("artifacts", where, columns=["variable"]) if version.run_id else []
    return next((row["variable"] for row in rows if row["variable"]), None)


def _where(store: Store, version: ModelVersion) -> dict[str, Any]:
    """Return the folder of the training, and its threads, hash seed, locale and time zone."""
    rows = store.rows("recipes", {"run_id": version.run_id}) if version.run_id else []
    if not rows:
        return {}
    return {"variables": json.loads(rows[0]["environment"]), "folder": Path(rows[0]["folder"])}


__all__ = ["Subject", "card_files", "manifest", "subject_of", "variable_of"]

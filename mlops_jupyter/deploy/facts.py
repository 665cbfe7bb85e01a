"""What README, Dockerfile, compose file and workflow say of an export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .. import __version__
from ..records import Target
from . import texts
from .folder import Bundle
from .golden import Golden
from .naming import is_pinned
from .packages import Packages
from .subject import Subject
from .training import TrainingCode

_NEEDS_OPENMP = frozenset({"lightgbm"})
_NO_ROWS = "No rows with known answers are recorded, so the tests only look at the form of answers."
_FOLDERS = {
    "service/": "the service; nothing in it is generated, everything that varies is in the other files",
    "scoring/": "the code of the job; nothing in it is generated",
    "modules/": "modules of the notebook's own",
    "wheels/": "packages that no index has",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an export when its texts are written."""

    subject: Subject
    target: Target
    base: str
    settings: Mapping[str, Any]
    packages: Packages
    recipe: TrainingCode
    golden: Golden | None
    has_modules: bool

    @property
    def warnings(self) -> tuple[str, ...]:
        """What whoever deploys it has to know, as sentences."""
        said = list(self.packages.warnings)
        if self.golden is None:
            said.append("no rows with known answers are recorded, so nothing could be compared")
        if not is_pinned(self.base):
            said.append(
                f"the image {self.base} is named by its exact tag, not by its digest: "
                f"image='{self.base}@sha256:…'"
            )
        if reason := self.subject.version.unsafe_reason:
            said.append(f"the model is kept as a pickle, which runs code when it is opened: {reason}")
        return tuple(said)

    def of_templates(self) -> dict[str, Any]:
        """Return what the templates print; what users wrote only where people read it, as plain text."""
        python, version, recipe = self.subject.python, self.subject.version, self.recipe
        plain = texts.in_markdown
        return {
            "name": self.subject.name,
            "number": version.number,
            "target": self.target,
            "base": self.base,
            "is_pinned": is_pinned(self.base),
            "python": python,
            "minor": ".".join(python.split(".")[:2]),
            "ours": __version__,
            "needs_openmp": bool(_NEEDS_OPENMP & {name for name, _ in self.packages.lock.packages}),
            "has_wheels": bool(self.packages.lock.wheels or self.packages.dev_lock.wheels),
            "has_modules": self.has_modules,
            "has_training": bool(recipe.script),
            "requirements": self.packages.requirements,
            "dev_requirements": self.packages.dev_requirements,
            "token_env": self.settings.get("token_env", ""),
            "extra_columns": self.settings["extra_columns"],
            "log_columns": ", ".join(map(plain, self.settings.get("log", {}).get("columns", ()))),
            "class_name": plain(version.class_name),
            "golden_sentence": self._tested(),
            "n_kept": recipe.n_kept,
            "n_cells": recipe.n_cells,
            "options": ", ".join(f"`{one}`" for one in recipe.options),
            "inputs": [plain(path) for path in recipe.inputs],
            "training_notes": [plain(note) for note in recipe.notes],
            "why_no_training": plain(recipe.why_none),
            "warnings": [plain(one) for one in self.warnings],
        }

    def _tested(self) -> str:
        if self.golden is None:
            return _NO_ROWS
        return f"They start it and compare its answers: {texts.in_markdown(self.golden.source)}."


def files_told(bundle: Bundle) -> list[dict[str, str]]:
    """Return the files as the README lists them: folders of code as one line each."""
    found: dict[str, str] = {}
    for file in bundle.listed():
        top = f"{file.path.partition('/')[0]}/"
        folder = top if top in _FOLDERS else ""
        found.setdefault(folder or file.path, _FOLDERS.get(folder, file.what))
    return [{"path": path, "what": what} for path, what in found.items()]

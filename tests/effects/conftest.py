"""A namespace whose cells are followed by an effect log, with Python alone or in a real shell of IPython."""

from __future__ import annotations

import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_jupyter.effects import EffectLog
from mlops_jupyter.records import Effects


class Cells:
    """Runs cells one after the other; each returns its effects."""

    def __init__(self, folder: Path) -> None:
        self.module = types.ModuleType("__main__")
        self.names: dict[str, Any] = self.module.__dict__
        self.log = EffectLog(self.names, folder=folder)
        self.log.install()

    def __call__(self, *sources: str) -> Effects:
        """Run cells; an error of theirs is an outcome. Returns the effects of the last."""
        entry = None
        for source in sources:
            self.log.before(source)
            try:
                exec(compile(source, "<cell>", "exec"), self.names)
            except Exception:
                entry = self.log.after("failed")
            else:
                entry = self.log.after("finished")
        return self.log.effects_of(entry.seq) if entry is not None else Effects()


@pytest.fixture
def cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cells]:
    """A fresh namespace in a folder of its own, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    found = Cells(tmp_path)
    yield found
    found.log.uninstall()


@pytest.fixture(autouse=True)
def numpy_as_before() -> Iterator[None]:
    """Cells set how numpy tells of underflow; the tests after them in this process want it as it was."""
    import numpy as np

    before = np.geterr()
    yield
    np.seterr(**before)

"""Executions, recipes and runs as a notebook would have left them."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from typing import Any

import pytest

from mlops_jupyter import config
from mlops_jupyter.records import Effects, Execution, Recipe, RecipeFile, to_plain
from mlops_jupyter.store import as_row
from mlops_jupyter.tracking import start_run


@dataclass
class History:
    """Writes executions of one session by hand, and runs that came of them."""

    store: Any
    folder: str
    seq: int = 0
    written: list[Execution] = field(default_factory=list)

    def execute(self, source, *, cell_id=None, outcome="finished", **effects):
        """Write the next execution and return its number."""
        self.seq += 1
        text = json.dumps(to_plain(Effects(**effects)))
        one = Execution(
            self.store.session.id,
            self.seq,
            source,
            config.now(),
            outcome,
            text,
            cell_id=cell_id,
            execution_count=self.seq,
        )
        self.store.insert("executions", as_row(one))
        self.written.append(one)
        return self.seq

    def run(self, kept, *, targets=(), files=(), experiment="churn", **found):
        """Write a run with its recipe, whose last kept execution is its own, and return it."""
        with start_run(experiment, kind="cell") as run:
            run.log_params(found.get("params", {}))
            run.log_metrics(found.get("metrics", {}))
        recipe = Recipe(
            run_id=run.id,
            session_id=self.store.session.id,
            seq=max(kept),
            kept=json.dumps(list(kept)),
            targets=json.dumps(list(targets)),
            doubts="[]",
            code_hash="",
            created_at=config.now(),
            environment="{}",
            folder=self.folder,
        )
        self.store.insert("recipes", as_row(recipe))
        rows = [as_row(RecipeFile(run_id=run.id, **{"kind": "data", **about})) for about in files]
        self.store.insert("recipe_files", *rows)
        return run


@pytest.fixture
def history(registry, tmp_path):
    return History(registry, str(tmp_path))


class Session:
    """A real shell with the extension: cells in, what the registry keeps of them out."""

    def __init__(self, shell, store):
        self.shell, self.store = shell, store

    def run(self, *cells, fails=False, **about):
        """Run cells and wait until everything behind them is written."""
        from mlops_jupyter.tracking.worker import worker

        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            for source in cells:
                result = self.shell.run_cell(source, store_history=True, **about)
                assert result.success is not fails, (source, result.error_in_exec or result.error_before_exec)
        worker.wait()

    @property
    def log(self):
        return self.shell._mlops_jupyter.effects.log

    def kept(self, ref):
        """Return the first lines of the cells that made something."""
        from mlops_jupyter.lineage import recipe_of

        return [cell.source.splitlines()[0] for cell in recipe_of(self.store, ref).kept]


@pytest.fixture
def bare_session(fresh_shell, registry):
    """A shell into which a cell may load the extension."""
    from mlops_jupyter import notebook

    yield Session(fresh_shell, registry)
    notebook.unload_ipython_extension(fresh_shell)
    fresh_shell.extension_manager.loaded.discard("mlops_jupyter")  # by %load_ext


@pytest.fixture
def session(bare_session):
    from mlops_jupyter import notebook

    notebook.load_ipython_extension(bare_session.shell)
    return bare_session

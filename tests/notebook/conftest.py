"""A real IPython shell in this process, with the extension loaded into it."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

import pytest


@dataclass
class Ran:
    """What a cell did and printed."""

    result: Any
    out: str
    err: str


class Notebook:
    """Cells run here, and what the registry then holds."""

    def __init__(self, shell, store):
        self.shell, self.store = shell, store

    def run(self, source, **about):
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            result = self.shell.run_cell(source, store_history=True, **about)
        return Ran(result, out.getvalue(), err.getvalue())

    def runs(self):
        return self.store.rows("runs", order="number")

    def last(self):
        """Return the last run that is no candidate of a search, with its deferred work done."""
        from mlops_jupyter import get_run
        from mlops_jupyter.tracking.worker import worker

        worker.wait()
        numbers = [row["number"] for row in self.runs() if row["parent_id"] is None]
        return get_run(numbers[-1]) if numbers else None

    def params(self):
        return {param.key: param.value for param in self.last().params}

    def metrics(self):
        return {metric.key: metric.value for metric in self.last().metrics}


@pytest.fixture
def notebook(fresh_shell, registry):
    from mlops_jupyter import notebook as room

    room.load_ipython_extension(fresh_shell)
    yield Notebook(fresh_shell, registry)
    room.unload_ipython_extension(fresh_shell)

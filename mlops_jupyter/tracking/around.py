"""What stands round a run: environment and git, taken behind the cell."""

from __future__ import annotations

import time
from pathlib import Path

from . import environment, git, life
from .params import add_findings
from .run import ActiveRun

# A cell that takes less has ended by then, and does not share its time with git.
_PATIENCE_S = 0.05

_last: tuple[Path, float, git.GitState | None] | None = None


def surround(run: ActiveRun, *, has_environment: bool) -> None:
    """Begin to record where a run takes place; what is known already costs nothing here."""
    if not has_environment:
        run.defer("environment", lambda: _environment(run))
    try:
        folder, began = Path.cwd(), time.monotonic()
    except OSError:  # it was deleted under us
        return
    if git.is_inside(folder):
        patience = _PATIENCE_S if run.kind == "cell" else 0.0
        run.defer("git", lambda: _git(run, _state(folder, began)), after_s=patience)


def _environment(run: ActiveRun) -> None:
    life.keep_environment(run.store, run.id, environment.capture())


def _state(folder: Path, began: float) -> git.GitState | None:
    """Return the state of a work tree as it was looked at after a run began, maybe for another run.

    A sweep of short runs would else ask git the same thing again and again.
    """
    global _last  # noqa: PLW0603 - the worker is one thread
    if _last is None or _last[0] != folder or _last[1] < began:
        looked = time.monotonic()
        _last = (folder, looked, git.capture(folder))
    return _last[2]


def _git(run: ActiveRun, state: git.GitState | None) -> None:
    if state is None:
        return
    values = {
        "git_commit": state.commit,
        "git_branch": state.branch,
        "git_diff": run.store.objects.put(state.diff.encode()) if state.diff else None,
    }
    with run.store.atomic():
        run.store.update("runs", values, {"id": run.id})
        add_findings(
            run.store, run.id, "secret-masked", "warning", [f"git diff, {word}" for word in state.masked]
        )

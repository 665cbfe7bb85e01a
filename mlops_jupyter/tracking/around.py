"""What stands round a run: environment and git, taken behind the cell."""

from __future__ import annotations

from pathlib import Path

from . import environment, git, life
from .params import add_findings
from .run import ActiveRun


def surround(run: ActiveRun, *, has_environment: bool) -> None:
    """Begin to record where a run takes place; what is known already costs nothing here."""
    if not has_environment:
        run.defer("environment", lambda: _environment(run))
    folder = Path.cwd()
    if git.is_inside(folder):
        run.defer("git", lambda: _git(run, folder))


def _environment(run: ActiveRun) -> None:
    life.keep_environment(run.store, run.id, environment.capture())


def _git(run: ActiveRun, folder: Path) -> None:
    state = git.capture(folder)
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

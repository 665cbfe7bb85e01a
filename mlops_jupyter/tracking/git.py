"""Which commit the code stands on, and what is changed without being committed. Never raises."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from .. import masking

TIMEOUT_S = 2.0
LONGEST_DIFF = 1_000_000

_ENVIRONMENT = {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
_COMMAND = ("-c", "core.quotepath=off", "-c", "core.fsmonitor=false", "-c", "diff.external=")


class GitState(NamedTuple):
    """The state of a work tree.

    ``diff`` is what differs from the commit in files that git knows, with secrets masked, or None
    where nothing does; ``untracked`` counts the files that git does not know.
    """

    commit: str | None
    branch: str | None
    diff: str | None
    untracked: int
    masked: tuple[str, ...]


def capture(folder: str | os.PathLike[str]) -> GitState | None:
    """Return the state of the work tree that a folder is in; None outside one or without git.

    At most two questions to git, each of at most 2 s, without locks, hooks or external programs.
    """
    if not is_inside(Path(folder)):
        return None
    status = _ask(
        folder, "status", "--porcelain=v2", "--branch", "--untracked-files=normal", "--ignore-submodules"
    )
    if status is None:
        return None
    lines = status.splitlines()
    commit = _header(lines, "# branch.oid ")
    branch = _header(lines, "# branch.head ")
    is_changed = commit is not None and any(line[:1] in "12u" for line in lines)
    diff, masked = _diff(folder) if is_changed else (None, ())
    return GitState(commit, branch, diff, sum(line.startswith("? ") for line in lines), masked)


def is_inside(folder: Path) -> bool:
    """Return whether a folder is in a work tree, without asking git: most are not."""
    try:
        here = folder.resolve()
        return any((place / ".git").exists() for place in (here, *here.parents))
    except OSError:
        return False


def _diff(folder: str | os.PathLike[str]) -> tuple[str | None, tuple[str, ...]]:
    text = _ask(folder, "diff", "HEAD", "--no-ext-diff", "--no-textconv", "--no-color")
    if not text:
        return None, ()
    if len(text) > LONGEST_DIFF:
        text = text[:LONGEST_DIFF] + f"\n… (cut here; the whole has {len(text):,} characters)\n"
    return _masked(text)


@lru_cache(maxsize=4)  # from one cell to the next it is mostly the same
def _masked(text: str) -> tuple[str, tuple[str, ...]]:
    return masking.mask(text)


def _header(lines: list[str], name: str) -> str | None:
    value = next((line.removeprefix(name) for line in lines if line.startswith(name)), None)
    return None if value in (None, "(initial)", "(detached)") else value


def _ask(folder: str | os.PathLike[str], *words: str) -> str | None:
    program = shutil.which("git")
    if program is None:
        return None
    try:
        answer = subprocess.run(  # noqa: S603 - no shell, fixed words
            [program, *_COMMAND, *words],
            cwd=folder,
            env=os.environ | _ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return answer.stdout.decode("utf-8", "replace") if answer.returncode == 0 else None

"""What several verbs need round their one call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ..errors import NotFoundError
from ..store import Store

_WRITING_S = 60.0


def active_run_id(opened: Store) -> str | None:
    """Return the run that is active in a registry, or None."""
    from .. import tracking

    run = tracking.active_run()
    return run.id if run is not None and run.store.url == opened.url else None


def wait_for_recipes() -> None:
    """Wait until what is written behind the cells of this process is written: a run's recipe comes last."""
    from ..datasets import progress
    from ..tracking.worker import worker

    with progress.step("writing what ran so far"):
        worker.wait(_WRITING_S)


@contextmanager
def saying() -> Iterator[Callable[[str], None]]:
    """Give what tells whoever waits what is being done now; the next step takes the place of the last."""
    from ..datasets import progress

    with ExitStack() as present:

        def say(words: str) -> None:
            present.close()
            present.enter_context(progress.step(words))

        yield say


def write_text(path: str, text: str) -> None:
    """Write a text file.

    Raises
    ------
    NotFoundError
        If its folder does not exist.
    """
    target = Path(path).expanduser()
    folder = target.absolute().parent
    if not folder.is_dir():
        raise NotFoundError(f"there is no folder {str(folder)!r} to write {target.name!r} to")
    target.write_text(text, encoding="utf-8")

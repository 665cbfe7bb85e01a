"""Methods of the shell that are listened to while a tracked cell runs, and given back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

_HOOKS = str(Path(__file__).parent.parent / "capture")


def cell_number(shell: Any) -> int:
    """Return the number that a notebook shows beside the cell that is beginning.

    Some versions of IPython have counted on by then, others do so when it ends; the display hook knows.
    """
    number: int = shell.displayhook.prompt_count
    return number


class Listening:
    """Stands before a method of one object; ``stop`` gives the method back."""

    def __init__(self, owner: Any, name: str, around: Callable[..., Any]) -> None:
        self._owner, self._name = owner, name
        self._earlier = vars(owner).get(name)
        original = getattr(owner, name)
        self._is_on = True

        def ours(*args: Any, **kwargs: Any) -> Any:
            if not self._is_on:
                return original(*args, **kwargs)
            return around(original, *args, **kwargs)

        self._ours = ours
        setattr(owner, name, ours)

    def stop(self) -> None:
        """Give the method back; where somebody stands before us, only stop listening."""
        self._is_on = False
        if vars(self._owner).get(self._name) is not self._ours:
            return
        if self._earlier is None:
            delattr(self._owner, self._name)
        else:
            setattr(self._owner, self._name, self._earlier)


def figures_to(note: Callable[[Any, bytes | None], None]) -> Callable[..., Any]:
    """Return what stands before ``DisplayFormatter.format``: tells of each object that is shown."""

    def around(original: Callable[..., Any], obj: Any, *args: Any, **kwargs: Any) -> Any:
        answer = original(obj, *args, **kwargs)
        try:
            picture = answer[0].get("image/png") if isinstance(answer, tuple) else None
            note(obj, picture if isinstance(picture, bytes) else None)
        except Exception:  # noqa: BLE001, S110 - showing goes before noting
            pass
        return answer

    return around


def without_our_frames(
    original: Callable[..., Any], kind: Any, error: Any, trace: Any, *args: Any, **kwargs: Any
) -> Any:
    """Stand before ``structured_traceback``: hooks are no part of what the user called."""
    try:
        trace = cleaned(trace)
        for one in _chain(error):
            one.__traceback__ = cleaned(one.__traceback__)
    except Exception:  # noqa: BLE001, S110 - a traceback with our frames is better than none
        pass
    return original(kind, error, trace, *args, **kwargs)


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def cleaned(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback without frames of this package, changed in place."""
    while trace is not None and _is_ours(trace):
        trace = trace.tb_next
    at = trace
    while at is not None:
        while at.tb_next is not None and _is_ours(at.tb_next):
            at.tb_next = at.tb_next.tb_next
        at = at.tb_next
    return trace


def _is_ours(trace: TracebackType) -> bool:
    return trace.tb_frame.f_code.co_filename.startswith(_HOOKS)

"""Where in the cell a call was made: read from the frames on the stack."""

from __future__ import annotations

import ast
import itertools
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import Any

from .analysis import CellPlan
from .expressions import Span

_OWN = str(Path(__file__).parent.parent)


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a hooked function was called.

    Attributes
    ----------
    is_user
        Whether the user's code called it, and not another library.
    is_direct
        Whether no library stands anywhere between the cell and the call.
    line, top_span
        Line and expression in the cell's own code that was running.
    call
        The call itself, where it stands in the cell.
    """

    is_user: bool
    is_direct: bool = False
    line: int | None = None
    top_span: Span | None = None
    call: ast.Call | None = None


def find_caller(plan: CellPlan, namespace: Mapping[str, Any], *, wrapped: bool) -> Caller:
    """Return where the call of a hooked function comes from.

    Parameters
    ----------
    wrapped
        Whether one frame of the library itself stands round the hook.
    """
    frames = _frames(wrapped=wrapped)
    first = next(frames, None)
    if first is None or is_library(first.f_code.co_filename):
        return Caller(is_user=False)
    is_direct = True
    for frame in itertools.chain([first], frames):
        if frame.f_globals is namespace and frame.f_code.co_name == "<module>":
            span = _span(frame)
            same = first.f_code.co_filename == frame.f_code.co_filename
            call = plan.calls.get(_span(first) or (0, 0, 0, 0)) if same else None
            return Caller(True, is_direct, frame.f_lineno, span, call)  # noqa: FBT003
        is_direct = is_direct and not is_library(frame.f_code.co_filename)
    return Caller(is_user=True)


def _frames(*, wrapped: bool) -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_OWN):
        frame = frame.f_back
    if wrapped and frame is not None:
        frame = frame.f_back
    while frame is not None:
        yield frame
        frame = frame.f_back


def _span(frame: FrameType) -> Span | None:
    """Return the expression that a frame is running."""
    positions = next(itertools.islice(frame.f_code.co_positions(), frame.f_lasti // 2, None), None)
    if positions is None or None in positions:
        return None
    first, last, start, end = positions
    return first or 0, last or 0, start or 0, end or 0


@lru_cache(maxsize=4_096)
def is_library(filename: str) -> bool:
    """Return whether a file belongs to an installed library, and not to the user.

    Examples
    --------
    >>> import ast
    >>> is_library(ast.__file__), is_library("<ipython-input-1>")
    (True, False)
    """
    if filename.startswith("<frozen"):
        return True
    return filename.startswith(_libraries())


@lru_cache(maxsize=1)
def _libraries() -> tuple[str, ...]:
    paths = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return tuple(path.rstrip("/") + "/" for path in paths if path)

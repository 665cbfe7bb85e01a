"""The last part of what a cell prints, read along without changing the stream's behaviour."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from typing import Any

TAIL_CHARACTERS = 10_000


class OutputTail:
    """Keeps the end of what is written to ``sys.stdout`` between ``start`` and ``stop``.

    Parameters
    ----------
    is_ours
        Says whether the code that is writing belongs to the cell.
    limit
        How many characters are kept.
    """

    def __init__(self, is_ours: Callable[[], bool], limit: int = TAIL_CHARACTERS) -> None:
        self._is_ours, self._limit = is_ours, limit
        self._parts: deque[str] = deque()
        self._length = 0
        self._stream: Any = None
        self._ours: Any = None
        self._earlier: Any = None
        self._is_open = False

    def start(self) -> None:
        """Begin to read along, if the stream allows it."""
        stream = sys.stdout
        own = getattr(stream, "__dict__", None)
        if own is None:
            return
        write = stream.write

        def along(text: str, *args: Any, **kwargs: Any) -> Any:
            result = write(text, *args, **kwargs)
            if self._is_open and isinstance(text, str) and self._is_ours():
                self._keep(text)
            return result

        self._earlier = own.get("write")
        try:
            stream.write = along  # type: ignore[method-assign]
        except AttributeError:
            return
        self._stream, self._ours, self._is_open = stream, along, True

    def stop(self) -> str:
        """Leave the stream as it was found, and return the tail with redrawn lines drawn once."""
        self._is_open = False
        stream, self._stream = self._stream, None
        if stream is not None and stream.__dict__.get("write") is self._ours:
            if self._earlier is None:
                del stream.write
            else:
                stream.write = self._earlier
        return redrawn("".join(self._parts))[-self._limit :]

    def _keep(self, text: str) -> None:
        text = text[-2 * self._limit :]
        self._parts.append(text)
        self._length += len(text)
        while self._length - len(self._parts[0]) > 2 * self._limit:
            self._length -= len(self._parts.popleft())


def redrawn(text: str) -> str:
    r"""Return the text as a terminal shows it where carriage returns draw a line anew.

    Examples
    --------
    >>> redrawn("10 %\r50 %\r100 %\ndone\n")
    '100 %\ndone\n'
    """
    if "\r" not in text:
        return text
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)

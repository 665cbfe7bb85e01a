"""A Parquet file in pieces that end where its pages end.

pyarrow writes a page as two writes: its header (some twenty bytes) and its content. So a file object
that counts writes knows the pages without parsing the file. Nothing depends on it but how much two
versions share: put together, the pieces are the file, whatever they are.

Small pages are put together until a piece is large enough. Which page ends a piece depends on the
content of that page alone, so that two versions come to the same pieces again after a difference.
"""

from __future__ import annotations

from typing import Any, Final

from xxhash import xxh3_64_intdigest

HEADER: Final = 256
"""A write up to so many bytes is a header, which belongs to what follows."""
LEAST: Final = 4 * 1024
ENOUGH: Final = 16 * 1024
ONE_IN: Final = 2
"""Of pages between LEAST and ENOUGH bytes, one in so many ends a piece."""


class PageSink:
    """A file object to write Parquet to."""

    closed = False

    def __init__(self) -> None:
        self._done: list[bytes] = []
        self._open: list[bytes] = []
        self._size = 0
        self._position = 0

    def write(self, content: Any) -> int:
        """Take what is one header, one page, or one other part of the file."""
        data = bytes(content)
        self._open.append(data)
        self._size += len(data)
        self._position += len(data)
        if len(data) > HEADER and self._ends(data):
            self._cut()
        return len(data)

    def _ends(self, data: bytes) -> bool:
        return self._size >= ENOUGH or (self._size >= LEAST and xxh3_64_intdigest(data) % ONE_IN == 0)

    def _cut(self) -> None:
        if self._open:
            self._done.append(b"".join(self._open))
        self._open, self._size = [], 0

    def pieces(self) -> list[bytes]:
        """Return the pieces; joined, they are the file."""
        self._cut()
        return self._done

    def tell(self) -> int:
        """Return how many bytes were written."""
        return self._position

    def flush(self) -> None:
        """Do nothing: everything is in memory."""

    def close(self) -> None:
        """Do nothing: everything is in memory."""

    def writable(self) -> bool:
        """Answer yes."""
        return True

    def readable(self) -> bool:
        """Answer no."""
        return False

    def seekable(self) -> bool:
        """Answer no."""
        return False

"""From streams to one digest per column: xxh3-128 per stream and chunk, blake3 over these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from blake3 import blake3
from xxhash import xxh3_128_digest

from .base import Column, Stream, naming


def column_digest(column: Column) -> tuple[bytes, int]:
    """Return the 32-byte digest of a column's type and content, and how many bytes were hashed.

    The name is not part of it.
    """
    return columns_digests([column])[0]


def columns_digests(columns: Sequence[Column]) -> list[tuple[bytes, int]]:
    """Return digest and hashed bytes per column, read side by side.

    Neighbours of a row-major array share cache lines, so chunk by chunk over all of them touches
    memory once.
    """
    states = [_ColumnState(column) for column in columns]
    while all([state.step() for state in states]):  # noqa: C419 every column steps in every round
        pass
    return [(state.digest(), state.size_bytes) for state in states]


class _ColumnState:
    def __init__(self, column: Column) -> None:
        self._column = column
        kind = column.type.encode()
        self._parts = bytearray(b"mj1 column")
        self._parts += len(kind).to_bytes(8, "big") + kind + column.length.to_bytes(8, "big") + column.header
        self._chunks: Iterator[Sequence[Stream]] = column.chunks()
        self.size_bytes = 0

    def step(self) -> bool:
        """Hash one more chunk; False when there was none."""
        with naming(self._column.name, self._column.type):
            streams = next(self._chunks, None)
        for stream in streams or ():
            self._parts += xxh3_128_digest(stream)
            self.size_bytes += getattr(stream, "nbytes", None) or len(stream)
        return streams is not None

    def digest(self) -> bytes:
        return blake3(self._parts).digest()

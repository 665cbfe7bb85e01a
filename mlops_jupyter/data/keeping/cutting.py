"""Bytes of any kind cut into pieces where their content says, so that two versions share pieces.

A cut may stand after a byte where a hash of the 16 bytes before it begins with zeros. The bytes
themselves decide, so bytes put in at one place move the cuts behind them along and leave the pieces
as they are. As in FastCDC (Xia et al., "FastCDC: a Fast and Efficient Content-Defined Chunking
Approach for Data Deduplication", USENIX ATC 2016, section 4), the condition is stricter before the
usual size and easier after it, which keeps sizes near the usual one; below the least size nobody
looks. The hash is not theirs: a gear hash goes byte by byte, this one (multiply-shift of two words
of 8 bytes; Dietzfelbinger et al., "A reliable randomized algorithm for the closest-pair problem",
J. Algorithms 25, 1997) is one numpy operation per 8 offsets, which makes it fast without C.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

LEAST: Final = 16 * 1024
USUAL: Final = 64 * 1024
MOST: Final = 256 * 1024
WINDOW: Final = 16
_EASY, _STRICT = np.uint64(1 << (64 - 14)), np.uint64(1 << (64 - 18))
_FIRST, _SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_BLOCK: Final = 1 << 20


def cut(content: Any) -> Iterator[memoryview]:
    """Yield the pieces of some bytes, in order.

    Examples
    --------
    >>> [len(piece) for piece in cut(b"short")]
    [5]
    """
    view = memoryview(content).cast("B")
    start = 0
    for end in cuts(view):
        yield view[start:end]
        start = end
    if start < len(view):
        yield view[start:]


def cuts(view: memoryview) -> list[int]:
    """Return where the whole pieces at the head of some bytes end; the rest is shorter than a piece may be.

    The rest is not cut, so a stream can be cut in blocks: put the rest before what follows.
    """
    easy, strict = _candidates(view)
    ends: list[int] = []
    start = 0
    while start + LEAST < len(view):
        end = _next(strict, start + LEAST, min(start + USUAL, len(view)))
        if end is None and start + USUAL < len(view):
            end = _next(easy, start + USUAL, min(start + MOST, len(view)))
        if end is None:
            if start + MOST > len(view):
                break
            end = start + MOST
        ends.append(end)
        start = end
    return ends


def _next(places: NDArray[np.int64], least: int, most: int) -> int | None:
    found = int(np.searchsorted(places, least))
    return int(places[found]) if found < len(places) and places[found] <= most else None


def _candidates(view: memoryview) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    easy: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
    strict = easy[:]
    for begin in range(0, max(0, len(view) - WINDOW + 1), _BLOCK):
        block = view[begin : begin + _BLOCK + WINDOW - 1]
        places, hashes = _small_hashes(block)
        order = np.argsort(places)
        places, hashes = places[order] + (begin + WINDOW), hashes[order]
        easy.append(places)
        strict.append(places[hashes < _STRICT])
    return np.concatenate(easy), np.concatenate(strict)


def _small_hashes(block: memoryview) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Return the offsets whose window has a small hash, and these hashes."""
    places: list[NDArray[np.int64]] = []
    hashes: list[NDArray[np.uint64]] = []
    for offset in range(8):
        count = (len(block) - offset) // 8
        if count < 2:
            continue
        words = np.frombuffer(block, "<u8", count, offset)
        mixed = words[:-1] * _FIRST
        mixed += words[1:] * _SECOND
        found = np.flatnonzero(mixed < _EASY)
        places.append(found * 8 + offset)
        hashes.append(mixed[found])
    if not places:
        return np.zeros(0, np.int64), np.zeros(0, np.uint64)
    return np.concatenate(places), np.concatenate(hashes)

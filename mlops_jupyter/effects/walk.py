"""Which objects stand under a name, and a digest of what they hold, without running the user's code.

Objects are asked by their type alone; attributes are taken from where Python keeps them. Methods are
called only of libraries known to answer without a change (``kinds.py``).
"""

from __future__ import annotations

import marshal
from collections.abc import Iterable
from dataclasses import dataclass
from time import perf_counter
from types import CodeType
from typing import Any

from xxhash import xxh3_128_digest

NODES = 60_000
"""Objects looked at under one name; beyond, only a sample of what it holds is compared."""
SECONDS, LEAST_SECONDS = 0.030, 0.001
"""What may be spent on all objects before or after a cell, and on each at least; beyond, the same."""
BYTES = 64 << 20
"""What may be hashed whole: about 12 ms."""
SMALL_BYTES = 1 << 20
_PAGE = 4_096
_EDGE = 1 << 18
_STRIDE = 100
_TEXT = 1 << 16

ATOMS: frozenset[type] = frozenset(
    {int, float, complex, bool, str, bytes, type(None), type(Ellipsis), type(NotImplemented)}
)


@dataclass(slots=True)
class Budget:
    """How many bytes may still be hashed whole, and how many seconds be spent, before or after a cell."""

    bytes_left: int = BYTES
    seconds_left: float = SECONDS

    def takes(self, size: int) -> bool:
        """Take from what is left; False where it is not enough."""
        if size > self.bytes_left:
            return False
        self.bytes_left -= size
        return True


@dataclass(frozen=True, slots=True)
class Seen:
    """What stands under a name.

    Attributes
    ----------
    shared
        Identities of the objects that can change, and of the memory that arrays look into.
    digest
        Of the whole structure; of large memory a sample.
    whole
        Of all large memory; None where the budget did not allow it, empty where there is none.
    opaque
        Identities of iterators, files, cursors and others whose state cannot be seen.
    codes
        The code of the user's functions that may be called through it.
    kinds, modules
        The types and the modules met.
    files
        Those of which arrays are a view.
    n_objects, is_cut
        How many objects were looked at, and whether these are not all.
    """

    key: int
    shared: frozenset[int]
    digest: bytes = b""
    whole: bytes | None = b""
    opaque: frozenset[int] = frozenset()
    codes: frozenset[CodeType] = frozenset()
    kinds: frozenset[type] = frozenset()
    modules: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    n_objects: int = 0
    is_cut: bool = False
    is_hashed: bool = False

    def differs(self, other: Seen) -> bool:
        """Whether something under the name changed, as far as can be seen."""
        if self.digest != other.digest:
            return True
        return bool(self.whole is not None and other.whole is not None and self.whole != other.whole)

    def is_sampled(self, other: Seen) -> bool:
        """Whether that two are the same was judged by a sample."""
        return self.is_cut or other.is_cut or self.whole is None or other.whole is None


class Walk:
    """One walk through everything under an object.

    Attributes
    ----------
    home
        The notebook's namespace: functions with these globals are the user's.
    """

    def __init__(
        self,
        home: dict[str, Any],
        *,
        hashing: bool = True,
        budget: Budget | None = None,
        limit: int | None = None,
    ) -> None:
        self.home, self.hashing = home, hashing
        self._limit, self._is_timed = (NODES, True) if limit is None else (limit, False)
        self._budget = budget or Budget(1 << 62, 3_600.0)
        self._tokens: list[bytes] = []
        self._large: list[bytes] | None = []
        self._places: dict[int, int] = {}
        self._stack: list[Any] = []
        self._held: list[Any] = []
        self._buffers: dict[tuple[int, int], None] = {}
        self.shared: set[int] = set()
        self.opaque: set[int] = set()
        self.codes: set[CodeType] = set()
        self.kinds: set[type] = set()
        self.modules: set[str] = set()
        self.files: set[str] = set()
        self.is_cut = self.is_part = False

    def seen(self, root: Any) -> Seen:
        """Return what stands under an object."""
        from .kinds import look

        stack, places, tokens = self._stack, self._places, self._tokens
        begun = perf_counter()
        deadline = begun + max(self._budget.seconds_left, LEAST_SECONDS)
        stack.append(root)
        while stack:
            obj = stack.pop()
            kind = type(obj)
            if kind in ATOMS:
                if self.hashing:
                    tokens.append(atom(obj))
                continue
            key = id(obj)
            place = places.get(key)
            if place is not None:
                tokens.append(b"@%d" % place)
                continue
            n_objects = len(places)
            if n_objects >= self._limit or (
                self._is_timed and n_objects % 256 == 255 and perf_counter() > deadline
            ):
                self.is_cut = True
                tokens.append(b"cut")
                break
            places[key] = n_objects
            self.kinds.add(kind)
            look(self, obj, kind)
        self._held.clear()
        self._budget.seconds_left -= perf_counter() - begun
        return Seen(
            id(root),
            frozenset(self.shared),
            xxh3_128_digest(b"\0".join(tokens)) if self.hashing else b"",
            None if self._large is None else xxh3_128_digest(b"".join(self._large)) if self._large else b"",
            frozenset(self.opaque),
            frozenset(self.codes),
            frozenset(self.kinds),
            frozenset(self.modules),
            frozenset(self.files),
            len(places),
            self.is_cut or self.is_part,
            self.hashing,
        )

    # --- what the kinds say ------------------------------------------------------------------

    def say(self, *words: object) -> None:
        """Add to the digest what is no object of its own."""
        if self.hashing:
            self._tokens.append(repr(words).encode("utf-8", "surrogatepass"))

    def visit(self, objects: Iterable[Any], *, made: bool = False) -> None:
        """Look at objects too; those ``made`` for this walk are kept until its end, as ids are told apart."""
        children = list(objects)
        if made:
            self._held.append(children)
        self._stack.extend(reversed(children))

    def atoms(self, values: list[Any]) -> bool:
        """Add many values at once if all are numbers and texts; False if not."""
        if not set(map(type, values)) <= ATOMS:
            return False
        if self.hashing:
            try:
                self._tokens.append(xxh3_128_digest(marshal.dumps(values, 2)))
            except ValueError:  # an Ellipsis inside, or what marshal does not know
                self._tokens.extend(atom(value) for value in values)
        return True

    def memory(self, key: int, view: Any) -> None:
        """Add memory: ``view`` is C-contiguous and supports the buffer protocol."""
        self.shared.add(key)
        if not self.hashing:
            return
        buffer = memoryview(view)
        size = buffer.nbytes
        if size == 0:
            return
        flat = buffer.cast("B")
        if size <= SMALL_BYTES:
            self._tokens.append(xxh3_128_digest(flat))
            return
        self._tokens.append(sampled(flat))
        if self._large is not None:
            if self._budget.takes(size):
                self._large.append(xxh3_128_digest(flat))
            else:
                self._large = None


def atom(value: Any) -> bytes:
    """Return bytes that tell a number or text from any other."""
    if type(value) is str or type(value) is bytes:
        if len(value) > _TEXT:
            return b"%d:%d" % (len(value), hash(value))
    elif value is Ellipsis or value is NotImplemented:
        return repr(value).encode()
    return marshal.dumps(value, 2)


def sampled(flat: memoryview) -> bytes:
    """Return the hash of the first and last quarter of a megabyte and of every hundredth page between."""
    import numpy as np

    whole = np.frombuffer(flat, np.uint8)
    n_pages = len(whole) // _PAGE
    pages = whole[: n_pages * _PAGE].reshape(n_pages, _PAGE)[::_STRIDE]
    parts = (whole[:_EDGE], np.ascontiguousarray(pages), whole[-_EDGE:])
    return b"".join(xxh3_128_digest(part.data) for part in parts)

"""Whether two objects are the same: to the bit, within a relative 1e-9, or where they differ."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..records.lineage import Verdict
from .structure import held_by, structure_hash

RELATIVE = 1e-9
_SHOWN = 60
_DEPTH = 60


class Difference(NamedTuple):
    """Where two objects differ, in words; ``is_small`` where it is within the tolerance."""

    place: str
    words: str
    is_small: bool


def same(a: Any, b: Any) -> tuple[Verdict, str]:
    """Return whether two objects are the same, and in words where they are not.

    ``identical`` is the same to the bit, ``equal`` the same within a relative 1e-9 of each number.

    Examples
    --------
    >>> same([1, 2.0], [1, 2.0])
    ('identical', '')
    >>> same([0.1 + 0.2], [0.3])[0]
    'equal'
    >>> same({"auc": 0.871}, {"auc": 0.869})
    ('differs', '[auc]: 0.871 → 0.869')
    """
    if structure_hash(a) == structure_hash(b):
        return "identical", ""
    found = list(_differences(a, b, "", 0))
    large = [each for each in found if not each.is_small]
    if large:
        more = f" and {len(large) - 1} more" if len(large) > 1 else ""
        return "differs", _worded(large[0]) + more
    if found:
        return "equal", _worded(found[0])
    return "differs", f"two of {type(a).__name__} that are not told apart by what they show"


def _worded(difference: Difference) -> str:
    return f"{difference.place}: {difference.words}" if difference.place else difference.words


def _differences(a: Any, b: Any, place: str, depth: int) -> Iterator[Difference]:
    if type(a) is not type(b):
        yield Difference(place, f"{type(a).__name__} → {type(b).__name__}", is_small=False)
    elif depth > _DEPTH or structure_hash(a) == structure_hash(b):
        return
    elif isinstance(a, (float, complex)):
        yield _numbers(a, b, place)
    elif isinstance(a, dict):
        yield from _mappings(a, b, place, depth)
    elif isinstance(a, (list, tuple)):
        yield from _sequences(a, b, place, depth)
    elif (arrays := _as_arrays(a, b)) is not None:
        yield from _arrays(*arrays, place, depth)
    elif _is_frame(a):
        yield from _frames(a, b, place, depth)
    elif held := held_by(a):
        yield from _mappings(held, held_by(b), place, depth, attribute=True)
    elif (states := _states(a, b)) is not None:
        yield from _differences(*states, place, depth + 1)
    else:
        yield Difference(place, f"{_short(a)} → {_short(b)}", is_small=False)


def _numbers(a: Any, b: Any, place: str) -> Difference:
    close = (
        abs(a - b) <= RELATIVE * max(abs(a), abs(b))
        if isinstance(a, complex)
        else math.isclose(a, b, rel_tol=RELATIVE)
    )
    return Difference(place, f"{a!r} → {b!r}", is_small=close)


def _mappings(a: Any, b: Any, place: str, depth: int, *, attribute: bool = False) -> Iterator[Difference]:
    for key in a.keys() | b.keys():
        where = (
            f"{place}.{key}" if attribute else f"{place}[{_short(key) if not isinstance(key, str) else key}]"
        )
        if key not in a or key not in b:
            yield Difference(
                where, "is not there before" if key not in a else "is not there after", is_small=False
            )
        else:
            yield from _differences(a[key], b[key], where, depth + 1)


def _sequences(a: Any, b: Any, place: str, depth: int) -> Iterator[Difference]:
    if len(a) != len(b):
        yield Difference(place, f"{len(a)} → {len(b)} items", is_small=False)
        return
    for index, (first, second) in enumerate(zip(a, b, strict=True)):
        yield from _differences(first, second, f"{place}[{index}]", depth + 1)


def _arrays(a: Any, b: Any, place: str, depth: int) -> Iterator[Difference]:
    import numpy as np

    if a.dtype != b.dtype or a.shape != b.shape:
        yield Difference(place, f"{a.dtype}{list(a.shape)} → {b.dtype}{list(b.shape)}", is_small=False)
    elif a.dtype.names is not None:
        for name in a.dtype.names:
            yield from _arrays(a[name], b[name], f"{place}[{name}]", depth)
    elif a.dtype.kind == "O":
        yield from _sequences(a.ravel().tolist(), b.ravel().tolist(), place, depth)
    elif a.dtype.kind in "fc":
        both = np.isnan(a) & np.isnan(b)
        off = ~((np.abs(a - b) <= RELATIVE * np.maximum(np.abs(a), np.abs(b))) | both | (a == b))
        if off.any():
            most = float(np.nanmax(np.abs(a - b)[off])) if not np.isnan(a - b)[off].all() else math.nan
            yield Difference(
                place,
                f"{int(off.sum()):,} of {a.size:,} values differ, by at most {most:.3g}",
                is_small=False,
            )
        elif not np.array_equal(a, b, equal_nan=True):
            yield Difference(place, "values differ in their last bits", is_small=True)
    elif not np.array_equal(a, b):
        yield Difference(place, f"{int((a != b).sum()):,} of {a.size:,} values differ", is_small=False)


def _frames(a: Any, b: Any, place: str, depth: int) -> Iterator[Difference]:
    if a.ndim == 1:
        yield from _arrays_or_values(a, b, place, depth)
        return
    if list(a.columns) != list(b.columns) or a.shape != b.shape:
        yield Difference(
            place,
            f"{a.shape[0]} x {a.shape[1]} → {b.shape[0]} x {b.shape[1]}, or other columns",
            is_small=False,
        )
        return
    for index, name in enumerate(a.columns):
        yield from _arrays_or_values(a.iloc[:, index], b.iloc[:, index], f"{place}[{name}]", depth)
    yield from _arrays_or_values(a.index, b.index, f"{place}.index", depth)


def _arrays_or_values(a: Any, b: Any, place: str, depth: int) -> Iterator[Difference]:
    yield from _arrays(a.to_numpy(), b.to_numpy(), place, depth)


def _is_frame(obj: Any) -> bool:
    return any(
        base.__name__ in ("NDFrame", "Index") and base.__module__.startswith("pandas")
        for base in type(obj).__mro__
    )


def _as_arrays(a: Any, b: Any) -> tuple[Any, Any] | None:
    if type(a).__module__.partition(".")[0] != "numpy":
        return None
    import numpy as np

    if isinstance(a, (np.ndarray, np.generic)):
        return np.asarray(a), np.asarray(b)
    return None


def _states(a: Any, b: Any) -> tuple[Any, Any] | None:
    if type(a).__module__.partition(".")[0] not in ("sklearn", "scipy", "numpy", "pandas"):
        return None
    first, second = a.__reduce_ex__(2), b.__reduce_ex__(2)
    return list(first[1:3]), list(second[1:3])


def _short(value: Any) -> str:
    if isinstance(value, (int, float, str, bytes, bool, type(None))):
        text = repr(value)
        return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return f"a {type(value).__name__}"

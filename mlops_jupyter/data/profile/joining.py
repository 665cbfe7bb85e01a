"""One column of two profiles as one, as if its rows had been counted together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ...records import ColumnKind, ColumnProfile, ValueCounts
from .distinct import Distinct, number_hashes, text_hashes
from .numbers import TOP as TOP_NUMBERS
from .numbers import merged
from .personal import masked
from .state import common_category, settled_kind, tells_all_values
from .texts import merged_texts
from .times import merged_times
from .values import TOP as TOP_TEXTS
from .values import merged_values

Sketches = Mapping[int, tuple[int, ...]]


def joined(
    a: ColumnProfile, b: ColumnProfile, a_sketches: Sketches, b_sketches: Sketches
) -> tuple[ColumnProfile, tuple[int, ...] | None]:
    """Return the column of both, and its sketch of distinct values where one is needed."""
    distinct = _common(_sketch(a, a_sketches), _sketch(b, b_sketches))
    column = _merged_column(a, b, distinct)
    needed = distinct is not None and len(distinct.smallest) and not tells_all_values(column)
    return column, tuple(distinct.smallest.tolist()) if needed and distinct is not None else None


def _merged_column(a: ColumnProfile, b: ColumnProfile, distinct: Distinct | None) -> ColumnProfile:
    type_, kind, clash = _common_type(a, b)
    found = replace(
        a,
        type=type_,
        kind=kind,
        n_rows=a.n_rows + b.n_rows,
        n_missing=a.n_missing + b.n_missing,
        n_empty=a.n_empty + b.n_empty,
        n_positive_infinite=a.n_positive_infinite + b.n_positive_infinite,
        n_negative_infinite=a.n_negative_infinite + b.n_negative_infinite,
        personal=a.personal or b.personal,
        reason=clash or a.reason or b.reason,
        hash=None,
        numbers=None,
        values=None,
        text=None,
        time=None,
    )
    if clash:
        return found
    most = TOP_TEXTS if (a.text or b.text or (a.numbers is None and b.numbers is None)) else TOP_NUMBERS
    hidden = found.personal is not None
    a, b = (masked(replace(one, personal=found.personal)) if hidden else one for one in (a, b))
    found = replace(
        found,
        numbers=merged(a.numbers, b.numbers),
        values=_values(a, b, distinct, most),
        text=merged_texts(a.text, b.text),
        time=merged_times(a.time, b.time, _spans(a, b)),
    )
    return replace(found, kind=settled_kind(found))


def _values(a: ColumnProfile, b: ColumnProfile, distinct: Distinct | None, most: int) -> ValueCounts | None:
    if a.values is None or b.values is None:
        return b.values if a.values is None else a.values
    found = merged_values(a.values, b.values, distinct, most)
    # A mask stands for several values, so their number comes from the sketch.
    if (a.personal or b.personal) and distinct is not None:
        return replace(found, n_distinct=distinct.estimate(), is_exact=distinct.is_exact, n_single=None)
    return found


def _spans(a: ColumnProfile, b: ColumnProfile) -> tuple[float, float, float, float]:
    if a.numbers is None or b.numbers is None:
        return (np.inf, -np.inf, np.inf, -np.inf)
    return a.numbers.minimum, a.numbers.maximum, b.numbers.minimum, b.numbers.maximum


def _common_type(a: ColumnProfile, b: ColumnProfile) -> tuple[str, ColumnKind, str | None]:
    """Return type and kind of both, and the reason where they have none in common."""
    if a.type == b.type:
        return a.type, b.kind if a.kind == "empty" else a.kind, None
    if a.kind == "empty" or b.kind == "empty":
        kept = b if a.kind == "empty" else a
        return kept.type, kept.kind, None
    if {a.kind, b.kind} <= {"category", "text"}:
        both = "category" in a.type and "category" in b.type
        return (common_category(a.type, b.type) if both else "string"), "category", None
    if a.kind == b.kind and a.kind in ("number", "time", "span"):
        floats = [one for one in (a.type, b.type) if not one.startswith(("int", "uint"))]
        return floats[0] if floats else "int64", a.kind, None
    return f"{a.type} | {b.type}", "other", f"not merged: {a.type} in one part, {b.type} in another"


def _sketch(column: ColumnProfile, sketches: Sketches) -> Distinct | None:
    """Return the hashes of a column's values, from its sketch or from the values themselves."""
    import pyarrow as pa

    kept = sketches.get(column.position)
    if kept is not None:
        return Distinct(np.array(kept, np.uint64))
    found = Distinct()
    if column.kind == "empty":
        return found
    if not tells_all_values(column):
        return None
    if column.numbers is not None:
        found.add(number_hashes(np.array(column.numbers.grid)))
    elif column.values is not None:
        found.add(text_hashes(pa.array([text for text, _ in column.values.top], pa.large_string())))
    return found


def _common(a: Distinct | None, b: Distinct | None) -> Distinct | None:
    if a is None or b is None:
        return None
    both = Distinct(a.smallest)
    both.merge(b.smallest)
    return both

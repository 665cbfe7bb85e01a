"""Who is compared: sensitive columns as groups, alone, in pairs and together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from .slicing_bins import Parts, cut, frame_of

_N_BINS: Final = 4


def attributes_of(sensitive: Any, n_rows: int) -> list[Parts]:
    """Cut the sensitive columns into groups.

    Raises
    ------
    UsageError
        When rows do not match, or a column has no groups.
    """
    import pandas as pd

    frame = frame_of(pd.DataFrame(sensitive) if isinstance(sensitive, dict) else sensitive)
    if len(frame) != n_rows:
        raise UsageError(f"sensitive has {len(frame):,} rows, the scored data {n_rows:,}; expected one each")
    if not len(frame.columns):
        raise UsageError("sensitive has no column; expected one per attribute, such as sex")
    parts = []
    for name in frame.columns:
        one = cut(frame[name], name, n_bins=10)
        if one is not None and one.is_binned:
            one = cut(frame[name], name, n_bins=_N_BINS)
        if one is None:
            raise UsageError(f"{name!r} has no groups; expected a column of categories or numbers")
        parts.append(one)
    return parts


def together(attributes: Sequence[Parts]) -> list[tuple[Parts, ...]]:
    """Return each attribute, each two of them, and all of them."""
    sizes = sorted({1, min(2, len(attributes)), len(attributes)})
    return [some for size in sizes for some in combinations(attributes, size)]


Member: TypeAlias = tuple[tuple[str, str, str], ...]


def grouping(some: Sequence[Parts]) -> tuple[NDArray[np.intp], list[Member]]:
    """Return each row's group, from 0 (the last number: in none), and (column, value, text) of each group."""
    crossed = np.zeros(len(some[0].codes), np.int64)
    is_in = np.ones(len(crossed), np.bool_)
    for one in some:
        crossed = crossed * len(one.conditions) + one.codes
        is_in &= one.codes < len(one.conditions)
    present, numbers = np.unique(crossed[is_in], return_inverse=True)
    groups = np.full(len(crossed), len(present), np.intp)
    groups[is_in] = numbers
    members = []
    for code in present.tolist():
        member = []
        rest = code
        for one in reversed(some):
            rest, part = divmod(rest, len(one.conditions))
            text = one.conditions[part].text
            member.append((one.column, text.removeprefix(one.column).removeprefix(" =").strip(), text))
        members.append(tuple(reversed(member)))
    return groups, members


def text_of(member: Member) -> str:
    """Return what people read of a group."""
    return " and ".join(text for _, _, text in member)

"""The columns that name a row: given and checked, or found.

Found is, in this order: one column that is called like an id; the index; one other column; a few
columns together; the position, where most rows stand where they stood. A key is unique in both and
nowhere missing, is no float, and finds rows again. Where there is none, rows are compared as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ...errors import NotFoundError, UsageError, near
from ..columns.base import MISSING_WORD
from .cells import comparable
from .matching import Match, by_position, by_words, combined, is_unique, repeated

if TYPE_CHECKING:
    from ..columns.base import Column, Words
    from .side import Side

POSITION: Final = "(position)"
_ID = re.compile(
    r"(.*[^a-z])?(id|ids|uuid|guid|key|pk|code|nr|no|number|num)|.*[a-z](Id|ID|Key)|(id|key)[_ .-].*"
)
_HEAD: Final = 65_536
_MOST_TOGETHER: Final = 5
_MOST_CANDIDATES: Final = 40
_FOUND_AGAIN: Final = 0.5
"""Which share of the rows of the smaller side a key has to find, unless it is called an id."""
_MOSTLY: Final = 0.99
_NO_KEYS: Final = ("float", "complex", "object", "null", "list", "struct", "map", "tensor")


@dataclass(frozen=True, slots=True)
class Key:
    """What names a row: names, and the columns of both sides; no columns where it is the position."""

    names: tuple[str, ...]
    before: tuple[Column, ...]
    after: tuple[Column, ...]
    match: Match
    is_found: bool = True


def given_key(before: Side, after: Side, names: Sequence[str], sensitive: Collection[str] = ()) -> Key:
    """Return the key that was asked for; ``sensitive`` columns show no values in messages.

    Raises
    ------
    NotFoundError
        When a column does not exist.
    UsageError
        When a key stands more than once; names the keys, and how often.
    """
    columns: list[list[Column]] = []
    for side in (before, after):
        candidates = {**side.index, **side.columns}
        for name in names:
            if name not in candidates:
                hint = near(name, candidates) or f"it has {', '.join(list(candidates)[:10])}"
                raise NotFoundError(f"no column {name!r} in {side.label}; {hint}")
        columns.append([candidates[name] for name in names])
    old, new = _words(before, after, columns[0], columns[1])
    for side, words in ((before, old), (after, new)):
        if not is_unique(words):
            raise UsageError(_not_unique(side, names, words, sensitive))
    return Key(tuple(names), tuple(columns[0]), tuple(columns[1]), by_words(old, new), is_found=False)


def _not_unique(side: Side, names: Sequence[str], words: Words, sensitive: Collection[str]) -> str:
    places, counts = repeated(words)
    hidden = personal_among(side, names) | set(sensitive).intersection(names)
    columns = [] if hidden else [_column(side, name) for name in names]
    shown = key_texts(side, names, columns, places[:3].tolist())
    examples = ", ".join(f"{text} ({count}×)" for text, count in zip(shown, counts.tolist(), strict=False))
    more = f" and {len(places) - 3:,} more" if len(places) > 3 else ""
    return (
        f"key {', '.join(names)} does not name one row each in {side.label}: {examples}{more}; "
        "add a column to the key, or drop the repeated rows"
    )


def personal_among(side: Side, names: Sequence[str]) -> set[str]:
    """Return those of the key columns, index levels too, that hold personal data."""
    from ...records import ColumnProfile
    from ..profile.personal import LOOKED_AT, kind_of_data

    some = range(0, side.n_rows, max(1, side.n_rows // LOOKED_AT))[:LOOKED_AT]
    found = set()
    for name in names:
        if name in side.columns or name in side.index:
            column = _column(side, name)
            is_text = column.type.startswith(("string", "category", "object"))
            told = ColumnProfile(name, 0, column.type, "text" if is_text else "number", side.n_rows)
            if kind_of_data(told, side.texts(column, some)):
                found.add(name)
    return found


def key_texts(
    side: Side, names: Sequence[str], columns: Sequence[Column], positions: Sequence[int]
) -> list[str]:
    """Return keys as people read them: ``7``, or ``year=2013, flight=12`` of several columns."""
    if not columns:
        return [f"row {position:,}" for position in positions]
    texts = [side.texts(column, positions) for column in columns]
    if len(columns) == 1:
        return texts[0]
    return [
        ", ".join(f"{name}={text}" for name, text in zip(names, row, strict=True))
        for row in zip(*texts, strict=True)
    ]


def found_key(before: Side, after: Side) -> Key | None:
    """Return the best key that both sides have, or None."""
    if not before.n_rows or not after.n_rows:
        return None
    for names in _candidates(before, after):
        pairs = [(_column(before, name), _column(after, name)) for name in names]
        if (key := _tried(before, after, names, pairs)) is not None:
            return key
    return _at_its_place(before, after)


def _candidates(before: Side, after: Side) -> Iterator[tuple[str, ...]]:
    usable = [name for name in after.columns if name in before.columns and _may_name(before, after, name)]
    ids = [name for name in usable if _ID.fullmatch(name)]
    yield from ((name,) for name in ids)
    levels = tuple(before.index)
    says_more = bool(before.table.index or after.table.index) and levels == tuple(after.index)
    if says_more and all(_may_name(before, after, name) for name in levels):
        yield levels
    yield from ((name,) for name in usable if name not in ids)
    together = _together(before, [*ids, *(name for name in usable if name not in ids)])
    if together is not None:
        yield together
        if before.n_rows > _HEAD:  # later rows may need one more
            yield from ((*together, name) for name in usable[:_MOST_CANDIDATES] if name not in together)


def _may_name(before: Side, after: Side, name: str) -> bool:
    old, new = _column(before, name), _column(after, name)
    return old.family == new.family and not old.family.startswith(_NO_KEYS)


def _column(side: Side, name: str) -> Column:
    return side.columns[name] if name in side.columns else side.index[name]


def _tried(
    before: Side, after: Side, names: tuple[str, ...], pairs: Sequence[tuple[Column, Column]]
) -> Key | None:
    """Return a key of these columns where they are one."""
    old, new = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    for side, columns in ((before, old), (after, new)):
        head = combined([side.first_words(column) for column in columns])
        if not is_unique(head) or any((side.first_words(c) == MISSING_WORD).any() for c in columns):
            return None
    words = _words(before, after, old, new)
    if not is_unique(words[0]) or not is_unique(words[1]):
        return None
    if any((side.words(c) == MISSING_WORD).any() for side, cs in ((before, old), (after, new)) for c in cs):
        return None
    match = by_words(*words)
    enough = _FOUND_AGAIN * min(before.n_rows, after.n_rows)
    if match.n_rows < enough and not all(_ID.fullmatch(name) for name in names):
        return None
    return Key(names, tuple(old), tuple(new), match)


def _words(before: Side, after: Side, old: Sequence[Column], new: Sequence[Column]) -> tuple[Words, Words]:
    left, right = [], []
    for a, b in zip(old, new, strict=True):
        pair = comparable(before, a, after, b)
        if pair is None:
            raise UsageError(
                f"key column {a.name!r} is {a.type} in {before.label} and {b.type} in {after.label}; "
                "convert one of them"
            )
        left.append(pair[0])
        right.append(pair[1])
    return combined(left), combined(right)


def _together(side: Side, names: Sequence[str]) -> tuple[str, ...] | None:
    """Return a few columns that together name the first rows, each of them needed; None without."""
    heads = {name: side.first_words(side.columns[name]) for name in names[:_MOST_CANDIDATES]}
    heads = {name: words for name, words in heads.items() if not (words == MISSING_WORD).any()}
    chosen: list[str] = []
    n_best = 1
    while len(chosen) < _MOST_TOGETHER and n_best < min(side.n_rows, _HEAD):
        counts = {
            name: _n_distinct(combined([heads[one] for one in [*chosen, name]]))
            for name in heads
            if name not in chosen
        }
        best = max(counts, key=lambda name: counts[name], default=None)
        if best is None or counts[best] <= n_best:
            return None
        chosen.append(best)
        n_best = counts[best]
    if not chosen or n_best < min(side.n_rows, _HEAD):
        return None
    for name in list(chosen):
        rest = [one for one in chosen if one != name]
        if rest and is_unique(combined([heads[one] for one in rest])):
            chosen = rest
    return tuple(name for name in names if name in chosen)


def _n_distinct(words: Words) -> int:
    ordered = np.sort(words)
    return int((ordered[1:] != ordered[:-1]).sum()) + 1


def _at_its_place(before: Side, after: Side) -> Key | None:
    """Return the position as the key where most rows, or most columns of all rows, are as they were."""
    match = by_position(before.n_rows, after.n_rows)
    n = match.n_rows
    same_rows = np.ones(n, np.bool_)
    n_compared = n_same = 0
    for name, new in after.columns.items():
        old = before.columns.get(name)
        if old is None:
            continue
        pair = comparable(before, old, after, new)
        if pair is None or bool((pair[0] == pair[0][:1]).all()):
            continue  # a constant column is the same wherever its rows stand
        same = pair[0][:n] == pair[1][:n]
        same_rows &= same
        n_compared += 1
        n_same += bool(same.mean() >= _MOSTLY)
    if n_compared and (same_rows.mean() >= _FOUND_AGAIN or 2 * n_same >= n_compared):
        return Key((POSITION,), (), (), match)
    return None

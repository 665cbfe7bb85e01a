"""A unified diff as lines with their kinds, the words that changed marked inside changed lines."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

MOST_LINES = 400
_LONGEST_LINE = 400
_WORD = re.compile(r"\w+|\s+|.")
_PLACE = re.compile(r"\+(\d+)")
_KINDS = {"+": "added", "-": "removed", "@": "place", " ": "same"}
_ALIKE = 0.4


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line: its kind, its sign, and pieces of text with whether they changed."""

    kind: str
    sign: str
    pieces: tuple[tuple[str, bool], ...]


def lines(unified: str, most: int = MOST_LINES) -> list[DiffLine]:
    r"""Return the lines of a unified diff, without its file heads.

    Examples
    --------
    >>> for line in lines("--- a\n+++ b\n@@ -1 +1 @@\n-depth = 6\n+depth = 8\n"):
    ...     print(line.kind, line.pieces)
    place (('line 1', False),)
    removed (('depth = ', False), ('6', True))
    added (('depth = ', False), ('8', True))
    """
    found: list[DiffLine] = []
    removed: list[str] = []
    added: list[str] = []
    for raw in _body(unified)[:most]:
        if raw.startswith("-") and not added:
            removed.append(raw[1:])
        elif raw.startswith("+"):
            added.append(raw[1:])
        else:
            found += _changed(removed, added)
            removed, added = ([raw[1:]], []) if raw.startswith("-") else ([], [])
            if not raw.startswith("-"):
                found.append(_plain(raw))
    return found + _changed(removed, added)


def _body(unified: str) -> list[str]:
    raw = [line[:_LONGEST_LINE] for line in unified.split("\n")]
    while raw and not raw[-1]:
        raw.pop()
    return raw[2:] if len(raw) > 1 and raw[0].startswith("--- ") and raw[1].startswith("+++ ") else raw


def _plain(raw: str) -> DiffLine:
    kind = _KINDS.get(raw[:1], "same")
    if kind == "place":
        found = _PLACE.search(raw)
        return DiffLine(kind, "", ((f"line {found[1]}" if found else raw.strip("@ "), False),))
    return DiffLine(kind, " ", ((raw[1:], False),))


def _changed(removed: Sequence[str], added: Sequence[str]) -> list[DiffLine]:
    marked = [_words(a, b) for a, b in zip_longest(removed, added)]
    old = [DiffLine("removed", "-", pieces) for pieces, _ in marked[: len(removed)]]
    return old + [DiffLine("added", "+", pieces) for _, pieces in marked[: len(added)]]


Pieces = tuple[tuple[str, bool], ...]


def _words(before: str | None, after: str | None) -> tuple[Pieces, Pieces]:
    if before is None or after is None:
        return ((before or "", False),), ((after or "", False),)
    a, b = _WORD.findall(before), _WORD.findall(after)
    matcher = difflib.SequenceMatcher(None, a, b, autojunk=False)
    if matcher.quick_ratio() < _ALIKE or matcher.ratio() < _ALIKE:
        return ((before, False),), ((after, False),)
    old: list[tuple[str, bool]] = []
    new: list[tuple[str, bool]] = []
    for tag, i, j, k, m in matcher.get_opcodes():
        old.append(("".join(a[i:j]), tag != "equal"))
        new.append(("".join(b[k:m]), tag != "equal"))
    return tuple(p for p in old if p[0]), tuple(p for p in new if p[0])

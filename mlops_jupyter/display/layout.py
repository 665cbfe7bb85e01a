"""How words are laid out: columns and wrapped lines of plain text, lists that are folded."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from .words import counted, line, width

T = TypeVar("T")
_GAP = "  "


@dataclass(frozen=True, slots=True)
class Folded(Generic[T]):
    """A list of which the first are shown, more on a click, and of the rest how many there are.

    ``usual`` counts those among the hidden that are defaults.
    """

    shown: Sequence[T]
    hidden: Sequence[T]
    left: int
    usual: int = 0

    @property
    def more(self) -> int:
        """Return how many are not seen at first."""
        return len(self.hidden) + self.left

    @property
    def words(self) -> str:
        """Return ``4 more, 29 defaults``."""
        more = self.more - self.usual
        parts = [f"{more:,} more" if more else "", counted(self.usual, "default") if self.usual else ""]
        return ", ".join(part for part in parts if part)

    @property
    def total(self) -> int:
        """Return how many there are."""
        return len(self.shown) + self.more


def folded(items: Sequence[T], shown: int, hidden: int) -> Folded[T]:
    """Fold a list; one item alone is never hidden, since the fold would take as much room."""
    if len(items) == shown + 1:
        shown += 1
    return Folded(items[:shown], items[shown : shown + hidden], max(0, len(items) - shown - hidden))


def columns(
    rows: Sequence[Sequence[str]], *, right: Sequence[int] = (), heads: Sequence[str] = ()
) -> list[str]:
    """Return rows as aligned lines; columns that are empty throughout are left out.

    Examples
    --------
    >>> columns([["auc", "0.9"], ["f1", "10"]], right=[1])
    ['auc  0.9', 'f1    10']
    """
    cells = [[" ".join(cell.split("\n")) for cell in row] for row in rows]
    used = [
        i for i in range(max(map(len, cells), default=0)) if any(i < len(row) and row[i] for row in cells)
    ]
    table = [
        [row[i] if i < len(row) else "" for i in used] for row in ([list(heads)] if heads else []) + cells
    ]
    widths = [max(width(row[i]) for row in table) for i in range(len(used))] if table else []
    return [_line(row, widths, {used.index(i) for i in right if i in used}) for row in table]


def _line(row: Sequence[str], widths: Sequence[int], right: set[int]) -> str:
    padded = []
    for i, (cell, wide) in enumerate(zip(row, widths, strict=True)):
        space = " " * (wide - width(cell))
        padded.append(space + cell if i in right else cell + space)
    return _GAP.join(padded).rstrip()


def wrapped(title: str, said: str, most: int = 100) -> list[str]:
    """Return a sentence under a title, wrapped."""
    if not said:
        return []
    return textwrap.wrap(
        said,
        most,
        initial_indent=f"  {title:<8} ",
        subsequent_indent=" " * 11,
        break_long_words=False,
        break_on_hyphens=False,
    )


def rule(head: str, other: Sequence[str] = ()) -> str:
    """Return a line under a head, as wide as what it stands over."""
    return "─" * min(120, max([width(head), *map(width, other)]))


def pairs(rows: Sequence[tuple[str, str]]) -> list[str]:
    """Return names and values as two columns."""
    return columns([[name, line(value, 200)] for name, value in rows])

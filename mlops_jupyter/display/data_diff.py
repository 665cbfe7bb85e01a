"""Two versions of data beside each other: the sentence, the rows, the columns, some cells."""

from __future__ import annotations

from dataclasses import dataclass

from ..records import ColumnDiff, DataDiff, Shift
from . import words
from .bars import WIDTH, Bars, Part, both, parts
from .column import saying
from .layout import columns, folded
from .rendering import render, within

_LEVELS = {"same": "", "some": "warning", "material": "error", "unknown": "", "": ""}
_STATES = {"changed": "warning", "added": "better", "removed": "error", "retyped": "error", "same": ""}
_ROWS = (60, 24, 8, 3)
_EXAMPLES = 12
_KEYS = 8
_POSITION = ("(position)",)


@dataclass(frozen=True, slots=True)
class Line:
    """A column that differs; ``share`` is the percent of the rows in both whose cell changed."""

    name: str
    state: str
    tone: str
    type: str
    cells: str
    share: float | None
    bars: Bars | None
    before: tuple[Part, ...]
    after: tuple[Part, ...]
    shift: str
    level: str
    title: str


def line(column: ColumnDiff, n_rows: int | None) -> Line:
    """Return a column as a row; ``n_rows`` counts the rows that both versions have."""
    shift = column.shift
    kept = column.type_before if column.type_before == column.type_after else None
    changed = " → ".join(words.line(one, 30) for one in (column.type_before, column.type_after) if one)
    bars, before, after = _picture(column)
    return Line(
        name=words.line(column.name, 48),
        state={"changed": "", "retyped": "other type"}.get(column.state, column.state),
        tone=_STATES.get(column.state, ""),
        type=words.line(kept, 40) if kept else changed,
        cells=f"{column.n_cells:,}" if column.n_cells else "",
        share=round(100 * min(1.0, column.n_cells / n_rows), 1) if column.n_cells and n_rows else None,
        bars=bars,
        before=before,
        after=after,
        shift=words.line(shift.words, 160) if shift else "",
        level=_LEVELS.get(shift.level if shift else "", ""),
        title=_measured(shift) if shift else "",
    )


def _measured(shift: Shift) -> str:
    p_value = "" if shift.p_value is None else f", p {words.number(shift.p_value, digits=2)}"
    effect, bound = (words.number(value, digits=3) for value in (shift.effect, shift.bound))
    return words.line(
        f"{shift.measure} {effect}, at least {bound}"
        f"{p_value}; {shift.n_before:,} and {shift.n_after:,} values",
        200,
    )


def _picture(column: ColumnDiff) -> tuple[Bars | None, tuple[Part, ...], tuple[Part, ...]]:
    """Return a histogram over another, or the parts of both, where the profiles of both are known."""
    old, new = column.before, column.after
    if old is None or new is None or column.state == "same":
        return None, (), ()
    if old.values and new.values and new.kind in ("category", "boolean") and new.values.top:
        names = [name for name, _ in new.values.top[:5]]
        names += [name for name, _ in old.values.top[:5] if name not in names]
        sides = [
            parts(
                [(n, dict(one.values.top).get(n, 0)) for n in names[:5]],
                one.n_rows - one.n_missing,
                other="other",
            )
            for one in (old, new)
            if one.values
        ]
        return None, sides[0], sides[1]
    if old.numbers and new.numbers and old.kind == new.kind:
        return both(old.numbers, new.numbers, words.line(column.name, 48), saying(new.kind)), (), ()
    return None, (), ()


def telling(diff: DataDiff) -> tuple[list[ColumnDiff], list[str], list[str]]:
    """Return the columns that differ, what matters most first, and the names of two kinds of others.

    These have other values that are distributed as before, or are the same.
    """
    differing = [column for column in diff.columns if column.state != "same" or _shifted(column)]
    quiet = [column for column in differing if _is_quiet(column)]
    differing = [column for column in differing if column not in quiet]
    levels = {"material": 0, "some": 1}
    differing.sort(
        key=lambda c: (
            c.state not in ("removed", "added", "retyped"),
            levels.get(c.shift.level, 2) if c.shift else 2,
            -(c.shift.effect if c.shift else 0.0),
            -(c.n_cells or 0),
        )
    )
    same = [column for column in diff.columns if column.state == "same" and not _shifted(column)]
    as_before, equal = ([words.line(c.name, 40) for c in some] for some in (quiet, same))
    return differing, as_before, equal


def _is_quiet(column: ColumnDiff) -> bool:
    """Return whether only other rows are to be told of a column; from when to when is always told."""
    is_time = column.after is not None and column.after.kind == "time"
    level = column.shift.level if column.shift else ""
    return column.state == "changed" and level == "same" and not column.n_cells and not is_time


def _as_before(names: list[str]) -> str:
    """Return ``origin is distributed as before``."""
    if not names:
        return ""
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8:,} more" if len(names) > 8 else "")
    return f"{shown} {'is' if len(names) == 1 else 'are'} distributed as before"


def _shifted(column: ColumnDiff) -> bool:
    return column.shift is not None and column.shift.level in ("some", "material")


def rows(diff: DataDiff) -> list[tuple[str, str, float, float, int, str]]:
    """Return label, count, place and width in the strip, colour and tone of the rows of each fate."""
    fates = (
        ("the same", diff.rows_same, ""), ("changed", diff.rows_changed, "warning"),
        ("added", diff.rows_added, "better"), ("removed", diff.rows_removed, "error"),
    )  # fmt: skip
    total = sum(count or 0 for _, count, _ in fates)
    found, start = [], 0.0
    for tone, (label, count, word) in enumerate(fates):
        if count:
            wide = 1000 * count / total
            found.append((label, f"{count:,}", round(start, 1), round(max(wide, 2.0), 1), tone, word))
            start += wide
    return found


def matched(diff: DataDiff) -> str:
    """Return how the rows were matched."""
    if not diff.key:
        return "" if diff.rows_same is None else "rows matched as a whole, since no key was found"
    if diff.key == _POSITION:
        return "rows matched by their position, since no key was found"
    how = "found to name every row" if diff.is_key_found else "as given"
    return f"rows matched by {', '.join(words.line(name, 40) for name in diff.key[:6])} ({how})"


def _row_head(diff: DataDiff) -> str:
    """Return what stands over the names of rows: the key, where it is one column."""
    return words.line(diff.key[0], 40) if len(diff.key) == 1 and diff.key != _POSITION else "row"


def _notes(diff: DataDiff) -> list[str]:
    """Return the notes, but for how rows were matched: that stands beside their counts."""
    said = [note for note in diff.notes if not (matched(diff) and note.startswith("no key was found"))]
    return [words.line(note, 240) for note in said[:8]]


def _title(diff: DataDiff) -> str:
    return f"{words.line(diff.before, 60)} → {words.line(diff.after, 60)}"


def _keys(keys: tuple[str, ...], count: int | None) -> str:
    shown = ", ".join(words.line(key, 40) for key in keys[:_KEYS])
    left = (count or len(keys)) - min(len(keys), _KEYS)
    return shown + (f" and {left:,} more" if shown and left > 0 else "")


def html(diff: DataDiff) -> str:
    """Return the comparison as HTML of bounded size."""
    twin = text(diff, most=30)
    return within(lambda most: _html(diff, twin, most), _ROWS)


def _html(diff: DataDiff, twin: str, most: int) -> str:
    differing, as_before, same = telling(diff)
    both_have = (diff.rows_same or 0) + (diff.rows_changed or 0)
    return render(
        "data_diff",
        ("rows", "card", "table", "code", "data"),
        twin,
        title=_title(diff),
        sentence=words.sentence(words.line(diff.summary, 400)),
        sizes=f"{diff.before_version.n_rows:,} → {diff.after_version.n_rows:,} rows",
        rows=rows(diff),
        matched=matched(diff),
        columns=folded([line(c, both_have) for c in differing[: 2 * most]], min(most, 20), most),
        left=max(0, len(differing) - 2 * most),
        has_cells=any(column.n_cells for column in differing),
        as_before=_as_before(as_before),
        same=same[:40],
        n_same=len(same),
        examples=[
            tuple(words.line(one, 60) for one in (e.key, e.column, e.before or "empty", e.after or "empty"))
            for e in diff.examples[: min(most, _EXAMPLES)]
        ],
        keys=[
            ("Added", _keys(diff.added_keys, diff.rows_added)),
            ("Removed", _keys(diff.removed_keys, diff.rows_removed)),
        ],
        heads=(_row_head(diff), "Column", "Before → after"),
        notes=_notes(diff),
        width=WIDTH,
    )  # fmt: skip


def text(diff: DataDiff, most: int = 400) -> str:
    """Return the comparison as aligned lines."""
    differing, as_before, same = telling(diff)
    both_have = (diff.rows_same or 0) + (diff.rows_changed or 0)
    said = [_title(diff), f"  {words.sentence(words.line(diff.summary, 400))}"]
    counts = " · ".join(f"{count} {label}" for label, count, *_ in rows(diff))
    said += [f"  rows: {counts}{'; ' + matched(diff) if matched(diff) else ''}"] if counts else []
    cells = [
        [c.name, c.state, c.type, c.cells, c.shift] for c in (line(c, both_have) for c in differing[:most])
    ]
    if cells:
        said += [
            "",
            *(
                f"  {row}"
                for row in columns(cells, right=[3], heads=["column", "state", "type", "cells", "shift"])
            ),
        ]
    said += [f"  {_as_before(as_before)}"] if as_before else []
    said += [f"  {words.counted(len(same), 'column')} the same"] if same else []
    examples = [
        [
            words.line(e.key, 40),
            words.line(e.column, 30),
            f"{words.line(e.before, 30)} → {words.line(e.after, 30)}",
        ]
        for e in diff.examples[:_EXAMPLES]
    ]
    heads = (_row_head(diff), "column", "before → after")
    said += ["", *(f"  {row}" for row in columns(examples, heads=heads))] if examples else []
    for title, keys, count in (
        ("added", diff.added_keys, diff.rows_added),
        ("removed", diff.removed_keys, diff.rows_removed),
    ):
        said += [f"  {title}: {_keys(keys, count)}"] if keys else []
    return "\n".join(said + [f"  ℹ {note}" for note in _notes(diff)])

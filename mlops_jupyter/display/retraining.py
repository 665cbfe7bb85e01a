"""Training again: what changed since a version was trained, and what came of it."""

from __future__ import annotations

from ..records import ChangedInput, Retraining
from . import words
from .layout import columns, folded
from .rendering import render, within

_AMOUNTS = (200, 80, 30, 10)


def stamp(found: Retraining) -> tuple[str, str]:
    """Return colour and words of what was done."""
    if found.is_run:
        version = "the very same" if found.version == found.based_on else found.version
        return "ok", "✓ trained again" + (f": {words.line(version, 60)}" if version else "")
    return ("warning", "changed, not trained again") if found.changes else ("", "nothing changed")


def sentence(found: Retraining) -> str:
    """Return what was done, and why."""
    if found.summary:
        is_name_first = found.summary.startswith(found.model)
        return (words.stopped if is_name_first else words.sentence)(words.line(found.summary, 300))
    based_on = words.line(found.based_on, 60)
    if not found.changes:
        return f"Nothing changed since {based_on} was trained."
    return f"{words.counted(len(found.changes), 'thing')} changed since {based_on} was trained."


def changes(found: Retraining) -> list[tuple[str, str, str, str]]:
    """Return what is another than it was: kind, name, before and now."""
    return [_change(one) for one in found.changes]


def _change(one: ChangedInput) -> tuple[str, str, str, str]:
    return (
        words.line(one.kind, 20),
        words.line(one.name, 80),
        words.line(one.before, 40) or "–",
        words.line(one.after, 40) or "–",
    )


def foot(found: Retraining) -> str:
    """Return which run and version came of it."""
    said = [
        f"compared with {words.line(found.based_on, 60)}",
        f"run #{found.run_number}" if found.run_number is not None else "",
        words.line(found.version or "", 60),
    ]
    return " · ".join(part for part in said if part)


def html(found: Retraining) -> str:
    """Return a retraining as HTML of bounded size."""
    twin = text(found, 20)
    return within(
        lambda most: render(
            "retraining",
            ("card", "table", "data"),
            twin,
            title=words.line(found.model, 60),
            stamp=stamp(found),
            sentence=sentence(found),
            changes=folded(changes(found), 12, most),
            foot=foot(found),
        ),
        _AMOUNTS,
    )


def text(found: Retraining, most: int = 200) -> str:
    """Return a retraining as aligned lines."""
    lines = [f"{words.line(found.model, 60)}: {stamp(found)[1]}", f"  {sentence(found)}"]
    rows = [[kind, name, before, "→", after] for kind, name, before, after in changes(found)[:most]]
    lines += [f"  {row}" for row in columns(rows)]
    left = len(found.changes) - most
    return "\n".join([*lines, *([f"  and {left:,} more"] if left > 0 else []), f"  {foot(found)}"])

"""The cells that made something, in the order in which they ran, and between them what was left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from ..records import CodeSlice, Drawing, FileUse, ReproducedCell, SliceCell
from . import words
from .code import Piece, highlighted
from .layout import folded, wrapped
from .rendering import render, within

VERDICTS = {
    "identical": ("ok", "✓ verified: identical", "run alone, they make the very same"),
    "equal": ("ok", "✓ verified: equal", "run alone, they make the same within 1e−9"),
    "differs": ("error", "✕ differs", "run alone, they make something else"),
    "failed": ("error", "✕ does not run alone", "run alone, they do not come to their end"),
}
UNVERIFIED = ("", "not verified", "")
_LINES = (1200, 500, 200, 80, 30, 10)
_PEEK = 8
_COLUMNS = 240


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with its number in brackets, its source as coloured lines, and why it is kept or not."""

    number: str
    lines: list[list[Piece]]
    left: int
    why: str
    doubts: list[str]
    outcome: str


@dataclass(frozen=True, slots=True)
class Part:
    """Kept cells in a row, or cells in a row that were left out, with what is said of all of them."""

    is_kept: bool
    said: str
    cells: list[Cell]
    left: int


def number(cell: SliceCell | ReproducedCell) -> str:
    """Return ``[12]``, the number that the notebook shows; ``[·]`` where it showed none."""
    return f"[{cell.execution_count}]" if cell.execution_count is not None else "[·]"


def stamp(found: CodeSlice) -> tuple[str, str, str]:
    """Return colour, words and sentence of the verdict."""
    return VERDICTS.get(found.verdict or "", UNVERIFIED)


def sentence(found: CodeSlice) -> str:
    """Return how many cells made it, and what came of running them alone."""
    n, total = len(found.kept), len(found.cells)
    if not n:
        return f"No cell that was recorded makes {words.line(found.label, 60)}."
    said = f"{n:,} of {words.counted(total, 'cell')} made it"
    if n == total:
        said = f"All {words.counted(n, 'cell')} made it" if n > 1 else "One cell made it"
    verdict = stamp(found)[2]
    return words.stopped(f"{said}; {verdict}" if verdict else said)


def tone(found: CodeSlice) -> str:
    """Return the colour of the sentence."""
    return stamp(found)[0] or ("warning" if found.doubts or not found.kept else "")


def drawing(one: Drawing) -> str:
    """Return what nobody can repeat, with its line."""
    line = f" in line {one.line}" if one.line is not None else ""
    return f"{words.line(one.what, 160)}{line}"


def remarks(found: CodeSlice) -> list[tuple[str, str, str]]:
    """Return why more may be kept than is needed, and what nobody can repeat."""
    said = [("warning", "⚠", f"Cannot be repeated: {drawing(one)}") for one in found.unrepeatable]
    return said + [("info", "ℹ", words.stopped(words.line(one, 300))) for one in found.doubts]


def file(one: FileUse, *, is_of_a_run: bool) -> str:
    """Return a file that the cells read; of a run, whether a copy of it is kept."""
    size = words.size(one.size_bytes) if one.size_bytes is not None else ""
    state = "" if one.object_hash or not is_of_a_run else "hash only" if one.content_hash else "not kept"
    return " · ".join(part for part in (words.line(one.path, 80), size, state) if part)


def rows(found: CodeSlice, most: int) -> list[tuple[str, list[str]]]:
    """Return what the cells read from outside."""
    modules = [f"{words.line(one.name, 60)} ({words.line(one.path, 80)})" for one in found.modules]
    states = sorted({words.line(name.partition("@")[0], 40) for name in found.random_before})
    known = [
        ("Makes", [words.line(name, 40) for name in found.targets]),
        ("Reads", [file(one, is_of_a_run=found.run_number is not None) for one in found.files]),
        ("Modules", modules),
        ("Random", [f"{name} as it was recorded" for name in states]),
    ]
    return [(name, _first(each, min(most, 20))) for name, each in known if each]


def _first(said: list[str], most: int) -> list[str]:
    return said[:most] + ([f"and {len(said) - most:,} more"] if len(said) > most else [])


def parts(found: CodeSlice, most: int) -> list[Part]:
    """Return the cells in their order: each stretch of kept ones, each of those left out.

    ``most`` is how many lines of kept source are shown in all; of a cell left out only the first few.
    """
    made, room = [], most
    for is_kept, stretch in groupby(found.cells, key=lambda cell: cell.is_kept):
        some = list(stretch)
        shown = []
        for cell in some[: max(3, most // 4)]:
            lines = max(2, room) if is_kept else min(_PEEK, most // 8)
            shown.append(_cell(cell, lines))
            room -= len(shown[-1].lines) if is_kept else 0
        made.append(Part(is_kept, "" if is_kept else left_out(some), shown, len(some) - len(shown)))
    return _only(made, most)


def _only(made: list[Part], most: int) -> list[Part]:
    """Return the parts there is room for: the last ones, since they make the result."""
    if len(made) <= most:
        return made
    n = sum(len(part.cells) + part.left for part in made[:-most])
    said = f"{words.counted(n, 'cell')} before that are not listed here"
    return [Part(is_kept=False, said=said, cells=[], left=0), *made[-most:]]


def _cell(cell: SliceCell, most: int) -> Cell:
    source = "\n".join(line[:_COLUMNS] for line in cell.source.strip("\n").split("\n"))
    shown = source.split("\n")[:most]
    text = "\n".join(shown)
    return Cell(
        number(cell),
        highlighted(text) if cell.is_kept else [[("", line)] for line in shown],
        source.count("\n") + 1 - len(shown),
        words.stopped(words.line(cell.why, 200)),
        [words.stopped(words.line(one, 200)) for one in cell.doubts[:4]],
        cell.outcome if cell.outcome != "finished" else "",
    )


def left_out(cells: list[SliceCell]) -> str:
    """Return how many cells were left out and, where it is the same of all, why."""
    reasons = list(dict.fromkeys(cell.why for cell in cells if cell.why))
    why = f": {words.line(reasons[0], 120)}" if len(reasons) == 1 else ""
    return f"{words.counted(len(cells), 'cell')} left out{why}"


def foot(found: CodeSlice) -> str:
    """Return how to get it as a file, and the identity of its code."""
    label = words.line(found.label, 60)
    said = [f"%slice {label} --script slice.py writes it as a file"] if found.kept else []
    if found.kept and found.verdict is None:
        said.append("--verify runs it alone and compares")
    said += [f"code {words.line(found.code_hash[:10])}"] if found.code_hash else []
    return " · ".join(said)


def html(found: CodeSlice) -> str:
    """Return a slice as HTML of bounded size."""
    return within(lambda most: _html(found, most), _LINES)


def _html(found: CodeSlice, most: int) -> str:
    return render(
        "code_slice",
        ("rows", "card", "table", "code", "full", "data", "lineage"),
        text(found, min(most, 200)),
        label=words.line(found.label, 60),
        stamp=stamp(found),
        when=words.when(found.verified_at) if found.verified_at else "",
        sentence=sentence(found),
        tone=tone(found),
        found=folded(remarks(found), 6, most),
        stretches=parts(found, most),
        rows=rows(found, most),
        foot=foot(found),
    )


# --- plain text -------------------------------------------------------------------------------


def text(found: CodeSlice, most: int = 2000) -> str:
    """Return a slice as lines: the source of what is kept, a line for what was left out."""
    when = f" {words.when(found.verified_at)}" if found.verified_at else ""
    lines = [f"{words.line(found.label, 60)}: {sentence(found)}", f"  {stamp(found)[1]}{when}"]
    lines += [f"  {sign} {said}" for _, sign, said in remarks(found)[:most]]
    for part in parts(found, most):
        lines += ["", *(_kept(part) if part.is_kept else _left(part))]
    after = [line for name, each in rows(found, most) for line in wrapped(name.lower(), " · ".join(each))]
    after += [f"  {foot(found)}"] if foot(found) else []
    return "\n".join([*lines, *(["", *after] if after else [])])


def _kept(part: Part) -> Iterator[str]:
    for cell in part.cells:
        outcome = f" ({cell.outcome})" if cell.outcome else ""
        if cell.why or outcome:
            yield f"  {cell.number:<6}# {cell.why}{outcome}".rstrip()
        for i, line in enumerate(cell.lines):
            gutter = cell.number if not i and not (cell.why or outcome) else ""
            yield f"  {gutter:<6}{''.join(piece for _, piece in line)}".rstrip()
        if cell.left:
            yield f"        … {words.counted(cell.left, 'more line')}"
        for doubt in cell.doubts:
            yield f"        ℹ {doubt}"
    if part.left:
        yield f"  and {words.counted(part.left, 'more cell')}"


def _left(part: Part) -> Iterator[str]:
    yield f"  …     {part.said}"
    if part.said.endswith("left out"):  # for several reasons
        for cell in part.cells[:_PEEK]:
            yield f"        {cell.number} {cell.why}".rstrip()
        left = len(part.cells) - _PEEK + part.left
        yield from [f"        and {left:,} more"] if left > 0 else []

"""A slice as a tidy file of Python: imports, parameters and the code, in the order in which it ran."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..records import CodeSlice, Parameter, Script, SliceCell
from .assembly import Parts, assembled, head_of
from .blocks import Block, blocks_of, bound_names
from .commandline import flag_of
from .files import named_files
from .imports import hoisted
from .ipython_names import without_ipython
from .magics import Translated, translated
from .parameters import lifted
from .showing import without_shown
from .shown_names import with_names


@dataclass(slots=True)
class _Draft:
    """A script in the making."""

    blocks: list[Block] = field(default_factory=list)
    modules: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    failing: set[int] = field(default_factory=set)


def write_script(
    code_slice: CodeSlice,
    *,
    params: Mapping[str, Any] | None = None,
    as_module: bool = False,
    options: Sequence[Parameter] = (),
    ending: str = "",
) -> Script:
    """Return a slice as a file of Python that runs by itself.

    Parameters
    ----------
    code_slice
        What to write; only its kept cells are.
    params
        Values of parameters instead of those of the notebook, by name.
    as_module
        Put the code into a function ``main()``, so that importing the file runs nothing. Names stay
        global, as they were in the notebook.
    options
        More options of the command line, beside the parameters: names that ``ending`` may use.
    ending
        Code to run at the end.

    Raises
    ------
    UsageError
        Where ``params`` names what is no parameter of the code.

    Examples
    --------
    >>> from mlops_jupyter.records import SliceCell
    >>> cells = (SliceCell(1, "depth = 8", True), SliceCell(2, "model = depth * 2", True))
    >>> script = write_script(CodeSlice("model", ("model",), cells))
    >>> [(parameter.name, parameter.value) for parameter in script.parameters]
    [('depth', 8)]
    """
    draft = _drafted(code_slice)
    blocks, values, plots = without_shown(draft.blocks, code_slice.targets)
    draft.notes.extend(_left_out(values, plots))
    local = {module.name.partition(".")[0] for module in code_slice.modules}
    imports, blocks = hoisted(blocks, local=local, held=draft.failing)
    if imports.dropped:
        draft.notes.append(f"left out: imports that nothing uses: {'; '.join(imports.dropped)}")
    paths = {use.path for use in code_slice.files}
    fixed = {*code_slice.targets, *(name for b in blocks if b.seq in draft.failing for name in _bound(b))}
    flags = {"--help", *(flag_of(option.name) for option in options)}
    parameters, blocks = lifted(blocks, values=params or {}, paths=paths, fixed=fixed, flags=flags)
    parameters += named_files(blocks, paths, flags)
    parts = Parts(code_slice, imports, [*parameters, *options], blocks, draft.modules, ending)
    text = assembled(parts, as_module=as_module)
    return Script(
        text=text,
        parameters=tuple(parts.parameters),
        notes=tuple(dict.fromkeys(draft.notes)),
        imports=tuple(sorted(_imported(text))),
        result=code_slice.targets,
    )


def _drafted(code_slice: CodeSlice) -> _Draft:
    draft = _Draft()
    names = _names(code_slice.kept)
    cells: list[tuple[SliceCell, list[Block]]] = []
    for cell in code_slice.kept:
        plain = translated(cell.source, names)
        blocks = blocks_of(cell.seq, plain.python)
        if blocks is None and cell.python is not None:
            plain = translated(cell.python, names)
            blocks = blocks_of(cell.seq, plain.python)
        if blocks is None:
            blocks = [_unreadable(cell, plain)]
        draft.modules |= plain.modules
        draft.notes.extend(plain.notes)
        if cell.outcome != "finished":
            draft.failing.add(cell.seq)
            draft.notes.append(f"cell {head_of(cell)} {cell.outcome} in the notebook, and does here")
        cells.append((cell, blocks))
    draft.blocks = with_names(cells)
    inputs = {cell.execution_count: cell for cell in code_slice.cells if cell.execution_count is not None}
    sources = {number: translated(cell.source, names).python for number, cell in inputs.items()}
    for block in draft.blocks:
        without_ipython(block, sources)
    return draft


def _names(cells: Sequence[SliceCell]) -> set[str]:
    """Return the names that the cells bind: those that shell lines may use."""
    names: set[str] = set()
    for cell in cells:
        for block in blocks_of(cell.seq, translated(cell.source).python) or []:
            names |= _bound(block)
    return names


def _bound(block: Block) -> set[str]:
    return bound_names(block.node) if block.node is not None else set()


def _unreadable(cell: SliceCell, plain: Translated) -> Block:
    plain.notes.append(f"cell {head_of(cell)} is no Python, and stands as a comment")
    return Block(cell.seq, textwrap.indent(cell.source, "# ", lambda _line: True), "", None)


def _left_out(values: int, plots: int) -> list[str]:
    said = [_counted(values, "expression that only shows a value", "expressions that only show a value")]
    said += [_counted(plots, "statement that only plots", "statements that only plot")]
    return [f"left out: {', '.join(filter(None, said))}"] if any(said) else []


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}" if count else ""


def _imported(text: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found - {"__future__"}

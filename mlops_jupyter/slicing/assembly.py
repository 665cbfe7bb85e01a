"""The parts of a script put together: header, imports, parameters, command line and the cells."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..records import CodeSlice, Parameter, SliceCell
from .blocks import Block, bound_names, own_nodes, used_names
from .commandline import options_of
from .generators import Restoring, restoring
from .imports import Imports
from .ipython_names import STAND_IN, asks_ipython
from .parameters import written
from .slices import random_states
from .wrapping import as_function, has_await, indented

_VERDICTS = {
    "identical": "Run in a clean process, they made the very same.",
    "equal": "Run in a clean process, they made the same within a relative 1e-9.",
    "differs": "Run in a clean process, they made something else.",
    "failed": "Run in a clean process, they did not come to their end.",
}
_UNSEEDED = "its state in the notebook, where nothing had seeded it: see the end of the file"
_STATES = "# The states of generators that nothing in the notebook had seeded"


@dataclass(slots=True)
class Parts:
    """What a script is put together from."""

    code_slice: CodeSlice
    imports: Imports
    parameters: Sequence[Parameter]
    blocks: list[Block]
    modules: set[str] = field(default_factory=set)
    ending: str = ""


def assembled(parts: Parts, *, as_module: bool) -> str:
    """Return the text of a script."""
    with_code = {block.seq for block in parts.blocks}  # that of a cell of imports stands at the top
    states = {
        seq: restoring(each, mark_of(parts.code_slice, seq))
        for seq, each in random_states(parts.code_slice).items()
        if seq in with_code
    }
    modules = {*parts.modules, *(module for each in states.values() for module in each.modules)}
    is_async = has_await(parts.blocks)
    if parts.parameters:
        modules.add("argparse")
    settings = _settings(parts)
    options = options_of(parts.parameters)
    body = "\n\n".join(part for part in (_cells(parts, states), parts.ending.strip("\n")) if part)
    if as_module or is_async or states:
        if is_async:
            modules.add("asyncio")
        guard = options or 'if __name__ == "__main__":'
        call = "asyncio.run(main())" if is_async else "main()"
        constants = "\n".join([_STATES, *(each.constants for each in states.values())]) if states else ""
        rest = [settings, as_function(body, is_async=is_async), constants, f"{guard}\n    {call}"]
    else:
        rest = [settings, options, body]
    future = f"from __future__ import {', '.join(parts.imports.future)}" if parts.imports.future else ""
    head = [docstring(parts.code_slice), future, parts.imports.text(modules)]
    return "\n\n".join(part for part in (*head, *rest) if part).rstrip() + "\n"


def docstring(code_slice: CodeSlice) -> str:
    """Return the head of a script: what it makes, from which cells, and whether that was verified."""
    return '"""' + heading(code_slice).replace("\\", "\\\\").replace('"""', "'''") + '\n"""'


def heading(code_slice: CodeSlice) -> str:
    """Return what a slice makes, from which cells, and whether that was verified, as text."""
    kept = code_slice.kept
    made = ", ".join(code_slice.targets) or code_slice.label
    label = (
        f" ({code_slice.label})" if code_slice.label and code_slice.label not in code_slice.targets else ""
    )
    cells = (
        f"From a notebook: those {len(kept)} of its {len(code_slice.cells)} executed cells that this needs, "
        f"in the order in which they ran: {' '.join(head_of(cell) for cell in kept)}."
    )
    verdict = _VERDICTS.get(code_slice.verdict or "", "Not verified.")
    when = f" Verified {code_slice.verified_at}." if code_slice.verdict and code_slice.verified_at else ""
    doubts = [textwrap.fill(f"- {doubt}", 100, subsequent_indent="  ") for doubt in code_slice.doubts]
    paragraphs = [f"Makes {made}{label}.", textwrap.fill(cells, 100), verdict + when]
    if doubts:
        paragraphs.append("Doubts:\n" + "\n".join(doubts))
    return "\n\n".join(paragraphs)


def head_of(cell: SliceCell) -> str:
    """Return how people call a cell: ``[7]`` as the notebook numbers it, else its place."""
    return f"[{cell.execution_count}]" if cell.execution_count else f"#{cell.seq}"


def mark_of(code_slice: CodeSlice, seq: int) -> str:
    """Return what tells the constants of one cell from those of another."""
    count = next((cell.execution_count for cell in code_slice.kept if cell.seq == seq), None)
    return str(count or seq)


def _settings(parts: Parts) -> str:
    lines = [written(parts.parameters)] if parts.parameters else []
    nodes = [block.node for block in parts.blocks if block.node is not None]
    imported = {name.rpartition(" ")[2] for _, name in parts.imports.pairs}
    if any("display" in used_names(node) for node in nodes) and not (
        "display" in imported or any("display" in bound_names(node) for node in nodes)
    ):
        lines.append("display = print")
    if any(asks_ipython(block) for block in parts.blocks):
        lines.append(STAND_IN)
    if "Path(" in "".join(lines) and ("pathlib", "Path") not in parts.imports.pairs:
        parts.imports.pairs.append(("pathlib", "Path"))
    return "\n".join(lines)


def _cells(parts: Parts, states: Mapping[int, Restoring]) -> str:
    by_seq: dict[int, list[Block]] = {}
    for block in parts.blocks:
        by_seq.setdefault(block.seq, []).append(block)
    found = []
    for cell in parts.code_slice.kept:
        code = _joined(by_seq.get(cell.seq, []))
        if not code.strip():
            continue
        if cell.outcome != "finished":
            code = _guarded(code, cell)
        elif any(_may_exit(block.node) for block in by_seq[cell.seq]):
            code = _tried(code, "SystemExit", "which leaves a cell, not the notebook")
        if cell.seq in states:
            code = f"{states[cell.seq].code}  # {_UNSEEDED}\n{code}"
        found.append(f"# {head_of(cell)}\n{code}")
    return "\n\n".join(found)


def _may_exit(node: ast.stmt | None) -> bool:
    """Return whether a statement leaves its cell by ``sys.exit()`` or ``exit()``."""
    for each in own_nodes(node) if node is not None else ():
        match each:
            case ast.Name(id="exit" | "quit" | "SystemExit") | ast.Attribute(attr="exit"):
                return True
    return False


def _joined(blocks: list[Block]) -> str:
    lines: list[str] = []
    for block in blocks:
        if block.is_apart and lines:
            lines.append("")
        lines.extend(part for part in (block.lead, block.text) if part)
    return "\n".join(lines)


def _guarded(code: str, cell: SliceCell) -> str:
    """Return the code of a cell that did not come to its end, so that the script goes on as people did."""
    error = "Exception" if cell.outcome == "failed" else "KeyboardInterrupt"
    return _tried(code, error, f"this cell {cell.outcome} in the notebook, too")


def _tried(code: str, error: str, said: str) -> str:
    return f"try:\n{indented(code)}\nexcept {error}:\n    pass  # {said}"

"""``_``, ``_7`` and ``Out[7]`` as names: the cell that showed the value keeps it under one."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ..records import SliceCell
from .blocks import Block, bound_names, put
from .outputs import last_shown, output_number


def with_names(cells: Sequence[tuple[SliceCell, list[Block]]]) -> list[Block]:
    """Return the blocks of all cells; shown values that others ask for are assigned."""
    shown: list[tuple[SliceCell, Block]] = []
    wanted: set[int] = set()
    is_own = False
    for cell, blocks in cells:
        history = [made for made, _ in shown]
        for block in blocks:
            is_own = is_own or (block.node is not None and "_" in bound_names(block.node))
            _rename(block, history, wanted, is_own=is_own)
        last = next((block for block in reversed(blocks) if block.node is not None), None)
        if last is not None and cell.outcome == "finished" and _shows(last):
            shown.append((cell, last))
    for cell, block in shown:
        if cell.execution_count in wanted or -cell.seq in wanted:
            block.text = f"{_name(cell)} = {block.text.lstrip()}"
            block.node = ast.parse(block.text).body[0]
    return [block for _, blocks in cells for block in blocks]


def _shows(block: Block) -> bool:
    assert block.node is not None
    return last_shown(ast.Module([block.node], []), block.text) != "nothing"


def _name(cell: SliceCell) -> str:
    return f"out_{cell.execution_count or cell.seq}"


def _rename(block: Block, shown: list[SliceCell], wanted: set[int], *, is_own: bool) -> None:
    """Put names for shown values that a statement asks for; ``is_own``: the notebook uses ``_`` itself."""
    if block.node is None or ("_" not in block.text and "Out" not in block.text):
        return
    by_number = {cell.execution_count: cell for cell in shown if cell.execution_count is not None}
    changes: list[tuple[ast.AST, str]] = []
    for node in ast.walk(block.node):
        number = output_number(node)
        made = by_number.get(number) if number is not None else None
        if made is None and not is_own and isinstance(node, ast.Name) and node.id in ("_", "__", "___"):
            made = shown[-len(node.id)] if len(shown) >= len(node.id) else None
        if made is not None:
            changes.append((node, _name(made)))
            wanted.add(made.execution_count if made.execution_count is not None else -made.seq)
    put(block, changes)

"""A slice as a clean notebook: its cells as they were typed, in the order in which they ran."""

from __future__ import annotations

import re
from typing import Any

from ..records import CodeSlice, SliceCell
from .assembly import heading, mark_of
from .generators import restoring
from .slices import random_states

_OURS = re.compile(r"^%(load_ext|reload_ext)\s+mlops_jupyter\s*$\n?|^%%track\b[^\n]*\n?", re.MULTILINE)


def write_notebook(code_slice: CodeSlice) -> dict[str, Any]:
    """Return a slice as a notebook of nbformat 4.5, without outputs.

    Cells that failed carry the tag ``raises-exception``, so that running the notebook goes on. Where
    nothing seeds a generator, a cell before puts back the state that it had.

    Examples
    --------
    >>> from mlops_jupyter.records import SliceCell
    >>> made = write_notebook(CodeSlice("a", ("a",), (SliceCell(1, "a = 1", True),)))
    >>> [cell["cell_type"] for cell in made["cells"]]
    ['markdown', 'code']
    """
    states = random_states(code_slice)
    cells = [_cell("markdown", "about", _about(code_slice))]
    for cell in code_slice.kept:
        if cell.seq in states:
            cells.append(_cell("code", f"state-{cell.seq}", _restoring(code_slice, cell, states[cell.seq])))
        source = _OURS.sub("", cell.source).strip("\n")
        if source.strip():
            cells.append(_code(cell, source))
    return {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _about(code_slice: CodeSlice) -> str:
    title, *rest = heading(code_slice).split("\n\n")
    return "\n\n".join([f"# {title.rstrip('.')}", *rest])


def _restoring(code_slice: CodeSlice, cell: SliceCell, states: dict[str, str]) -> str:
    found = restoring(states, mark_of(code_slice, cell.seq))
    imports = "\n".join(f"import {module}" for module in sorted(set(found.modules)))
    said = "# Nothing seeded this generator: the state that it had"
    return f"{said}\n{imports}\n\n{found.constants}\n{found.code}"


def _code(cell: SliceCell, source: str) -> dict[str, Any]:
    made = _cell("code", f"cell-{cell.seq}", source)
    if cell.outcome == "failed":
        made["metadata"] = {"tags": ["raises-exception"]}
    return made


def _cell(kind: str, name: str, source: str) -> dict[str, Any]:
    made: dict[str, Any] = {"cell_type": kind, "id": name, "metadata": {}, "source": source}
    return made if kind == "markdown" else {**made, "execution_count": None, "outputs": []}

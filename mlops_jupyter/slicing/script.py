"""A slice as a tidy file of Python: imports, parameters and the code, in the order in which it ran."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..records import CodeSlice, Parameter, Script, SliceCell
from .blocks import Block, blocks_of, bound_names, used_names
from .imports import Imports, hoisted
from .magics import Translated, translated
from .parameters import lifted, written
from .showing import without_shown
from .shown_names import with_names
from .wrapping import as_function, has_await


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
    paths = {use.path for use in code_slice.files}
    blocks, values, plots = without_shown(draft.blocks, code_slice.targets)
    draft.notes.extend(_left_out(values, plots))
    local = {module.name.partition(".")[0] for module in code_slice.modules}
    imports, blocks = hoisted(blocks, local)
    if imports.dropped:
        draft.notes.append(f"imports that nothing uses are left out: {', '.join(imports.dropped)}")
    fixed = {name for block in blocks if block.seq in draft.failing for name in _bound(block)}
    parameters, blocks = lifted(blocks, values=params or {}, paths=paths, fixed={*fixed, *code_slice.targets})
    parameters = [*parameters, *options]
    text = _assembled(code_slice, draft, imports, parameters, blocks, as_module=as_module, ending=ending)
    return Script(
        text=text,
        parameters=tuple(parameters),
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
            draft.notes.append(f"cell {_head(cell)} {cell.outcome} in the notebook, and does here")
        cells.append((cell, blocks))
    draft.blocks = with_names(cells)
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
    plain.notes.append(f"cell {_head(cell)} is no Python, and stands as a comment")
    return Block(cell.seq, textwrap.indent(cell.source, "# ", lambda _line: True), "", None)


def _left_out(values: int, plots: int) -> list[str]:
    said = [f"{values} expressions that only show a value"] if values else []
    said += [f"{plots} statements that only plot"] if plots else []
    return [f"left out: {' and '.join(said)}"] if said else []


# --- putting it together -----------------------------------------------------------------------


def _assembled(
    code_slice: CodeSlice,
    draft: _Draft,
    imports: Imports,
    parameters: Sequence[Parameter],
    blocks: list[Block],
    *,
    as_module: bool,
    ending: str,
) -> str:
    modules = set(draft.modules)
    body = _body(code_slice, blocks, draft.failing)
    is_async = has_await(blocks)
    if is_async:
        modules.add("asyncio")
    if parameters:
        modules.add("argparse")
    settings = written(parameters)
    if "Path(" in settings:
        imports.pairs.append(("pathlib", "Path"))
    if "display" in {name for block in blocks if block.node is not None for name in used_names(block.node)}:
        settings = "display = print\n" + settings
    body = "\n\n".join(part for part in (body, ending.strip("\n")) if part)
    options = _options(parameters)
    if as_module or is_async:
        body = as_function(body, is_async=is_async)
        call = "asyncio.run(main())" if is_async else "main()"
        options = options or 'if __name__ == "__main__":'
        parts = [settings, body, f"{options}\n    {call}"]
    else:
        parts = [settings, options, body]
    future = f"from __future__ import {', '.join(imports.future)}" if imports.future else ""
    head = [_docstring(code_slice), future, imports.text(modules)]
    return "\n\n".join(part for part in (*head, *parts) if part).rstrip() + "\n"


def _docstring(code_slice: CodeSlice) -> str:
    kept = code_slice.kept
    cells = " ".join(_head(cell) for cell in kept)
    lines = [
        f"Makes {', '.join(code_slice.targets) or code_slice.label}.",
        "",
        f"The {len(kept)} of {len(code_slice.cells)} executed cells of a notebook that it needs, in the order in",
        f"which they ran: {cells}",
    ]
    lines += ["", _VERDICTS.get(code_slice.verdict or "", "Not verified yet.")]
    if code_slice.verified_at:
        lines[-1] += f" Verified {code_slice.verified_at}."
    text = "\n".join(textwrap.fill(line, 100) if line else "" for line in lines)
    return '"""' + text.replace("\\", "\\\\").replace('"""', "'''") + '\n"""'


_VERDICTS = {
    "identical": "Run in a clean process, it made the very same.",
    "equal": "Run in a clean process, it made the same within a relative 1e-9.",
    "differs": "Run in a clean process, it made something else.",
    "failed": "Run in a clean process, it did not come to its end.",
}


def _body(code_slice: CodeSlice, blocks: list[Block], failing: set[int]) -> str:
    by_seq: dict[int, list[Block]] = {}
    for block in blocks:
        by_seq.setdefault(block.seq, []).append(block)
    parts = []
    for cell in code_slice.kept:
        own = by_seq.get(cell.seq, [])
        code = _joined(own)
        if not code.strip():
            continue
        if cell.seq in failing:
            code = _guarded(code, cell)
        parts.append(f"# {_head(cell)}\n{code}")
    return "\n\n".join(parts)


def _joined(blocks: list[Block]) -> str:
    lines: list[str] = []
    for block in blocks:
        if block.is_apart and lines:
            lines.append("")
        lines.extend(part for part in (block.lead, block.text) if part)
    return "\n".join(lines)


def _guarded(code: str, cell: SliceCell) -> str:
    from .wrapping import indented

    error = "Exception" if cell.outcome == "failed" else "KeyboardInterrupt"
    return f"try:\n{indented(code)}\nexcept {error}:\n    pass  # it {cell.outcome} in the notebook, too"


def _options(parameters: Sequence[Parameter]) -> str:
    """Return the lines that read parameters from the command line."""
    if not parameters:
        return ""
    lines = ['if __name__ == "__main__":', "    _parser = argparse.ArgumentParser(description=__doc__)"]
    lines += [f"    _parser.add_argument({_argument(parameter)})" for parameter in parameters]
    lines.append("    globals().update(vars(_parser.parse_args()))")
    return "\n".join(lines)


def _argument(parameter: Parameter) -> str:
    flag = "--" + parameter.name.replace("_", "-")
    parts = [repr(flag), f"default={parameter.name}", f"dest={parameter.name!r}"]
    if parameter.kind == "bool":
        parts.append("action=argparse.BooleanOptionalAction")
    elif parameter.kind == "path":
        parts.append("type=str" if isinstance(parameter.value, str) else "type=Path")
    else:
        parts.append(f"type={parameter.kind}")
    parts.append(f"help={(parameter.help.replace('%', '%%') or 'default: %(default)s')!r}")
    return ", ".join(parts)


def _head(cell: SliceCell) -> str:
    return f"[{cell.execution_count}]" if cell.execution_count else f"#{cell.seq}"


def _imported(text: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found - {"__future__"}

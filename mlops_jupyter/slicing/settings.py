"""Which executions may depend on settings of a module that another one changed.

``pd.set_option`` or ``lib.f = g`` change a module for all that use it later. Who uses it is read from the
imports: whoever may read a name that was imported from the module, or imports from it.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from ..records import Effects, Execution
from .outputs import parsed
from .resources import effects_of

# Their settings change what is seen, never what is computed.
SHOWING = frozenset({"matplotlib", "seaborn", "plotly", "IPython", "logging", "altair", "bokeh", "tqdm"})


def setting_uses(
    executions: Sequence[Execution], known: Mapping[int, Effects] | None = None
) -> dict[int, set[str]]:
    """Return by ``seq`` the module settings that executions may depend on, as resources."""
    written = {name for e in executions for name in effects_of(e, known).hidden_writes}
    packages = {_package(name.removeprefix("module:")) for name in written if name.startswith("module:")}
    packages -= SHOWING
    if not packages:
        return {}
    uses: dict[int, set[str]] = {}
    owners: dict[str, str] = {}
    for execution in executions:
        effects = effects_of(execution, known)
        found = {owners[name] for name in effects.reads if name in owners}
        for package, names, is_from in _imports(execution, effects):
            owners.update(dict.fromkeys(names, package))
            if is_from:
                found.add(package)
        uses[execution.seq] = {f"@module:{package}" for package in found & packages}
    return uses


def _imports(execution: Execution, effects: Effects) -> list[tuple[str, list[str], bool]]:
    if "import" not in execution.source:
        return []
    tree = parsed(effects.python if effects.python is not None else execution.source)
    found: list[tuple[str, list[str], bool]] = []
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Import):
            found.extend((_package(a.name), [a.asname or _package(a.name)], False) for a in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append((_package(node.module), [a.asname or a.name for a in node.names], True))
    return found


def _package(module: str) -> str:
    return module.partition(".")[0]

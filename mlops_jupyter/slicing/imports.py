"""Imports, gathered at the top of a script where moving them there changes nothing."""

from __future__ import annotations

import ast
import builtins
import itertools
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from .blocks import Block, bound_names, used_names

_QUIET = frozenset(
    {
        *(
            "matplotlib",
            "seaborn",
            "plotly",
            "IPython",
            "numpy",
            "pandas",
            "scipy",
            "sklearn",
            "mlops_jupyter",
        ),
        *("tqdm", "altair", "bokeh", "missingno", "polars", "joblib", "xgboost", "lightgbm", "catboost"),
    }
)
"""Packages that do nothing to others by being imported: an import that nobody uses is left out."""
# Code that sets one of these up counts for what is imported after it.
_ROOTS = frozenset({"os", "sys", "site", "importlib", "pathlib", "shutil", "subprocess", "runpy", "open"})


_PREPARING = (
    *("environ", "putenv", "sys.path", "sys.modules", "chdir", "write", "run(", "run_path", "reload", "copy"),
    "open(",
)


@dataclass(slots=True)
class Imports:
    """The imports of a script, as pairs of what is imported from (empty: ``import x``) and what.

    ``modules`` are the top-level modules of all imports, also of those that stay where they are.
    """

    future: list[str] = field(default_factory=list)
    pairs: list[tuple[str, str]] = field(default_factory=list)
    modules: set[str] = field(default_factory=set)
    dropped: list[str] = field(default_factory=list)

    def text(self, more: Iterable[str] = ()) -> str:
        """Return the block at the top; ``more`` are modules of the standard library to import besides."""
        pairs = list(dict.fromkeys([*(("", name) for name in sorted(more)), *self.pairs]))
        if any(name == "*" for _, name in pairs):  # whose names a later import may take over
            return "\n".join(_merged(pairs))
        standard = _merged(sorted((pair for pair in pairs if _is_standard(pair)), key=_order))
        others = _merged([pair for pair in pairs if not _is_standard(pair)])
        return "\n\n".join("\n".join(part) for part in (standard, others) if part)


def hoisted(
    blocks: list[Block], *, local: Iterable[str] = (), held: Collection[int] = ()
) -> tuple[Imports, list[Block]]:
    """Take the imports out that may stand on top; return them and the blocks that are left.

    Parameters
    ----------
    local
        Modules of the user's own.
    held
        Cells whose imports stay: they may be what failed.
    """
    imports, rest, place = Imports(), [], _Place(_binders(blocks))
    used, local_names = _mentioned(blocks), set(local)
    for block in blocks:
        node = block.node
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            place.passes(node)
            rest.append(block)
            continue
        imports.modules.update(filter(None, _modules(node)))
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            imports.future.extend(alias.name for alias in node.names if alias.name not in imports.future)
        elif place.holds(node) or block.seq in held:
            rest.append(block)
        else:
            _take(imports, node, used, local_names)
    return imports, rest


class _Place:
    """What has run before an import, and may matter to it."""

    def __init__(self, binders: dict[str, set[str]]) -> None:
        self._binders = binders
        self._aliases: dict[str, str] = {}
        self._set_up: set[str] = set()
        self._words: set[str] = set()
        self._is_prepared = False

    def passes(self, node: ast.stmt | None) -> None:
        """Take note of a statement that is no import."""
        if node is None:
            return
        root = _set_up(node)
        if root in self._aliases:
            self._set_up.add(self._aliases[root])
        self._is_prepared = self._is_prepared or _prepares_imports(node)
        self._words |= used_names(node)

    def holds(self, node: ast.Import | ast.ImportFrom) -> bool:
        """Return whether an import has to stay where it is."""
        modules, names = _modules(node), _names(node)
        self._aliases.update(zip(names, modules, strict=False))
        if self._is_prepared and not all(module in sys.stdlib_module_names for module in modules):
            return True
        if self._set_up & set(modules) or any(len(self._binders[name]) > 1 for name in names):
            return True
        if "*" in names:
            return bool(self._words)
        return any(hasattr(builtins, name) and name in self._words for name in names)


def _take(imports: Imports, node: ast.Import | ast.ImportFrom, used: set[str], local: set[str]) -> None:
    for alias in node.names:
        module = _modules(node, alias)[0]
        name = alias.asname or alias.name.partition(".")[0]
        is_quiet = module not in local and (module in _QUIET or module in sys.stdlib_module_names)
        if name not in used and is_quiet and name != "*" and not alias.name.startswith("enable_"):
            imports.dropped.append(_line(node, alias))
            continue
        what = f"{alias.name} as {alias.asname}" if alias.asname else alias.name
        head = "" if isinstance(node, ast.Import) else f"{'.' * node.level}{node.module or ''}"
        if (head, what) not in imports.pairs:
            imports.pairs.append((head, what))


def _merged(pairs: list[tuple[str, str]]) -> list[str]:
    """Return imports as lines; neighbours from the same module are one."""
    lines: list[str] = []
    for head, group in itertools.groupby(pairs, key=lambda pair: pair[0]):
        names = [name for _, name in group]
        if not head:
            lines.extend(f"import {name}" for name in names)
        elif "*" in names:
            lines.extend(f"from {head} import {name}" for name in names)
        else:
            lines.append(_wrapped(f"from {head}", names))
    return lines


def _is_standard(pair: tuple[str, str]) -> bool:
    return (pair[0] or pair[1].split(" as ")[0]).partition(".")[0] in sys.stdlib_module_names


def _line(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    name = f"{alias.name} as {alias.asname}" if alias.asname else alias.name
    if isinstance(node, ast.Import):
        return f"import {name}"
    return f"from {'.' * node.level}{node.module or ''} import {name}"


def _wrapped(head: str, names: list[str]) -> str:
    line = f"{head} import {', '.join(names)}"
    if len(line) <= 100:
        return line
    return f"{head} import (\n" + "".join(f"    {name},\n" for name in names) + ")"


def _binders(blocks: list[Block]) -> dict[str, set[str]]:
    """Return by name the different statements that bind it: an import that is repeated counts once."""
    binders: dict[str, set[str]] = {}
    for block in blocks:
        node = block.node
        if node is None:
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                binders.setdefault(name, set()).add(_binding(node, alias))
        else:
            for name in bound_names(node):
                binders.setdefault(name, set()).add(f"{block.seq}:{ast.dump(node)}")
    return binders


def _binding(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    """Return what an import binds: ``import a.b`` and ``import a.c`` both bind ``a``."""
    if isinstance(node, ast.Import) and not alias.asname:
        return f"import {alias.name.partition('.')[0]}"
    return _line(node, alias)


def _names(node: ast.Import | ast.ImportFrom) -> list[str]:
    return [alias.asname or alias.name.partition(".")[0] for alias in node.names]


def _modules(node: ast.Import | ast.ImportFrom, alias: ast.alias | None = None) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [(node.module or "").partition(".")[0]]
    names = [alias] if alias is not None else node.names
    return [each.name.partition(".")[0] for each in names]


def _mentioned(blocks: list[Block]) -> set[str]:
    """Return all words that code other than imports mentions, those in strings too."""
    found: set[str] = set()
    for block in blocks:
        if block.node is None or isinstance(block.node, (ast.Import, ast.ImportFrom)):
            continue
        found |= used_names(block.node)
        for each in ast.walk(block.node):
            if isinstance(each, ast.Constant) and isinstance(each.value, str) and len(each.value) < 10_000:
                found.update(each.value.replace(".", " ").replace("(", " ").split())
    return found


def _set_up(node: ast.stmt) -> str:
    """Return the name of the module that a statement may set up: ``pd.set_option()``, ``lib.f = g``."""
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute() as called)):
            return _root(called)
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript() as target, *_]):
            return _root(target)
        case ast.AugAssign(target=ast.Attribute() | ast.Subscript() as target):
            return _root(target)
    return ""


def _prepares_imports(node: ast.stmt) -> bool:
    """Return whether imports may depend on a statement: it sets the environment, the path, the folder."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return False
    for each in ast.walk(node):
        if isinstance(each, (ast.Attribute, ast.Call)) and _root(each) in _ROOTS:
            text = ast.unparse(each)
            if any(word in text for word in _PREPARING):
                return True
    return False


def _root(node: ast.AST) -> str:
    while True:
        match node:
            case ast.Attribute(value=value) | ast.Subscript(value=value):
                node = value
            case ast.Call(func=func):
                node = func
            case ast.Name(id=name):
                return name
            case _:
                return ""


def _order(pair: tuple[str, str]) -> tuple[bool, str, str]:
    return (bool(pair[0]), *pair)

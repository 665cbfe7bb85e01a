"""The code of an export: our own files, copied as they are and tested where they stand."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from .runtime import runtime_files, service_files

_BATCH = "batch.py"
_SERVED = ("__init__.py", "__main__.py", "app.py")
_INIT = '"""Scoring a file in chunks: see ``batch.py``. ``runtime/`` opens the model\'s file."""\n'


def service_sources() -> dict[str, str]:
    """Return the files of the service, below ``service/``.

    Examples
    --------
    >>> {"service/app.py", "service/runtime/__init__.py"} <= service_sources().keys()
    True
    """
    package = service_files()
    served = {path for path in package if path.startswith("runtime/")}
    for start in _SERVED:
        served.update(closure(package, start))
    return {f"service/{path}": package[path] for path in sorted(served)}


def batch_sources() -> dict[str, str]:
    """Return the files of the batch job, below ``scoring/``: the part of the service that knows no HTTP.

    Examples
    --------
    >>> found = batch_sources()
    >>> "scoring/batch.py" in found, "scoring/app.py" in found
    (True, False)
    """
    package = service_files()
    kept = {path: package[path] for path in closure(package, _BATCH)}
    return {
        f"scoring/{path}": text for path, text in (kept | runtime_files() | {"__init__.py": _INIT}).items()
    }


def closure(package: Mapping[str, str], start: str) -> tuple[str, ...]:
    """Return a file of a package and those that it imports from beside it, and these, in order of path.

    Examples
    --------
    >>> closure({"a.py": "from .b import x", "b.py": "from . import c", "c.py": "", "d.py": ""}, "a.py")
    ('a.py', 'b.py', 'c.py')
    """
    found: set[str] = set()
    waiting = [start]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        for node in ast.walk(ast.parse(package[path], path)):
            if isinstance(node, ast.ImportFrom) and node.level == 1:
                names = [node.module] if node.module else [alias.name for alias in node.names]
                waiting += [f"{name}.py" for name in names if f"{name}.py" in package]
    return tuple(sorted(found))


def first_line(source: str) -> str:
    """Return what a file says that it is for: the first line of its docstring, without the dot.

    Examples
    --------
    >>> first_line("'Reads rows.'")
    'Reads rows'
    """
    said = (ast.get_docstring(ast.parse(source)) or "").strip().partition("\n")[0]
    return said.rstrip(".").replace("``", "")

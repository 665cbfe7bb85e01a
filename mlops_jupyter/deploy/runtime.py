"""What a copied service needs of this package: the smallest closed set of files that opens models."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parent.parent
_SERVICE: Final = Path(__file__).parent / "service"
_HANDLERS: Final = ("skops_files", "xgboost_files", "lightgbm_files", "catboost_files")

_OPENING: Final = '''"""What opens a model's file: files of mlops_jupyter, as in its ``formats``."""

from __future__ import annotations

import sys

from .errors import IntegrityError, MlopsError, UnsupportedError
from .formats import nested
from .formats.models import load_model

__all__ = ["IntegrityError", "MlopsError", "UnsupportedError", "load_model"]

# Model files name this class by the place it has in mlops_jupyter.
_named = sys.modules.setdefault("mlops_jupyter.formats.nested", nested)
nested.KeptPart = _named.KeptPart
'''

_FORMATS: Final = f'''"""The formats of model files, each with its handler."""

from __future__ import annotations

from . import {", ".join(sorted(_HANDLERS))}  # noqa: F401 - they register handlers
'''


def runtime_files() -> dict[str, str]:
    """Return the sources that open model files, by their path inside the service's package.

    They are files of this package, chosen by following the imports of ``formats.models`` and the
    handlers; relative imports hold in the copy, and nothing of mlops_jupyter has to be installed.

    Examples
    --------
    >>> sorted(runtime_files())[:3]
    ['runtime/__init__.py', 'runtime/errors.py', 'runtime/formats/__init__.py']
    """
    files = {"runtime/__init__.py": _OPENING, "runtime/formats/__init__.py": _FORMATS}
    waiting = [_ROOT / "formats" / f"{name}.py" for name in ("models", *_HANDLERS)]
    while waiting:
        path = waiting.pop()
        name = f"runtime/{path.relative_to(_ROOT).as_posix()}"
        if name not in files:
            files[name] = path.read_text(encoding="utf-8")
            waiting.extend(_imported(path, files[name]))
    return files


def service_files() -> dict[str, str]:
    """Return the sources of the whole service, its runtime included, by their path inside the package.

    Examples
    --------
    >>> "app.py" in service_files()
    True
    """
    own = {
        path.relative_to(_SERVICE).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(_SERVICE.glob("*.py"))
    }
    return own | runtime_files()


def _imported(path: Path, source: str) -> list[Path]:
    """Return the files of this package that a file imports."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
            inside = [folder / f"{one.name}.py" for one in node.names]
            found += [one for one in (folder.with_suffix(".py"), *inside) if one.is_file()]
    return found

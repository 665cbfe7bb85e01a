"""The recipe of a version as ``train.py``: what made the model, as one file that anybody can run."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from .. import masking, slicing
from ..errors import UsageError
from ..records import CodeSlice, LocalModule, Parameter, Script, to_plain
from ..slicing.commandline import flag_of
from ..store import Store
from ..store.objects import hash_of_file
from .own_modules import FOLDER, top_names
from .packages import imports_of
from .subject import Subject

_ABSOLUTE = re.compile(r"(?:/(?:home|Users|mnt|data|root|media|opt|srv|var|tmp)/|[A-Za-z]:[\\/]|\\\\)\S*")
_OUTPUT = Parameter("_output", "model.bin", "path", "where the model is written")
_FIND_MODULES = f"""import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "{FOLDER}"))

"""


@dataclass(frozen=True, slots=True)
class TrainingCode:
    """What an export has for training a model again; empty, with ``why_none``, where there is no recipe.

    ``modules`` are the user's own files by their path in the export; ``imports`` what these and the
    script import; ``options`` the names of the script's options; ``inputs`` the files it reads.
    """

    script: str = ""
    modules: dict[str, bytes] = field(default_factory=dict)
    recipe: dict[str, Any] = field(default_factory=dict)
    imports: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    n_kept: int = 0
    n_cells: int = 0
    why_none: str = ""


def training_of(store: Store, subject: Subject, package: str) -> TrainingCode:
    """Return the recipe of a version as a script with its helper modules.

    Parameters
    ----------
    package
        The package of the export that holds the runtime: ``service`` or ``scoring``.

    Raises
    ------
    UsageError
        If a cell or a module holds a secret; names it by cell and line, and what to do.
    """
    recipe = subject.recipe
    if recipe is None or subject.variable is None:
        return TrainingCode(why_none=subject.why_no_recipe)
    modules = _modules(store, recipe)
    named = replace(recipe, label=f"{subject.name}:{subject.version.number}")
    script = slicing.write_script(named, options=(_OUTPUT,), ending=_ending(package, subject))
    text = _with_modules(script.text) if modules else script.text
    texts = {path: data.decode("utf-8", errors="replace") for path, data in modules.items()}
    _refuse_secrets(recipe, {"train.py": text, **texts})
    paths = tuple(dict.fromkeys(absolute_paths(text)))
    return TrainingCode(
        script=text,
        modules=modules,
        recipe=_document(subject, recipe),
        imports=_imports(script, texts, {*top_names(modules), package}),
        options=tuple(flag_of(one.name) for one in script.parameters if one.name != _OUTPUT.name),
        inputs=tuple(one.path for one in recipe.files),
        notes=(*script.notes, *(f"an absolute path stands in the code: {path}" for path in paths)),
        n_kept=len(recipe.kept),
        n_cells=len(recipe.cells),
    )


def kept_inputs(store: Store, recipe: CodeSlice, folder: Path) -> dict[str, bytes]:
    """Return the input files of a recipe by the path that its script reads.

    A file that was too large to be kept is taken from where it stood (``folder`` is where the recipe
    ran), if its bytes are the recorded ones.
    """
    found = {}
    for one in recipe.files:
        if one.object_hash is not None:
            found[one.path] = store.objects.get(one.object_hash)
        elif (path := folder / one.path).is_file() and hash_of_file(path) == one.content_hash:
            found[one.path] = path.read_bytes()
    return found


def absolute_paths(source: str) -> Iterator[str]:
    """Yield the absolute paths that stand as texts in a source.

    Examples
    --------
    >>> list(absolute_paths("read('/home/ann/churn.csv'); read('data/churn.csv')"))
    ['/home/ann/churn.csv']
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _ABSOLUTE.fullmatch(node.value):
            yield node.value


def _imports(script: Script, modules: dict[str, str], own: set[str]) -> tuple[str, ...]:
    """Return the modules that come from packages."""
    return tuple(sorted({*script.imports, *imports_of(modules)} - sys.stdlib_module_names - own))


def _ending(package: str, subject: Subject) -> str:
    """Return the code that writes the model, under names that a notebook does not use."""
    options = [f", trusted={list(subject.trusted)!r}"] if subject.trusted else []
    reason = subject.version.unsafe_reason
    options += [f", unsafe_reason={reason!r}"] if reason else []
    return f"""\
# The model as a file, of the form of model/model.bin
from pathlib import Path as _Path

from {package}.runtime.formats.models import dump_model as _dump_model

_Path(_output).write_bytes(_dump_model({subject.variable}{"".join(options)}).data)
print(f"wrote {{_output}}")
"""


def _with_modules(source: str) -> str:
    """Return a script that finds the modules that go with it; they are looked for before its first import."""
    body = ast.parse(source).body
    first = next(one for one in body if not _is_head(one))
    lines = source.splitlines(keepends=True)
    return "".join([*lines[: first.lineno - 1], _FIND_MODULES, *lines[first.lineno - 1 :]])


def _is_head(node: ast.stmt) -> bool:
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_text or (isinstance(node, ast.ImportFrom) and node.module == "__future__")


def _modules(store: Store, recipe: CodeSlice) -> dict[str, bytes]:
    """Return the user's own modules by their path in the export."""
    found: dict[str, bytes] = {}
    lost = [one.name for one in recipe.modules if one.object_hash is None]
    if lost:
        raise UsageError(
            f"the registry has no copy of the module {lost[0]!r}, so the recipe cannot be exported; "
            "run the cells again and register that run; or training=False: no train.py"
        )
    for one in recipe.modules:
        if one.object_hash is not None:
            found[_place(one)] = store.objects.get(one.object_hash)
    return found


def _place(module: LocalModule) -> str:
    """Return where a module stands so that it is imported by its name."""
    parts = module.name.split(".")
    inside = PurePosixPath(FOLDER, *parts)
    return str(inside / "__init__.py" if module.is_package else inside.with_name(f"{parts[-1]}.py"))


def _refuse_secrets(recipe: CodeSlice, files: dict[str, str]) -> None:
    """Refuse code that holds a secret, or held one when it was kept."""
    found = [doubt for doubt in recipe.doubts if "masked" in doubt]
    cells = {f"cell [{cell.execution_count or cell.seq}]": cell.source for cell in recipe.kept}
    for name, text in (cells | files).items():
        found += [f"{name}, {sentence}" for sentence in masking.mask(text)[1]]
    if found:
        where = found[0].replace(" was masked", "").replace(" were masked", "").partition(";")[0]
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        raise UsageError(
            f"the code that made the model holds a secret ({where}{more}), so nothing is exported: read it "
            "from os.environ, run the cells again and register that run; or training=False: no train.py"
        )


def _document(subject: Subject, recipe: CodeSlice) -> dict[str, Any]:
    """Return the recipe as it is exported: what was left out of it is nobody's business elsewhere."""
    plain: dict[str, Any] = to_plain(replace(recipe, cells=recipe.kept))
    return {"of": subject.label, "variable": subject.variable, **plain}

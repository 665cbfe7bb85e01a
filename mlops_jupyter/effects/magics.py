"""Magics and shell lines of a cell: what they do, and the cell as Python without them.

IPython hands ``%%time`` over as a call with its body as text; the body is code of the cell all the same.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

_RUNS_BODY = frozenset({"time", "timeit", "capture", "prun", "mprun", "memit", "track"})
_RUNS_LINE = frozenset({"time", "timeit", "prun", "memit", "lprun", "mprun"})
_OURS = frozenset(
    {
        *("track", "alias", "approvals", "approve", "archive", "backup", "card", "clean"),
        *("compare", "cross-validate", "delete", "demo", "disable", "doctor", "enable"),
        *("evaluate", "export", "history", "kpi", "note", "query", "register", "reject"),
        *("reproduce", "request-approval", "restore", "retrain", "runs", "show", "slice"),
        *("status", "tag", "unarchive", "usecase", "validate", "withdraw"),
    }
)
"""The magics of this package: they record and show, and change no variable by themselves."""
_QUIET = _OURS | {
    *("matplotlib", "config", "load_ext", "reload_ext", "autoreload", "who", "whos"),
    *("who_ls", "pinfo", "pinfo2", "pdoc", "psource", "hist", "lsmagic", "precision"),
    *("pprint", "xmode", "colors", "timeit", "time", "capture", "html", "HTML", "markdown"),
    *("javascript", "js", "latex", "svg", "load", "page", "pycat", "psearch", "quickref"),
    *(
        "magic",
        "ls",
        "ll",
        "cat",
        "pwd",
        "dirs",
        "cd",
        "pushd",
        "popd",
        "bookmark",
        "notebook",
        "rerun",
        "recall",
        "edit",
    ),
    *("debug", "tb", "doctest_mode", "automagic"),
}
_COMMANDS = frozenset(
    {"sh", "bash", "script", "system", "sx", "!", "perl", "ruby", "pypy", "python3", "python2"}
)
_PROGRAMS = _COMMANDS | {"pip", "conda", "mamba", "uv"}
_CALL = re.compile(
    r"(?P<indent>[ \t]*)(?:(?P<target>[\w, \[\]().*]+?)\s*=\s*)?(?P<mark>%%?|!!?)(?P<rest>.*)$"
)
_INSIDE = re.compile(r"\{([^{}]+)\}|\$([A-Za-z_]\w*)")


@dataclass(frozen=True, slots=True)
class Magics:
    """What was found of magics in a cell.

    ``names`` are those used, ``lines`` what stands behind them, ``reads`` names that these put in
    (``!echo {x}``); ``environ`` and ``command`` say that it may change the environment, or files unheard;
    ``is_open`` that it may read and bind any name (``%run -i``).
    """

    python: str = ""
    names: tuple[str, ...] = ()
    reads: frozenset[str] = frozenset()
    environ: bool = False
    command: bool = False
    is_open: bool = False
    lines: tuple[str, ...] = ()

    @property
    def runs_command(self) -> bool:
        """Whether one of them starts a program, which may do anything."""
        return not _PROGRAMS.isdisjoint(self.names)

    @property
    def effective(self) -> tuple[str, ...]:
        """Those that do more than run code or show something."""
        return tuple(
            dict.fromkeys(name for name in self.names if name not in _QUIET and name not in _RUNS_BODY)
        )


def magics_of(python: str, transform: Callable[[str], str] | None = None) -> Magics:
    r"""Return the magics of a cell, and its Python without them.

    Parameters
    ----------
    transform : what turns the body of a cell magic into Python, IPython's ``transform_cell``.

    Examples
    --------
    >>> found = magics_of("get_ipython().run_cell_magic('time', '', 'x = 1\\n')")
    >>> found.python, found.names
    ('x = 1\n', ('time',))
    >>> magics_of("!ls {folder}").reads
    frozenset({'folder'})
    """
    first = python.lstrip()
    if first.startswith("%%"):
        head, _, body = first.partition("\n")
        name, _, line = head[2:].partition(" ")
        return _cell_magic(name.strip(), line.strip(), body, transform)
    if "%" not in python and "!" not in python and "get_ipython" not in python:
        return Magics(python)
    try:
        tree = ast.parse(python)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        plain = _translated(python)
        if plain == python:
            return Magics(python)
        return magics_of(plain, transform)
    if "get_ipython" not in python:
        return Magics(python)
    match tree.body:
        case [ast.Expr(value=ast.Call(func=ast.Attribute(attr="run_cell_magic"), args=args))]:
            texts = [each.value for each in args if isinstance(each, ast.Constant)]
            if len(texts) == 3:
                return _cell_magic(str(texts[0]), str(texts[1]), str(texts[2]), transform)
    finder = _Calls(transform)
    changed = ast.fix_missing_locations(finder.visit(tree))
    return replace(finder.found, python=ast.unparse(changed) if finder.is_changed else python)


def _cell_magic(name: str, line: str, body: str, transform: Callable[[str], str] | None) -> Magics:
    if name not in _RUNS_BODY:
        found = _line_magic(name, f"{line}\n{body}", is_cell=True)
        return replace(found, python="")
    try:
        plain = transform(body) if transform is not None else body
    except Exception:  # noqa: BLE001 - transformers of anybody; the body is tried as it is
        plain = body
    inner = magics_of(plain, transform)
    python, given = inner.python, line
    if name == "capture":
        target = next((word for word in line.split() if not word.startswith("-")), "")
        if target.isidentifier():
            python += f"\n{target} = None\n"
    elif name == "timeit" and (setup := _statement(line)):
        python = f"{setup}\n{python}"
    return replace(inner, python=python, names=(name, *inner.names), reads=inner.reads | _inside(given))


def _statement(line: str) -> str:
    """Return what stands behind the options of a ``%timeit`` or ``%time``."""
    return (
        re.sub(r"^(?:\s*-[nrtcpqovlsTD]\s*\S*)+\s*", "", line).strip()
        if line.lstrip().startswith("-")
        else line
    )


def _line_magic(name: str, line: str, *, is_cell: bool = False) -> Magics:
    found = Magics(names=(name,), reads=_inside(line), lines=(line,))
    if name in ("env", "set_env"):
        return replace(found, environ=bool(line.strip()))
    if name == "run":
        return replace(found, is_open=True)
    if name in ("store", "reset", "reset_selective", "macro", "pylab", "xdel", "sql", "R", "cython"):
        return replace(found, is_open=True)
    if name in _COMMANDS or name in ("pip", "conda", "mamba", "writefile", "file", "uv"):
        return replace(found, command=True)
    if name in _QUIET:
        return found
    return replace(found, is_open=is_cell)


class _Calls(ast.NodeTransformer):
    """Finds the calls that IPython makes of magics, and puts the code of ``%time f(x)`` in their place."""

    def __init__(self, transform: Callable[[str], str] | None) -> None:
        self._transform = transform
        self.found = Magics()
        self.is_changed = False

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        method = node.func
        if not (isinstance(method, ast.Attribute) and _is_shell(method.value)):
            return node
        texts = [str(each.value) for each in node.args if isinstance(each, ast.Constant)]
        if method.attr in ("system", "getoutput", "getoutput_oneline") and texts:
            self._add(Magics(names=("!",), reads=_inside(texts[0]), command=True, lines=(texts[0],)))
            return self._plain(ast.Constant(None))
        if method.attr == "run_line_magic" and len(texts) >= 2:
            return self._line(texts[0], texts[1])
        if method.attr == "run_cell_magic" and len(texts) == 3:
            inner = _cell_magic(texts[0], texts[1], texts[2], self._transform)
            self._add(inner)
            return node
        return node

    def _line(self, name: str, line: str) -> ast.AST:
        if name in _RUNS_LINE:
            body = _statement(line) if name != "time" else line
            try:
                inner = ast.parse(body.strip() or "None")
            except SyntaxError:
                self._add(replace(_line_magic(name, line), is_open=True))
                return self._plain(ast.Constant(None))
            self._add(_line_magic(name, line))
            if len(inner.body) == 1 and isinstance(inner.body[0], ast.Expr):
                return self._plain(inner.body[0].value)
            self._pending = inner.body
            return self._plain(ast.Constant(None))
        self._add(_line_magic(name, line))
        return self._plain(ast.Constant(None))

    _pending: list[ast.stmt] | None = None

    def visit_Expr(self, node: ast.Expr) -> ast.AST | list[ast.stmt]:
        changed = self.generic_visit(node)
        pending, self._pending = self._pending, None
        if pending is not None:
            return [*pending]
        return changed

    def _plain(self, value: ast.expr) -> ast.expr:
        self.is_changed = True
        return value

    def _add(self, other: Magics) -> None:
        mine = self.found
        self.found = Magics(
            names=(*mine.names, *other.names),
            reads=mine.reads | other.reads,
            environ=mine.environ or other.environ,
            command=mine.command or other.command,
            is_open=mine.is_open or other.is_open,
            lines=(*mine.lines, *other.lines),
        )


def _is_shell(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "get_ipython"


def _inside(line: str) -> frozenset[str]:
    """Return the names that IPython puts into a magic's line."""
    names: set[str] = set()
    for braced, dollar in _INSIDE.findall(line):
        if dollar:
            names.add(dollar)
            continue
        try:
            tree = ast.parse(braced.strip(), mode="eval")
        except SyntaxError:
            continue
        names |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return frozenset(names)


def _translated(source: str) -> str:
    """Turn the lines of magics into the calls that IPython makes of them, where nobody else has."""
    lines = []
    for line in source.splitlines():
        found = _CALL.match(line)
        if found is None:
            lines.append(line.rstrip("?") if line.rstrip().endswith("?") else line)
            continue
        if found["mark"].startswith("!"):
            method = "getoutput" if found["target"] else "system"
            call = f"get_ipython().{method}({found['rest']!r})"
        else:
            name, _, rest = found["rest"].partition(" ")
            call = f"get_ipython().run_line_magic({name!r}, {rest!r})"
        target = f"{found['target']} = " if found["target"] else ""
        lines.append(f"{found['indent']}{target}{call}")
    return "\n".join(lines)

"""Cells as plain Python: magics and shell lines translated, or named where nothing can be put for them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from .lines import logical_lines
from .outputs import parsed
from .shell import Plain, command, line_magic
from .shell import cell_magic as _cell_magic
from .wrapping import indented

_CELL = re.compile(r"\s*%%(?P<name>[\w!]+)(?P<line>[^\n]*)\n?")
_LINE = re.compile(
    r"(?P<indent>[ \t]*)(?P<target>[A-Za-z_][\w.,\[\] ]*?\s*=\s*)?(?P<mark>!!|!|%(?!%))(?P<rest>.*)\Z",
    re.DOTALL,
)
_HELP = re.compile(r"\s*(\?{1,2}\s*%*[\w.*]+|%*[\w.*]+\s*\?{1,2})\s*\Z")
# Words that IPython takes as magics without their percent sign, where they are no Python.
_BARE = re.compile(
    r"(?P<name>cd|pip|conda|ls|ll|cat|mkdir|pwd|rm|cp|mv)\s+(?![=.(\[,:+*/<>-]\s)(?P<rest>\S.*)\Z"
)
_SHELL_WORDS = frozenset({"ls", "ll", "cat", "mkdir", "rm", "cp", "mv"})


@dataclass(slots=True)
class Translated:
    """A cell as Python. ``modules`` are those that the translations use; ``notes`` are sentences."""

    python: str
    modules: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    def take(self, plain: Plain) -> str:
        """Note what a translation needs, and return its code."""
        self.modules.update(plain.modules)
        if plain.note:
            self.notes.append(plain.note)
        return plain.code


def translated(source: str, names: Collection[str] = ()) -> Translated:
    r"""Return a cell as plain Python.

    Parameters
    ----------
    source
        As it was typed.
    names
        Names of the notebook: only these are put into shell lines for ``{name}`` and ``$name``.

    Examples
    --------
    >>> translated("%cd data").python
    "os.chdir('data')"
    >>> translated("%%time\nx = 1").python
    'x = 1'
    """
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    cell = Translated("")
    found = _CELL.match(source)
    if found is None:
        cell.python = "\n".join(_lines(source, names, cell))
        return cell
    name, line, body = found["name"], found["line"].strip(), source[found.end() :]
    plain = _cell_magic(name, line, body, names)
    if plain is None:
        inner = translated(body, names)
        return _captured(inner, line) if name == "capture" else inner
    cell.python = cell.take(plain)
    return cell


def _captured(body: Translated, line: str) -> Translated:
    """Return a cell under ``%%capture NAME`` with what it prints under that name."""
    target = next((word for word in line.split() if not word.startswith("-")), "")
    if not target.isidentifier() or not body.python.strip() or parsed(body.python) is None:
        return body
    body.python = (
        "with contextlib.redirect_stdout(io.StringIO()) as _printed:\n"
        f"{indented(body.python)}\n"
        f'{target} = types.SimpleNamespace(stdout=_printed.getvalue(), stderr="", outputs=[])'
    )
    body.modules |= {"contextlib", "io", "types"}
    return body


def _lines(source: str, names: Collection[str], cell: Translated) -> Iterator[str]:
    for text in logical_lines(source):
        if _HELP.match(text) and "?" in text:
            continue
        found = _LINE.match(text)
        bare = _BARE.match(text) if found is None else None
        if found is None and bare is None:
            yield text
            continue
        if found is not None:
            indent, target, mark, rest = found["indent"], found["target"] or "", found["mark"], found["rest"]
        else:
            assert bare is not None
            mark = "!" if bare["name"] in _SHELL_WORDS else "%"
            indent, target, rest = "", "", f"{bare['name']} {bare['rest']}"
        rest = re.sub(r"\\\n\s*", " ", rest).strip()
        if mark == "%":
            name, _, line = rest.partition(" ")
            code = cell.take(line_magic(name, line.strip(), target, names))
        else:
            code = cell.take(command(rest, target, names, wants_lines=mark == "!!"))
        if code:
            yield "\n".join(indent + each for each in code.split("\n"))
        elif indent:
            yield f"{indent}pass"

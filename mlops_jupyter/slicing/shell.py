"""What stands for each magic and shell line in plain Python."""

from __future__ import annotations

import ast
import builtins
import re
import shlex
from collections.abc import Collection
from typing import NamedTuple

from .outputs import parsed
from .wrapping import indented

_INSTALLERS = ("pip", "conda", "mamba", "uv", "apt", "apt-get")
_BODY = frozenset({"time", "capture", "track", "prun", "memit", "mprun", "lprun"})
_LINE_BODY = frozenset({"time", "prun", "memit", "mprun", "lprun"})
_QUIET = frozenset(
    {
        *("matplotlib", "config", "load_ext", "reload_ext", "unload_ext", "autoreload", "who", "whos"),
        *("who_ls", "pinfo", "pinfo2", "pdoc", "psource", "pfile", "history", "hist", "lsmagic", "precision"),
        *("pprint", "xmode", "colors", "pdb", "debug", "tb", "pwd", "ls", "ll", "dirs", "page", "quickref"),
        *("html", "HTML", "markdown", "javascript", "js", "latex", "svg", "SVG", "automagic", "doctest_mode"),
    }
)
_INTERPRETERS = frozenset({"bash", "sh", "perl", "ruby"})
_ASKED = re.compile(r"\{\{|\}\}|\{(?P<code>[^{}]+)\}|\$\$|\$(?P<name>[A-Za-z_]\w*)")


class Plain(NamedTuple):
    """The Python that stands for a magic; empty where nothing has to."""

    code: str = ""
    modules: tuple[str, ...] = ()
    note: str = ""


def command(text: str, target: str, names: Collection[str], *, wants_lines: bool = False) -> Plain:
    """Return what stands for ``!text``, or ``target = !text``."""
    words = text.split()
    if not target and words and words[0] in (*_INSTALLERS, "sudo") and "install" in words:
        return Plain(note=f"left out, for the environment: {text}")
    line = quoted(text, names)
    if target or wants_lines:
        run = f"subprocess.run({line}, shell=True, capture_output=True, text=True, check=False)"
        return Plain(f"{target}{run}.stdout.splitlines()", ("subprocess",))
    return Plain(f"subprocess.run({line}, shell=True, check=False)", ("subprocess",))


def line_magic(name: str, line: str, target: str, names: Collection[str]) -> Plain:
    """Return what stands for ``%name line``, or ``target = %name line``."""
    if name == "cd":
        return _cd(line, names)
    if name in ("env", "set_env"):
        return _env(line, target, names)
    if name in ("pip", "conda", "mamba", "uv"):
        return Plain(note=f"left out, for the environment: {name} {line}")
    if name in ("sx", "system"):
        return command(line, target, names, wants_lines=True)
    if name in _LINE_BODY:
        return Plain(target + re.sub(r"^(-\w+(?:\s+\d+)?\s+)+", "", line))
    if name == "run":
        return _run(line)
    if name == "xdel":
        return Plain(f"del {line.removeprefix('-n').strip()}")
    if name == "pwd" and target:
        return Plain(f"{target}os.getcwd()", ("os",))
    if name == "timeit" and not target:
        return _timeit(line, "")
    if name in _QUIET and not target:
        return Plain()
    return _only_in_ipython(f"%{name} {line}".strip(), target)


def cell_magic(name: str, line: str, body: str, names: Collection[str]) -> Plain | None:
    """Return what stands for a cell under ``%%name line``; None where it is its body."""
    if name in _BODY:
        return None
    if name in ("writefile", "file"):
        return _writefile(line, body, names)
    if name in ("python", "python3"):
        return Plain(
            f"subprocess.run([sys.executable, '-c', {block(body)}], check=True)", ("subprocess", "sys")
        )
    if name in _INTERPRETERS or (name == "script" and line):
        program = line.split() if name == "script" else [name]
        flag = "-e" if program[0] in ("perl", "ruby") else "-c"
        run = f"subprocess.run({[*program, flag]!r} + [{block(body)}], check=True)"
        return Plain(run, ("subprocess",))
    if name in ("!", "sx", "system"):
        return command(body.strip(), "", names)
    if name == "timeit":
        return _timeit(line, body)
    if name in _QUIET:
        return Plain()
    return _only_in_ipython(f"%%{name} {line}".strip(), "")


def quoted(text: str, names: Collection[str]) -> str:
    r"""Return the literal of a magic's line: an f-string where names of the notebook are put into it.

    Examples
    --------
    >>> quoted("ls {folder}", {"folder"})
    "f'ls {folder}'"
    >>> quoted("awk '{print $1}' $HOME", {"folder"})
    '"awk \'{print $1}\' $HOME"'
    """
    parts: list[tuple[bool, str]] = []
    end = 0
    for found in _ASKED.finditer(text):
        code = found["code"] or found["name"]
        if code is not None and not _is_known(code, names):
            continue
        parts.append((False, text[end : found.start()]))
        parts.append((code is not None, code if code is not None else found.group()[0]))
        end = found.end()
    parts.append((False, text[end:]))
    if not any(is_code for is_code, _ in parts):
        return repr(text)
    plain = "".join(part for is_code, part in parts if not is_code)
    quote = '"' if "'" in plain + "".join(part for _, part in parts) else "'"
    inside = "".join(
        f"{{{part}}}" if is_code else part.replace("\\", "\\\\").replace("{", "{{").replace("}", "}}")
        for is_code, part in parts
    )
    literal = f"f{quote}{inside}{quote}"
    try:
        ast.parse(literal)
    except SyntaxError:  # both quotes in it, before Python 3.12
        pieces = (f"str({part})" if is_code else repr(part) for is_code, part in parts if part)
        return " + ".join(pieces)
    return literal


def block(text: str) -> str:
    """Return the literal of a text of several lines, as it would be typed where that is possible."""
    if '"""' not in text and "\\" not in text and not text.endswith('"') and "\n" in text:
        return f'"""\\\n{text}"""'
    return repr(text)


def _is_known(code: str, names: Collection[str]) -> bool:
    try:
        tree = ast.parse(code.strip(), mode="eval")
    except SyntaxError:
        return False
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return all(name in names or hasattr(builtins, name) for name in used)


def _cd(line: str, names: Collection[str]) -> Plain:
    folder = line.removeprefix("-q").strip().strip("'\"")
    if folder.startswith("-"):
        return _only_in_ipython(f"%cd {line}", "")
    if not folder or folder.startswith("~"):
        return Plain(f"os.chdir(os.path.expanduser({(folder or '~')!r}))", ("os",))
    return Plain(f"os.chdir({quoted(folder, names)})", ("os",))


def _env(line: str, target: str, names: Collection[str]) -> Plain:
    name, is_set, value = line.partition("=") if "=" in line else line.partition(" ")
    if is_set:
        return Plain(f"os.environ[{name.strip()!r}] = {quoted(value.strip(), names)}", ("os",))
    return Plain(f"{target}os.environ[{name.strip()!r}]", ("os",)) if target else Plain()


def _timeit(line: str, body: str) -> Plain:
    """Return the code that is measured, as often as it ran where that was said."""
    counts = {key: int(count) for key, count in re.findall(r"(?:^|\s)-([nr])\s*(\d+)", line)}
    statement = re.sub(r"^\s*(?:-[nrtcpqo]\s*\d*\s+)*", "", line + " ").strip()
    code = "\n".join(part for part in (statement, body.strip("\n")) if part)
    if "n" not in counts or parsed(code) is None:
        return Plain(note=f"left out, only measures: {code.splitlines()[0] if code else '%timeit'}")
    loop = f"for _again in range({counts['n'] * counts.get('r', 7)}):\n{indented(code)}"
    return Plain(f"def _measured():\n{indented(loop)}\n\n\n_measured()")


def _run(line: str) -> Plain:
    try:
        words = shlex.split(line)
    except ValueError:
        words = line.split()
    paths = [word for word in words if not word.startswith("-")]
    if not paths or not paths[0].endswith(".py"):
        return _only_in_ipython(f"%run {line}", "")
    note = f"%run {line}: its arguments are not handed on" if len(paths) > 1 else ""
    return Plain(
        f"globals().update(runpy.run_path({paths[0]!r}, globals(), run_name='__main__'))", ("runpy",), note
    )


def _writefile(line: str, body: str, names: Collection[str]) -> Plain:
    words = line.split()
    path = quoted(" ".join(word for word in words if word not in ("-a", "--append")).strip("'\""), names)
    text = block(body if body.endswith("\n") else body + "\n")
    if "-a" in words or "--append" in words:
        return Plain(f"with open({path}, 'a', encoding='utf-8') as _file:\n    _file.write({text})")
    return Plain(f"pathlib.Path({path}).write_text({text}, encoding='utf-8')", ("pathlib",))


def _only_in_ipython(what: str, target: str) -> Plain:
    note = f"{' '.join(what.split())} runs in IPython alone"
    if target:
        return Plain(f"raise RuntimeError({note!r})", note=note)
    return Plain(f"# {note}", note=note)

"""Which files code opened, whether it went to the network or ran a command: Python's audit events.

An audit hook cannot be removed, so that there is one for the process, which does nothing while no log is
on. Readers written in C++ or Rust open files unseen; for these, ``paths.py`` looks at what the cell names.
"""

# This runs in the user's open(), where a Path costs several times as much.
# ruff: noqa: PTH109, PTH110, PTH118

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

from .paths import stamp

_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC
_ENTRIES: Final = 5_000
_OURS: Final = ("mlops", "IPythonHistory")

_PACKAGE: Final = __name__.partition(".")[0] + "."
_COMMANDS: Final = frozenset({"subprocess.Popen", "os.system", "os.posix_spawn", "os.exec", "socket.connect"})

_listening: dict[int, Trace] = {}
_hooked: list[Callable[[str, tuple[Any, ...]], None]] = []
_heard: set[tuple[Any, ...]] = set()
"""Files opened before in this cell, in the same way: a loop over one file costs next to nothing."""


class Trace:
    """What happened while it listens: paths opened to read and to write, addresses, commands.

    ``read`` and ``written`` keep the order of the first time; a path that was first written, then read, is
    not read from outside. ``databases`` are those connected to, as they were then.
    """

    def __init__(self) -> None:
        self.read: dict[str, None] = {}
        self.written: dict[str, None] = {}
        self.removed: dict[str, None] = {}
        self.folders: dict[str, None] = {}
        self.databases: dict[str, tuple[int, int] | None] = {}
        self.network = False
        self.commands: list[str] = []
        self.imported = False

    def start(self) -> None:
        """Begin to listen."""
        _install()
        _heard.clear()
        _listening[id(self)] = self

    def stop(self) -> None:
        """Listen no more."""
        _listening.pop(id(self), None)


def _install() -> None:
    if not _hooked:
        _hooked.append(_hook)
        sys.addaudithook(_hook)


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if not _listening or event not in _EVENTS:
        return
    if event == "open" and type(args[0]) is str and args in _heard:
        return
    if threading.current_thread().name.startswith(_OURS):
        return
    try:
        if event == "open" and type(args[0]) is str and len(_heard) < _ENTRIES:
            _heard.add(args)
        if event in _COMMANDS and _is_ours():
            return
        note = _EVENTS[event]
        for trace in list(_listening.values()):
            note(trace, args)
    except Exception:  # noqa: BLE001 - an error here would be the user's open() that fails
        return


def _is_ours() -> bool:
    """Whether this package itself runs a command: one of its functions stands before the user's code."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name == "__main__":
            return False
        if isinstance(name, str) and name.startswith(_PACKAGE):
            return True
        frame = frame.f_back
    return False


def _opened(trace: Trace, args: tuple[Any, ...]) -> None:
    path, mode, flags = args
    if isinstance(path, int):
        return
    text = os.fsdecode(path)
    is_written = flags & _WRITES if isinstance(flags, int) else False
    if isinstance(mode, str):
        is_written = is_written or any(letter in mode for letter in "wax+")
    if is_written:
        if (
            isinstance(flags, int)
            and not flags & os.O_TRUNC
            and not flags & os.O_EXCL
            and os.path.exists(text)
        ):
            _add(trace.read, trace, text)
        _add(trace.written, None, text)
    else:
        _add(trace.read, trace, text)


def _add(found: dict[str, None], trace: Trace | None, path: str) -> None:
    full = path if path.startswith(os.sep) else os.path.join(os.getcwd(), path)
    if full in found or len(found) >= _ENTRIES or (trace is not None and full in trace.written):
        return
    found[full] = None


def _removed(trace: Trace, args: tuple[Any, ...]) -> None:
    _add(trace.removed, None, os.fsdecode(args[0]))


def _renamed(trace: Trace, args: tuple[Any, ...]) -> None:
    _add(trace.read, trace, os.fsdecode(args[0]))
    _add(trace.removed, None, os.fsdecode(args[0]))
    _add(trace.written, None, os.fsdecode(args[1]))


def _made(trace: Trace, args: tuple[Any, ...]) -> None:
    _add(trace.folders, None, os.fsdecode(args[0]))


def _copied(trace: Trace, args: tuple[Any, ...]) -> None:
    _add(trace.read, trace, os.fsdecode(args[0]))
    _add(trace.written, None, os.fsdecode(args[1]))


def _database(trace: Trace, args: tuple[Any, ...]) -> None:
    path = os.fsdecode(args[0]) if isinstance(args[0], (str, bytes, os.PathLike)) else ""
    if path and path != ":memory:" and not path.startswith("file:"):
        full = os.path.join(os.getcwd(), path)
        trace.databases.setdefault(full, stamp(full))
        if trace.databases[full] is not None:
            _add(trace.read, trace, path)


def _connected(trace: Trace, args: tuple[Any, ...]) -> None:
    address = args[1] if len(args) > 1 else None
    if isinstance(address, tuple):  # a path is a socket of this machine
        trace.network = True


def _command(trace: Trace, args: tuple[Any, ...]) -> None:
    if len(trace.commands) < 50:
        trace.commands.append(str(args[0])[:200])


def _imported(trace: Trace, _: tuple[Any, ...]) -> None:
    trace.imported = True


def _asked(trace: Trace, _: tuple[Any, ...]) -> None:
    trace.network = True


_EVENTS: Final[dict[str, Callable[[Trace, tuple[Any, ...]], None]]] = {
    "open": _opened,
    "os.mkdir": _made,
    "os.remove": _removed,
    "os.rmdir": _removed,
    "os.rename": _renamed,
    "os.truncate": lambda trace, args: _add(trace.written, None, os.fsdecode(args[0])),
    "shutil.copyfile": _copied,
    "shutil.move": _renamed,
    "shutil.rmtree": _removed,
    "sqlite3.connect": _database,
    "socket.connect": _connected,
    "socket.getaddrinfo": _asked,
    "subprocess.Popen": _command,
    "os.system": _command,
    "os.posix_spawn": _command,
    "os.exec": _command,
    "pty.spawn": _command,
    "import": _imported,
    "os.chdir": lambda *_: _heard.clear(),
}

"""Who writes to a registry, and whether they still live.

A process that writes is a session, and holds an operating-system lock as long as it runs. Nothing
needs to be told when it dies: the system drops the lock, even after ``kill -9``.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import config
from ..records import Session
from . import complaints
from .filesystem import PRIVATE_FILE, private_folder, remote_kind

if TYPE_CHECKING:
    from .waist import Store


class Liveness:
    """The sessions of one registry, seen from this process.

    Parameters
    ----------
    folder
        Where the lock files are.
    is_shared
        Whether other machines write to the registry, whose locks cannot be seen from here; where
        None, that is so if the folder is on a network file system.
    """

    def __init__(self, folder: Path, *, is_shared: bool | None = None) -> None:
        self.folder = folder
        self._is_shared = is_shared
        self._begin()

    def _begin(self) -> None:
        self._mutex = threading.Lock()
        self._pid = os.getpid()
        self._session: Session | None = None
        self._lock: Any = None
        self._in_registry = False

    def session(self, store: Store) -> Session:
        """Return this process's session; its row is written before it is first returned."""
        if self._pid != os.getpid():  # filelock has closed the parent's lock in this child
            self._begin()
        with self._mutex:
            if self._session is None:
                session = _this_process()
                self._lock = self._locked(session.id)
                self._session = session
            session = self._session
        if not self._in_registry:
            from .waist import as_row

            store.upsert("sessions", as_row(session), key=["id"])
            self._in_registry = True
        return session

    def rolled_back(self) -> None:
        """Remember that a transaction was undone, which may have held the session's row."""
        self._in_registry = False

    def is_alive(self, store: Store, session_id: str) -> bool:
        """Return whether a session's process runs; one on another machine is taken to."""
        found = store.rows("sessions", {"id": session_id}, columns=["host", "boot_id"])
        return bool(found) and self.runs(session_id, found[0]["host"], found[0]["boot_id"])

    def reap(self, store: Store) -> list[str]:
        """Mark running runs of dead sessions as killed, and return their ids."""
        names, found = store.fetch(
            "SELECT r.id, r.session_id, r.started_at, r.last_seen_at, s.host, s.boot_id "
            "FROM runs r JOIN sessions s ON s.id = r.session_id WHERE r.status = 'running'"
        )
        running = [dict(zip(names, row, strict=True)) for row in found]
        sessions = {run["session_id"]: (run["host"], run["boot_id"]) for run in running}
        dead = {session_id for session_id, facts in sessions.items() if not self.runs(session_id, *facts)}
        killed = [run for run in running if run["session_id"] in dead]
        if not killed:
            return []
        with store.atomic():
            return [run["id"] for run in killed if _mark_killed(store, run)]

    def runs(self, session_id: str, host: str, boot_id: str) -> bool:
        """Return whether a session's process runs, from what its row says."""
        if self._session is not None and self._pid == os.getpid() and session_id == self._session.id:
            return True
        # On a local file system another name is this machine's own: it was renamed, or a container.
        if host != config.host_name() and self._spans_machines():
            return True
        return boot_id == _boot_id() and self._is_locked(session_id)

    def _spans_machines(self) -> bool:
        if self._is_shared is None:
            self._is_shared = remote_kind(self.folder) is not None
        return self._is_shared

    def stale(self) -> list[Path]:
        """Return the lock files of this machine that nothing holds."""
        return [path for path in self.folder.glob("*.lock") if not self._is_held(path)]

    def end(self) -> None:
        """End this process's session."""
        if self._lock is not None and self._pid == os.getpid():
            self._lock.release()
            Path(self._lock.lock_file).unlink(missing_ok=True)
        self._begin()

    def _is_locked(self, session_id: str) -> bool:
        path = self._path(session_id)
        if not path.exists():
            return False
        if self._is_held(path):
            return True
        path.unlink(missing_ok=True)  # a session's id never comes again
        return False

    def _is_held(self, path: Path) -> bool:
        from filelock import FileLock, Timeout

        if self._lock is not None and path == Path(self._lock.lock_file):
            return True
        try:
            with FileLock(path, timeout=0, mode=PRIVATE_FILE):
                return False
        except Timeout:
            return True
        except PermissionError:  # another user's, in a registry that can only be read
            return True

    def _locked(self, session_id: str) -> Any:
        from filelock import FileLock

        try:
            private_folder(self.folder)
            # The holder may be released by whichever thread closes the store.
            lock = FileLock(self._path(session_id), timeout=30, mode=PRIVATE_FILE, thread_local=False)
            lock.acquire()
        except OSError as error:
            raise complaints.of_system(error, str(self.folder)) from error
        return lock

    def _path(self, session_id: str) -> Path:
        return self.folder / f"{session_id}.lock"


def _mark_killed(store: Store, run: dict[str, Any]) -> bool:
    ended = run["last_seen_at"]
    duration = (_moment(ended) - _moment(run["started_at"])).total_seconds()
    changes = {"status": "killed", "ended_at": ended, "duration_s": max(duration, 0.0)}
    return store.update("runs", changes, {"id": run["id"], "status": "running"}) == 1


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _this_process() -> Session:
    notebook = os.environ.get("JPY_SESSION_NAME")
    return Session(
        id=config.new_id(),
        host=config.host_name(),
        pid=os.getpid(),
        boot_id=_boot_id(),
        user_name=config.user_name(),
        started_at=config.now(),
        kernel_id=_kernel_id(),
        notebook=notebook or None,
    )


def _kernel_id() -> str | None:
    """Return the id of the Jupyter kernel that this process is, from its connection file's name."""
    for argument in sys.argv[1:]:
        if match := re.search(r"kernel-([0-9a-zA-Z-]+)\.json", argument):
            return match.group(1)
    return None


def _boot_id() -> str:
    """Return what changes when the machine restarts, so that an old lock file is not believed."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        import psutil

        return str(int(psutil.boot_time()))

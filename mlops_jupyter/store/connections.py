"""Connections: one per thread, never one that came through a fork.

A connection that a forked child inherits shares its file locks with the parent. Used or closed in
the child it could drop them, so the child keeps it untouched for ever and opens its own ("How to
corrupt a SQLite database file", https://sqlite.org/howtocorrupt.html, section 2.6).
"""

from __future__ import annotations

import ctypes
import os
import threading
import weakref
from collections.abc import Callable
from typing import Any


class Connections:
    """The connections of one registry in this process.

    Parameters
    ----------
    connect
        Opens a connection.
    shared
        All threads use one connection, as a database in memory needs.

    Attributes
    ----------
    opening
        A lock for what must be done once before the first connection; a forked child has its own.
    """

    def __init__(self, connect: Callable[[], Any], *, shared: bool = False) -> None:
        self._connect = connect
        self._shared = shared
        self._begin()
        _all.add(self)

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._local: Any = _One() if self._shared else threading.local()
        self._lock = threading.Lock()
        self.opening = threading.RLock()
        self._kept: list[tuple[weakref.ref[threading.Thread], Any]] = []

    def get(self) -> Any:
        """Return this thread's connection; opens it on first use."""
        if self._pid != os.getpid():
            self.forget_parent()
        connection = getattr(self._local, "connection", None)
        return self._open() if connection is None else connection

    def close(self) -> None:
        """Close the connections of all threads; the next use opens new ones."""
        if self._pid != os.getpid():
            self.forget_parent()
        with self._lock:
            kept, self._kept = self._kept, []
            self._local = _One() if self._shared else threading.local()
        for _, connection in kept:
            connection.close()

    def drop(self) -> None:
        """Forget this thread's connection, which is of no use any more."""
        connection = self._local.connection
        with self._lock:
            self._kept = [pair for pair in self._kept if pair[1] is not connection]
            self._local.connection = None

    def forget_parent(self) -> None:
        """After a fork, in the child: keep what was inherited untouched, and begin anew."""
        for _, connection in self._kept:
            _never_collect(connection)
        self._begin()

    def _open(self) -> Any:
        connection = self._connect()
        with self._lock:
            ended = [pair for pair in self._kept if not _is_running(pair[0]())]
            self._kept = [pair for pair in self._kept if pair not in ended]
            self._kept.append((weakref.ref(threading.current_thread()), connection))
            self._local.connection = connection
        if not self._shared:
            for _, old in ended:
                old.close()
        return connection


class _One:
    """Stands in for ``threading.local`` where all threads share."""

    connection: Any = None


_all: weakref.WeakSet[Connections] = weakref.WeakSet()


def _is_running(thread: threading.Thread | None) -> bool:
    return thread is not None and thread.is_alive()


def _never_collect(thing: Any) -> None:
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


def _after_fork() -> None:
    for connections in list(_all):
        connections.forget_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

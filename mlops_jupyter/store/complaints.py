"""Errors of the databases, said in our words: what happened, where, and the next step."""

from __future__ import annotations

from typing import Any

from ..errors import RegistryError

# Primary result codes: https://sqlite.org/rescode.html
_BUSY, _LOCKED, _READONLY, _IOERR, _CORRUPT, _FULL, _CANTOPEN, _CONSTRAINT, _NOTADB = (
    5, 6, 8, 10, 11, 13, 14, 19, 26,
)  # fmt: skip
LOCKED = (_BUSY, _LOCKED)

# An older library carries no error code, so the words of SQLite are looked at as well.
_WORDS = (
    ("database is locked", _BUSY),
    ("table is locked", _LOCKED),
    ("readonly database", _READONLY),
    ("disk i/o error", _IOERR),
    ("malformed", _CORRUPT),
    ("disk is full", _FULL),
    ("unable to open database file", _CANTOPEN),
    ("constraint failed", _CONSTRAINT),
    ("not a database", _NOTADB),
)


_LOCKED_SAID = (
    "{place} is locked: another process has been writing for 30 seconds; wait for it or stop it "
    "('mlops doctor' lists the sessions), then run this again"
)
_SAID = {
    _BUSY: _LOCKED_SAID,
    _LOCKED: _LOCKED_SAID,
    _READONLY: "{place} cannot be written; check its permissions, or choose another with MLOPS_REGISTRY",
    _IOERR: "the disk under {place} failed ({error}); check the disk, then run 'mlops doctor'",
    _CORRUPT: "{place} is damaged ({error}); it was left as it is: run 'mlops doctor', restore a backup",
    _FULL: "the disk under {place} is full; what was written before is whole: make room, then run this again",
    _CANTOPEN: "{place} cannot be opened; check that its folder exists and can be read and written",
    _NOTADB: "{place} is not a SQLite database, or an encrypted one; it was left as it is: "
    "move it away, or choose another registry with MLOPS_REGISTRY",
}


def code_of(error: BaseException) -> int:
    """Return SQLite's primary result code of an error, 0 where it is not known."""
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(code, int):
        return code & 0xFF
    text = str(error).lower()
    return next((known for words, known in _WORDS if words in text), 0)


def of_sqlite(error: BaseException, place: str) -> RegistryError:
    """Return what an error of SQLite means for the registry at a place."""
    said = _SAID.get(code_of(error), "{place}: {error}")
    return RegistryError(said.format(place=place, error=error))


def of_system(error: OSError, place: str) -> RegistryError:
    """Return what an error of the operating system means for the registry at a place."""
    return RegistryError(
        f"{place}: {error.strerror or error}; check the disk and the permissions, "
        "or choose another registry with MLOPS_REGISTRY"
    )


def of_postgres(error: Any, place: str) -> RegistryError:
    """Return what an error of PostgreSQL means for the registry at a place."""
    first = str(error).strip().split("\n")[0]
    match (getattr(error, "sqlstate", None) or "")[:2]:
        case "" | "08" | "57":
            said = (
                f"{place} cannot be reached ({first}); check the server and the network, then run this again"
            )
        case "28" | "3D":
            said = f"{place} refuses this user or has no such database ({first}); check the URL"
        case "53":
            said = f"the server of {place} is out of disk, memory or connections ({first})"
        case "40" | "55":
            said = f"{place} is busy ({first}); run this again"
        case "42":
            said = f"{place}: {first}; it may be of another version: run 'mlops doctor'"
        case _:
            said = f"{place}: {first}"
    return RegistryError(said)

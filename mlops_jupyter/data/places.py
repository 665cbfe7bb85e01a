"""Files and URLs that data are read from, as text without credentials, and their hashes."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

_ARGUMENTS: Final = (
    *("filepath_or_buffer", "path_or_buffer", "path_or_buf", "path", "io", "source", "where", "file"),
    *("input_file", "fname", "con", "uri"),
)
_SECRET = re.compile(r"token|key|secret|passw|pwd|sig|auth|credential|session", re.IGNORECASE)
_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+://")
_PIECE_BYTES = 1 << 20

_hashes: dict[Stamp, str] = {}


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells, without reading a file, that it is still the same."""

    path: str
    size: int
    mtime_ns: int
    inode: int


@dataclass(frozen=True, slots=True)
class Place:
    """A file (absolute, with its stamp), folder or URL, and the text by which it was given.

    ``kind`` is the format or system (``csv``, ``sql``), ``query`` what was asked of it, and
    ``database`` the URL of the database of a connection.
    """

    uri: str
    given: str
    stamp: Stamp | None = None
    kind: str | None = None
    query: str | None = None
    database: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where data were read from; ``hash`` is the SHA-256 of a local file, where it is known.

    ``kind`` is the format or system (``csv``, ``parquet``, ``sql``, ``duckdb``), ``query`` the text of the
    query (or of the plan), ``rows`` how many were read, ``read_at`` when (UTC), each where known.
    """

    uri: str
    hash: str | None = None
    given: str | None = None
    kind: str | None = None
    query: str | None = None
    rows: int | None = None
    read_at: str | None = None


def place_of(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Place | None:
    """Return the place that a reader was called with, or None where it has no name."""
    connection = kwargs.get("con", args[1] if len(args) > 1 else None)
    database = getattr(getattr(connection, "engine", None), "url", None)
    if database is not None:
        return _url_place(str(database))
    if isinstance(connection, str) and _URL.match(connection):
        return _url_place(connection)
    given = args[0] if args else next((kwargs[name] for name in _ARGUMENTS if name in kwargs), None)
    return _place(given)


def _place(given: Any) -> Place | None:
    if isinstance(given, (list, tuple)) and given:
        first = _place(given[0])
        more = f" and {len(given) - 1:,} more" if len(given) > 1 else ""
        return first and Place(first.uri + more, first.given + more, None if more else first.stamp)
    name = given if isinstance(given, (str, os.PathLike)) else getattr(given, "name", None)
    if not isinstance(name, (str, os.PathLike)):
        return None
    text = os.fspath(name)
    if not isinstance(text, str) or "\n" in text:
        return None
    if _URL.match(text) and not text.startswith("file://"):
        return _url_place(text)
    return file_place(unquote(urlsplit(text).path) if text.startswith("file://") else text)


def files_place(names: Sequence[str]) -> Place | None:
    """Return the place of several files or URLs, named by the first that exists; None without one."""
    places = [place for name in names if (place := _place(name)) is not None]
    if len(places) < 2:
        return places[0] if places else None
    more = f" and {len(places) - 1:,} more"
    return Place(places[0].uri + more, places[0].given + more)


def file_place(text: str) -> Place | None:
    """Return the place of a file, folder or pattern of files, or None where there is none."""
    path = Path(text).expanduser().absolute()
    stamp = stamp_of(str(path))
    if stamp is None and not path.is_dir() and not set("*?[") & set(text):
        return None
    return Place(str(path), text, stamp)


def _url_place(url: str) -> Place:
    clean = without_credentials(url)
    return Place(clean, clean)


def without_credentials(url: str) -> str:
    """Return a URL without user, password, fragment, and values of secret-looking parameters.

    Examples
    --------
    >>> without_credentials("https://me:pw@host:8080/a.csv?token=x&page=2#top")
    'https://host:8080/a.csv?token=***&page=2'
    """
    parts = urlsplit(url)
    query = [(key, "***" if _SECRET.search(key) else value) for key, value in parse_qsl(parts.query)]
    host = parts.netloc.rpartition("@")[2]
    asked = f"?{urlencode(query, safe='*/:')}" if query else ""
    # urlunsplit would drop slashes of a URL without a host: sqlite:////tmp/a.db.
    return f"{parts.scheme}://{host}{parts.path}{asked}"


def stamp_of(path: str) -> Stamp | None:
    """Return the stamp of a regular file, else None."""
    try:
        found = Path(path).stat()
    except OSError:
        return None
    if not Path(path).is_file():
        return None
    return Stamp(path, found.st_size, found.st_mtime_ns, found.st_ino)


def file_hash(place: Place) -> str | None:
    """Return the SHA-256 of a file that is still as it was, else None."""
    stamp = place.stamp
    if stamp is None or stamp_of(stamp.path) != stamp:
        return None
    if stamp not in _hashes:
        content = hashlib.sha256()
        try:
            with Path(stamp.path).open("rb") as file:
                while piece := file.read(_PIECE_BYTES):
                    content.update(piece)
        except OSError:
            return None
        if stamp_of(stamp.path) != stamp:
            return None
        _hashes[stamp] = content.hexdigest()
    return _hashes[stamp]

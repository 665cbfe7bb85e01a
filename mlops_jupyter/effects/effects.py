"""Effects as JSON text and back: what is empty is left out, as most is. Hashes of large files, afterwards."""

from __future__ import annotations

import json
from dataclasses import fields, replace

from ..records import Effects, FileUse, from_plain, to_plain
from .paths import file_use, joined


def as_json(effects: Effects) -> str:
    """Return effects as the text that an execution keeps.

    Examples
    --------
    >>> as_json(Effects(reads=("x",)))
    '{"reads":["x"]}'
    """
    plain = {
        field.name: value
        for field in fields(effects)
        if (value := to_plain(getattr(effects, field.name))) not in ((), [], {}, None, False)
    }
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def of_json(text: str) -> Effects:
    """Return the effects that an execution's text tells.

    Examples
    --------
    >>> of_json('{"reads":["x"]}').reads
    ('x',)
    """
    return from_plain(Effects, json.loads(text)) if text not in ("", "{}") else Effects()


def is_unhashed(effects: Effects) -> bool:
    """Return whether a file of theirs is still to be hashed."""
    return any(map(_is_open, (*effects.files_read, *effects.files_written)))


def hashed(effects: Effects, folder: str) -> Effects:
    """Return effects with the hashes of those files that are still as they were after the cell."""
    read = tuple(_hashed(use, folder) for use in effects.files_read)
    written = tuple(_hashed(use, folder) for use in effects.files_written)
    return replace(effects, files_read=read, files_written=written)


def _is_open(use: FileUse) -> bool:
    return use.size_bytes is not None and use.content_hash is None


def _hashed(use: FileUse, folder: str) -> FileUse:
    if not _is_open(use):
        return use
    now = file_use(joined(use.path, folder), folder)
    is_same = now is not None and (now.size_bytes, now.modified_at) == (use.size_bytes, use.modified_at)
    return now if now is not None and is_same else use

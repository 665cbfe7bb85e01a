"""PNG files as chunks: read and write the text in them, without an imaging library.

Source: PNG specification, third edition, sections 5 (chunks) and 11.3.3 (textual information).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEAD = struct.Struct(">I4s")
_MAX_TEXT = 1_000_000


def is_png(data: bytes) -> bool:
    """Whether bytes begin as a PNG file."""
    return data.startswith(SIGNATURE)


def texts(data: bytes) -> dict[str, str]:
    """Return the texts of a PNG file, by keyword; a damaged file gives those before the damage.

    Compressed texts are left out, so that none of them can unpack to more than it is.
    """
    found: dict[str, str] = {}
    for kind, content in _chunks(data):
        keyword, separator, rest = content.partition(b"\0")
        if not separator or kind not in {b"tEXt", b"iTXt"}:
            continue
        if kind == b"iTXt":
            if rest[:1] != b"\0":
                continue
            parts = rest[2:].split(b"\0", 2)
            text = parts[2].decode("utf-8", "replace") if len(parts) == 3 else ""
        else:
            text = rest.decode("latin-1")
        found.setdefault(keyword.decode("latin-1"), text)
    return found


def with_texts(data: bytes, added: Mapping[str, str]) -> bytes:
    """Return a PNG file with texts added behind its header, in place of those of the same keywords.

    Examples
    --------
    >>> header = _chunk(b"IHDR", bytes(13)) + _chunk(b"IEND", b"")
    >>> texts(with_texts(SIGNATURE + header, {"mlops-run": "é☃"}))
    {'mlops-run': 'é☃'}
    """
    if not is_png(data):
        message = "this is not a PNG file"
        raise ValueError(message)
    kept = []
    for kind, content in _chunks(data):
        keyword = content.partition(b"\0")[0].decode("latin-1")
        if kind in {b"tEXt", b"iTXt", b"zTXt"} and keyword in added:
            continue
        kept.append(_chunk(kind, content))
    new = [
        _chunk(b"iTXt", key.encode("latin-1") + b"\0\0\0\0\0" + text.encode()) for key, text in added.items()
    ]
    return SIGNATURE + b"".join([*kept[:1], *new, *kept[1:]])


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and content of each whole chunk, ending at the first one whose check sum is wrong."""
    if not is_png(data):
        return
    at = len(SIGNATURE)
    while at + 12 <= len(data):
        length, kind = _HEAD.unpack_from(data, at)
        end = at + 8 + length
        if end + 4 > len(data) or (kind in {b"tEXt", b"iTXt"} and length > _MAX_TEXT):
            return
        content = data[at + 8 : end]
        if zlib.crc32(kind + content) != struct.unpack_from(">I", data, end)[0]:
            return
        yield kind, content
        if kind == b"IEND":
            return
        at = end + 4


def _chunk(kind: bytes, content: bytes) -> bytes:
    return _HEAD.pack(len(content), kind) + content + struct.pack(">I", zlib.crc32(kind + content))

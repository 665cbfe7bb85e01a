"""The zip file around a model: checked before anything of it is unpacked, and written the same each time.

A file from elsewhere may declare terabytes, name members outside itself, hold one name twice, or carry
a pickle before or behind the archive. All of that is refused from the headers alone. What is
unpacked is unpacked in pieces, never beyond the size declared, and arrays are looked at before numpy
makes room for them. Sources: the ZIP application note 6.3.10 for the records; numpy NEP 1 for arrays.
"""

from __future__ import annotations

import io
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping

from ..errors import UnsupportedError

MAX_MEMBERS = 65_000
MAX_TOTAL = 2_000_000_000  # below 2 GiB, where an archive would need its 64-bit form
MAX_SCHEMA = 64 * 2**20
FREE_TOTAL = 64 * 2**20
MAX_RATIO = 200
SCHEMA = "schema.json"

_MODEL_NAMES = re.compile(r"schema\.json|[0-9a-f-]{1,64}\.(npy|npz|bin)")
_ARRAY_NAMES = re.compile(r"[A-Za-z_]{1,32}\.npy")
_END_RECORD = struct.Struct("<4s4H2LH")
_PIECE = 2**20
_EPOCH = (1980, 1, 1, 0, 0, 0)


def unpack(data: bytes) -> dict[str, bytes]:
    """Return the members of a model file, all of them checked.

    Raises
    ------
    UnsupportedError
        If the archive is not one that could have been written here; nothing was unpacked beyond
        the sizes that it declares.
    """
    most = budget(len(data))
    members = _unpack(data, _MODEL_NAMES, most=most)
    used = sum(map(len, members.values()))
    if SCHEMA not in members:
        raise _refused(f"it has no {SCHEMA}")
    for name, content in members.items():
        if name.endswith(".npy"):
            check_array(name, content)
        elif name.endswith(".npz"):
            inner = _unpack(content, _ARRAY_NAMES, most=most - used)
            used += sum(map(len, inner.values()))
            for inner_name, inner_content in inner.items():
                check_array(f"{name}/{inner_name}", inner_content)
            members[name] = pack(inner, compressed=False)
    return members


def pack(members: Mapping[str, bytes], *, compressed: bool = True) -> bytes:
    """Return an archive of the members, the same bytes for the same members."""
    buffer = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(buffer, "w", allowZip64=False) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = method
            archive.writestr(info, content, compresslevel=1 if compressed else None)
    return buffer.getvalue()


def unpack_own(data: bytes) -> dict[str, bytes]:
    """Return the members of an archive that this process has just written."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def check_size(members: Mapping[str, bytes]) -> None:
    """Refuse to write what :func:`unpack` would refuse to read."""
    total = sum(map(len, members.values()))
    if len(members) > MAX_MEMBERS or total > MAX_TOTAL or len(members[SCHEMA]) > MAX_SCHEMA:
        raise UnsupportedError(
            f"the model is too large to be saved: {total:,} bytes in {len(members):,} parts, and at most "
            f"{MAX_TOTAL:,} in {MAX_MEMBERS:,} can be loaded again"
        )


def check_array(name: str, content: bytes) -> None:
    """Refuse an ``.npy`` file that holds objects, or that does not hold what its header says."""
    from numpy.lib import format as npy

    stream = io.BytesIO(content)
    try:
        version = npy.read_magic(stream)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        if version not in {(1, 0), (2, 0)}:
            raise _refused(f"the array {name} has the format {version}")
        shape, _, dtype = read(stream, max_header_size=10_000)
    except (ValueError, TypeError, SyntaxError, RecursionError, EOFError) as error:
        raise _refused(f"the array {name} has a header that cannot be read") from error
    if dtype.hasobject:
        raise _refused(f"the array {name} holds Python objects")
    declared = math.prod(shape) * dtype.itemsize
    if any(length < 0 for length in shape) or declared != len(content) - stream.tell():
        raise _refused(
            f"the array {name} declares {declared:,} bytes and holds {len(content) - stream.tell():,}"
        )


def _unpack(data: bytes, allowed: re.Pattern[str], *, most: int) -> dict[str, bytes]:
    _check_ends(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            _check_members(infos, allowed, most)
            return {info.filename: _read(archive, info) for info in infos}
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        struct.error,
    ) as error:
        raise _refused(f"its archive is damaged ({error})") from error


def _check_ends(data: bytes) -> None:
    """Refuse what stands before or behind the archive, and more members than we write."""
    if len(data) < _END_RECORD.size or not data.startswith(b"PK\x03\x04"):
        raise _refused("it does not begin as one (a pickle is never loaded, whatever its name)")
    mark, disk, start, here, total, size, offset, comment = _END_RECORD.unpack(data[-_END_RECORD.size :])
    if mark != b"PK\x05\x06" or comment:
        raise _refused("something stands behind its archive")
    if disk or start or here != total or offset + size + _END_RECORD.size != len(data):
        raise _refused("the parts of its archive do not fit together")
    if total > MAX_MEMBERS:
        raise _refused(f"it declares {total:,} or more members, and at most {MAX_MEMBERS:,} are allowed")
    if size > len(data) or size > total * 512:
        raise _refused("its directory is larger than its members allow")


def _check_members(infos: list[zipfile.ZipInfo], allowed: re.Pattern[str], most: int) -> None:
    seen: set[str] = set()
    for info in infos:
        if not allowed.fullmatch(info.orig_filename):
            raise _refused(f"it has a member {info.orig_filename[:80]!r}, which no model of ours has")
        if info.filename in seen:
            raise _refused(f"it has the member {info.filename!r} twice")
        if info.flag_bits & 0x1:
            raise _refused(f"its member {info.filename!r} is encrypted")
        if info.filename == SCHEMA and info.file_size > MAX_SCHEMA:
            raise _refused(f"its {SCHEMA} declares {info.file_size:,} bytes")
        seen.add(info.filename)
    declared = sum(info.file_size for info in infos)
    if declared > most:
        raise _refused(f"it declares {declared:,} bytes of content, and a file of its size may hold {most:,}")


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Unpack one member in pieces: reading it whole would trust its compressed stream to end."""
    pieces = []
    with archive.open(info) as stream:
        while piece := stream.read(_PIECE):
            pieces.append(piece)
    content = b"".join(pieces)
    if len(content) != info.file_size:
        raise _refused(f"its member {info.filename!r} is not as long as it declares")
    return content


def budget(size: int) -> int:
    """Return how many bytes of content an archive of a size may declare."""
    return min(MAX_TOTAL, max(FREE_TOTAL, size * MAX_RATIO))


def _refused(reason: str) -> UnsupportedError:
    return UnsupportedError(f"this is not a model file that can be loaded safely: {reason}")

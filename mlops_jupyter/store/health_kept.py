"""What ``doctor`` sees of kept data: which version of which dataset a missing or damaged object concerns."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from ..errors import MlopsError
from ..records import Check, Chunk
from .health_files import ObjectsFound, counted
from .manifests import pieces_of
from .objects import Objects

Ask = Callable[[str], list[tuple[Any, ...]]]

KEPT_SINCE = 2  # the schema that brought the tables asked here
_SHOWN = 5


def kept_checks(ask: Ask, objects: Objects, found: ObjectsFound) -> Iterator[Check]:
    """Say which contents cannot be put together, and whose profiles and reports are lost."""
    kept = ask("SELECT version_id, manifest_hash, parent_id FROM kept_versions")
    names = _Names(ask)
    pieces = _Pieces(ask, objects, found)
    broken = {names.of(version_id): reason for version_id, reason in _broken(kept, pieces).items()}
    broken |= _own_broken(ask, pieces)
    for name in sorted(broken)[:_SHOWN]:
        message = f"{name} cannot be loaded: {broken[name]}"
        yield Check("data", "error", message, _cure(objects))
    if len(broken) > _SHOWN:
        message = f"{counted(len(broken) - _SHOWN, 'more saved content')} cannot be loaded"
        yield Check("data", "error", message, _cure(objects))
    if kept and not broken:
        count, packs = ask("SELECT count(*), count(DISTINCT pack_hash) FROM chunks")[0]
        message = (
            f"{counted(len(kept), 'saved content')} whole: "
            f"{counted(count, 'piece')} in {counted(packs, 'pack')}"
        )
        yield Check("data", "ok", message)
    yield from _belongings(ask, names, {*found.missing, *found.bad})


def _broken(kept: Sequence[tuple[Any, ...]], pieces: _Pieces) -> dict[str, str]:
    """Return the contents that cannot be put together, each with the reason."""
    broken = {}
    for version_id, manifest_hash, _ in kept:
        if reason := pieces.why_not(manifest_hash):
            broken[version_id] = reason
    parents = {version_id: parent_id for version_id, _, parent_id in kept}
    for version_id, parent_id in parents.items():
        if parent_id in broken and version_id not in broken:
            broken[version_id] = f"it is rows left out of another, of which {broken[parent_id]}"
        elif parent_id is not None and parent_id not in parents:
            broken[version_id] = f"it is rows left out of {parent_id[:16]}, whose bytes are not kept"
    return broken


def _own_broken(ask: Ask, pieces: _Pieces) -> dict[str, str]:
    """Return the versions that would come back in a way of their own, and cannot, each with the reason."""
    own = ask(
        "SELECT d.name, s.number, s.manifest_hash FROM saved_versions s "
        "JOIN datasets d ON d.id = s.dataset_id WHERE s.manifest_hash IS NOT NULL"
    )
    return {
        f"{name}:{number}": reason
        for name, number, manifest in own
        if (reason := pieces.why_not(manifest)) is not None
    }


class _Pieces:
    """The pieces of the registry, and what is amiss with them."""

    def __init__(self, ask: Ask, objects: Objects, found: ObjectsFound) -> None:
        self._objects = objects
        rows = ask("SELECT hash, pack_hash, offset_bytes, size_bytes FROM chunks")
        self._chunks = {row[0]: Chunk(*row) for row in rows}
        self._missing = set(found.missing)
        self._damaged = set(self._damaged_pieces(set(found.bad)))

    def why_not(self, manifest_hash: str) -> str | None:
        """Return why what a manifest describes cannot be put together, None where it can."""
        try:
            wanted = pieces_of(self._objects, manifest_hash)
        except MlopsError:
            return f"its manifest {manifest_hash} is missing or damaged"
        for name in wanted:
            chunk = self._chunks.get(name)
            if chunk is None:
                return f"its piece {name} is in no pack"
            if chunk.pack_hash in self._missing:
                return f"its pack {chunk.pack_hash} is missing"
            if name in self._damaged:
                return f"its piece {name} in pack {chunk.pack_hash} has other bytes"
        return None

    def _damaged_pieces(self, packs: Collection[str]) -> Iterator[str]:
        """Return the pieces whose own bytes are others: the rest of a damaged pack can be used."""
        for chunk in self._chunks.values():
            if chunk.pack_hash in packs:
                with self._objects.path(chunk.pack_hash).open("rb") as file:
                    file.seek(chunk.offset_bytes)
                    if hashlib.sha256(file.read(chunk.size_bytes)).hexdigest() != chunk.hash:
                        yield chunk.hash


class _Names:
    """How contents are called: ``churn-train:3``, or by their id where nobody saved them."""

    def __init__(self, ask: Ask) -> None:
        self._names: dict[str, list[str]] = defaultdict(list)
        rows = ask(
            "SELECT s.version_id, d.name, s.number FROM saved_versions s "
            "JOIN datasets d ON d.id = s.dataset_id ORDER BY s.created_at"
        )
        for version_id, name, number in rows:
            self._names[version_id].append(f"{name}:{number}")

    def of(self, version_id: str) -> str:
        """Return all names of a content."""
        return ", ".join(self._names.get(version_id, [version_id[:16]]))


_BELONGINGS = (
    (
        "profile",
        "SELECT version_id, object_hash FROM stored_profiles",
        "data show NAME computes it again",
    ),
    (
        "validation report",
        "SELECT version_id, object_hash FROM validations",
        "validate NAME makes a new one",
    ),
)


def _belongings(ask: Ask, names: _Names, lost: Collection[str]) -> Iterator[Check]:
    for what, question, cure in _BELONGINGS if lost else ():
        concerned = sorted({names.of(version_id) for version_id, name in ask(question) if name in lost})
        if concerned:
            more = f" and {len(concerned) - _SHOWN} more" if len(concerned) > _SHOWN else ""
            message = f"the {what} of {', '.join(concerned[:_SHOWN])}{more} is missing or damaged"
            yield Check("data", "error", message, cure)


def _cure(objects: Objects) -> str:
    return f"copy the object from a backup's objects folder to {objects.folder}"

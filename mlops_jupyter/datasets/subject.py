"""What a verb is asked about: an object, a file, or a version in the registry, seen as one thing.

Nothing is read before it is asked for: a version in the registry answers from its profile, without
its bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import config
from ..data.places import Source
from ..errors import IntegrityError, NotFoundError, UsageError
from ..records import DatasetVersion, Profile, StoredProfile
from ..store import Store, as_row
from ..store.objects import hash_of_file
from . import files, kept, reference
from .progress import step

if TYPE_CHECKING:
    from ..data.fingerprint import Fingerprint


ROWS_KEPT = 100_000
"""Rows up to which their hashes are kept beside a saved version: 8 bytes each."""


@dataclass(frozen=True, slots=True)
class Given:
    """An object, the name it is called by, and the file or URL it was read from, where known."""

    value: Any
    name: str | None = None
    source: Source | None = None


class Subject(ABC):
    """Data that something is asked about.

    Attributes
    ----------
    label
        How people call it: a variable, ``churn-train:3``, a file's name.
    has_name
        Whether that is a name, and not the class of an object that came without one.
    found
        Where it stands in the registry under a name, or None.
    source
        The file or URL it was read from and the file's SHA-256, where known.
    path
        The file, where it is one.
    """

    label: str
    has_name: bool = True
    found: reference.Found | None = None
    source: Source | None = None
    path: str | None = None
    is_larger_than_memory: bool = False

    def __init__(self, store: Store, label: str) -> None:
        self.store, self.label = store, label

    @abstractmethod
    def frame(self, *, as_: kept.Library | None = None, columns: Sequence[str] | None = None) -> Any:
        """Return the data themselves."""

    @property
    def datasets(self) -> tuple[str, ...]:
        """The dataset that it was asked for as a version of."""
        return (self.found.dataset.name,) if self.found is not None and self.found.dataset else ()

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """The identity of the content, and hashes of its rows up to a limit."""
        from .. import data

        value = self.frame()
        with step(f"fingerprint of {self.label}"):
            return data.fingerprint(value)

    @cached_property
    def version(self) -> DatasetVersion:
        """The identity of the content."""
        return self.fingerprint.version

    def profile(self, *, target: str | None = None) -> Profile:
        """Return the profile: the stored one where it has this target, else computed and stored."""
        known = stored_profile(self.store, self.version.id)
        if known is not None and target in (None, known.target):
            return known
        made = replace(self._profiled(target), version_id=self.version.id)
        store_profile(self.store, self.version.id, made)
        return made

    def _profiled(self, target: str | None) -> Profile:
        from .. import data

        value = self.frame()
        with step(f"profile of {self.label}"):
            return data.profile(value, target=target, version=self.version)


class InMemory(Subject):
    """An object of the caller's."""

    def __init__(self, store: Store, given: Given) -> None:
        super().__init__(store, given.name or type(given.value).__name__)
        self.has_name = given.name is not None
        self._value, self.source = given.value, given.source or _origin(given.value)
        lazy = getattr(given.value, "collect", None)
        if type(given.value).__name__ == "LazyFrame" and callable(lazy):
            self._value = lazy()

    def frame(self, *, as_: kept.Library | None = None, columns: Sequence[str] | None = None) -> Any:
        """Return the object as it is, in another library if asked for."""
        value = self._value if columns is None else files.pick(self._value, columns, self.label)
        return files.into(value, as_)


def _origin(value: Any) -> Source | None:
    """Return where an object was seen being read from; a saved version is no source of itself."""
    from ..data.sources import source_of

    source = source_of(value)
    return source if source is not None and source.kind != "dataset" else None


class InFile(Subject):
    """A file; one larger than memory is never read whole."""

    def __init__(self, store: Store, path: str) -> None:
        super().__init__(store, Path(path).name or path)
        files.check(path)
        self.path = path if "://" in path else str(Path(path).expanduser())
        self._stamp = self._stamp_now()
        self.is_larger_than_memory = files.is_larger_than_memory(self.path)

    def _stamp_now(self) -> Any:
        from ..data.places import stamp_of

        return stamp_of(str(self.path))

    def ensure_unchanged(self) -> None:
        """Return if the file is the one that this began with.

        Raises
        ------
        IntegrityError
            If it was written to or replaced meanwhile: identity, profile and bytes may be of two files.
        """
        if self._stamp_now() != self._stamp:
            raise IntegrityError(
                f"{self.path} changed while it was being read; save it again when it is at rest"
            )

    @cached_property
    def source(self) -> Source | None:  # type: ignore[override] # made on first need
        """The file's whole path and hash."""
        from ..data.places import file_hash, place_of

        place = place_of((self.path,), {})
        return Source(place.uri, file_hash(place)) if place is not None else None

    @cached_property
    def _read(self) -> Any:
        with step(f"reading {self.label}"):
            return files.read(str(self.path))

    def frame(self, *, as_: kept.Library | None = None, columns: Sequence[str] | None = None) -> Any:
        """Return what stands in the file: a pandas DataFrame, or of another library if asked for."""
        if self.is_larger_than_memory:
            raise UsageError(
                f"{self.label} is larger than the memory that is free; describe, save and validate read it "
                "in parts, for all else take a part of it"
            )
        value = self._read if columns is None else files.pick(self._read, columns, self.label)
        return files.into(value, as_)

    @cached_property
    def version(self) -> DatasetVersion:
        """The identity: of the content, or of the bytes of a file larger than memory."""
        if not self.is_larger_than_memory:
            return self.fingerprint.version
        return _version_of_bytes(self, self._profiled_in_parts)

    @cached_property
    def _profiled_in_parts(self) -> Profile:
        from .. import data

        with step(f"profile of {self.label}, in parts"):
            return data.profile_file(str(self.path))

    def _profiled(self, target: str | None) -> Profile:
        from .. import data

        if not self.is_larger_than_memory:
            return super()._profiled(target)
        if target is None:
            return self._profiled_in_parts
        with step(f"profile of {self.label}, in parts"):
            return data.profile_file(str(self.path), target=target)


class InRegistry(Subject):
    """A version whose bytes may be kept."""

    def __init__(self, store: Store, found: reference.Found) -> None:
        super().__init__(store, found.label)
        self.found = found
        saved = found.saved
        if saved is not None and saved.source_uri is not None:
            self.source = Source(saved.source_uri, saved.source_hash, query=saved.source_query)

    def frame(self, *, as_: kept.Library | None = None, columns: Sequence[str] | None = None) -> Any:
        """Return the data as they were saved, in another library if asked for."""
        assert self.found is not None
        saved = self.found.saved
        own = saved.manifest_hash if saved is not None else None
        library = as_ or kept.library_of((saved.kind if saved is not None else None) or self.version.kind)
        with step(f"reading {self.label}"):
            return kept.restore(
                self.store, self.version.id, self.label, own=own, as_=library, columns=columns
            )

    @cached_property
    def version(self) -> DatasetVersion:
        """The identity of the content, as it stands in the registry."""
        assert self.found is not None
        return self.found.version


def of(store: Store, what: Any) -> Subject:
    """Return what is asked about.

    Parameters
    ----------
    what
        A frame or array, a :class:`Given`, a reference (``churn-train:3``), a version's id, a path or URL.

    Raises
    ------
    NotFoundError
        If a text names nothing; lists near names.
    """
    value = what.value if isinstance(what, Given) else what
    if isinstance(value, os.PathLike):
        return InFile(store, os.fspath(value))
    if not isinstance(value, str):
        return InMemory(store, what if isinstance(what, Given) else Given(what))
    if not value.strip():
        raise UsageError("no data is named; expected a variable, a dataset such as churn-train:3, or a file")
    try:
        return InRegistry(store, reference.find(store, value))
    except NotFoundError:
        if files.looks_like_a_file(value):
            return InFile(store, value)
        raise


def stored_profile(store: Store, version_id: str) -> Profile | None:
    """Return the profile that stands beside a content, or None."""
    from .. import data

    rows = store.rows("stored_profiles", {"version_id": version_id}, columns=["object_hash"])
    if not rows or not store.objects.exists(rows[0]["object_hash"]):
        return None
    return data.profile_from_bytes(store.objects.get(rows[0]["object_hash"]))


def store_profile(store: Store, version_id: str, profile: Profile) -> None:
    """Keep a profile beside a content that stands in the registry; elsewhere do nothing."""
    from .. import data

    known = store.rows("dataset_versions", {"id": version_id}, columns=["id"])
    if store.why_read_only or not known:
        return
    body = data.profile_to_bytes(profile)
    row = StoredProfile(version_id, store.objects.put(body), len(body), config.now())
    store.upsert("stored_profiles", as_row(row), key=["version_id"])


def _version_of_bytes(subject: InFile, profile: Profile) -> DatasetVersion:
    """Return the identity of a file or folder that is too large for a fingerprint of its content."""
    place = Path(str(subject.path))
    size, digest = _bytes_of(place)
    columns = [{"name": one.name, "type": one.type, "hash": digest} for one in profile.columns]
    schema = json.dumps([(one["name"], one["type"]) for one in columns]).encode()
    return DatasetVersion(
        id=f"sha256:{digest}",
        kind=files.ending(place).lstrip(".") or "folder",
        n_rows=profile.n_rows,
        n_columns=len(profile.columns),
        size_bytes=size,
        schema_hash=hashlib.sha256(schema).hexdigest(),
        columns_json=json.dumps(columns, ensure_ascii=False),
        created_at=config.now(),
    )


def _bytes_of(place: Path) -> tuple[int, str]:
    """Return the size and the SHA-256 of a file; of a folder, of the names and hashes of its files."""
    parts = sorted(place.rglob("*.parquet")) if place.is_dir() else [place]
    hashes = [hash_of_file(part) for part in parts]
    size = sum(part.stat().st_size for part in parts)
    if not place.is_dir():
        return size, hashes[0]
    listed = "".join(
        f"{part.relative_to(place).as_posix()}\0{found}\n" for part, found in zip(parts, hashes, strict=True)
    )
    return size, hashlib.sha256(listed.encode()).hexdigest()

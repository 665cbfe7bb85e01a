"""Datasets with a name, their versions, documents and kept bytes; what they were made from and used for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .profiles import ColumnProfile, DataFinding, Profile, Shift
from .runs import DataChange, DatasetVersion

ColumnState = Literal["same", "changed", "added", "removed", "retyped"]


# --- tables -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dataset:
    """A name under which versions of data are saved, as ``churn-train``."""

    id: str
    name: str
    created_at: str
    user_name: str | None = None
    deleted_at: str | None = None


@dataclass(frozen=True, slots=True)
class SavedVersion:
    """The third version of a dataset (``churn-train:3``) and which content it is.

    ``version_id`` is the content's identity; the same content may be saved under several names.
    ``run_id`` is the run that made or was active when it was saved. ``kind`` is the class that was
    saved (``polars.DataFrame``); ``manifest_hash`` says how this version is put together, where the
    bytes of its content come back as something else; else it is None.
    """

    id: str
    dataset_id: str
    number: int
    version_id: str
    created_at: str
    user_name: str | None = None
    note: str | None = None
    run_id: str | None = None
    source_uri: str | None = None
    source_hash: str | None = None
    source_query: str | None = None
    source_read_at: str | None = None
    deleted_at: str | None = None
    kind: str | None = None
    manifest_hash: str | None = None


@dataclass(frozen=True, slots=True)
class DatasetAlias:
    """A word that points at one version of a dataset, as ``churn-train@gold``."""

    dataset_id: str
    alias: str
    number: int
    set_at: str
    user_name: str | None = None


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """How the bytes of a content are kept.

    ``manifest_hash`` is the object that says how to put it together (JSON). ``size_bytes`` is what
    a whole copy takes (compressed Parquet), ``stored_bytes`` what this version added to the store.
    ``method`` is ``chunks``, or ``deletions`` (rows left out of ``parent_id``).
    """

    version_id: str
    manifest_hash: str
    method: str
    size_bytes: int
    stored_bytes: int
    created_at: str
    parent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """Where a piece of kept bytes stands: inside the object ``pack_hash``."""

    hash: str
    pack_hash: str
    offset_bytes: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class StoredProfile:
    """The profile of a content, kept as an object."""

    version_id: str
    object_hash: str
    size_bytes: int
    created_at: str


@dataclass(frozen=True, slots=True)
class DatasetDoc:
    """One edition of a dataset's document: ``document`` is a :class:`DataDoc` as JSON text."""

    dataset_id: str
    seq: int
    document: str
    created_at: str
    user_name: str | None = None


# --- documents --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ColumnDoc:
    """What a column means: one entry of the data dictionary.

    ``sensitivity`` is ``public``, ``internal``, ``personal`` or ``secret``; empty where nobody said.
    """

    name: str
    meaning: str = ""
    unit: str = ""
    sensitivity: str = ""
    collected: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class DataDoc:
    """What a dataset is, where it comes from, who answers for it, and its columns."""

    dataset: str
    description: str = ""
    owner: str = ""
    collected: str = ""
    licence: str = ""
    sensitivity: str = ""
    target: str = ""
    key: tuple[str, ...] = ()
    columns: tuple[ColumnDoc, ...] = ()


# --- views ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SavedView:
    """A saved version with all that is known about how it is kept.

    ``ref`` is how people name it (``churn-train:3``); ``is_new`` is False where saving found the
    newest version to be the same content.
    """

    ref: str
    dataset: Dataset
    saved: SavedVersion
    version: DatasetVersion
    aliases: tuple[str, ...] = ()
    kept: KeptVersion | None = None
    run_number: int | None = None
    is_new: bool = True
    change: DataChange | None = None
    validation: str | None = None


@dataclass(frozen=True, slots=True)
class DatasetLine:
    """One dataset in the list.

    ``ref`` is its newest version; ``aliases`` each name the version that they point at (``gold:3``).
    ``is_saved`` is False for data that tracked cells used and nobody saved, which bears the variable's
    name.
    """

    name: str
    ref: str
    version: DatasetVersion
    n_versions: int
    last_at: str
    is_saved: bool = True
    aliases: tuple[str, ...] = ()
    n_runs: int = 0
    stored_bytes: int = 0
    validation: str | None = None
    description: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class DatasetTable:
    """The datasets of a registry, the last used first."""

    datasets: tuple[DatasetLine, ...]
    total: int


@dataclass(frozen=True, slots=True)
class DatasetHistory:
    """The versions of a dataset, the newest first; each with what changed against the one before."""

    name: str
    versions: tuple[SavedView, ...]
    doc: DataDoc | None = None


@dataclass(frozen=True, slots=True)
class DataCard:
    """One dataset or frame, ready to be shown. ``name`` is what was asked for."""

    name: str
    version: DatasetVersion
    profile: Profile
    findings: tuple[DataFinding, ...] = ()
    saved: tuple[SavedView, ...] = ()
    doc: DataDoc | None = None
    source_uri: str | None = None
    n_runs: int = 0
    validation: str | None = None
    change: DataChange | None = None


@dataclass(frozen=True, slots=True)
class RunUse:
    """A run that used a dataset version; ``model`` names the models that it made."""

    number: int
    experiment: str
    role: str
    name: str
    status: str
    started_at: str
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MadeFrom:
    """That one content was made from another by a run; ``cell`` says how, in a line.

    That is the run's note, else the first line of its cell, a comment without its mark.
    """

    version_id: str
    label: str
    run_number: int
    cell: str | None = None


@dataclass(frozen=True, slots=True)
class WhereUsed:
    """What a content was used for, what was made of it, and what it was made of."""

    ref: str
    version: DatasetVersion
    saved: tuple[str, ...] = ()
    runs: tuple[RunUse, ...] = ()
    made_from: tuple[MadeFrom, ...] = ()
    made_into: tuple[MadeFrom, ...] = ()
    sources: tuple[str, ...] = ()
    contracts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CellChange:
    """One value that differs in a row that both versions have; ``key`` names the row."""

    key: str
    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ColumnDiff:
    """One column beside itself.

    ``n_cells`` counts the changed cells in rows that both have, None where rows could not be matched.
    ``before`` and ``after`` are its profiles, where they were made: what a shift is drawn from.
    """

    name: str
    state: ColumnState
    type_before: str | None = None
    type_after: str | None = None
    n_cells: int | None = None
    shift: Shift | None = None
    before: ColumnProfile | None = None
    after: ColumnProfile | None = None


@dataclass(frozen=True, slots=True)
class DataDiff:
    """Two versions beside each other; ``summary`` is the sentence on top.

    ``key`` are the columns that name a row; empty where rows were matched as a whole, and then
    nothing counts as changed. ``is_reordered`` says that the rows both have stand in another order.
    """

    before: str
    after: str
    before_version: DatasetVersion
    after_version: DatasetVersion
    summary: str
    key: tuple[str, ...] = ()
    is_key_found: bool = False
    rows_added: int | None = None
    rows_removed: int | None = None
    rows_changed: int | None = None
    rows_same: int | None = None
    is_reordered: bool = False
    columns: tuple[ColumnDiff, ...] = ()
    examples: tuple[CellChange, ...] = ()
    added_keys: tuple[str, ...] = ()
    removed_keys: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

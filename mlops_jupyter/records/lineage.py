"""What executions of cells did, which of them made a result, and what came of making it again.

A record whose name is a table's has that table's columns as its fields. Documents (effects, reports)
are records too, kept as JSON: in the column of the table record that names it, or as an object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Outcome = Literal["finished", "failed", "interrupted"]
Verdict = Literal["identical", "equal", "differs", "failed"]
"""``equal`` is within a relative 1e-9; ``failed`` did not come to its end."""

HIDDEN = ("random", "numpy.random", "torch", "environ", "cwd", "clock", "network", "entropy")
"""What a cell reads or writes unseen; besides these ``file:PATH``, ``module:NAME`` and ``magic:NAME``."""


@dataclass(frozen=True, slots=True)
class FileUse:
    """A file that a cell read or wrote. ``path`` is as the cell's folder sees it: relative below it.

    ``content_hash`` is the SHA-256 of its bytes after the cell, None where it was not there, was no
    plain file, or too large; ``object_hash`` the copy that the registry keeps.
    """

    path: str
    size_bytes: int | None = None
    content_hash: str | None = None
    modified_at: float | None = None
    object_hash: str | None = None


@dataclass(frozen=True, slots=True)
class LocalModule:
    """A module of the user's own that a cell imported, kept with its source."""

    name: str
    path: str
    content_hash: str
    is_package: bool = False
    object_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Drawing:
    """Where something was drawn or read that nobody can repeat: ``line`` of the cell, 1 the first."""

    what: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Effects:
    """What one execution really did.

    Attributes
    ----------
    reads
        Names that were there before and may have been read, also by the user's functions that it calls.
    bound, changed, deleted
        Names that it bound to another object; names whose object it changed in place, with all that
        share it; names that it deleted.
    hidden_reads, hidden_writes
        Of :data:`HIDDEN`, and ``file:PATH``, ``module:NAME`` (settings, monkey patches), ``magic:NAME``.
    files_read, files_written, modules
        With their hashes.
    random_before
        The states of the generators that it drew from, before it: name → opaque text.
    unrepeatable
        What cannot be repeated: an unseeded generator, the time, the network.
    doubts
        Why more than is needed may be kept because of it, as sentences.
    is_sampled
        Whether large objects were compared by a sample of their bytes.
    is_display
        Whether it only shows something, and nothing later can depend on it.
    python
        The source as Python, magics translated, where that differs from the source.
    """

    reads: tuple[str, ...] = ()
    bound: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    hidden_reads: tuple[str, ...] = ()
    hidden_writes: tuple[str, ...] = ()
    files_read: tuple[FileUse, ...] = ()
    files_written: tuple[FileUse, ...] = ()
    modules: tuple[LocalModule, ...] = ()
    random_before: Mapping[str, str] = field(default_factory=dict)
    unrepeatable: tuple[Drawing, ...] = ()
    doubts: tuple[str, ...] = ()
    is_sampled: bool = False
    is_display: bool = False
    python: str | None = None


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution of any cell, tracked or not: the same cell run three times is three of these.

    ``seq`` counts within a session from 1; ``effects`` is an :class:`Effects` as JSON text.
    """

    session_id: str
    seq: int
    source: str
    started_at: str
    outcome: Outcome
    effects: str
    cell_id: str | None = None
    execution_count: int | None = None
    duration_s: float | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """Which executions made a run: ``seq`` is its own, ``kept`` a JSON list of all that are needed.

    ``targets`` is a JSON list of names, ``doubts`` one of sentences; ``code_hash`` the identity of the
    kept code without comments and layout; ``environment`` holds settings that change bits (threads,
    hash seed, locale, time zone) as JSON; ``folder`` the working directory.
    """

    run_id: str
    session_id: str
    seq: int
    kept: str
    targets: str
    doubts: str
    code_hash: str
    created_at: str
    environment: str
    folder: str
    verdict: Verdict | None = None
    verified_at: str | None = None


@dataclass(frozen=True, slots=True)
class RecipeFile:
    """A file that a run's recipe reads from outside: data, or a module of the user's own."""

    run_id: str
    path: str
    kind: Literal["data", "module"]
    content_hash: str | None = None
    size_bytes: int | None = None
    modified_at: float | None = None
    object_hash: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Reproduction:
    """A run that was made again: ``object_hash`` is its :class:`ReproductionReport`."""

    id: str
    run_id: str
    created_at: str
    verdict: Verdict
    summary: str
    object_hash: str
    is_exact_environment: int
    duration_s: float | None = None
    user_name: str | None = None


# --- views and documents ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SliceCell:
    """An execution in a slice, or left out. ``why`` is a sentence: what needs it, or that nothing does.

    ``source`` is what was typed; where only its imports, functions or constants are needed, these alone.
    """

    seq: int
    source: str
    is_kept: bool
    why: str = ""
    execution_count: int | None = None
    cell_id: str | None = None
    outcome: Outcome = "finished"
    python: str | None = None
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CodeSlice:
    """The minimal cells that made something, in the order in which they ran, and what was left out.

    ``label`` is what was asked: ``model``, ``#12``, ``churn:4``. ``cells`` are all executions up to it.
    """

    label: str
    targets: tuple[str, ...]
    cells: tuple[SliceCell, ...]
    doubts: tuple[str, ...] = ()
    files: tuple[FileUse, ...] = ()
    modules: tuple[LocalModule, ...] = ()
    unrepeatable: tuple[Drawing, ...] = ()
    random_before: Mapping[str, str] = field(default_factory=dict)
    verdict: Verdict | None = None
    verified_at: str | None = None
    run_number: int | None = None
    code_hash: str = ""

    @property
    def kept(self) -> tuple[SliceCell, ...]:
        """The cells that are needed."""
        return tuple(cell for cell in self.cells if cell.is_kept)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a script: an option of its command line. ``value`` is a literal of Python."""

    name: str
    value: Any
    kind: Literal["int", "float", "str", "bool", "path"]
    help: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """A slice as a tidy file of Python; ``notes`` say what was translated, dropped or named.

    ``imports`` are the top-level modules that it imports; ``result`` the names it makes.
    """

    text: str
    parameters: tuple[Parameter, ...] = ()
    notes: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    result: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReproducedValue:
    """One thing that was compared: ``kind`` is param, metric, model, predictions, data or variable."""

    kind: str
    key: str
    verdict: Verdict
    before: str = ""
    after: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReproducedCell:
    """One cell of a reproduction, with what it took and what cannot be repeated in it."""

    seq: int
    head: str
    outcome: Outcome
    duration_s: float
    unrepeatable: tuple[Drawing, ...] = ()
    error: str | None = None
    execution_count: int | None = None


@dataclass(frozen=True, slots=True)
class ReproductionReport:
    """What came of making a run again. ``summary`` is the verdict as a sentence.

    ``environment`` lists packages whose versions differ (name, then, here), empty where none does;
    ``causes`` say why it differs, as far as is known.
    """

    run_number: int
    experiment: str
    verdict: Verdict
    summary: str
    values: tuple[ReproducedValue, ...] = ()
    cells: tuple[ReproducedCell, ...] = ()
    environment: tuple[tuple[str, str, str], ...] = ()
    causes: tuple[str, ...] = ()
    is_exact_environment: bool = False
    duration_s: float = 0.0
    created_at: str = ""
    user_name: str | None = None
    run_id: str = ""


@dataclass(frozen=True, slots=True)
class Staleness:
    """Why the result of a run is no longer that of what is there now; ``reasons`` are sentences."""

    run_id: str
    reasons: tuple[str, ...] = ()

"""The data of a tracked cell: which versions it used, in which roles, and whether they overlap.

A version is recorded only where it was looked at: an object's content can change in ways that no
syntax tree shows (``rng.shuffle(X)``, ``StandardScaler(copy=False)``, a function of the user's), so
nothing that was known of an object is believed once code of the user's has run in between.

- Before the cell: every dataset that it reads, as ``input``.
- At every call of a fit, a prediction, a score or a metric: what that call is given, before it runs.
  The call reads all of the data as well, so that looking again costs a share of what it costs.
- At the end: what the cell bound or changed and no call was given, as ``output``; what it read from a
  file or loaded, as ``input``.

Within one such *moment* each object is looked at once. An object that has been seen before is
hashed by columns alone; only where that finds another version are its rows hashed as well.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..errors import UnsupportedError
from ..records import DatasetVersion, Role
from .analysis import CellPlan

if TYPE_CHECKING:
    from ..data.places import Source
    from ..data.sources import SourceLog

_SPLITS: tuple[Role, ...] = ("train", "validation", "test")
VERSIONS_LIMIT = 5
_FOUND_LIMIT = 50
_PAIRS_LIMIT = 100


def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Use:
    """A dataset version that the cell used; ``rows`` holds one hash per row, where known.

    ``number`` counts the versions that one name stood for; ``value`` refers to the data weakly;
    ``is_made`` is False for data that were there before the cell.
    """

    name: str
    role: Role
    version: DatasetVersion
    rows: Any
    is_features: bool = False
    source: Source | None = None
    number: int = 1
    value: Callable[[], Any] = _nothing
    is_made: bool = True


class DataLog:
    """Fingerprints what the cell uses, as it is whenever it is used."""

    def __init__(
        self, plan: CellPlan, namespace: Mapping[str, Any], sources: SourceLog | None = None
    ) -> None:
        self._plan, self._namespace, self._sources = plan, namespace, sources
        self._now: dict[int, Any] = {}
        self._seen: dict[int, Any] = {}
        self._found: dict[str, Any] = {}
        self._given: dict[int, Any] = {}
        self._inputs: dict[str, Use] = {}
        self._before: set[str] = set()
        self._uses: dict[tuple[Role, str], Use] = {}
        self._scored: dict[tuple[str, str], tuple[Use, Use]] = {}
        self.refused: dict[str, str] = {}
        self.unnamed: dict[str, set[str]] = {}

    def begin_moment(self) -> None:
        """Say that the user's code has run, and may have changed any object."""
        self._now.clear()

    def note_inputs(self, names: Iterable[str]) -> None:
        """Fingerprint the datasets among some names, as they are before the cell runs."""
        self.begin_moment()
        for name in names:
            if use := self._use(self._namespace.get(name), name, "input"):
                self._inputs[name] = replace(use, is_made=False)
                self._before.add(use.version.id)

    def note(self, value: Any, name: str, role: Role, *, is_features: bool = False) -> Use | None:
        """Fingerprint data that is given to a model or a metric, as it is at this moment."""
        use = self._use(value, name, role, is_features=is_features)
        if use is None:
            return None
        self._given[id(value)] = self._seen[id(value)]
        if role != "train" and self._is_known(use, "train"):
            return use
        self._keep(use)
        return use

    def _keep(self, use: Use) -> None:
        """Keep a use; further versions under one name are ``X (2)``, ``X (3)``, up to a limit."""
        for number in range(1, VERSIONS_LIMIT + 1):
            name = use.name if number == 1 else f"{use.name} ({number})"
            known = self._uses.get((use.role, name))
            if known is None:
                self._uses[use.role, name] = replace(use, name=name, number=number)
                return
            if known.version.id == use.version.id:
                return
        self.unnamed.setdefault(use.name, set()).add(use.version.id)

    def note_trained_on(self, scored: Use, trained: Use) -> None:
        """Remember that a model was scored on data and fitted on other data, perhaps in an earlier cell."""
        if scored.role != "train" and len(self._scored) < _PAIRS_LIMIT:
            self._scored.setdefault((scored.version.id, trained.version.id), (scored, trained))

    def note_outputs(self, names: Iterable[str]) -> None:
        """Fingerprint the datasets among the names that the cell bound or changed."""
        self.begin_moment()
        for name in names:
            value = self._namespace.get(name)
            if name not in self._plan.changed and _is_held(self._given, value):
                continue
            use = self._use(value, name, "output")
            if use and not self._is_known(use, *_SPLITS) and not self._is_input(use):
                role: Role = "output" if use.source is None else "input"
                self._uses[(role, name)] = replace(use, role=role)

    def uses(self) -> Iterator[Use]:
        """Yield all that the cell used, train first; what has a role of its own is no input."""
        order: tuple[Role, ...] = (*_SPLITS, "input", "output")
        inputs = [use for use in self._inputs.values() if not self._is_known(use, *_SPLITS)]
        yield from sorted([*self._uses.values(), *inputs], key=lambda use: order.index(use.role))

    def overlaps(self) -> Iterator[tuple[Use, Use]]:
        """Yield each pair of scored features and those that were trained on.

        Of names that stood for several versions, as in the folds of a cross-validation, only what
        one and the same model was given belongs together.
        """
        features = [
            use for use in self._uses.values() if use.is_features and use.rows is not None and use.number == 1
        ]
        for scored in features:
            for trained in features:
                if scored.role != "train" and trained.role == "train":
                    yield scored, trained
        for scored, trained in self._scored.values():
            if scored.rows is not None and trained.rows is not None:
                yield scored, trained

    def _use(self, value: Any, name: str, role: Role, *, is_features: bool = False) -> Use | None:
        """Return what is used, or None where it is no data; what fails costs this one alone."""
        from .. import data

        try:
            if value is None or not data.is_dataset(value):
                return None
            found = self._fingerprint(value)
        except UnsupportedError as error:
            self.refused[name] = str(error)
            return None
        except Exception as error:  # noqa: BLE001 - an object of any library
            self.refused[name] = f"cannot be read ({type(error).__name__}: {error})"
            return None
        return Use(
            name,
            role,
            found.version,
            found.row_hashes,
            is_features,
            self._source(value),
            value=_reference(value),
            is_made=found.version.id not in self._before,
        )

    def _fingerprint(self, value: Any) -> Any:
        if id(value) in self._now and _is_held(self._seen, value):
            return self._now[id(value)]
        self._now[id(value)] = found = self._look(value)
        self._seen[id(value)] = _reference(value)
        if len(self._found) >= _FOUND_LIMIT:
            del self._found[next(iter(self._found))]
        return self._found.setdefault(found.version.id, found)

    def _look(self, value: Any) -> Any:
        """Return the fingerprint; the rows of a version that is known are not hashed again."""
        from .. import data

        if _is_held(self._seen, value):
            found = data.fingerprint(value, rows=False)
            if found.version.id in self._found:
                return self._found[found.version.id]
        return data.fingerprint(value)

    def _source(self, value: Any) -> Source | None:
        return self._sources.source_of(value) if self._sources is not None else None

    def _is_known(self, use: Use, *roles: Role) -> bool:
        return any(known.version.id == use.version.id for known in self._uses.values() if known.role in roles)

    def _is_input(self, use: Use) -> bool:
        return any(known.version.id == use.version.id for known in self._inputs.values())


def overlap_message(scored: Use, trained: Use) -> tuple[bool, str] | None:
    """Return what is to be said of rows that stand in both; None where there are none.

    Rows that repeat within the training data as often as across the two say little about
    leakage: then it is information and no warning.

    Returns
    -------
    tuple
        Whether it is a warning, and the sentence.
    """
    if scored.version.id == trained.version.id:
        return True, f"{scored.name} is what the model was fitted on"

    from .. import data
    from ..data.rows import distinct

    if scored.version.n_columns != trained.version.n_columns or not scored.version.n_rows:
        return None
    shared = data.overlap(scored.rows, trained.rows)
    if not shared:
        return None
    repeated = 1 - distinct(trained.rows) / len(trained.rows)
    message = f"{shared:,} of {scored.version.n_rows:,} rows of {scored.name} also stand in {trained.name}"
    is_warning = shared / scored.version.n_rows > 2 * repeated
    if not is_warning:
        message += f"; but {repeated:.0%} of {trained.name} repeats within itself"
    return is_warning, message


def _is_held(references: Mapping[int, Any], value: Any) -> bool:
    """Return whether an object is among some, and not another one that has its address by now."""
    reference = references.get(id(value))
    return reference is not None and reference() is value


def _reference(value: Any) -> Any:
    try:
        return weakref.ref(value)
    except TypeError:
        return lambda: value

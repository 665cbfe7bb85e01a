"""What a model card rests on, and how a fact becomes a field of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..datasets.documents import sensitive_columns
from ..datasets.subject import stored_profile
from ..datasets.views import columns_of
from ..display import words
from ..records import (
    CardField,
    DatasetVersion,
    Environment,
    EvaluationReport,
    Model,
    Reign,
    Run,
    UseCaseDoc,
    UseCaseView,
    VersionData,
    VersionView,
)
from ..store import Store
from . import gates, memory, usecases, views

MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that is recorded about one version; nothing here is computed for the card.

    ``protected`` names the aliases that mean use, as ``champion``; ``personal`` is None where nobody looked.
    """

    model: Model
    view: VersionView
    use_case: UseCaseView
    reigns: tuple[Reign, ...]
    protected: tuple[str, ...]
    run: Run | None
    environment: Environment | None
    personal: tuple[str, ...] | None

    @property
    def ref(self) -> str:
        """``churn:4``."""
        return f"{self.view.name}:{self.view.version.number}"

    @property
    def report(self) -> EvaluationReport | None:
        """The newest evaluation."""
        return self.view.evaluation

    @property
    def document(self) -> UseCaseDoc | None:
        """The use case, None where nobody wrote one."""
        return self.use_case.doc if self.use_case.seq else None

    @property
    def reign(self) -> Reign | None:
        """The newest reign of this version under a protected alias, one that lasts before one that ended."""
        own = [
            one
            for one in self.reigns
            if one.number == self.view.version.number and one.alias in self.protected
        ]
        lasting = [one for one in own if one.until is None]
        return next(reversed(lasting or own), None)


def facts_of(store: Store, model: Model, view: VersionView) -> Facts:
    """Return what the registry knows of a version."""
    version = view.version
    rows = store.rows("runs", {"id": version.run_id}) if version.run_id else []
    return Facts(
        model,
        view,
        usecases.view(store, model),
        memory.reigns(store, model),
        gates.view(store, model).doc.protected,
        Run(**rows[0]) if rows else None,
        views.environment_of(store, version),
        _personal(store, view.data),
    )


def field(name: str, value: object, source: str = "") -> CardField:
    """Return a line of the card; what is None or empty was not measured.

    Examples
    --------
    >>> field("Licence", "").value, field("Rows", 3, "run 12")
    (None, CardField(name='Rows', value='3', source='run 12'))
    """
    text = "" if value is None else str(value).strip()
    return CardField(name, text or None, source if text else "")


def listed(names: Sequence[str], most: int = MOST_NAMED) -> str:
    """Return some names, and how many more there are.

    Examples
    --------
    >>> listed(["a", "b", "c"], 2), listed([])
    ('a, b and 1 more', '')
    """
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def day(moment: str | None) -> str:
    """Return the day of a time, as it stands in the registry (UTC).

    Examples
    --------
    >>> day("2026-03-01T12:00:00.000000Z"), day(None)
    ('2026-03-01', '')
    """
    return (moment or "")[:10]


def content(one: VersionData) -> str:
    """Return a content as people call it, with its size and where it was read from."""
    source = f", read from {words.line(one.source_uri, 80)}" if one.source_uri else ""
    return f"{one.ref or one.name}, {one.n_rows:,} × {one.n_columns:,}{source}"


def _personal(store: Store, data: Sequence[VersionData]) -> tuple[str, ...] | None:
    """Return the columns of personal data that were found or documented; None where nobody looked."""
    trained = [one for one in data if one.role in ("train", "input")]
    profiles = [(one, stored_profile(store, one.version_id)) for one in trained]
    names = sorted({one.ref.rpartition(":")[0] for one in trained if one.ref})
    documented = sensitive_columns(store, names)
    if not documented and not any(profile for _, profile in profiles):
        return None
    found = {
        f"{column.name} ({column.personal})"
        for _, profile in profiles
        if profile is not None
        for column in profile.columns
        if column.personal and column.name not in documented
    }
    rows = store.rows("dataset_versions", {"id": sorted({one.version_id for one in trained})})
    known = {column.name for row in rows for column in columns_of(DatasetVersion(**row))}
    return tuple(sorted(found | {f"{name} (documented)" for name in documented & known}))

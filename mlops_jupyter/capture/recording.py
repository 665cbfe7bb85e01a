"""What was found of a cell, written to its run. What fails makes the run incomplete, one by one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..records import ParamSource
from ..tracking import ActiveRun, Child
from ..tracking.artifacts import record_dataset
from . import contracts
from .analysis import CellPlan
from .datasets import VERSIONS_LIMIT, DataLog, Use, overlap_message
from .figures import FigureLog, Shown
from .models import Kept, candidates_of, params_of
from .observer import Candidates, CellObserver, Table
from .results import Series, merge, series_of_folds
from .saving import Saving, copy_behind
from .selection import Selection
from .snapshot import Snapshot
from .tables import table_file
from .values import After, find_metrics, find_params

_TABLE_LIMIT = 1_000_000


class Recording:
    """Writes to one run what was found of one cell."""

    def __init__(self, run: ActiveRun, plan: CellPlan, selection: Selection) -> None:
        self.run, self._plan, self._selection = run, plan, selection

    def attempt(self, what: str, do: Callable[..., None], *args: Any) -> None:
        """Do something of ours; if it fails, the run is incomplete and all else goes on."""
        try:
            do(*args)
        except Exception as error:  # noqa: BLE001 - tracking is a guest
            self.run.mark_incomplete(f"{what}: {error}")

    def params(self, before: Snapshot, after: After, observer: CellObserver, models: Sequence[Kept]) -> None:
        """Write the inputs: literals, scalars read, params of estimators."""
        logged = self._logged("params")
        taken: dict[str, Any] = {}
        by_source: dict[ParamSource, dict[str, Any]] = {}
        for param in find_params(self._plan, before, after, self._selection):
            if param.key not in logged:
                by_source.setdefault(param.source, {})[param.key] = taken[param.key] = param.value
        by_source["estimator"], by_source["default"] = params_of(
            observer.fitted, models, {**taken, **dict.fromkeys(logged)}
        )
        for source, params in by_source.items():
            wanted = {key: value for key, value in params.items() if not self._selection.is_excluded(key)}
            self._log_params(wanted, source)

    def metrics(self, after: After, observer: CellObserver) -> None:
        """Write the results: numbers, series of numbers, tables."""
        logged = self._logged("latest_metrics")
        found = find_metrics(self._plan, after, self._selection)
        for one in [*merge(found, observer.results), *_folds(after, observer)]:
            if one.key in logged or self._selection.is_excluded(one.key):
                continue
            if not (logged and self._is_said(one)):
                self.attempt(f"metric {one.key}", self._log_series, one)
        for index, table in enumerate(observer.tables):
            if not self._selection.is_excluded(table.key):
                name = f"metrics/{table.key}" + (f"-{index}" if index else "")
                self.attempt(f"table {table.key}", self._log_table, name, table)

    def asked(self, namespace: Mapping[str, Any]) -> None:
        """Say which names were asked for on the line and do not exist."""
        words = {"-p": self._selection.params, "-m": self._selection.metrics, "-d": self._selection.data}
        for option, names in words.items():
            for name in names:
                if name not in namespace:
                    self.run.add_finding("name-unknown", "info", f"{option} {name}: there is no such name")

    def searches(self, observer: CellObserver) -> None:
        """Write the candidates of searches as child runs, and the best on this one."""
        for search in observer.searches:
            self.attempt(search.class_name, self._record_search, search)

    def _record_search(self, search: Candidates) -> None:
        self.run.log_children([Child(one.name, one.params, one.metrics) for one in candidates_of(search)])
        best = {f"best.{key}": value for key, value in (search.best_params or {}).items()}
        self._log_params(best, "estimator")
        if search.best_score is not None and "best_score" not in self._logged("latest_metrics"):
            function = f"{search.class_name}.best_score_"
            self.run.log_metric("best_score", search.best_score, source="search", function=function)

    def data(self, data: DataLog) -> None:
        """Write the dataset versions by role, and rows that stand in two of them."""
        used = [use for use in data.uses() if not self._selection.is_excluded(use.name)]
        for use in used:
            self.attempt(f"data {use.name}", self._record_use, use)
        self.attempt("contracts", contracts.hold, self.run, used)
        for scored, trained in data.overlaps():
            self.attempt(f"overlap of {scored.name}", self._note_overlap, scored, trained)
        for name, reason in data.refused.items():
            self.run.add_finding("data-unsupported", "info", f"{name}: {reason}")
        for name, left in data.unnamed.items():
            said = f"{VERSIONS_LIMIT + len(left)} versions, of which the first {VERSIONS_LIMIT} are recorded"
            self.run.add_finding("data-versions", "info", f"{name}: given in {said}")

    def _record_use(self, use: Use) -> None:
        record_dataset(
            self.run, use.version, use.rows, use.name, use.role, source=use.source, is_made=use.is_made
        )

    def _note_overlap(self, scored: Use, trained: Use) -> None:
        if found := overlap_message(scored, trained):
            is_warning, message = found
            self.run.add_finding("overlap", "warning" if is_warning else "info", message)

    def figures(self, figures: FigureLog) -> None:
        """Write the figures as they were shown."""
        for shown in figures.shown():
            self.attempt(shown.name, self._record_figure, shown)

    def _record_figure(self, shown: Shown) -> None:
        from .. import formats

        if shown.picture is None:
            self.run.log_figure(shown.figure, shown.name)
            return
        file = formats.picture_file(shown.picture, run_id=self.run.id, experiment=self.run.experiment)
        self.run.log_content(shown.name + file.suffix, file.data, kind="figure", media_type=file.media_type)

    def models(self, kept: Sequence[Kept]) -> Sequence[Saving]:
        """Save models behind the cell."""
        savings = [Saving(one) for one in kept]
        if savings:
            copy_behind(savings)
        for saving in savings:
            self.attempt(f"model {saving.name}", self._defer, saving)
        return savings

    def _defer(self, saving: Saving) -> None:
        self.run.defer(f"model {saving.name}", lambda: self._save(saving))

    def _save(self, saving: Saving) -> None:
        from ..errors import UnsupportedError

        try:
            file = saving.write()
        except UnsupportedError as error:
            self.run.add_finding("model-unsupported", "warning", f"{saving.name}: {error}")
            return
        self.run.log_content(
            f"models/{saving.name}{file.suffix}",
            file.data,
            kind="model",
            media_type=file.media_type,
            variable=saving.name,
            detail=json.dumps(file.detail, default=str),
        )

    def _log_params(self, params: Mapping[str, Any], source: ParamSource) -> None:
        """Log params together; where one is refused, one by one, so that the others are kept."""
        if not params:
            return
        try:
            self.run.log_params(params, source=source)
        except Exception:  # noqa: BLE001 - found again below, for the one that is refused
            for key, value in params.items():
                self.attempt(f"param {key}", self._log_param, key, value, source)

    def _log_param(self, key: str, value: Any, source: ParamSource) -> None:
        self.run.log_param(key, value, source=source)

    def _log_series(self, one: Series) -> None:
        for step, value in enumerate(one.values):
            self.run.log_metric(
                one.key,
                value,
                step if len(one.values) > 1 else None,
                source=one.source,
                function=one.function,
                data=one.data,
            )

    def _log_table(self, path: str, table: Table) -> None:
        about = {"function": table.function, "data": table.data}
        content, suffix, media_type = table_file(table.value, about)
        if len(content) <= _TABLE_LIMIT:
            self.run.log_content(
                path + suffix, content, kind="table", media_type=media_type, detail=json.dumps(about)
            )

    def _logged(self, table: str) -> frozenset[str]:
        """Return the keys that the user logged in words, which go before what is found."""
        self.run.flush()
        rows = self.run.store.rows(table, {"run_id": self.run.id}, columns=["key"])
        return frozenset(row["key"] for row in rows)

    def _is_said(self, one: Series) -> bool:
        """Return whether the user logged just these numbers: then they are one metric, not two."""
        if one.source != "function":
            return False
        where = {"run_id": self.run.id, "value": float(one.values[0])}
        if not self.run.store.rows("metrics", where, columns=["seq"], limit=1):
            return False
        rows = self.run.store.rows("metrics", {"run_id": self.run.id, "value !=": None}, columns=["value"])
        return {row["value"] for row in rows}.issuperset(one.values)


def _folds(after: After, observer: CellObserver) -> list[Series]:
    found: list[Series] = []
    for folds in observer.folds:
        name = bound_to(folds.value, after) or folds.key
        for score, values in folds.scores.items():
            key = f"{name}.{score}" if score else name
            found += series_of_folds(key, values, folds.function, folds.data)
    return found


def bound_to(result: Any, after: After) -> str | None:
    """Return the name that the cell bound to a result, or None."""
    return next((name for name in after.assigned if after.namespace.get(name) is result), None)

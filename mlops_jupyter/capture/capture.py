"""One execution of a tracked cell, from before it runs to what is recorded of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..records import ParamSource
from ..tracking import ActiveRun, Child
from ..tracking.artifacts import record_dataset
from . import installation
from .analysis import CellPlan
from .datasets import DataLog, overlap_message
from .figures import FigureLog
from .hooks import current
from .models import Kept, candidates_of, models_to_keep, params_of
from .observer import CellObserver, Folds
from .output import OutputTail
from .results import Series, merge
from .selection import Selection
from .snapshot import Snapshot
from .usage import Meter, Usage
from .values import After, find_metrics, find_params

if TYPE_CHECKING:
    from ..data.sources import SourceLog

_TABLE_LIMIT = 1_000_000


class Capture:
    """Looks at a cell before, during and after it runs, and writes to its run what was found.

    Neither ``before`` nor ``after`` raises: what fails makes the run incomplete.

    Parameters
    ----------
    run
        The open run of this execution.
    namespace
        The user's names; only read.
    plan
        What the cell's syntax tree says.
    selection
        What the user added or took away.
    sources
        Where frames were read from, if that is being noted.
    is_printing
        Says whether what is written now is printed by the cell, and not shown by its shell.
    """

    def __init__(
        self,
        run: ActiveRun,
        namespace: dict[str, Any],
        plan: CellPlan,
        selection: Selection | None = None,
        sources: SourceLog | None = None,
        is_printing: Callable[[], bool] = lambda: True,
    ) -> None:
        self._is_printing = is_printing
        self.run, self.namespace, self.plan = run, namespace, plan
        self.selection = selection or Selection()
        self._data = DataLog(plan, namespace, sources) if self.selection.with_data else None
        self._observer = CellObserver(plan, namespace, self._data)
        self.figures = FigureLog(plan, namespace)
        self._tail = OutputTail(self._is_here)
        self._snapshot: Snapshot | None = None
        self._meter = Meter()
        self._outer: Any = None
        self.usage: Usage | None = None
        self.stdout_tail = ""

    def before(self) -> None:
        """Note what is there, and put the hooks in; call in the context in which the cell will run."""
        self._try("names", self._note_names)
        self._outer = current.get()
        current.set(self._observer)
        self._try("hooks", installation.install)
        self._try("output", self._tail.start)
        self._meter = Meter()

    def after(self, error: BaseException | None = None, shown: Any = None) -> None:
        """Take the hooks out and record what was found.

        Parameters
        ----------
        error
            What ended the cell, or None.
        shown
            The value that the cell displayed as its last, or None.
        """
        self.usage = self._meter.read()
        self._observer.close()
        current.set(self._outer)
        self._try("output", self._stop_output)
        self._try("hooks", installation.remove)
        if self._snapshot is None:
            return
        after = self._look(self._snapshot, error, shown)
        models = list(self._models(after))
        self._try("params", self._record_params, self._snapshot, after, models)
        self._try("metrics", self._record_metrics, after)
        self._try("searches", self._record_searches)
        self._try("data", self._record_data, self._snapshot, after)
        self._try("figures", self._record_figures)
        for kept in models:
            self._try(f"model {kept.name}", self._record_model, kept)
        for problem in dict.fromkeys(self._observer.problems):
            self.run.mark_incomplete(problem)

    # --- before and around --------------------------------------------------------------------

    def _note_names(self) -> None:
        self._snapshot = Snapshot(self.plan, self.namespace)
        if self._data is not None:
            wanted = {*self._snapshot.outside, *self.selection.data}
            self._data.note_inputs(sorted(name for name in wanted if self._is_data(name)))

    def _is_data(self, name: str) -> bool:
        if name in self.selection.data:
            return True
        return not name.startswith("_") and not self.selection.is_excluded(name)

    def _is_here(self) -> bool:
        return current.get() is self._observer and self._is_printing()

    def _stop_output(self) -> None:
        self.stdout_tail = self._tail.stop()

    def _try(self, what: str, do: Callable[..., None], *args: Any) -> None:
        try:
            do(*args)
        except Exception as error:  # noqa: BLE001 - tracking is a guest
            self.run.mark_incomplete(f"{what}: {error}")

    # --- after --------------------------------------------------------------------------------

    def _look(self, before: Snapshot, error: BaseException | None, shown: Any) -> After:
        stopped_in = None if error is None else self._stopped_in(error)
        assigned = frozenset(
            name
            for name in self.plan.stores
            if before.is_assigned(name, self.namespace, stopped_in=stopped_in)
        )
        changed = {name for name in self.plan.changed if not isinstance(self.namespace.get(name), ModuleType)}
        return After(self.namespace, assigned, frozenset(changed | self._fitted_names()), shown)

    def _stopped_in(self, error: BaseException) -> int:
        trace, found = error.__traceback__, 0
        while trace is not None:
            frame = trace.tb_frame
            if frame.f_globals is self.namespace and frame.f_code.co_name == "<module>":
                at = self.plan.statement_at(trace.tb_lineno)
                return found if at is None else at
            trace = trace.tb_next
        return found

    def _fitted_names(self) -> set[str]:
        fitted = {id(model) for one in self._observer.fitted if (model := one.reference()) is not None}
        return {name for name in self.plan.reads if id(self.namespace.get(name)) in fitted}

    def _models(self, after: After) -> Iterator[Kept]:
        try:
            found = models_to_keep(
                self._observer.fitted, self.plan, self.namespace, after.assigned, after.shown
            )
            yield from (kept for kept in found if not self.selection.is_excluded(kept.name))
        except Exception as error:  # noqa: BLE001 - tracking is a guest
            self.run.mark_incomplete(f"models: {error}")

    def _record_params(self, before: Snapshot, after: After, models: list[Kept]) -> None:
        logged = self._logged("params")
        taken: dict[str, Any] = {}
        by_source: dict[ParamSource, dict[str, Any]] = {}
        for param in find_params(self.plan, before, after, self.selection):
            if param.key not in logged:
                by_source.setdefault(param.source, {})[param.key] = taken[param.key] = param.value
        estimator = params_of(self._observer.fitted, models, {**taken, **dict.fromkeys(logged)})
        by_source["estimator"] = {
            key: value for key, value in estimator.items() if not self.selection.is_excluded(key)
        }
        for source, params in by_source.items():
            self._log_params(params, source)

    def _log_params(self, params: Mapping[str, Any], source: ParamSource) -> None:
        """Log params together; where one is refused, one by one, so that the others are kept."""
        if not params:
            return
        try:
            self.run.log_params(params, source=source)
        except Exception:  # noqa: BLE001 - found again below, for the one that is refused
            for key, value in params.items():
                self._try(
                    f"param {key}", lambda key=key, value=value: self.run.log_param(key, value, source=source)
                )

    def _record_metrics(self, after: After) -> None:
        logged = self._logged("latest_metrics")
        found = find_metrics(self.plan, after, self.selection)
        series = [*merge(found, self._observer.results), *self._folds(after)]
        wanted = [one for one in series if one.key not in logged and not self.selection.is_excluded(one.key)]
        for one in wanted:
            for step, value in enumerate(one.values):
                self.run.log_metric(
                    one.key,
                    value,
                    step if len(one.values) > 1 else None,
                    source=one.source,
                    function=one.function,
                    data=one.data,
                )
        for index, table in enumerate(self._observer.tables):
            if not self.selection.is_excluded(table.key):
                self._record_table(f"metrics/{table.key}" + (f"-{index}" if index else ""), table)

    def _folds(self, after: After) -> Iterator[Series]:
        for folds in self._observer.folds:
            name = _bound_to(folds.value, after) or folds.key
            for score, values in folds.scores.items():
                key = f"{name}.{score}" if score else name
                yield from _fold_metrics(key, values, folds)

    def _record_table(self, path: str, table: Any) -> None:
        about = {"function": table.function, "data": table.data}
        content, suffix, media_type = _table_file(table.value, about)
        if len(content) <= _TABLE_LIMIT:
            self.run.log_content(
                path + suffix, content, kind="table", media_type=media_type, detail=json.dumps(about)
            )

    def _record_searches(self) -> None:
        for search in self._observer.searches:
            tried = [Child(one.name, one.params, one.metrics) for one in candidates_of(search)]
            self.run.log_children(tried)
            if search.best_params:
                self._log_params(
                    {f"best.{key}": value for key, value in search.best_params.items()}, "estimator"
                )
            if search.best_score is not None and "best_score" not in self._logged("latest_metrics"):
                function = f"{search.class_name}.best_score_"
                self.run.log_metric("best_score", search.best_score, source="search", function=function)

    def _record_data(self, before: Snapshot, after: After) -> None:
        if self._data is None:
            return
        bound = after.assigned | (self.plan.changed & before.outside) | set(self.selection.data)
        results = [one.value for one in self._observer.folds] + [one.value for one in self._observer.tables]
        scores = {_bound_to(value, after) for value in results}
        self._data.note_outputs(sorted(name for name in bound - scores if self._is_data(name)))
        for use in self._data.uses():
            if not self.selection.is_excluded(use.name):
                record_dataset(self.run, use.version, use.rows, use.name, use.role, source=use.source)
        for scored, trained in self._data.overlaps():
            if found := overlap_message(scored, trained):
                is_warning, message = found
                self.run.add_finding("overlap", "warning" if is_warning else "info", message)
        for name, reason in self._data.refused.items():
            self.run.add_finding("data-unsupported", "info", f"{name}: {reason}")

    def _record_figures(self) -> None:
        for shown in self.figures.shown():
            if shown.picture is None:
                self.run.log_figure(shown.figure, shown.name)
            else:
                self._record_picture(shown.name, shown.picture)

    def _record_picture(self, name: str, picture: bytes) -> None:
        from .. import formats

        file = formats.picture_file(picture, run_id=self.run.id, experiment=self.run.experiment)
        self.run.log_content(name + file.suffix, file.data, kind="figure", media_type=file.media_type)

    def _record_model(self, kept: Kept) -> None:
        if self.selection.with_models:
            self.run.defer(f"model {kept.name}", lambda: self._save_model(kept))

    def _save_model(self, kept: Kept) -> None:
        from .. import formats
        from ..errors import UnsupportedError

        try:
            file = formats.dump_model(kept.model)
        except UnsupportedError as error:
            self.run.add_finding("model-unsupported", "warning", f"{kept.name}: {error}")
            return
        self.run.log_content(
            f"models/{kept.name}{file.suffix}",
            file.data,
            kind="model",
            media_type=file.media_type,
            variable=kept.name,
            detail=json.dumps(file.detail, default=str),
        )

    def _logged(self, table: str) -> frozenset[str]:
        """Return the keys that the user logged in words, which go before what is found."""
        self.run.flush()
        rows = self.run.store.rows(table, {"run_id": self.run.id}, columns=["key"])
        return frozenset(row["key"] for row in rows)


def _bound_to(result: Any, after: After) -> str | None:
    return next((name for name in after.assigned if after.namespace.get(name) is result), None)


def _fold_metrics(key: str, values: Iterable[float], folds: Folds) -> Iterator[Series]:
    scores = tuple(values)
    mean = sum(scores) / len(scores)
    spread = (sum((score - mean) ** 2 for score in scores) / len(scores)) ** 0.5
    about = (folds.function, folds.data)
    yield Series(key, scores, "function", *about)
    yield Series(f"{key}_mean", (mean,), "function", *about)
    yield Series(f"{key}_std", (spread,), "function", *about)


def _table_file(value: Any, about: Mapping[str, Any]) -> tuple[bytes, str, str]:
    if isinstance(value, str):
        return value.encode("utf-8", "replace"), ".txt", "text/plain"
    text = json.dumps({**about, "value": _plain(value)}, default=str)
    return text.encode(), ".json", "application/json"


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    return value

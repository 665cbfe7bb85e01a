"""What a run's card says, as short words: the same for the HTML and for its plain twin."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from ..records import (
    Artifact,
    DataChange,
    DataUse,
    LatestMetric,
    MetricChange,
    Param,
    RunChanges,
    RunView,
    ValueChange,
)
from . import words
from .curves import Point, Sparkline, sparkline

STATUS_SIGNS = {"running": "●", "finished": "✓", "failed": "✕", "interrupted": "■", "killed": "⊘"}
SEVERITY_SIGNS = {"info": "ℹ", "warning": "⚠", "error": "✕"}

QUIET = frozenset({"environment", "git", "recipe"})
"""Labels of work behind a run that nobody waits for."""

_PARAM_ORDER = {"literal": 0, "logged": 1, "read": 2, "estimator": 3, "default": 4}


@dataclass(frozen=True, slots=True)
class ParamFact:
    """A param: its value now, what it was, and the whole of both.

    ``is_usual`` says that nobody chose it: it is at its default, as it was before.
    """

    key: str
    value: str
    was: str
    state: str
    title: str
    is_usual: bool = False

    @property
    def words(self) -> str:
        """Return ``8 (was 6)``."""
        return f"{self.value} ({self.was})" if self.was else self.value


@dataclass(frozen=True, slots=True)
class MetricFact:
    """A metric: value, what changed, the best, and its curve where it has steps."""

    key: str
    value: str
    delta: str
    tone: str
    best: str
    is_best: bool
    points: Sequence[Point]
    title: str

    def curve(self) -> Sparkline | None:
        """Return the curve of a metric that has steps."""
        return sparkline(self.points, self.key) if len(self.points) > 1 else None


@dataclass(frozen=True, slots=True)
class DataFact:
    """A dataset: name, role, shape, and what changed in it."""

    name: str
    role: str
    shape: str
    summary: str
    state: str
    title: str


@dataclass(frozen=True, slots=True)
class FileFact:
    """A file of a run, with what is known of it."""

    name: str
    about: str
    size: str
    kind: str
    title: str


def own_name(view: RunView) -> str:
    """Return a run's name, where somebody gave it one of its own."""
    experiment, number = view.experiment, view.run.number
    given = (view.run.name or "").strip()
    return "" if given in (experiment, f"{experiment}-{number}", f"#{number}") else words.line(given, 60)


def status_sign(status: str) -> str:
    """Return the sign that stands beside the word of a status."""
    return STATUS_SIGNS.get(status, "●")


def params(view: RunView) -> list[ParamFact]:
    """Return the params, those that changed first, then as they stand in the cell, defaults last."""
    changes = {change.key: change for change in view.changes.params} if view.changes else {}
    ordered = sorted(
        view.params, key=lambda p: (p.key not in changes, _PARAM_ORDER.get(p.source, 9), p.seq, p.key)
    )
    facts = [_param(param, changes.get(param.key), first=_is_first(view)) for param in ordered]
    present = {param.key for param in view.params}
    gone = [_gone(change) for key, change in changes.items() if key not in present]
    changed = len([fact for fact in facts if fact.state != "same"])
    return facts[:changed] + gone + facts[changed:]


def place(param: Param) -> tuple[int, int, str]:
    """Return where a param stands: what the cell says first, what an estimator has by itself last."""
    return _PARAM_ORDER.get(param.source, 9), param.seq, param.key


def _is_first(view: RunView) -> bool:
    return view.changes is None or view.changes.previous_id is None


def _param(param: Param, change: ValueChange | None, *, first: bool) -> ParamFact:
    value = param_value(param)
    title = words.line(f"{param.key} = {param.value}", 300)
    if change is None or first:
        return ParamFact(words.line(param.key, 60), value, "", "same", title, param.source == "default")
    if change.before is None:
        return ParamFact(words.line(param.key, 60), value, "new", "new", title)
    was = words.line(change.before, 40)
    return ParamFact(words.line(param.key, 60), value, f"was {was}", "changed", title)


def _gone(change: ValueChange) -> ParamFact:
    was = words.line(change.before or "", 40)
    return ParamFact(words.line(change.key, 60), "–", f"was {was}", "gone", f"no longer there; was {was}")


def param_value(param: Param) -> str:
    """Return a param as people read it: what is not a long float stands as it was written."""
    if param.kind == "float" and len(param.value) > 10:
        try:
            return words.number(float(param.value))
        except ValueError:
            pass
    return words.line(param.value, 60) if param.value else "''"


def metrics(view: RunView) -> list[MetricFact]:
    """Return the metrics in the order in which they were measured."""
    changes = {change.key: change for change in view.changes.metrics} if view.changes else {}
    ordered = sorted(view.metrics, key=lambda metric: (metric.source == "search", metric.seq, metric.key))
    return [_metric(metric, changes.get(metric.key), view.series.get(metric.key, ())) for metric in ordered]


def _metric(metric: LatestMetric, change: MetricChange | None, points: Sequence[Point]) -> MetricFact:
    key = words.line(metric.key, 60)
    delta, tone = _delta(change)
    return MetricFact(
        key=key,
        value=words.number(metric.value, metric.kind),
        delta=delta,
        tone=tone,
        best=_best(change),
        is_best=bool(change and change.is_best),
        points=points,
        title=_about_metric(metric, change),
    )


def _delta(change: MetricChange | None) -> tuple[str, str]:
    if change is None or change.delta is None:
        return "", ""
    if change.delta == 0:
        return "unchanged", "same"
    arrow = "▲" if change.delta > 0 else "▼"
    tone = "neutral" if change.better is None else "better" if change.better else "worse"
    return f"{arrow} {words.delta(change.delta)}", tone


def _best(change: MetricChange | None) -> str:
    if change is None:
        return ""
    if change.is_best:
        return "best" if change.best_number is not None or change.best is not None else ""
    if change.best is None:
        return ""
    number = f" (#{change.best_number})" if change.best_number is not None else ""
    return f"best {words.number(change.best)}{number}"


def _about_metric(metric: LatestMetric, change: MetricChange | None) -> str:
    said = [
        metric.key,
        f"= {metric.value!r}" if metric.value is not None else words.number(None, metric.kind),
    ]
    if metric.function:
        said.append(f"by {metric.function}")
    if metric.data:
        said.append(f"on {metric.data}")
    if metric.count > 1 and metric.min_value is not None and metric.max_value is not None:
        low, high = words.number(metric.min_value), words.number(metric.max_value)
        said.append(f"· {metric.count:,} points from {low} to {high}")
    if change and change.before is not None:
        said.append(f"· before {words.number(change.before)}")
    return words.line(" ".join(said), 300)


def data(view: RunView) -> list[DataFact]:
    """Return the datasets with what changed, and those that are no longer used."""
    changes = {(change.role, change.name): change for change in view.changes.data} if view.changes else {}
    facts = [_data(use, changes.pop((use.use.role, use.use.name), None), view.changes) for use in view.data]
    return facts + [data_change(change) for change in changes.values() if change.state == "gone"]


def _data(used: DataUse, change: DataChange | None, changes: RunChanges | None) -> DataFact:
    use, version = used.use, used.version
    title = [f"{use.role} data, {version.kind}, {words.size(version.size_bytes)}, version {version.id}"]
    if use.source_uri:
        title.append(f"read from {use.source_uri}")
    if use.source_query:
        title.append(f"by {words.line(use.source_query, 240)}")
    state, summary = ("", "") if change is None else (change.state, change.summary)
    if state == "new" and (changes is None or changes.previous_id is None):
        state, summary = "", ""
    return DataFact(
        name=words.line(use.name, 60),
        role=use.role,
        shape=shape(version.n_rows, version.n_columns),
        summary=words.line(summary, 160),
        state=state,
        title=words.line("; ".join(title), 400),
    )


def data_change(change: DataChange) -> DataFact:
    """Return a change of data alone, where only the change is known."""
    summary = words.line(change.summary, 160)
    return DataFact(words.line(change.name, 60), change.role, "", summary, change.state, summary)


def shape(rows: int, columns: int) -> str:
    """Return ``80,000 × 24``."""
    return f"{rows:,} × {columns:,}"


def files(view: RunView, kind: str) -> list[FileFact]:
    """Return the artifacts of a kind."""
    return [_file(artifact) for artifact in view.artifacts if artifact.kind == kind]


def _file(artifact: Artifact) -> FileFact:
    return FileFact(
        name=words.line(artifact.variable or artifact.path.removeprefix(f"{artifact.kind}s/"), 60),
        about=words.line(_class_of(artifact), 60),
        size=words.size(artifact.size_bytes),
        kind=artifact.kind,
        title=words.line(f"{artifact.path}, {artifact.media_type}, {artifact.object_hash[:12]}", 300),
    )


def _class_of(artifact: Artifact) -> str:
    """Return the class that a model's detail names, without its module."""
    try:
        detail = json.loads(artifact.detail or "{}")
    except ValueError:
        return ""
    if not isinstance(detail, dict):
        return ""
    named = detail.get("class") or detail.get("type") or detail.get("class_name") or ""
    return str(named).rsplit(".", 1)[-1]


def children(view: RunView) -> str:
    """Return ``24 candidates, best 0.881`` for a search, and a count of child runs for all else."""
    if not view.children:
        return ""
    found = [metric for metric in view.metrics if metric.source == "search" and metric.value is not None]
    if not found:
        return words.counted(view.children, "child run")
    best = next((metric for metric in found if "best" in metric.key), found[0])
    return f"{words.counted(view.children, 'candidate')}, best {words.number(best.value)}"


def environment_changes(changes: Sequence[ValueChange]) -> list[str]:
    """Return ``numpy 2.0 → 2.1`` for each package that differs."""
    return [_package(change) for change in changes]


def _package(change: ValueChange) -> str:
    key = words.line(change.key, 60)
    before, after = words.line(change.before or "", 40), words.line(change.after or "", 40)
    if change.before is None:
        return f"{key} {after} (new)"
    return f"{key} {before} (gone)" if change.after is None else f"{key} {before} → {after}"


def compared_with(view: RunView) -> str:
    """Return which run the changes are measured against."""
    number = view.changes.previous_number if view.changes else None
    return "" if number is None else f"vs #{number}"


def traces(view: RunView) -> list[str]:
    """Return what else differs or identifies: code, git."""
    said = []
    changes, run = view.changes, view.run
    if changes and changes.code_changed and changes.previous_number is not None:
        said.append(f"code changed since #{changes.previous_number}")
    elif changes and changes.code_changed is False and changes.previous_number is not None:
        said.append(f"same cell as in #{changes.previous_number}")
    if run.git_commit:
        branch = f" on {words.line(run.git_branch, 40)}" if run.git_branch else ""
        said.append(f"git {words.line(run.git_commit[:7], 10)}{branch}{', edited' if run.git_diff else ''}")
    return said


def pending(view: RunView) -> list[str]:
    """Return what is still being done behind the cell that people look for: ``saving model``."""
    return [words.line(_doing(label), 60) for label in view.pending if label not in QUIET][:6]


def _doing(label: str) -> str:
    return f"saving {label.removeprefix('model ')}" if label.startswith("model ") else label


def error(view: RunView) -> str:
    """Return an exception in one line."""
    run = view.run
    if not run.error_type and not run.error_message:
        return ""
    message = words.line(run.error_message or "", 200)
    return ": ".join(part for part in (words.line(run.error_type or "", 60), message) if part)

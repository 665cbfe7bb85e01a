"""The card of one run: HTML and plain text."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ..records import RunView
from . import facts, words
from .curves import blocks
from .layout import Folded, columns, folded, wrapped
from .rendering import render, within

_SHOWN_PARAMS = 8
_SHOWN_METRICS = 8
_SHOWN_DATA = 8
_SHOWN_FILES = 8
_FOLDED = (400, 200, 80, 30, 0)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: the time it has taken, the share that is done (0 to 1), what it is doing."""

    spent_s: float | None = None
    share: float | None = None
    doing: str = ""

    @property
    def percent(self) -> float | None:
        """Return the share in percent, or None where it is not known."""
        if self.share is None or not math.isfinite(self.share):
            return None
        return round(100 * min(1.0, max(0.0, self.share)), 1)


def live(view: RunView, progress: Progress) -> str:
    """Return the card of a run that still runs, with a line and, where the share is known, a bar."""
    return html(view, progress=progress)


def _progress(view: RunView, progress: Progress) -> dict[str, Any]:
    steps = [metric.step for metric in view.metrics if metric.step is not None]
    percent = progress.percent
    said = [
        words.line(progress.doing, 160),
        f"step {max(steps):,}" if steps else "",
        f"{percent:.0f} %" if percent is not None else "",
        words.duration(progress.spent_s),
    ]
    return {"percent": percent, "words": " · ".join(part for part in said if part)}


def html(view: RunView, *, progress: Progress | None = None) -> str:
    """Return the card of a run; with ``progress`` the card of one that still runs."""
    twin = text(view)
    return within(lambda most: _html(view, twin, most, progress), _FOLDED)


def _html(view: RunView, twin: str, most: int, progress: Progress | None) -> str:
    return render(
        "card",
        ("rows", "card"),
        twin,
        **said(view, most),
        progress=_progress(view, progress) if progress else None,
    )


def said(view: RunView, most: int) -> dict[str, Any]:
    """Return what the template prints, with at most ``most`` of each list folded away."""
    run = view.run
    return {
        "run": run,
        "experiment": words.line(view.experiment, 60),
        "name": facts.own_name(view),
        "compared": facts.compared_with(view),
        "sign": facts.status_sign(run.status),
        "duration": words.duration(run.duration_s),
        "when": words.when(run.started_at),
        "moment": words.moment(run.started_at),
        "note": words.line(run.note or "", 300),
        "tags": _tags(view),
        "metrics": folded(facts.metrics(view), _SHOWN_METRICS, most),
        "params": _params(view, most),
        "data": folded(facts.data(view), _SHOWN_DATA, most),
        "models": folded(facts.files(view, "model"), _SHOWN_FILES, most),
        "figures": folded(facts.files(view, "figure"), _SHOWN_FILES, most),
        "files": folded(
            [f for kind in ("file", "table", "text") for f in facts.files(view, kind)], _SHOWN_FILES, most
        ),
        "children": facts.children(view),
        "packages": folded(
            facts.environment_changes(view.changes.environment if view.changes else ()), 3, most
        ),
        "traces": facts.traces(view),
        "findings": folded(_findings(view), 6, most),
        "stale": stale(view),
        "incomplete": words.line(run.incomplete or "", 300),
        "pending": facts.pending(view),
        "error": facts.error(view),
    }


def stale(view: RunView) -> str:
    """Return why the result is no longer that of what is there now; empty where it still is."""
    if not view.stale:
        return ""
    more = f"; and {len(view.stale) - 4:,} more" if len(view.stale) > 4 else ""
    return f"Stale: {'; '.join(words.line(one, 160) for one in view.stale[:4])}{more}"


def _params(view: RunView, most: int) -> Folded[facts.ParamFact]:
    """Return the params with all defaults folded away, behind those that were chosen."""
    found = facts.params(view)
    usual = [param for param in found if param.is_usual]
    chosen = folded([param for param in found if not param.is_usual], _SHOWN_PARAMS, most)
    room = max(0, most - len(chosen.hidden))
    hidden = [*chosen.hidden, *usual[:room]]
    return Folded(chosen.shown, hidden, chosen.left + len(usual[room:]), len(usual))


def _tags(view: RunView) -> list[str]:
    return [words.line(f"{tag.key}: {tag.value}" if tag.value else tag.key, 60) for tag in view.tags[:20]]


def _findings(view: RunView) -> list[tuple[str, str, str]]:
    order = {"error": 0, "warning": 1, "info": 2}
    found = sorted(view.findings, key=lambda finding: (order.get(finding.severity, 3), finding.seq))
    return [
        (f.severity, facts.SEVERITY_SIGNS.get(f.severity, "ℹ"), words.line(f.message, 300)) for f in found
    ]


# --- plain text -------------------------------------------------------------------------------


def text(view: RunView) -> str:
    """Return the card as text, aligned for a monospaced font."""
    lines = [headline(view)]
    lines += [f"  {words.line(view.run.note, 100)}"] if view.run.note else []
    lines += [f"  {facts.error(view)}"] if facts.error(view) else []
    lines += [f"  ⚠ {stale(view)}"] if view.stale else []
    lines += wrapped("tags", " · ".join(_tags(view)))
    lines += _section("metrics", [_metric_cells(m) for m in facts.metrics(view)], _SHOWN_METRICS)
    params = _params(view, _FOLDED[0])
    lines += _section("params", [[p.key, p.words] for p in params.shown], _SHOWN_PARAMS + 1, params.words)
    lines += _section("data", [[d.name, d.shape, d.summary] for d in facts.data(view)], _SHOWN_DATA)
    for kind in ("model", "figure", "file", "table", "text"):
        lines += _section(
            f"{kind}s", [[f.name, f.about, f.size] for f in facts.files(view, kind)], _SHOWN_FILES
        )
    said = [facts.children(view), *facts.traces(view)]
    said += facts.environment_changes(view.changes.environment if view.changes else ())[:6]
    lines += wrapped("also", " · ".join(part for part in said if part))
    lines += [f"  {sign} {message}" for _, sign, message in _findings(view)[:20]]
    lines += [f"  ⚠ incomplete: {words.line(view.run.incomplete, 200)}"] if view.run.incomplete else []
    lines += [f"  … {label}" for label in facts.pending(view)]
    return "\n".join(lines)


def headline(view: RunView) -> str:
    """Return ``churn #12 · attempt 3 · finished · 3.4 s · 24 Nov 12:04``."""
    run = view.run
    said = [
        f"{words.line(view.experiment, 60)} #{run.number}",
        facts.own_name(view),
        f"attempt {run.attempt}" if run.attempt > 1 else "",
        facts.compared_with(view),
        run.status,
        words.duration(run.duration_s),
        words.when(run.started_at),
    ]
    return " · ".join(part for part in said if part)


def _metric_cells(metric: facts.MetricFact) -> list[str]:
    best = "★ best" if metric.is_best and metric.best else metric.best
    return [
        metric.key,
        metric.value,
        metric.delta,
        best,
        blocks(metric.points) if len(metric.points) > 1 else "",
    ]


def _section(title: str, rows: list[list[str]], most: int, left: str = "") -> list[str]:
    """Return rows under a title, and beneath them how many there are besides, or what is ``left``."""
    shown = columns(rows[:most])
    left = left or (f"{len(rows) - most:,} more" if len(rows) > most else "")
    more = [f"and {left}"] if left else []
    return [f"  {title if i == 0 else '':<8} {line}".rstrip() for i, line in enumerate(shown + more)]

"""Everything of one run: its card, and beneath it figures, files, code, output, environment."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..records import LatestMetric, RunView
from . import card, facts, words
from .code import highlighted
from .layout import columns
from .rendering import render

MOST_FIGURE_BYTES = 4_000_000
MOST_ALL_FIGURES = 16_000_000
_MOST = 1000
_RASTER = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure: where it is, and the picture as a data URI, or why it is not shown."""

    path: str
    uri: str
    reason: str


def html(view: RunView, figures: Mapping[str, bytes]) -> str:
    """Return everything of a run as HTML; its size is bounded by that of its figures."""
    cell = view.cell
    return render(
        "full",
        ("rows", "card", "table", "code", "full"),
        text(view),
        **card.said(view, _MOST),
        progress=None,
        pictures=pictures(figures),
        details=[_detail(metric) for metric in sorted(view.metrics, key=lambda m: m.seq)[:_MOST]],
        artifacts=[
            (words.line(a.path, 80), a.kind, words.size(a.size_bytes), a.object_hash[:12])
            for a in view.artifacts[:_MOST]
        ],
        source=highlighted(cell.source) if cell else [],
        stdout=(view.run.stdout_tail or "")[-20_000:],
        machine=machine(view),
        packages_all=packages(view),
        ids=identity(view),
    )


def _detail(metric: LatestMetric) -> tuple[str, ...]:
    span = ""
    if metric.count > 1 and metric.min_value is not None and metric.max_value is not None:
        span = f"{words.number(metric.min_value)} – {words.number(metric.max_value)}"
    return (
        words.line(metric.key, 60),
        words.number(metric.value, metric.kind),
        f"{metric.count:,}" if metric.count > 1 else "",
        span,
        metric.source,
        words.line((metric.function or "").rsplit(".", 1)[-1], 40),
        words.line(metric.data or "", 60),
    )


def pictures(figures: Mapping[str, bytes]) -> list[Picture]:
    """Return raster figures as data URIs, known by their first bytes; no other kind is shown."""
    found: list[Picture] = []
    room = MOST_ALL_FIGURES
    for path, content in figures.items():
        kind = next((media for head, media in _RASTER.items() if content.startswith(head)), None)
        name = words.line(path.removeprefix("figures/"), 80)
        if kind is None:
            found.append(Picture(name, "", "not a PNG, JPEG or GIF"))
        elif len(content) > min(MOST_FIGURE_BYTES, room):
            found.append(Picture(name, "", f"{words.size(len(content))}, too large to show"))
        else:
            room -= len(content)
            found.append(Picture(name, f"data:{kind};base64,{base64.b64encode(content).decode()}", ""))
    return found


def machine(view: RunView) -> list[str]:
    """Return Python, platform and hardware as short words."""
    environment = view.environment
    if environment is None:
        return []
    said = [f"Python {words.line(environment.python, 40)}", words.line(environment.platform, 80)]
    return said + [_hardware(key, value) for key, value in _object(environment.hardware)]


def _hardware(key: str, value: object) -> str:
    if key.endswith("_bytes") and isinstance(value, int):
        return f"{words.line(key.removesuffix('_bytes'), 30)} {words.size(value)}"
    return f"{words.line(key, 30)} {words.line(str(value), 60)}"


def packages(view: RunView) -> list[str]:
    """Return ``numpy 2.3.1`` for each package."""
    named = _object(view.environment.packages) if view.environment else []
    return [f"{words.line(key, 60)} {words.line(str(value), 40)}" for key, value in named][:_MOST]


def _object(text: str) -> list[tuple[str, object]]:
    try:
        read = json.loads(text)
    except ValueError:
        return []
    return list(read.items()) if isinstance(read, dict) else []


def identity(view: RunView) -> list[tuple[str, str]]:
    """Return what identifies the run and what it took."""
    run = view.run
    rows = [
        ("run", run.id),
        ("started", words.moment(run.started_at)),
        ("ended", words.moment(run.ended_at) if run.ended_at else ""),
        ("processor time", words.duration(run.cpu_s)),
        ("peak memory", words.size(run.peak_memory_bytes) if run.peak_memory_bytes else ""),
        ("user", run.user_name or ""),
        ("notebook", run.notebook or ""),
        ("git commit", run.git_commit or ""),
        *((f"data {use.use.name}", use.version.id) for use in view.data),
    ]
    return [(words.line(key, 60), words.line(value, 120)) for key, value in rows if value]


def _all(params: Sequence[facts.ParamFact]) -> str:
    rows = columns([[param.key, param.words] for param in params[:_MOST]])
    left = [f"and {len(params) - _MOST:,} more"] if len(params) > _MOST else []
    return "\n".join(f"    {row}" for row in [*rows, *left])


def text(view: RunView) -> str:
    """Return everything of a run as text."""
    blocks = [card.text(view)]
    blocks += (
        [f"  all {len(view.params):,} params\n{_all(facts.params(view))}"] if len(view.params) > 8 else []
    )
    if view.cell:
        blocks.append("\n".join(f"    {line}" for line in view.cell.source[:20_000].rstrip("\n").split("\n")))
    if view.run.stdout_tail:
        blocks.append(f"  printed\n{view.run.stdout_tail[-5000:].rstrip()}")
    blocks.append("\n".join(f"  {line}" for line in columns(identity(view))))
    if machine(view):
        blocks.append("  " + " · ".join(machine(view)))
    return words.clean("\n\n".join(blocks))

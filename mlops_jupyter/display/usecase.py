"""Why a model exists: who is concerned, what it decides, how success is measured, and how that went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..records import KpiValue, UseCaseView
from . import interval, words
from .curves import Sparkline, blocks, sparkline
from .layout import columns
from .reigns import seconds
from .rendering import render, within

NAMES = (
    ("pain_point", "Pain point"),
    ("concerned", "Who is concerned"),
    ("decision", "Decides"),
    ("success_measure", "Success is"),
    ("model_metric", "Metric of the model"),
    ("relation", "How one maps to the other"),
    ("acceptable", "Good enough"),
    ("feedback", "How feedback comes back"),
    ("out_of_scope", "Out of scope"),
    ("owner", "Owner"),
    ("contact", "Whom to ask"),
)
_ROWS = (20, 8, 3)


@dataclass(frozen=True, slots=True)
class Kpi:
    """A business figure: its last value, its values over time, and how it moved with the model's metric."""

    key: str
    last: str
    when: str
    count: str
    curve: Sparkline | None
    relation: str
    note: str
    signs: str


def kpis(view: UseCaseView) -> list[Kpi]:
    """Return the business figures in the order in which they were first logged."""
    by_key: dict[str, list[KpiValue]] = {}
    for one in view.kpis:
        by_key.setdefault(one.key, []).append(one)
    return [_kpi(view, key, sorted(values, key=lambda one: one.time)) for key, values in by_key.items()]


def _kpi(view: UseCaseView, key: str, values: Sequence[KpiValue]) -> Kpi:
    last, name = values[-1], words.line(key, 40)
    points = [
        (moment if (moment := seconds(one.time)) is not None else float(i), one.value)
        for i, one in enumerate(values)
    ]
    said = [
        f"with {words.line(one.metric, 30)}: rank correlation {interval.said(one.estimate)}, n = {one.n:,}; "
        f"{words.line(one.verdict, 160)}"
        for one in view.relations
        if one.key == key
    ]
    version = f" · version {last.number}" if last.number is not None else ""
    return Kpi(
        name,
        words.number(last.value),
        f"{words.when(last.time)}{version}",
        words.counted(len(values), "value"),
        sparkline(points, name) if len(points) > 1 else None,
        "; ".join(said[:3]),
        words.line(last.note or "", 160),
        blocks(points) if len(points) > 1 else "",
    )


def sentence(view: UseCaseView) -> str:
    """Return what the model decides, or what nobody has said yet."""
    if view.missing:
        names = dict(NAMES)
        lacking = ", ".join(names.get(one, words.line(one, 30)).lower() for one in view.missing[:6])
        more = f" and {len(view.missing) - 6} more" if len(view.missing) > 6 else ""
        return f"Not said yet: {lacking}{more}."
    doc = view.doc
    return words.sentence(words.line(doc.decision or doc.pain_point, 240) or "a use case without words")


def rows(view: UseCaseView) -> list[tuple[str, str | None]]:
    """Return each field with what is said; None where nothing is."""
    doc = view.doc
    found: list[tuple[str, str | None]] = [
        (title, words.line(getattr(doc, name), 600) or None) for name, title in NAMES
    ]
    people = [
        f"{words.line(one.name, 40)} ({words.line(one.concern, 120)})"
        if one.concern
        else words.line(one.name, 40)
        for one in doc.stakeholders[:12]
    ]
    return [*found, ("Stakeholders", ", ".join(people) or None)]


def _foot(view: UseCaseView) -> str:
    said = [
        f"edition {view.seq}" if view.seq else "", words.line(view.user_name or "", 40),
        words.when(view.created_at) if view.created_at else "", words.line(view.path or "", 160),
    ]  # fmt: skip
    return " · ".join(part for part in said if part)


def html(view: UseCaseView) -> str:
    """Return a use case as HTML of bounded size."""
    found = kpis(view)
    return within(
        lambda most: render(
            "usecase",
            ("rows", "card", "table", "data", "models"),
            text(view, 10),
            title=words.line(view.doc.model, 60),
            sentence=sentence(view),
            tone="warning" if view.missing else "",
            rows=rows(view),
            kpis=found[:most],
            left=max(0, len(found) - most),
            foot=_foot(view),
        ),
        _ROWS,
    )


def text(view: UseCaseView, most: int = 40) -> str:
    """Return a use case as aligned lines."""
    lines = [f"{words.line(view.doc.model, 60)}: {sentence(view)}"]
    lines += [
        f"  {row}" for row in columns([[title.lower(), said or "not said"] for title, said in rows(view)])
    ]
    found = kpis(view)
    cells = [
        [one.key, one.last, one.signs, one.when, one.count, one.relation, one.note] for one in found[:most]
    ]
    lines += [f"  {row}" for row in columns(cells, right=[1])]
    lines += [f"  and {len(found) - most:,} more figures"] if len(found) > most else []
    return "\n".join(lines + ([f"  {_foot(view)}"] if _foot(view) else []))

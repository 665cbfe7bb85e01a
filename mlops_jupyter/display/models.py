"""Registered models: the list, and one model with its versions."""

from __future__ import annotations

from dataclasses import dataclass

from ..records import Approval, Estimate, ModelLine, ModelTable, ModelView, UseCaseDoc, VersionLine
from . import gates, interval, words
from .interval import Axis, Forest
from .layout import columns
from .rendering import render, within

_ROWS = (100, 40, 15, 5)


# --- the list ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """A model in the list."""

    name: str
    aliases: tuple[str, ...]
    about: str
    versions: str
    figure: str
    reach: str
    metric: str
    when: str
    moment: str
    waiting: str


def line(one: ModelLine) -> Line:
    """Return a model as a row."""
    said = (words.line(one.description or "", 100), words.line(one.owner or "", 30))
    return Line(
        words.line(one.name, 60),
        tuple(f"{words.line(alias, 24)} → {number}" for alias, number in one.aliases[:4]),
        " · ".join(part for part in said if part),
        f"{one.versions:,}",
        interval.value(one.value) if one.value else "",
        interval.reach(one.value),
        words.line(one.metric or "", 24),
        words.when(one.created_at),
        words.moment(one.created_at),
        f"{one.waiting} waiting" if one.waiting else "",
    )


def table_sentence(table: ModelTable) -> str:
    """Return how many models there are, and how many requests wait for an answer."""
    if not table.total:
        return "No model yet. %register churn --run 12 makes the first version of one."
    waiting = len(table.waiting) or sum(one.waiting for one in table.lines)
    said = words.counted(table.total, "model")
    said += f"; {words.counted(waiting, 'request')} for approval waiting" if waiting else ""
    return words.sentence(said)


def table_html(table: ModelTable) -> str:
    """Return the list of models as HTML of bounded size."""
    twin = table_text(table, 20)
    return within(
        lambda most: render(
            "models", ("table", "data", "models"), twin, sentence=table_sentence(table),
            has_metric=any(one.value for one in table.lines[:most]),
            lines=[line(one) for one in table.lines[:most]],
            left=max(0, table.total - len(table.lines[:most])),
        ),
        _ROWS,
    )  # fmt: skip


def table_text(table: ModelTable, most: int = 100) -> str:
    """Return the list of models as aligned lines."""
    cells = [
        [one.name, one.versions, " ".join(f"@{alias}" for alias in one.aliases), one.metric,
         interval.joined(one.figure, one.reach), one.when, one.waiting, one.about]
        for one in map(line, table.lines[:most])
    ]  # fmt: skip
    heads = ["model", "versions", "aliases", "", "champion's or newest", "last", "", "about"]
    rows = columns(cells, right=[1], heads=heads) if cells else []
    left = table.total - len(cells)
    return "\n".join([table_sentence(table), *rows, *([f"and {left:,} more"] if left > 0 else [])])


# --- one model --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Version:
    """A version in the list of a model's versions."""

    number: str
    aliases: tuple[str, ...]
    class_name: str
    about: str
    figure: str
    reach: str
    picture: Forest | None
    gates: tuple[str, str] | None
    approval: tuple[str, str] | None
    size: str
    when: str
    moment: str
    archived: str


def version(one: VersionLine, on: Axis | None) -> Version:
    """Return a version as a row, its metric on the axis of all."""
    run = f"run #{one.run_number}" if one.run_number is not None else ""
    said = (words.line(one.note or "", 100), run, words.line(one.user_name or "", 30))
    tone, sign, state = gates.LIGHTS.get(one.gates or "", ("", "", ""))
    kind = "model" if "champion" not in one.aliases else "baseline"
    return Version(
        number=f"{one.number}",
        aliases=tuple(words.line(alias, 24) for alias in one.aliases[:4]),
        class_name=words.line(one.class_name.rpartition(".")[2], 40),
        about=" · ".join(part for part in said if part),
        figure=interval.value(one.value) if one.value else "",
        reach=interval.reach(one.value),
        picture=interval.forest([(kind, one.value)], on, f"version {one.number}"),
        gates=(tone, f"{sign} {state}") if state else None,
        approval=gates.STATES.get(one.approval) if one.approval else None,
        size=words.size(one.size_bytes),
        when=words.when(one.created_at),
        moment=words.moment(one.created_at),
        archived=words.when(one.archived_at) if one.archived_at else "",
    )


def _versions(view: ModelView, most: int) -> list[Version]:
    lines = view.lines[:most]
    of_one = {one.metric for one in lines if one.metric}
    values: list[Estimate | None] = [one.value for one in lines] if len(of_one) == 1 else []
    on = interval.axis(values)
    return [version(one, on) for one in lines]


def _metric(view: ModelView) -> str:
    names = list(dict.fromkeys(one.metric for one in view.lines if one.metric))
    return words.line(names[0], 30) if len(names) == 1 else "metric"


def sentence(view: ModelView) -> str:
    """Return how many versions there are, which one reigns, and what waits."""
    said = words.counted(view.total, "version")
    champion = next((one.number for one in view.aliases if one.alias == "champion"), None)
    said += f"; champion is version {champion}" if champion is not None else "; none is the champion"
    waiting = ", ".join(_waits(number, one) for number, one in view.waiting[:3])
    said += f"; waiting for approval: {waiting}" if waiting else ""
    return words.sentence(said)


def _waits(number: int, one: Approval) -> str:
    return f"version {number} as {words.line(one.alias, 30)}, asked by {words.line(one.requested_by, 40)}"


def use_case_rows(doc: UseCaseDoc | None) -> list[tuple[str, list[str]]]:
    """Return what a use case says in a few rows, what is not said left out."""
    if doc is None:
        return []
    rows = (
        ("Decides", doc.decision), ("Success", doc.success_measure), ("Good enough", doc.acceptable),
        ("Owner", " · ".join(part for part in (doc.owner, doc.contact) if part)),
    )  # fmt: skip
    return [(name, [words.line(said, 240)]) for name, said in rows if said]


def html(view: ModelView) -> str:
    """Return a model with its versions as HTML of bounded size."""
    twin = text(view, 20)

    def make(most: int) -> str:
        versions = _versions(view, most)
        return render(
            "model", ("rows", "table", "data", "plot", "evaluation", "models"), twin,
            name=words.line(view.model.name, 60), about=words.line(view.model.description or "", 240),
            sentence=sentence(view), versions=versions, metric=_metric(view),
            has_metric=any(one.figure for one in versions),
            has_gates=any(one.gates or one.approval for one in versions),
            left=max(0, view.total - len(versions)), rows=use_case_rows(view.use_case),
        )  # fmt: skip

    return within(make, _ROWS)


def text(view: ModelView, most: int = 100) -> str:
    """Return a model with its versions as aligned lines."""
    lines = [f"{words.line(view.model.name, 60)}: {sentence(view)}"]
    lines += [f"  {words.line(view.model.description, 240)}"] if view.model.description else []
    cells = [
        [one.number, " ".join(f"@{alias}" for alias in one.aliases), one.class_name,
         interval.joined(one.figure, one.reach), one.gates[1] if one.gates else "",
         one.approval[1] if one.approval else "", one.size, one.when,
         f"archived {one.archived}" if one.archived else "", one.about]
        for one in _versions(view, most)
    ]  # fmt: skip
    heads = ["version", "", "model", _metric(view), "gates", "approval", "size", "made", "", "about"]
    lines += columns(cells, right=[0, 6], heads=heads) if cells else []
    left = view.total - len(cells)
    lines += [f"and {left:,} older versions"] if left > 0 else []
    return "\n".join(
        lines + [f"  {name.lower()}: {' · '.join(said)}" for name, said in use_case_rows(view.use_case)]
    )

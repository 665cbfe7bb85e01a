"""Datasets by name: the list, one that was saved, its history, what it was used for, what was collected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..records import (
    Collected,
    DatasetHistory,
    DatasetLine,
    DatasetTable,
    MadeFrom,
    RunUse,
    SavedView,
    WhereUsed,
)
from . import facts, words
from .data_card import Verdict, verdict
from .layout import columns, folded
from .rendering import render, within

_ROWS = (100, 40, 15, 5)


# --- the list ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """A dataset in the list."""

    ref: str
    aliases: tuple[str, ...]
    is_saved: bool
    about: str
    shape: str
    versions: str
    runs: str
    size: str
    when: str
    moment: str
    verdict: Verdict | None


def line(one: DatasetLine) -> Line:
    """Return a dataset as a row."""
    about = words.line(one.description, 100) or ("" if one.is_saved else "seen by runs, not saved")
    return Line(
        ref=words.line(one.ref if one.is_saved else one.name, 60),
        aliases=tuple(_pointing(alias, one) for alias in one.aliases[:4]),
        is_saved=one.is_saved,
        about=" · ".join(part for part in (about, words.line(one.owner, 30)) if part),
        shape=facts.shape(one.version.n_rows, one.version.n_columns),
        versions=f"{one.n_versions:,}",
        runs=f"{one.n_runs:,}" if one.n_runs else "",
        size=words.size(one.stored_bytes) if one.stored_bytes else "",
        when=words.when(one.last_at),
        moment=words.moment(one.last_at),
        verdict=verdict(one.validation),
    )


def _pointing(alias: str, one: DatasetLine) -> str:
    """Return an alias, and the version that it points at where that is not the one in the line."""
    word, _, number = alias.partition(":")
    ref = f"{one.name}:{number}"
    return words.line(word, 24) + (f" → {words.line(ref, 60)}" if number and ref != one.ref else "")


def table_sentence(table: DatasetTable) -> str:
    """Return how many datasets there are, and which of them break their contracts."""
    if not table.total:
        return "No data yet. Tracked cells add what they use; %data save df --name churn-train keeps one."
    broken = [one for one in table.datasets if (found := verdict(one.validation)) and found.tone == "error"]
    saved = sum(one.is_saved for one in table.datasets)
    said = words.counted(table.total, "dataset")
    left = len(table.datasets) - saved
    said += f", {left:,} of them seen by runs and not saved" if left and saved else ""
    if broken:
        names = ", ".join(words.line(one.name, 40) for one in broken[:3])
        verb = "breaks its contract" if len(broken) == 1 else "break their contracts"
        said += f"; {len(broken):,} {verb}: {names}"
    return words.sentence(said)


def table_html(table: DatasetTable) -> str:
    """Return the list of datasets as HTML of bounded size."""
    twin = table_text(table, most=20)

    def make(most: int) -> str:
        lines = [line(one) for one in table.datasets[:most]]
        return render(
            "data_table", ("table", "data"), twin,
            sentence=table_sentence(table), lines=lines, left=table.total - len(lines),
        )  # fmt: skip

    return within(make, _ROWS)


def table_text(table: DatasetTable, most: int = 100) -> str:
    """Return the list of datasets as aligned lines."""
    cells = [
        [one.ref, " ".join(f"@{alias}" for alias in one.aliases), one.shape, one.versions, one.runs,
         one.size, one.when, one.verdict.words if one.verdict else "", one.about[:60]]
        for one in map(line, table.datasets[:most])
    ]  # fmt: skip
    heads = ["data", "", "rows × columns", "versions", "runs", "kept", "last", "contract", "about"]
    rows = columns(cells, right=[2, 3, 4, 5], heads=heads) if cells else []
    left = table.total - len(cells)
    return "\n".join([table_sentence(table), *rows, *([f"and {left:,} more"] if left > 0 else [])])


# --- one that was saved, and the history ------------------------------------------------------


def kept(view: SavedView) -> str:
    """Return what a version takes in the store, beside what a whole copy would."""
    if view.kept is None:
        return "bytes not kept"
    stored, whole = view.kept.stored_bytes, view.kept.size_bytes
    share = f", {words.percent(stored / whole)} of a full copy" if whole and stored < whole else ""
    return f"{words.size(stored)} added{share}"


def saved_sentence(view: SavedView) -> str:
    """Return whether saving made a version, and what changed."""
    if not view.is_new:
        return words.sentence(f"nothing to save: {words.line(view.ref, 60)} already has this content")
    said = f"saved as {words.line(view.ref, 60)}"
    said += (
        f": {words.line(view.change.summary, 160)}" if view.change and view.change.state == "changed" else ""
    )
    said += f": the same content, as {view.saved.kind}" if _is_only_another_kind(view) else ""
    return words.sentence(f"{said}; {kept(view)}")


def _is_only_another_kind(view: SavedView) -> bool:
    """Tell whether a version has the content of the one before, and is new since it comes back otherwise."""
    return view.change is not None and view.change.state == "unchanged" and view.saved.kind is not None


def _saved_rows(view: SavedView) -> list[tuple[str, list[str]]]:
    saved, content = view.saved, view.version
    rows = [
        ("Data", [facts.shape(content.n_rows, content.n_columns), saved.kind or content.kind,
                  words.size(content.size_bytes)]),
        ("Note", [words.line(saved.note or "", 240)]),
        ("Source", [words.line(saved.source_uri or "", 240), words.line(saved.source_query or "", 240)]),
        ("Run", [f"#{view.run_number}" if view.run_number is not None else ""]),
        ("By", [words.line(saved.user_name or "", 40), words.moment(saved.created_at)]),
        ("Next", [f'load_dataset("{words.line(view.ref, 60)}")']),
    ]  # fmt: skip
    return [(title, [part for part in parts if part]) for title, parts in rows if any(parts)]


def saved_html(view: SavedView) -> str:
    """Return a saved version as HTML."""
    return render(
        "saved", ("rows", "data"), saved_text(view), ref=words.line(view.ref, 60), is_new=view.is_new,
        aliases=[words.line(alias, 24) for alias in view.aliases[:6]], verdict=verdict(view.validation),
        sentence=saved_sentence(view), rows=_saved_rows(view),
    )  # fmt: skip


def saved_text(view: SavedView) -> str:
    """Return a saved version as text."""
    aliases = "".join(f" @{words.line(alias, 24)}" for alias in view.aliases[:6])
    rows = columns([[title.lower(), " · ".join(parts)] for title, parts in _saved_rows(view)])
    return "\n".join(
        [f"{words.line(view.ref, 60)}{aliases}: {saved_sentence(view)}", *(f"  {row}" for row in rows)]
    )


@dataclass(frozen=True, slots=True)
class Version:
    """A version in the history; ``share`` is its rows beside the most of all versions, in percent."""

    ref: str
    aliases: tuple[str, ...]
    when: str
    moment: str
    change: str
    is_same: bool
    shape: str
    share: float
    kept: str
    about: str
    verdict: Verdict | None


def _version(view: SavedView, most_rows: int) -> Version:
    saved, change = view.saved, view.change
    first = "first version" if saved.number == 1 else ""
    run = f"run #{view.run_number}" if view.run_number is not None else ""
    said = (saved.note, run, saved.user_name)
    return Version(
        ref=words.line(view.ref, 60),
        aliases=tuple(words.line(alias, 24) for alias in view.aliases[:4]),
        when=words.when(saved.created_at),
        moment=words.moment(saved.created_at),
        change=words.line(change.summary, 160) if change and change.state != "new" else first,
        is_same=change is None or change.state == "unchanged",
        shape=facts.shape(view.version.n_rows, view.version.n_columns),
        share=round(100 * view.version.n_rows / max(1, most_rows), 1),
        kept=words.size(view.kept.stored_bytes) if view.kept else "–",
        about=" · ".join(words.line(part, 80) for part in said if part),
        verdict=verdict(view.validation),
    )  # fmt: skip


def history_sentence(history: DatasetHistory) -> str:
    """Return how many versions there are, how they grew, and what all of them take."""
    views = history.versions
    if not views:
        return "No version is saved."
    said = words.counted(len(views), "version")
    first, last = views[-1].version.n_rows, views[0].version.n_rows
    said += f", from {first:,} to {last:,} rows" if first != last else f" of {last:,} rows"
    contents = {view.version.id: view.kept for view in views if view.kept}
    stored = sum(kept.stored_bytes for kept in contents.values())
    whole = sum(view.kept.size_bytes for view in views if view.kept)
    said += f"; {words.size(stored)} in all" if stored else ""
    said += f" in place of {words.size(whole)} as full copies" if stored and whole > 1.02 * stored else ""
    return words.sentence(said)


def _versions(history: DatasetHistory, most: int) -> list[Version]:
    most_rows = max((view.version.n_rows for view in history.versions), default=1)
    return [_version(view, most_rows) for view in history.versions[:most]]


def history_html(history: DatasetHistory) -> str:
    """Return the versions of a dataset as HTML of bounded size."""
    twin = history_text(history, most=30)
    about = words.line(history.doc.description, 240) if history.doc else ""
    return within(
        lambda most: render(
            "history", ("table", "data"), twin, name=words.line(history.name, 60), about=about,
            sentence=history_sentence(history), versions=_versions(history, most),
            left=max(0, len(history.versions) - most),
        ),
        _ROWS,
    )  # fmt: skip


def history_text(history: DatasetHistory, most: int = 200) -> str:
    """Return the versions of a dataset as aligned lines."""
    cells = [
        [v.ref, " ".join(f"@{alias}" for alias in v.aliases), v.when, v.shape, v.change, v.kept,
         v.verdict.words if v.verdict else "", v.about]
        for v in _versions(history, most)
    ]  # fmt: skip
    heads = ["version", "", "saved", "rows × columns", "change", "added", "contract", "about"]
    rows = columns(cells, right=[3, 5], heads=heads) if cells else []
    left = len(history.versions) - len(cells)
    return "\n".join(
        [
            f"{words.line(history.name, 60)}: {history_sentence(history)}",
            *rows,
            *([f"and {left:,} more"] if left > 0 else []),
        ]
    )


# --- where used -------------------------------------------------------------------------------


def used_sentence(used: WhereUsed) -> str:
    """Return what depends on the data."""
    models = sorted({model for run in used.runs for model in run.models})
    said = []
    if used.runs:
        said.append(f"used by {words.counted(len(used.runs), 'run')}")
    if models:
        said.append(
            f"in {words.counted(len(models), 'model')}: {', '.join(words.line(m, 40) for m in models[:4])}"
            + (f" and {len(models) - 4} more" if len(models) > 4 else "")
        )
    if used.made_into:
        said.append(
            f"made into {words.counted(len({one.version_id for one in used.made_into}), 'other version')}"
        )
    return words.sentence("; ".join(said) or "nothing uses it")


def _use(run: RunUse) -> list[str]:
    models = ", ".join(words.line(model, 40) for model in run.models[:4])
    return [f"{words.line(run.experiment, 40)} #{run.number}", run.role, words.line(run.name, 40), models,
            run.status, words.when(run.started_at)]  # fmt: skip


def _made(found: Sequence[MadeFrom], most: int) -> list[tuple[str, str, str]]:
    """Return label, run and the cell of what was made."""
    return [
        (words.line(one.label, 60), f"#{one.run_number}", words.line(one.cell or "", 120))
        for one in found[:most]
    ]


def _sources(used: WhereUsed) -> list[tuple[str, str, str]]:
    return [(words.line(one, 120), "", "") for one in used.sources[:6]]


def used_html(used: WhereUsed) -> str:
    """Return what data was used for as HTML of bounded size."""
    twin = used_text(used, most=30)
    return within(
        lambda most: render(
            "where_used", ("table", "data"), twin, ref=words.line(used.ref, 80),
            shape=facts.shape(used.version.n_rows, used.version.n_columns),
            saved=[words.line(one, 60) for one in used.saved[:6]], sentence=used_sentence(used),
            origins=[*_made(used.made_from, 12), *_sources(used)], results=_made(used.made_into, 12),
            contracts=[words.line(one, 60) for one in used.contracts[:6]],
            runs=folded([(*_use(run), facts.status_sign(run.status)) for run in used.runs[:most]], 20, most),
            left=max(0, len(used.runs) - most),
        ),
        _ROWS,
    )  # fmt: skip


def used_text(used: WhereUsed, most: int = 200) -> str:
    """Return what data was used for as aligned lines."""
    lines = [f"{words.line(used.ref, 80)}: {used_sentence(used)}"]
    for title, found in (("made from", used.made_from), ("made into", used.made_into)):
        lines += [f"  {title}  {label} by {run}  {cell}".rstrip() for label, run, cell in _made(found, 20)]
    lines += [f"  read from  {words.line(one, 120)}" for one in used.sources[:6]]
    lines += [f"  contract  {words.line(one, 60)}" for one in used.contracts[:6]]
    lines += [f"  {row}" for row in columns([_use(run) for run in used.runs[:most]])]
    return "\n".join(
        lines + ([f"  and {len(used.runs) - most:,} more runs"] if len(used.runs) > most else [])
    )


# --- collected --------------------------------------------------------------------------------


def collected_sentence(found: Collected) -> str:
    """Return what was removed from a registry."""
    if not found.objects and not found.chunks:
        said = "nothing to remove"
    else:
        said = f"{words.size(found.size_bytes)} freed: {words.counted(found.objects, 'file')}"
        said += f", {words.counted(found.chunks, 'piece')} of kept bytes" if found.chunks else ""
        said += f", {words.counted(found.versions, 'deleted version')}" if found.versions else ""
    said += (
        f"; {words.counted(found.kept_deleted, 'deleted version')} kept for now" if found.kept_deleted else ""
    )
    return words.sentence(said)


def collected_html(found: Collected) -> str:
    """Return what was removed from a registry as HTML."""
    rows = [("Registry", [words.line(found.registry, 200)])]
    return render(
        "pairs", ("rows",), collected_text(found), title=collected_sentence(found), pill=None, rows=rows
    )


def collected_text(found: Collected) -> str:
    """Return what was removed from a registry as text."""
    return f"{collected_sentence(found)}\n  {words.line(found.registry, 200)}"

"""The small answers: capture plan, status, doctor, SQL, backup, what was done, the demo."""

from __future__ import annotations

from typing import Any

from ..records import Backup, CapturePlan, Demo, Done, Health, QueryResult, Status
from . import table, words
from .layout import columns, pairs, rule
from .rendering import render, within

MOST_COLUMNS = 40
_ROWS = (200, 100, 50, 20, 8, 3)
_CHECK_SIGNS = {"ok": "✓", "warning": "⚠", "error": "✕"}
_MOST_NAMES = 60


# --- capture plan -----------------------------------------------------------------------------


def _plan_rows(plan: CapturePlan) -> list[tuple[str, list[str]]]:
    named = (
        ("Params", plan.params),
        ("Metrics", plan.metrics),
        ("Data", plan.data),
        ("Models", plan.models),
        ("Left out", plan.excluded),
    )
    return [(title, _some(names)) for title, names in named if names]


def _some(names: tuple[str, ...]) -> list[str]:
    shown = [words.line(name, 60) for name in names[:_MOST_NAMES]]
    return shown + ([f"and {len(names) - len(shown):,} more"] if len(names) > len(shown) else [])


def plan_html(plan: CapturePlan) -> str:
    """Return a capture plan as HTML."""
    return render(
        "pairs",
        ("rows",),
        plan_text(plan),
        title=_plan_title(plan),
        pill=("neutral", "dry run"),
        rows=_plan_rows(plan),
    )


def _plan_title(plan: CapturePlan) -> str:
    return f"Would record in {words.line(plan.experiment, 60)}"


def plan_text(plan: CapturePlan) -> str:
    """Return a capture plan as text."""
    rows = columns([[title.lower(), ", ".join(names)] for title, names in _plan_rows(plan)])
    nothing = ["  nothing that can be seen before the cell runs"]
    return "\n".join(
        [f"{_plan_title(plan)} (dry run, nothing was executed):", *(f"  {row}" for row in rows or nothing)]
    )


# --- status -----------------------------------------------------------------------------------


def _status_rows(status: Status) -> list[tuple[str, str]]:
    contents = [words.counted(status.runs, "run"), words.counted(status.experiments, "experiment")]
    contents += [f"{status.running} running"] if status.running else []
    contents += [words.counted(status.objects, "stored file"), words.size(status.size_bytes)]
    rows = [
        ("Registry", status.registry),
        ("Because", status.reason),
        ("Contents", " · ".join(contents)),
        ("Active run", f"#{status.active_run}" if status.active_run is not None else ""),
        ("User", status.user_name),
        (
            "Version",
            f"mlops-jupyter {status.version}, SQLite {status.sqlite_version}, journal {status.journal_mode}",
        ),
    ]
    return [(title, words.line(value, 300)) for title, value in rows if value]


def status_html(status: Status) -> str:
    """Return where the registry is as HTML."""
    rows = [(title, [value]) for title, value in _status_rows(status)]
    return render("pairs", ("rows",), status_text(status), title="mlops-jupyter", pill=None, rows=rows)


def status_text(status: Status) -> str:
    """Return where the registry is as text."""
    return "\n".join(pairs(_status_rows(status)))


# --- doctor -----------------------------------------------------------------------------------


def _verdict(health: Health) -> tuple[str, str]:
    states = [check.state for check in health.checks]
    if "error" in states:
        return "error", words.counted(states.count("error"), "problem")
    return (
        ("warning", words.counted(states.count("warning"), "warning"))
        if "warning" in states
        else ("ok", "healthy")
    )


def _checks(health: Health) -> list[tuple[str, str, str, str, str]]:
    order = {"error": 0, "warning": 1, "ok": 2}
    found = sorted(health.checks, key=lambda check: order.get(check.state, 3))[:200]
    return [
        (
            c.state,
            _CHECK_SIGNS.get(c.state, "ℹ"),
            words.line(c.name, 40),
            words.line(c.message, 200),
            words.line(c.next_step, 200),
        )
        for c in found
    ]


def health_html(health: Health) -> str:
    """Return what doctor found as HTML, the worst first."""
    state, verdict = _verdict(health)
    place = words.line(health.registry, 200)
    return render(
        "health",
        ("answer",),
        health_text(health),
        place=place,
        state=state,
        verdict=verdict,
        checks=_checks(health),
    )


def health_text(health: Health) -> str:
    """Return what doctor found as text, the worst first."""
    lines = [f"{words.line(health.registry, 200)}: {_verdict(health)[1]}"]
    rows = columns([[f"{sign} {state}", name, message] for state, sign, name, message, _ in _checks(health)])
    for row, (*_, step) in zip(rows, _checks(health), strict=True):
        lines += [f"  {row}"] + ([f"      → {step}"] if step else [])
    return "\n".join(lines)


# --- SQL --------------------------------------------------------------------------------------


def _sql_cell(value: Any) -> tuple[str, bool]:
    """Return a value as text, and whether it is there at all."""
    if value is None:
        return "NULL", False
    if isinstance(value, (bytes, bytearray, memoryview)):
        return words.counted(len(value), "byte"), False
    if isinstance(value, float):
        return f"{value:.10g}", True
    return words.line(str(value), 200), True


def _is_numeric(result: QueryResult, column: int) -> bool:
    found = [row[column] for row in result.rows[:200] if row[column] is not None]
    return bool(found) and all(isinstance(value, (int, float)) for value in found)


def _sql_summary(result: QueryResult, shown: int) -> str:
    said = words.counted(len(result.rows), "row") + (", and there are more" if result.truncated else "")
    said += f"; {shown:,} are shown" if shown < len(result.rows) else ""
    left = len(result.columns) - MOST_COLUMNS
    return said + (f"; {words.counted(left, 'column')} are not shown" if left > 0 else "")


def query_html(result: QueryResult) -> str:
    """Return the answer to an SQL question as HTML of bounded size."""
    heads = [
        (words.line(name, 60), _is_numeric(result, i)) for i, name in enumerate(result.columns[:MOST_COLUMNS])
    ]
    twin = query_text(result, 20)

    def make(most: int) -> str:
        rows = [[_sql_cell(value) for value in row[:MOST_COLUMNS]] for row in result.rows[:most]]
        return render(
            "query",
            ("table", "answer"),
            twin,
            heads=heads,
            rows=rows,
            summary=_sql_summary(result, len(rows)),
        )

    return within(make, _ROWS)


def query_text(result: QueryResult, most: int = 1000) -> str:
    """Return the answer to an SQL question as aligned lines."""
    names = [words.line(name, 60) for name in result.columns[:MOST_COLUMNS]]
    rows = [
        [words.line(_sql_cell(value)[0], 60) for value in row[:MOST_COLUMNS]] for row in result.rows[:most]
    ]
    right = [i for i in range(len(names)) if _is_numeric(result, i)]
    lines = columns(rows, right=right, heads=names) or ["  ".join(names)]
    return "\n".join([lines[0], rule(lines[0], lines[1:]), *lines[1:], "", _sql_summary(result, len(rows))])


# --- backup, done, demo -----------------------------------------------------------------------


def _backup_words(backup: Backup) -> list[str]:
    return [
        words.counted(backup.runs, "run"),
        words.counted(backup.objects, "stored file"),
        words.size(backup.size_bytes),
    ]


def backup_html(backup: Backup) -> str:
    """Return a backup as HTML."""
    rows = [("Copy", [words.line(backup.path, 300)]), ("Contents", _backup_words(backup))]
    return render(
        "pairs", ("rows",), backup_text(backup), title="Backup", pill=("ok", "✓ made and checked"), rows=rows
    )


def backup_text(backup: Backup) -> str:
    """Return a backup as text."""
    return f"Backup made and checked: {words.line(backup.path, 300)}\n  {' · '.join(_backup_words(backup))}"


def done_html(done: Done) -> str:
    """Return what was done as HTML."""
    rows = [("Next", [words.line(done.next_step, 300)])] if done.next_step else []
    return render(
        "pairs", ("rows",), done_text(done), title=words.line(done.message, 300), pill=None, rows=rows
    )


def done_text(done: Done) -> str:
    """Return what was done as text."""
    return " ".join(words.line(part, 300) for part in (done.message, done.next_step) if part)


def _demo_rows(demo: Demo) -> list[tuple[str, str]]:
    rows = [
        ("Notebook", demo.notebook),
        ("Registry", demo.registry),
        ("Took", words.duration(demo.duration_s)),
    ]
    return [(title, words.line(value, 300)) for title, value in [*rows, ("Next", demo.next_step)]]


def demo_html(demo: Demo) -> str:
    """Return the demo as HTML: the table of its runs, and where everything is."""
    rows = [(title, [value]) for title, value in _demo_rows(demo)]
    return table.html(demo.table) + render(
        "pairs", ("rows",), "\n".join(pairs(_demo_rows(demo))), title="Demo", pill=None, rows=rows
    )


def demo_text(demo: Demo) -> str:
    """Return the demo as text."""
    return "\n".join([table.text(demo.table), "", *pairs(_demo_rows(demo))])

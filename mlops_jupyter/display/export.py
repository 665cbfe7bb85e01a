"""An export with its proof: what was asked of it and found, what answering takes, the files, how to start."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from ..records import Export, ExportedFile, ExportReport, Latency, ProofCheck
from . import words
from .gates import Light
from .layout import columns, folded
from .rendering import render, within

VERDICTS = {
    "verified": ("ok", "✓", "proved"),
    "failed": ("error", "✕", "proof failed"),
    "unverified": ("warning", "⚠", "not proved"),
}
_STATES = {"passed": ("ok", "✓"), "failed": ("error", "✕"), "skipped": ("warning", "○")}
_ORDER = {"failed": 0, "skipped": 1, "passed": 2}
_MANY = 5
_AMOUNTS = (200, 80, 30, 10, 4)


def stamp(verdict: str) -> tuple[str, str, str]:
    """Return colour, sign and words of a verdict."""
    return VERDICTS.get(verdict, ("", "○", words.line(verdict, 20)))


def said(one: Export) -> str:
    """Return in a few words that a version was exported, whereto, and whether that was proved."""
    _, sign, word = stamp(one.verdict)
    by = f"by {words.line(one.user_name, 40)}" if one.user_name else ""
    parts = (f"{sign} {word}", one.target, words.line(one.folder, 80), by, words.when(one.created_at))
    return " · ".join(part for part in parts if part)


def light(check: ProofCheck) -> Light:
    """Return a step of the proof as a row."""
    tone, sign = _STATES.get(check.state, ("", "○"))
    figures = [
        words.counted(check.n_rows, "row") if check.n_rows is not None else "",
        f"largest difference {words.number(check.largest_difference)}"
        if check.largest_difference is not None
        else "",
        words.duration(check.duration_s),
    ]
    return Light(
        words.line(check.key.replace("_", " "), 60), tone, sign, words.line(check.state, 20),
        words.line(check.asked, 200), words.line(check.found, 400), " · ".join(f for f in figures if f),
        "", "", only_warns=False,
    )  # fmt: skip


def lights(report: ExportReport) -> list[Light]:
    """Return the steps of the proof as they ran, those that did not pass first."""
    return [light(one) for one in sorted(report.checks, key=lambda one: _ORDER.get(one.state, 0))]


@dataclass(frozen=True, slots=True)
class Speed:
    """What answering so many rows took, with bars in percent of the slowest."""

    rows: str
    p50: str
    p99: str
    p50_percent: float
    p99_percent: float
    n: str


def speeds(latencies: tuple[Latency, ...]) -> list[Speed]:
    """Return what answering took, on one scale."""
    slowest = max((one.p99_ms for one in latencies), default=0.0) or 1.0
    return [
        Speed(
            words.counted(one.n_rows, "row"),
            words.duration(one.p50_ms / 1000),
            words.duration(one.p99_ms / 1000),
            _percent(one.p50_ms, slowest),
            _percent(one.p99_ms, slowest),
            words.counted(one.n_requests, "request"),
        )
        for one in latencies
    ]


def _percent(part: float, whole: float) -> float:
    return round(min(100.0, max(1.0, 100 * part / whole)), 1)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A line of the tree of files: a folder has no size."""

    indent: str
    name: str
    size: str
    what: str


def tree(files: tuple[ExportedFile, ...]) -> list[Leaf]:
    """Return files as a tree; folders stand above what is in them.

    Examples
    --------
    >>> [leaf.indent + leaf.name for leaf in tree((ExportedFile("a/b.py", 1), ExportedFile("c", 2)))]
    ['a/', '  b.py', 'c']
    """
    found: list[Leaf] = []
    above: tuple[str, ...] = ()
    for one in sorted(files, key=lambda file: file.path.split("/")):
        *folders, name = one.path.split("/")
        same = next((i for i, (a, b) in enumerate(zip(above, folders, strict=False)) if a != b), None)
        depth = min(len(above), len(folders)) if same is None else same
        found += [
            Leaf("  " * i, words.line(folder, 40) + "/", "", "")
            for i, folder in enumerate(folders)
            if i >= depth
        ]
        above = tuple(folders)
        found.append(
            Leaf(
                "  " * min(len(folders), 8),
                words.line(name, 60),
                words.size(one.size_bytes),
                words.line(one.what, 100),
            )
        )
    return found


def short(files: tuple[ExportedFile, ...]) -> list[list[str]]:
    """Return files as lines of path, size and what for; a folder of many is one line."""
    by_top: dict[str, list[ExportedFile]] = {}
    for one in sorted(files, key=lambda file: file.path.split("/")):
        by_top.setdefault(one.path.partition("/")[0], []).append(one)
    rows = []
    for top, some in by_top.items():
        if len(some) > _MANY:
            of_all = words.size(sum(one.size_bytes for one in some))
            rows.append([f"{words.line(top, 40)}/", of_all, words.counted(len(some), "file")])
        else:
            rows += [[words.line(one.path), words.size(one.size_bytes), words.line(one.what)] for one in some]
    return rows


def title(report: ExportReport) -> str:
    """Return ``churn:4``."""
    return words.line(report.label, 80)


def sentence(report: ExportReport) -> str:
    """Return what was proved, or that nothing was."""
    if report.summary:
        is_name_first = report.summary.startswith(report.label)
        return (words.stopped if is_name_first else words.sentence)(words.line(report.summary, 400))
    return words.stopped(f"{title(report)} was exported: {stamp(report.verdict)[2]}")


def remarks(report: ExportReport) -> list[tuple[str, str, str]]:
    """Return what a person must know before using it."""
    said = [
        f"{words.line(name, 40)} is {words.line(now, 30)} in the lock; "
        f"the model was trained with {words.line(before, 30)}."
        for name, before, now in report.differing
    ]
    said += [words.stopped(words.line(one, 300)) for one in report.warnings]
    return [("warning", "⚠", one) for one in said]


def packages(report: ExportReport) -> list[str]:
    """Return what the lock holds, as ``numpy 2.3.1``."""
    return [f"{words.line(name, 40)} {words.line(version, 30)}" for name, version in report.packages]


def _held(report: ExportReport) -> str:
    n = len(report.packages)
    python = f"Python {words.line(report.python, 20)}" if report.python else ""
    return " and ".join(part for part in (python, words.counted(n, "package") if n else "") if part)


def _how(report: ExportReport) -> str:
    parts = (words.duration(report.duration_s) if report.duration_s else "",
             words.line(report.user_name or "", 40),
             words.when(report.created_at) if report.created_at else "")  # fmt: skip
    return " · ".join(part for part in parts if part)


def html(report: ExportReport) -> str:
    """Return an export as HTML of bounded size."""
    twin = text(report, 20)
    return within(lambda most: _html(report, twin, most), _AMOUNTS)


def _html(report: ExportReport, twin: str, most: int) -> str:
    tone, sign, word = stamp(report.verdict)
    leaves = tree(report.files)
    return render(
        "export",
        ("rows", "card", "table", "code", "data", "models", "lineage"),
        twin,
        title=title(report),
        target=report.target,
        folder=words.line(report.folder, 160),
        how=_how(report),
        tone=tone,
        sign=sign,
        word=word.capitalize(),
        sentence=sentence(report),
        found=folded(remarks(report), 6, most),
        lights=folded(lights(report), 12, most),
        speeds=speeds(report.latencies[:8]),
        commands=commands(report),
        leaves=leaves[:most],
        n_files=len(report.files),
        left=max(0, len(leaves) - most),
        size=words.size(sum(one.size_bytes for one in report.files)),
        held=_held(report),
        packages=packages(report)[:most],
    )


def commands(report: ExportReport) -> list[str]:
    """Return what starts it on an empty machine, as its README says; nothing where the proof failed."""
    if report.verdict == "failed":
        return []
    made = [
        f"cd {shlex.quote(words.line(report.folder, 200))}",
        "python -m venv .venv && .venv/bin/python -m pip install --require-hashes -r requirements.lock",
    ]
    if report.target == "batch":
        return [*made, ".venv/bin/python score.py tests/rows.csv scored.csv"]
    ask = "curl -s 127.0.0.1:8000/predict -H 'content-type: application/json' -d @tests/request.json"
    return [*made, ".venv/bin/python -m service", ask]


def text(report: ExportReport, most: int = 200) -> str:
    """Return an export as aligned lines."""
    _, sign, word = stamp(report.verdict)
    lines = [f"{title(report)} → {words.line(report.folder, 160)}: {sign} {word} · {report.target}"]
    lines[0] += f" · {_how(report)}" if _how(report) else ""
    lines += [f"  {sentence(report)}"]
    lines += [f"  {mark} {remark}" for _, mark, remark in remarks(report)[:most]]
    shown = lights(report)[:most]
    lines += [
        f"  {row}" for row in columns([[f"{one.sign} {one.kind}", one.found, one.evidence] for one in shown])
    ]
    lines += _rest(len(report.checks), most)
    timed = [[one.rows, f"p50 {one.p50}", f"p99 {one.p99}", one.n] for one in speeds(report.latencies[:8])]
    lines += [f"  {row}" for row in columns(timed)]
    rows = short(report.files)
    lines += [f"  {row}" for row in columns(rows[:most], right=[1])]
    lines += _rest(len(rows), most)
    lines += [f"  {_held(report)}, with their hashes"] if report.packages else []
    return "\n".join([*lines, *(f"  $ {one}" for one in commands(report))])


def _rest(total: int, most: int) -> list[str]:
    return [f"  and {total - most:,} more"] if total > most else []

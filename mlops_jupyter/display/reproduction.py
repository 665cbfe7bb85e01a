"""A run that was made again: the verdict, what was compared, what each cell took, and why it differs."""

from __future__ import annotations

from dataclasses import dataclass

from ..records import ReproducedCell, ReproducedValue, Reproduction, ReproductionReport
from . import words
from .code_slice import drawing, number
from .layout import columns, folded
from .rendering import render, within

VERDICTS = {
    "identical": ("ok", "✓", "identical"),
    "equal": ("ok", "✓", "equal"),
    "differs": ("error", "✕", "differs"),
    "failed": ("error", "✕", "failed"),
}
_ORDER = {"failed": 0, "differs": 1, "equal": 2, "identical": 3}
_LONG = 22
_MANY = 4
_MOST_NAMES = 12
_AMOUNTS = (200, 80, 30, 10, 4)


def stamp(verdict: str) -> tuple[str, str, str]:
    """Return colour, sign and word of a verdict."""
    return VERDICTS.get(verdict, ("", "○", words.line(verdict, 20)))


def said(one: Reproduction) -> str:
    """Return in a few words that a run was made again, by whom and when."""
    by = f"by {words.line(one.user_name, 40)}" if one.user_name else ""
    where = "same package versions" if one.is_exact_environment else ""
    _, sign, word = stamp(one.verdict)
    return " · ".join(part for part in (f"{sign} {word}", where, by, words.when(one.created_at)) if part)


@dataclass(frozen=True, slots=True)
class Value:
    """One thing that was compared; ``is_same`` decides whether both sides are told apart."""

    kind: str
    key: str
    before: str
    after: str
    tone: str
    state: str
    note: str
    is_same: bool

    @property
    def is_long(self) -> bool:
        """Return whether a side has to be broken over lines."""
        return max(len(self.before), len(self.after)) > _LONG


@dataclass(frozen=True, slots=True)
class Bar:
    """A cell with the share of the longest that it took, in percent, and what nobody can repeat in it."""

    number: str
    head: str
    took: str
    percent: float
    tone: str
    notes: list[str]


def values(report: ReproductionReport) -> list[Value]:
    """Return what was compared, what differs first; where much is identical, a kind is one line."""
    found: list[Value] = []
    for verdict in sorted({one.verdict for one in report.values}, key=lambda one: _ORDER.get(one, 0)):
        some = [one for one in report.values if one.verdict == verdict]
        for kind in dict.fromkeys(one.kind for one in some):
            of_kind = [one for one in some if one.kind == kind]
            is_much = verdict == "identical" and len(of_kind) > _MANY
            found += [_together(of_kind)] if is_much else [_value(one) for one in of_kind]
    return found


def _together(some: list[ReproducedValue]) -> Value:
    tone, sign, word = stamp(some[0].verdict)
    names = ", ".join(words.line(one.key, 40) for one in some[:_MOST_NAMES])
    more = f" and {len(some) - _MOST_NAMES:,} more" if len(some) > _MOST_NAMES else ""
    kind = words.line(some[0].kind, 20)
    return Value("", f"{len(some):,} {kind}s", "", "", tone, f"{sign} {word}", f"{names}{more}", is_same=True)


def _value(one: ReproducedValue) -> Value:
    tone, sign, word = stamp(one.verdict)
    is_same = one.before == one.after
    before, after = words.line(one.before, 80), words.line(one.after, 80)
    return Value(
        words.line(one.kind, 20), words.line(one.key, 80), before, after, tone, f"{sign} {word}",
        words.line(one.note, 200), is_same,
    )  # fmt: skip


def bars(cells: tuple[ReproducedCell, ...]) -> list[Bar]:
    """Return what each cell took, in the order in which they ran."""
    longest = max((cell.duration_s for cell in cells), default=0.0) or 1.0
    return [
        Bar(
            number(cell),
            words.line(cell.head, 80),
            words.duration(cell.duration_s),
            round(min(100.0, max(0.5, 100 * cell.duration_s / longest)), 1),
            "" if cell.outcome == "finished" else "error",
            [f"⚠ {drawing(one)}" for one in cell.unrepeatable[:6]]
            + ([f"✕ {words.line(cell.error, 300)}"] if cell.error else []),
        )
        for cell in cells
    ]


def title(report: ReproductionReport) -> str:
    """Return ``churn #12``."""
    return f"{words.line(report.experiment, 60)} #{report.run_number}"


def remarks(report: ReproductionReport) -> list[tuple[str, str, str]]:
    """Return why it differs, and with which packages it was made."""
    tone = "warning" if stamp(report.verdict)[0] == "ok" else "error"
    return [(tone, "⚠", words.stopped(words.line(one, 300))) for one in report.causes]


def packages(report: ReproductionReport) -> list[str]:
    """Return the packages whose versions differ, as ``numpy 2.3.1 → 2.3.4``."""
    return [
        f"{words.line(name, 40)} {words.line(before, 30) or 'none'} → {words.line(after, 30) or 'none'}"
        for name, before, after in report.environment
    ]


def _where(report: ReproductionReport) -> str:
    if report.is_exact_environment:
        return "with the same package versions"
    if report.environment:
        return f"{words.counted(len(report.environment), 'package')} of another version"
    return "in this environment"


def _how(report: ReproductionReport) -> str:
    parts = (words.duration(report.duration_s), words.line(report.user_name or "", 40),
             words.when(report.created_at) if report.created_at else "")  # fmt: skip
    return " · ".join(part for part in parts if part)


def sentence(report: ReproductionReport) -> str:
    """Return what came of it, without the word of the verdict, which stands before."""
    word = stamp(report.verdict)[2]
    said = words.line(report.summary, 300).removeprefix(f"{word}: ")
    return words.sentence(said or f"made again: {word}")


def html(report: ReproductionReport) -> str:
    """Return a reproduction as HTML of bounded size."""
    twin = text(report, 20)
    return within(lambda most: _html(report, twin, most), _AMOUNTS)


def _html(report: ReproductionReport, twin: str, most: int) -> str:
    tone, sign, word = stamp(report.verdict)
    return render(
        "reproduction",
        ("rows", "card", "table", "code", "data", "models", "lineage"),
        twin,
        title=title(report),
        tone=tone,
        sign=sign,
        word=word.capitalize(),
        sentence=sentence(report),
        where=_where(report),
        how=_how(report),
        found=folded(remarks(report), 6, most),
        values=folded(values(report), 12, most),
        bars=folded(bars(report.cells), 15, most),
        packages=folded(packages(report), 6, most),
    )


def text(report: ReproductionReport, most: int = 200) -> str:
    """Return a reproduction as aligned lines."""
    _, sign, word = stamp(report.verdict)
    lines = [f"{title(report)} made again: {sign} {word} · {_where(report)} · {_how(report)}"]
    lines += [f"  {sentence(report)}"]
    lines += [f"  {mark} {cause}" for _, mark, cause in remarks(report)[:most]]
    cells = [
        [one.state, one.kind, one.key, one.before, "" if one.is_same else "→",
         "" if one.is_same else one.after or "–", one.note] for one in values(report)[:most]
    ]  # fmt: skip
    lines += [f"  {row}" for row in columns(cells)]
    lines += _rest(len(report.values), most)
    shown = bars(report.cells)[:most]
    rows = columns([[one.number, one.head, one.took, _drawn(one.percent)] for one in shown], right=[2])
    for one, row in zip(shown, rows, strict=True):
        lines += [f"  {row}", *(f"      {note}" for note in one.notes)]
    lines += _rest(len(report.cells), most)
    return "\n".join(lines + [f"  {one}" for one in packages(report)[:most]])


def _drawn(percent: float) -> str:
    return "█" * max(1, round(percent / 5))


def _rest(total: int, most: int) -> list[str]:
    return [f"  and {total - most:,} more"] if total > most else []

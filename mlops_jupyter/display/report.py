"""How data fared against its contract: the verdict, the four faces of fidelity, what failed and why."""

from __future__ import annotations

from dataclasses import dataclass

from ..records import RuleResult, Score, ValidationReport
from . import words
from .layout import columns, folded
from .rendering import render, within
from .rule import is_usual_name, names, rule_words

_SIGNS = {"passed": "✓", "failed": "✕", "unknown": "○"}
_ROWS = (200, 60, 20, 6)
_MOST_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Result:
    """A rule and how it fared; ``share`` is the percent of the rows that broke it."""

    name: str
    asks: str
    sign: str
    tone: str
    message: str
    count: str
    share: float | None
    examples: str
    since: str
    title: str


def result(found: RuleResult, data: str = "") -> Result:
    """Return how a rule fared as short words; ``data`` is the name of what was asked."""
    rule = found.rule
    tone = {"passed": "ok", "unknown": ""}.get(found.state, rule.severity)
    share = found.n_failed / found.n_checked if found.n_failed is not None and found.n_checked else None
    count = ""
    if found.state != "unknown" and found.n_failed:
        count = words.counted(found.n_failed, "row") + (
            f", {words.percent(share)}" if share is not None else ""
        )
    if count and (found.message or rule.reason).startswith(f"{found.n_failed:,} of ") and share is not None:
        count = words.percent(share)
    return Result(
        name="" if is_usual_name(rule) else words.line(rule.name, 60),
        asks=words.line(rule_words(rule), 200),
        sign="⚠" if tone == "warning" else _SIGNS.get(found.state, "○"),
        tone=tone,
        message=words.line(found.message or rule.reason, 240),
        count=count,
        share=None if share is None or found.state != "failed" else round(100 * min(1.0, share), 1),
        examples=_examples(found),
        since=_since(found, data),
        title=words.line(f"{rule.name}: {rule.reason or rule_words(rule)}", 300),
    )


def _examples(found: RuleResult) -> str:
    keys, values = found.examples[:_MOST_EXAMPLES], found.values
    said = [
        f"{words.line(key, 40)}: {words.line(values[i], 40) or 'empty'}"
        if i < len(values)
        else words.line(key, 40)
        for i, key in enumerate(keys)
    ]
    more = (found.n_failed or 0) - len(keys)
    said += [f"and {more:,} more"] if keys and more > 0 else []
    return " · ".join(said)


def _since(found: RuleResult, data: str) -> str:
    said = [
        f"last held in {words.line(found.last_held, 60)}" if found.last_held else "",
        f"broken since {words.line(found.broken_since, 60)}"
        if found.broken_since not in (None, data)
        else "",
    ]
    return ", ".join(part for part in said if part)


def groups(report: ValidationReport) -> tuple[list[RuleResult], list[RuleResult], list[RuleResult]]:
    """Return what failed (errors first, then by rows), what could not be asked, and what passed."""
    failed = [one for one in report.results if one.state == "failed"]
    failed.sort(key=lambda one: (one.rule.severity != "error", -(one.n_failed or 0)))
    unknown = [one for one in report.results if one.state == "unknown"]
    return failed, unknown, [one for one in report.results if one.state == "passed"]


def tone(report: ValidationReport) -> str:
    """Return the colour of the verdict."""
    if not report.passed:
        return "error"
    return "warning" if any(one.state == "failed" for one in report.results) else "ok"


def sentence(report: ValidationReport) -> str:
    """Return the answer to whether the data keeps its contract."""
    failed, unknown, _ = groups(report)
    asked = len(report.results) - len(unknown)
    errors = sum(one.rule.severity == "error" for one in failed)
    warned = words.counted(len(failed) - errors, "warning")
    if errors:
        said = f"{errors:,} of {words.counted(asked, 'rule')} broken"
        said += f", and {warned}" if errors < len(failed) else ""
        said += f"; first: {_wrong(failed[0])}"
    elif failed:
        said = f"the contract holds, with {warned}; first: {_wrong(failed[0])}"
    else:
        said = f"all {words.counted(asked, 'rule')} hold" if asked else "no rule could be asked"
    said += f"; {len(unknown):,} could not be asked" if unknown and asked else ""
    return words.sentence(said)


def _wrong(found: RuleResult) -> str:
    """Return what is wrong, with its column before it where the message does not name it."""
    said = words.line(found.message, 140) or rule_words(found.rule)
    return said if any(name in said for name in found.rule.columns) else _of(found, said)


def _of(found: RuleResult, said: str) -> str:
    return f"{names(found.rule.columns)}: {said}" if found.rule.columns else said


def scores(report: ValidationReport) -> list[tuple[str, str, float | None, str, str]]:
    """Return name, percent, length of the bar, colour and formula of each face of fidelity."""
    found: list[tuple[str, str, float | None, str, str]] = []
    for score in report.scores:
        value = score.value
        colour = "" if value is None else _colour(score, value, report)
        shown = "–" if value is None else words.percent(value)
        bar = None if value is None else round(100 * min(1.0, max(0.0, value)), 1)
        found.append((score.name, shown, bar, colour, words.line(score.formula, 200)))
    return found


def _colour(score: Score, value: float, report: ValidationReport) -> str:
    """Return the colour of a figure: what is missing as the contract allows is no fault."""
    if value >= 0.999:
        return "ok"
    holds = all(one.state != "failed" for one in report.results if one.rule.kind == "required")
    if score.name == "completeness" and holds:
        return ""
    return "warning" if value >= 0.95 else "error"


def _head(report: ValidationReport) -> list[str]:
    said = [words.counted(report.n_rows, "row")]
    said += [f"{report.sampled_rows:,} looked at"] if report.sampled_rows is not None else []
    return said


def _foot(report: ValidationReport) -> str:
    said = [words.line(report.engine, 30), words.duration(report.duration_s)]
    said += [words.when(report.created_at)] if report.created_at else []
    return " · ".join(part for part in said if part)


def html(report: ValidationReport) -> str:
    """Return the report as HTML of bounded size."""
    twin = text(report, most=40)
    return within(lambda most: _html(report, twin, most), _ROWS)


def _html(report: ValidationReport, twin: str, most: int) -> str:
    failed, unknown, passed = ([result(one, report.data) for one in group[:most]] for group in groups(report))
    n_failed, n_unknown, n_passed = (len(group) for group in groups(report))
    return render(
        "report",
        ("card", "table", "data"),
        twin,
        data=words.line(report.data, 80),
        contract=words.line(report.contract, 80),
        head=_head(report),
        foot=_foot(report),
        passed=report.passed,
        tone=tone(report),
        sentence=sentence(report),
        scores=scores(report),
        failed=folded(failed, 12, most),
        left=n_failed - len(failed),
        unknown=unknown,
        n_unknown=n_unknown,
        held=passed,
        n_held=n_passed,
    )


def text(report: ValidationReport, most: int = 400) -> str:
    """Return the report as aligned lines, what failed first."""
    failed, unknown, passed = groups(report)
    state = "✓ holds" if report.passed else "✕ broken"
    lines = [
        f"{words.line(report.data, 80)} · {words.line(report.contract, 80)} · {state} · {_head(report)[0]}"
    ]
    lines += [f"  {sentence(report)}"]
    shown = " · ".join(f"{name} {value}" for name, value, *_ in scores(report))
    lines += [f"  {shown}"] if shown else []
    for one in (result(each, report.data) for each in failed[:most]):
        lines += [f"  {one.sign} {_named(one)}"]
        lines += [f"      {said}" for said in (one.message, one.examples, one.since) if said]
    lines += [f"  and {len(failed) - most:,} more that failed"] if len(failed) > most else []
    asked = [[f"{one.sign} {_named(one)}", one.message] for one in map(result, unknown[:most])]
    lines += [f"  {row}" for row in columns(asked)]
    lines += [f"  and {len(unknown) - most:,} more that could not be asked"] if len(unknown) > most else []
    lines += [f"  ✓ {words.counted(len(passed), 'rule')} held"] if passed and failed + unknown else []
    return "\n".join([*lines, *([f"  {_foot(report)}"] if _foot(report) else [])])


def _named(one: Result) -> str:
    return f"{one.name}: {one.asks}" if one.name else one.asks

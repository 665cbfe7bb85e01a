"""One version of a model: its evidence, what goes in and comes out, what it rests on; two side by side."""

from __future__ import annotations

import json
from typing import Any

from ..records import Field, Signature, VersionChange, VersionComparison, VersionData, VersionView
from . import evaluation, evaluation_text, export, facts, gates, reproduction, scores, words
from .layout import columns, folded
from .rendering import render, within

PARTS = ("rows", "card", "table", "code", "data", "plot", "evaluation", "models")
_ROWS = (60, 24, 10, 4)


def ref(view: VersionView) -> str:
    """Return ``churn:4``."""
    return f"{words.line(view.name, 60)}:{view.version.number}"


def sentence(view: VersionView) -> str:
    """Return what the evaluation found, or that nobody has evaluated the version."""
    if view.version.archived_at:
        why = words.line(view.version.archive_reason or "", 200)
        return words.sentence("archived" + (f": {why}" if why else ""))
    if view.evaluation is not None:
        return evaluation_text.sentence(view.evaluation)
    return "Not evaluated yet: %evaluate says how good it is."


def tone(view: VersionView) -> str:
    """Return the colour of the sentence."""
    if view.version.archived_at or view.evaluation is None:
        return "warning"
    return scores.tone(view.evaluation)


# --- rows -------------------------------------------------------------------------------------


def field(one: Field) -> str:
    """Return a column of a signature as a few words."""
    kind = words.line(one.kind or one.dtype, 20)
    if one.categories:
        kind += f" of {len(one.categories):,}"
    if one.low is not None and one.high is not None:
        span = abs(one.high / 2 - one.low / 2) * 2
        kind += f" {words.on_axis(one.low, span)} to {words.on_axis(one.high, span)}"
    if one.shape:
        kind += " " + " × ".join("any" if size < 0 else f"{size:,}" for size in one.shape[:6])
    return f"{words.line(one.name, 40)} {kind}" + (" or missing" if one.is_nullable else "")


def outputs(signature: Signature) -> str:
    """Return what comes out of a model."""
    said = ", ".join(field(one) for one in signature.outputs[:6]) or "not recorded"
    classes = ", ".join(words.line(one, 24) for one in signature.classes[:8])
    more = f", … {len(signature.classes) - 8} more" if len(signature.classes) > 8 else ""
    return f"{said} ({classes}{more})" if classes else said


def data(one: VersionData) -> str:
    """Return a content that a version rests on."""
    shape = facts.shape(one.n_rows, one.n_columns)
    source = words.line(one.source_uri or "", 80)
    return f"{one.role}: {words.line(one.ref or one.name, 60)} {shape}" + (
        f" from {source}" if source else ""
    )


def libraries(view: VersionView) -> list[str]:
    """Return the libraries that the model was trained with."""
    try:
        found = json.loads(view.version.libraries or "{}")
    except (ValueError, RecursionError):
        found = {}
    pairs = list(found.items()) if isinstance(found, dict) else []
    pairs = [pair for pair in pairs if pair[0] != "python" or not view.python] or list(view.packages)
    return [f"{words.line(str(name), 30)} {words.line(str(number), 30)}" for name, number in pairs[:8]]


def rows(view: VersionView) -> list[tuple[str, list[str]]]:
    """Return what is known of a version, what is not left out."""
    one, signature = view.version, view.signature
    run = f"{words.line(view.experiment or '', 40)} #{view.run_number}".strip()
    found = [
        ("Model", [words.line(one.class_name, 80), words.line(one.format, 30), words.size(one.size_bytes)]),
        ("Run", [run] if view.run_number is not None else []),
        ("Params", [f"{words.line(key, 30)}={words.line(value, 40)}" for key, value in view.params[:12]]),
        ("Data", [data(each) for each in view.data[:6]]),
        ("Goes in", _inputs(signature)),
        ("Comes out", [outputs(signature)] if signature.outputs or signature.classes else []),
        ("Made with", [f"Python {words.line(view.python, 20)}" if view.python else "", *libraries(view)]),
        ("Code", [words.line(view.git_commit or "", 12)]),
        ("Made again", [reproduction.said(view.reproduced)] if view.reproduced else []),
        ("Exported", [export.said(each) for each in view.exports[:6]]),
        ("Intended", [words.line(one.intended_use or "", 300)]),
        ("Limits", [words.line(one.limits or "", 300)]),
        ("Owner", [words.line(one.owner or "", 60), words.line(one.licence or "", 40)]),
        ("Note", [words.line(one.note or "", 300)]),
        ("By", [words.line(one.user_name or "", 40), words.moment(one.created_at)]),
    ]  # fmt: skip
    return [(name, [said for said in each if said]) for name, each in found if any(each)]


def _inputs(signature: Signature) -> list[str]:
    shown = [field(one) for one in signature.inputs[:10]]
    left = len(signature.inputs) - len(shown)
    return shown + ([f"and {left:,} more"] if left > 0 else [])


def remarks(view: VersionView) -> list[tuple[str, str, str]]:
    """Return what a person must see first: overridden gates, unsafe files, pitfalls."""
    found = [("warning", "⚠", gates.override(event)) for event in view.overrides[:6]]
    if view.version.unsafe_reason:
        why = words.line(view.version.unsafe_reason, 200)
        found.append(("warning", "⚠", f"Opening this file can run code; kept anyway: {why}"))
    found += [
        (one.severity, facts.SEVERITY_SIGNS.get(one.severity, "ℹ"), words.line(one.message, 300))
        for one in view.findings[:12]
    ]
    found += evaluation_text.findings(view.evaluation)[:12] if view.evaluation else []
    return found


def contracts(view: VersionView) -> list[tuple[str, str]]:
    """Return colour and words of how the data fared against its contracts."""
    return [
        ("ok", "✓ contract held") if one.passed
        else ("error", f"✕ contract broken: {words.counted(one.n_errors, 'error')}")
        for one in view.validations[:4]
    ]  # fmt: skip


def html(view: VersionView) -> str:
    """Return a version as HTML of bounded size."""
    twin = text(view, 20)
    return within(lambda most: _html(view, twin, most), _ROWS)


def _html(view: VersionView, twin: str, most: int) -> str:
    report = view.gates
    score = evaluation.scored(view.evaluation, min(most, 12)) if view.evaluation else None
    return render(
        "version", PARTS, twin,
        ref=ref(view), aliases=[words.line(one, 24) for one in view.aliases[:6]], is_new=view.is_new,
        sentence=sentence(view), tone=tone(view), found=folded(remarks(view), 6, most),
        contracts=contracts(view), score=score, rows=rows(view),
        gates=report and {"pill": gates.pill(report), "alias": words.line(report.alias, 30),
                          "lights": gates.ordered(report)[:most]},
        approvals=[gates.approval(one, needed=False) for one in view.approvals[:4]],
        example=_example(view), n_evaluations=len(view.evaluations),
        when=words.when(view.version.created_at),
    )  # fmt: skip


def _example(view: VersionView) -> dict[str, Any] | None:
    """Return some rows that the model was shown, and what it answered."""
    example = view.example
    if example is None or not example.rows:
        return None
    names = example.columns[:12]
    pairs = list(zip(example.rows, example.predictions, strict=False))[:5]
    return {
        "columns": [words.line(str(name), 20) for name in names],
        "rows": [([_cell(value) for value in row[: len(names)]], _cell(answer)) for row, answer in pairs],
        "left": max(0, len(example.columns) - len(names)),
        "method": words.line(example.method, 30),
    }


def _cell(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return str(value)
    return (
        words.number(float(value))
        if isinstance(value, (int, float)) and abs(value) < 1e300
        else words.line(str(value), 30)
    )


def text(view: VersionView, most: int = 60) -> str:
    """Return a version as aligned lines."""
    aliases = "".join(f" @{words.line(alias, 24)}" for alias in view.aliases[:6])
    lines = [f"{ref(view)}{aliases}: {sentence(view)}"]
    lines += [f"  {sign} {said}" for _, sign, said in remarks(view)[:most]]
    lines += [f"  {said}" for _, said in contracts(view)]
    if view.evaluation:
        cells = scores.cells(scores.ordered(view.evaluation)[:12])
        lines += [f"  {row}" for row in columns(cells)]
    if view.gates:
        lines += [f"  gates for {words.line(view.gates.alias, 30)}: {gates.pill(view.gates)[1]}"]
        lines += gates.lights_text(view.gates, most)
    for one in view.approvals[:4]:
        found = gates.approval(one, needed=False)
        lines += [f"  {words.line(one.alias, 30)}: {found[1]} {found[2]}"] if found else []
    return "\n".join(
        lines + [f"  {row}" for row in columns([[n.lower(), " · ".join(v)] for n, v in rows(view)])]
    )


# --- two versions -----------------------------------------------------------------------------


def _change(one: VersionChange) -> tuple[str, str, str, str, str]:
    return (
        words.line(one.name, 60), words.line(one.before, 160) or "–", words.line(one.after, 160) or "–",
        words.line(one.note, 160), scores.SAID.get(one.is_better, "") if one.is_better is not None else "",
    )  # fmt: skip


def _parts(
    found: VersionComparison, most: int
) -> list[tuple[str, list[tuple[str, str, str, str, str]], int]]:
    """Return the changes by part, as they come, at most so many of each."""
    parts: dict[str, list[VersionChange]] = {}
    for one in found.changes:
        parts.setdefault(one.part, []).append(one)
    return [
        (words.line(part, 30), [_change(one) for one in some[:most]], max(0, len(some) - most))
        for part, some in list(parts.items())[:most]
    ]


def comparison_tone(found: VersionComparison) -> str:
    """Return the colour of the verdict: that of the first metric that differs beyond noise."""
    known = [one.is_better for one in found.changes if one.part == "metrics" and one.is_better is not None]
    return scores.SAID[bool(known[0])] if known else ""


def _same_rows(found: VersionComparison) -> str:
    if found.same_rows:
        return "both evaluated on the same rows"
    return "not evaluated on the same rows: the metrics do not compare"


def comparison_html(found: VersionComparison) -> str:
    """Return two versions side by side as HTML of bounded size."""
    twin = comparison_text(found, 20)
    return within(
        lambda most: render(
            "version_comparison",
            ("table", "data", "models"),
            twin,
            before=ref(found.before),
            after=ref(found.after),
            aliases=(
                [words.line(one, 24) for one in found.before.aliases[:4]],
                [words.line(one, 24) for one in found.after.aliases[:4]],
            ),
            sentence=words.stopped(words.line(found.verdict, 300) or "Nothing is known of how they compare"),
            tone=comparison_tone(found),
            groups=_parts(found, most),
            same_rows=_same_rows(found),
            is_same=found.same_rows,
        ),
        _ROWS,
    )


def comparison_text(found: VersionComparison, most: int = 60) -> str:
    """Return two versions side by side as aligned lines."""
    verdict = words.stopped(words.line(found.verdict, 300) or "Nothing is known of how they compare")
    lines = [f"{ref(found.before)} → {ref(found.after)}: {verdict}", f"  {_same_rows(found)}"]
    for part, changes, left in _parts(found, most):
        cells = [[f"  {name}", before, "→", after, note] for name, before, after, note, _ in changes]
        lines += [f"  {part}", *(f"  {row}" for row in columns(cells))]
        lines += [f"    and {left:,} more"] if left else []
    return "\n".join(lines if found.changes else [*lines, "  nothing else differs"])

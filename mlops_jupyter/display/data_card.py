"""The card of a dataset: one sentence, what is worth a look, and a picture of every column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..records import ColumnProfile, DataCard, DataDoc, DataFinding
from . import words
from .column import Column, row
from .facts import SEVERITY_SIGNS, shape
from .layout import columns, folded
from .rendering import render, within

_SHOWN, _HIDDEN = 24, 40
_ROWS = (40, 24, 12, 0)
_MOST_FINDINGS = 5
_RANK = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True, slots=True)
class Verdict:
    """How data fared against its contract: words and a colour."""

    words: str
    tone: str


def verdict(validation: str | None) -> Verdict | None:
    """Return ``✓ contract holds`` for a validation that passed, and its words for one that did not."""
    if not validation:
        return None
    said = words.line(validation, 60)
    if said.startswith("failed"):
        return Verdict(f"✕ contract broken{said.removeprefix('failed')}", "error")
    if said == "passed":
        return Verdict("✓ contract holds", "ok")
    return Verdict(f"⚠ contract holds{said.removeprefix('passed')}", "warning")


def sentence(card: DataCard) -> str:
    """Return the answer to what the data is like and whether something is wrong with it."""
    if not card.profile.n_rows or not card.profile.columns:
        return "There are no values in it."
    said = [_remarks(card.findings), _completeness(card)]
    duplicates = card.profile.n_duplicate_rows
    if duplicates:
        said.append(words.counted(duplicates, "duplicate row"))
    if card.change and card.change.state in ("changed", "unchanged"):
        since = card.change.summary if card.change.state == "changed" else "unchanged"
        said.append(f"since the version before: {words.line(since, 160)}")
    return words.sentence("; ".join(said))


def _completeness(card: DataCard) -> str:
    holed = [column for column in card.profile.columns if column.n_missing]
    cells = card.profile.n_rows * len(card.profile.columns)
    if not holed:
        return "no value is missing"
    share = words.percent(sum(column.n_missing for column in holed) / cells)
    named = words.counted(len(card.profile.columns), "column")
    return f"{share} of all values are missing, in {len(holed):,} of {named}"


def _remarks(findings: Sequence[DataFinding]) -> str:
    found: Counter[str] = Counter(finding.severity for finding in findings)
    said = [
        words.counted(found[key], noun)
        for key, noun in (("error", "problem"), ("warning", "warning"))
        if found[key]
    ]
    return " and ".join(said) or "nothing stands out"


def findings(card: DataCard) -> list[tuple[str, str, str]]:
    """Return severity, sign and words of each finding, the most urgent first."""
    ranked = sorted(card.findings, key=lambda f: (_RANK.get(f.severity, 3), -f.weight))
    return [(f.severity, SEVERITY_SIGNS.get(f.severity, "ℹ"), words.line(f.message, 240)) for f in ranked]


def telling(card: DataCard) -> list[ColumnProfile]:
    """Return the columns as they stand; of many, those first that tell most.

    These are the target, those that a finding names, then those that go with the target.
    """
    found = list(card.profile.columns)
    if len(found) <= _SHOWN:
        return found
    weights: dict[str, float] = {}
    for finding in card.findings:
        if finding.column is not None:
            weight = 2 - _RANK.get(finding.severity, 2) + finding.weight
            weights[finding.column] = max(weights.get(finding.column, 0.0), weight)
    strengths = {one.column: one.strength for one in card.profile.associations}
    return sorted(
        found,
        key=lambda c: (
            c.name != card.profile.target, -weights.get(c.name, 0.0), -strengths.get(c.name, 0.0), c.position,
        ),
    )  # fmt: skip


def rows(card: DataCard, most: int) -> list[Column]:
    """Return at most ``most`` columns as rows."""
    docs = {doc.name: doc for doc in card.doc.columns} if card.doc else {}
    strengths = {one.column: one.strength for one in card.profile.associations}
    by_column: dict[str, list[DataFinding]] = {}
    for finding in card.findings:
        by_column.setdefault(finding.column or "", []).append(finding)
    key = card.doc.key if card.doc else ()
    target = card.profile.target
    made = []
    for column in telling(card)[:most]:
        roles = (("target", column.name == target), ("key", column.name in key))
        marks = [("neutral", word) for word, has in roles if has]
        doc, found = docs.get(column.name), by_column.get(column.name, [])
        made.append(row(column, doc, found, marks, strengths.get(column.name)))
    return made


def about(card: DataCard) -> list[tuple[str, list[str]]]:
    """Return what is known about the data beside its values."""
    doc = card.doc or DataDoc("")
    saved = [f"{view.ref}{''.join(f' @{alias}' for alias in view.aliases)}" for view in card.saved[:6]]
    rows = [
        ("About", [doc.description]),
        ("Source", [doc.collected, card.source_uri or ""]),
        ("Terms", [_named("owner", doc.owner), _named("licence", doc.licence), doc.sensitivity]),
        ("Saved as", saved),
        ("Used by", [words.counted(card.n_runs, "run") if card.n_runs else ""]),
    ]
    said = [(title, [words.line(one, 240) for one in parts if one]) for title, parts in rows]
    return [(title, parts) for title, parts in said if parts]


def _named(label: str, value: str) -> str:
    return f"{label} {value}" if value else ""


def head(card: DataCard) -> list[str]:
    """Return shape, kinds of columns and size."""
    profile = card.profile
    said = [f"{shape(profile.n_rows, len(profile.columns))}", words.size(card.version.size_bytes)]
    if profile.sampled_rows is not None:
        said.append(f"{profile.sampled_rows:,} rows looked at")
    return said


def kinds(card: DataCard) -> str:
    """Return ``12 number · 4 category`` for data of many columns."""
    found = Counter(column.kind for column in card.profile.columns).most_common()
    return (
        " · ".join(f"{count:,} {kind}" for kind, count in found) if len(card.profile.columns) > _SHOWN else ""
    )


def html(card: DataCard) -> str:
    """Return the card of a dataset as HTML of bounded size."""
    twin = text(card, most=_SHOWN)
    return within(lambda most: _html(card, twin, most), _ROWS)


def _html(card: DataCard, twin: str, most: int) -> str:
    shown = _SHOWN if most else 8
    listed = rows(card, min(len(card.profile.columns), shown + most))
    return render(
        "data_card",
        ("rows", "card", "table", "data"),
        twin,
        name=words.line(card.name, 80),
        head=head(card),
        verdict=verdict(card.validation),
        version=card.version.id[4:16],
        sentence=sentence(card),
        findings=folded(findings(card), _MOST_FINDINGS, 30),
        columns=folded(listed, shown, most),
        left=len(card.profile.columns) - len(listed),
        kinds=kinds(card),
        has_target=any(column.strength is not None for column in listed),
        target=words.line(card.profile.target or "", 24),
        about=about(card),
    )


def text(card: DataCard, most: int = 200) -> str:
    """Return the card of a dataset as aligned lines."""
    said = verdict(card.validation)
    lines = [" · ".join([words.line(card.name, 80), *head(card), *([said.words] if said else [])])]
    lines += [f"  {sentence(card)}"]
    lines += [f"  {sign} {message}" for _, sign, message in findings(card)[:20]]
    listed = rows(card, most)
    cells = [cell for one in listed for cell in _cells(one)]
    heads = ["column", "kind", "distribution", "typical", "middle half", "missing", "distinct", "with target"]
    lines += ["", *(f"  {line}" for line in columns(cells, right=[5, 6, 7], heads=heads))] if cells else []
    left = len(card.profile.columns) - len(listed)
    lines += [f"  and {words.counted(left, 'more column')}"] if left > 0 else []
    described = [[title.lower(), " · ".join(parts)] for title, parts in about(card)]
    lines += ["", *(f"  {line}" for line in columns(described))] if described else []
    return "\n".join(lines)


def _cells(c: Column) -> list[list[str]]:
    """Return a column as the cells of a line, and a line below for each of its clocks."""
    strength = "" if c.strength is None else f"{c.strength / 100:.2f}"
    mine = [c.name, c.about[:40], c.picture, c.typical, c.spread, c.missing, c.distinct, strength]
    return [mine, *(["", "", one.blocks, f"{one.low} to {one.high}"] for one in c.clocks)]

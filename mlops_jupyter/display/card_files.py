"""The card of a model as files: one static page that opens offline, and Markdown with its head.

To add a format, write a function that takes a :class:`~mlops_jupyter.records.ModelCard` and returns text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from ..records import ModelCard
from . import evaluation, evaluation_text, gates, interval, model_card, scores, words
from .rendering import environment

PAGE_LIMIT = 200_000
_SPECIAL = re.compile(r"([\\`*_\[\]|~])|^([#+=-])|^(\d+)(?=[.)](?:\s|$))")


def card_page(card: ModelCard) -> str:
    """Return a card as one HTML file below 200 kB, without scripts or anything to fetch.

    For everyone the whole evaluation and the gates follow the card, as far as there is room; the page
    for outsiders is the card alone.

    Examples
    --------
    >>> from mlops_jupyter.records import ModelVersion, Signature, VersionView
    >>> version = ModelVersion("1", "2", 1, "2026-01-01T00:00:00Z", "h", 9, "skops", "Ridge", "{}")
    >>> view = VersionView("churn", version, Signature(()))
    >>> page = card_page(ModelCard("churn:1", "Churn", "outsiders", (), view))
    >>> page.startswith("<!doctype html>"), "<script" in page
    (True, False)
    """
    view = card.view
    bodies = [model_card.html(card, has_scores=view.evaluation is None)]
    if card.audience != "outsiders":
        extra = [evaluation.html(view.evaluation)] if view.evaluation else []
        extra += [gates.html(view.gates)] if view.gates else []
        for body in extra:
            if len("".join([*bodies, body]).encode()) < PAGE_LIMIT - 2_000:
                bodies.append(body)
    title = f"{words.line(card.title, 80)} · {words.line(card.ref, 60)}"
    return (
        environment()
        .get_template("page.html.jinja")
        .render(title=title, bodies=bodies, is_short=card.audience == "outsiders")
    )


# --- Markdown ---------------------------------------------------------------------------------


def card_markdown(card: ModelCard) -> str:
    """Return a card as Markdown with the YAML head that model hubs read; what users wrote stays text."""
    report = card.view.evaluation
    lines = [*_head(card), f"# {_md(words.line(card.title, 80))}", "", _md(model_card.foot(card)), ""]
    if report and card.audience != "outsiders":
        lines += [f"**{_md(evaluation_text.sentence(report))}**", ""]
        lines += _scores(card)
    for one in map(model_card.section, card.sections):
        lines += [f"## {_md(one.title)}", ""]
        lines += [_md(one.text), ""] if one.text else []
        lines += [
            f"- **{_md(name)}:** {_md(value) if value is not None else f'*{model_card.NOT_MEASURED}*'}"
            for name, value, _ in one.fields
        ]
        lines += [f"- and {one.left} more"] if one.left else []
        lines += [""] if one.fields else []
    return "\n".join(lines).rstrip() + "\n"


def _md(said: str) -> str:
    r"""Return words in which Markdown and HTML see nothing but words.

    Examples
    --------
    >>> print(_md("a*b <i>"))
    a\*b &lt;i&gt;
    """
    plain = words.line(said, 2000).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(lambda found: f"{found[3]}\\" if found[3] else f"\\{found[0]}", plain)


def _head(card: ModelCard) -> list[str]:
    """Return the YAML head; JSON text is YAML too, so that nothing needs another way of quoting."""
    view, report = card.view, card.view.evaluation
    facts: list[tuple[str, object]] = [
        ("license", words.line(view.version.licence or "", 60)),
        ("library_name", words.line(view.version.format, 40)),
        ("tags", [words.line(report.problem, 20)] if report else []),
        ("metrics", [words.line(one.key, 40) for one in report.metrics[:12]] if report else []),
        ("model_name", words.line(card.ref, 80)),
    ]
    shown = [f"{name}: {_quoted(value)}" for name, value in facts if value]
    return ["---", *shown, "---", ""]


def _quoted(value: object) -> str:
    """Return JSON text in which no tag can begin."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def _scores(card: ModelCard) -> list[str]:
    report = card.view.evaluation
    if report is None or not report.metrics:
        return []
    heads = ["Metric", "Model", "Baseline", "Dummy"]
    rows = [
        [
            one.name,
            interval.said(one.estimate),
            *(interval.value(other) if other else "" for other in (one.baseline, one.dummy)),
        ]
        for one in scores.ordered(report)[:20]
    ]
    return [_row(heads), _row(["---"] * 4, raw=True), *map(_row, rows), ""]


def _row(cells: Sequence[str], *, raw: bool = False) -> str:
    return f"| {' | '.join(cells if raw else map(_md, cells))} |"

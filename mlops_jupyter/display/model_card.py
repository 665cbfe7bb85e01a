"""The card of a model, filled from recorded facts alone; what nobody recorded is ``not measured``."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from ..records import CardSection, ModelCard
from . import evaluation, evaluation_text, scores, words
from .layout import columns
from .reigns import timeline
from .rendering import render, within

NOT_MEASURED = "not measured"
_ROWS = (60, 30, 12, 5)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the card: name, value (None: not measured) and source of each line."""

    key: str
    title: str
    text: str
    fields: tuple[tuple[str, str | None, str], ...]
    left: int

    @property
    def known(self) -> list[tuple[str, str, str]]:
        """Return the lines that have a value."""
        return [(name, value, source) for name, value, source in self.fields if value is not None]

    @property
    def lacking(self) -> str:
        """Return the names of what was not measured, which together take one line."""
        return ", ".join(name for name, value, _ in self.fields if value is None)


def section(one: CardSection, most: int = 60) -> Section:
    """Return a part of the card with cleaned words."""
    fields = tuple(
        (
            words.line(field.name, 60),
            None if field.value is None else words.line(field.value, 500),
            words.line(field.source, 160),
        )
        for field in one.fields[:most]
    )
    return Section(
        one.key, words.line(one.title, 60), words.line(one.text, 1200), fields, max(0, len(one.fields) - most)
    )


def measured(card: ModelCard) -> str:
    """Return how much of the card was recorded."""
    return f"{card.n_measured} of {card.n_fields} fields recorded" if card.n_fields else ""


def foot(card: ModelCard) -> str:
    """Return which version the card is about, how whole it is, and when it was made."""
    said = [
        words.line(card.ref, 60),
        measured(card),
        words.moment(card.created_at) if card.created_at else "",
    ]
    return " · ".join(part for part in said if part)


def html(card: ModelCard, *, has_scores: bool = True) -> str:
    """Return a card as HTML: all of it, or for outsiders what fits one screen.

    Parameters
    ----------
    card
        The card.
    has_scores
        Whether the table of metrics stands in it; not where the whole evaluation follows.
    """
    if card.audience == "outsiders":
        return _outsiders(card)
    return within(lambda most: _everyone(card, most, has_scores=has_scores), _ROWS)


def _everyone(card: ModelCard, most: int, *, has_scores: bool) -> str:
    report = card.view.evaluation
    return render(
        "model_card",
        evaluation_parts(),
        text(card, 20),
        title=words.line(card.title, 80),
        ref=words.line(card.ref, 60),
        aliases=[words.line(one, 24) for one in card.view.aliases[:6]],
        sentence=evaluation_text.sentence(report) if report else "",
        tone=scores.tone(report) if report else "",
        score=evaluation.scored(report, min(most, 12)) if report and has_scores else None,
        picture=timeline(card.reigns, card.created_at or None),
        sections=[section(one, most) for one in card.sections[:most]],
        foot=foot(card),
    )


def evaluation_parts() -> tuple[str, ...]:
    """Return the parts of the style that a card and an evaluation need."""
    return ("rows", *evaluation.PARTS, "models", "paper")


def _outsiders(card: ModelCard) -> str:
    sections = [section(one, 4) for one in card.sections[:8]]
    return within(
        lambda most: render(
            "outsiders", ("rows", "table", "data", "models", "paper"), text(card, 8),
            title=words.line(card.title, 80), sections=sections[:most], foot=foot(card),
        ),
        (8, 4),
    )  # fmt: skip


def text(card: ModelCard, most: int = 60) -> str:
    """Return a card as wrapped lines."""
    lines = [f"{words.line(card.title, 80)} · {foot(card)}"]
    for one in (section(each, most) for each in card.sections[:most]):
        lines += ["", one.title]
        lines += [f"  {row}" for row in textwrap.wrap(one.text, 100)]
        lines += [f"  {row}" for row in columns([[name, value] for name, value, _ in one.known])]
        lines += [f"  {NOT_MEASURED}: {one.lacking}"] if one.lacking else []
        lines += [f"  and {one.left} more"] if one.left else []
    return "\n".join(lines)

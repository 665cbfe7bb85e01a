"""Model cards: what is recorded about a version, for everyone or for people who train no models."""

from __future__ import annotations

from typing import Literal

from .. import config
from ..display import words
from ..display.interval import said
from ..errors import UsageError
from ..records import CardField, CardSection, ModelCard
from ..store import open_existing
from . import reference, views
from .card_facts import Facts, day, facts_of, field
from .card_sections import sections
from .card_words import gaps, has_worse_slices, worse_slices
from .reference import Registry

Audience = Literal["everyone", "outsiders"]
AUDIENCES: tuple[Audience, ...] = ("everyone", "outsiders")


def card(ref: str, *, audience: Audience = "everyone", registry: Registry = None) -> ModelCard:
    """Return the card of a version, filled from recorded facts alone.

    Parameters
    ----------
    ref
        The version: ``churn:4``, ``churn@champion``; a name alone is its newest.
    audience
        ``everyone``, or ``outsiders``: what it decides, how well, for whom it is worse, since when, and
        whom to ask.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    ModelCard
        A field whose value is None was not measured; ``n_measured`` of ``n_fields`` have one.

    Raises
    ------
    NotFoundError
        If there is no such version.
    UsageError
        If ``audience`` is neither.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.linear_model import Ridge
    >>> from mlops_jupyter.models import register
    >>> folder = tempfile.mkdtemp()
    >>> _ = register("slope", model=Ridge().fit([[0], [1]], [0, 1]), owner="ann", registry=folder)
    >>> found = card("slope", audience="outsiders", registry=folder)
    >>> [(field.name, field.value) for field in found.sections[-1].fields]
    [('Owner', 'ann'), ('Contact', None)]
    """
    if audience not in AUDIENCES:
        raise UsageError(f"the audience {audience!r} is not one of {', '.join(AUDIENCES)}")
    store = open_existing(registry)
    model, version = reference.find_version(store, ref)
    facts = facts_of(store, model, views.version_view(store, model, version))
    made = _for_outsiders(facts) if audience == "outsiders" else sections(facts)
    fields = [one for section in made for one in section.fields]
    texts = [section for section in made if section.text and not section.fields]
    return ModelCard(
        ref=facts.ref,
        title=words.line(model.description or model.name, 80),
        audience=audience,
        sections=made,
        view=facts.view,
        use_case=facts.document,
        reigns=facts.reigns,
        created_at=config.now(),
        n_measured=sum(one.value is not None for one in fields) + len(texts),
        n_fields=len(fields) + len(texts),
    )


def _for_outsiders(facts: Facts) -> tuple[CardSection, ...]:
    doc, version = facts.document, facts.view.version
    decides = (doc.decision if doc else "") or version.intended_use or ""
    return (
        _told("decision", "What it decides", decides),
        _told("quality", "How well", _how_well(facts)),
        _told("worse", "For whom it is worse", _for_whom(facts)),
        CardSection(
            "since",
            "Since when",
            (
                field("In use", _in_use(facts), "events"),
                field("Approved by", (facts.reign and facts.reign.approved_by) or "nobody", "approvals"),
                field("Trained", day(facts.run.started_at) if facts.run else None, "run"),
                *_overridden(facts),
            ),
        ),
        CardSection(
            "contact",
            "Whom to ask",
            (
                field("Owner", version.owner or (doc.owner if doc else None), "version"),
                field("Contact", doc.contact if doc else None, "use case"),
            ),
        ),
    )


def _told(key: str, title: str, text: str) -> CardSection:
    """Return a section of one text; without one it is a field that was not measured."""
    return CardSection(key, title, text=text) if text else CardSection(key, title, (field(title, None),))


def _how_well(facts: Facts) -> str:
    report = facts.report
    if report is None:
        return ""
    if report.outsiders:
        return report.outsiders
    primary = report.primary
    return f"{primary.name} {said(primary.estimate)} on {report.n_rows:,} rows that it had not seen."


def _for_whom(facts: Facts) -> str:
    slices, between = worse_slices(facts), gaps(facts)
    parts = (
        [] if slices is None else [f"Where {slices}" if has_worse_slices(facts) else words.sentence(slices)]
    )
    parts += [] if between is None else [f"Gaps between groups: {between}"]
    return " ".join(words.stopped(part) for part in parts)


def _in_use(facts: Facts) -> str:
    reign = facts.reign
    if reign is None:
        return "no"
    until = f" until {day(reign.until)}" if reign.until else ""
    return f"as {reign.alias} since {day(reign.since)}{until}"


def _overridden(facts: Facts) -> tuple[CardField, ...]:
    reign = facts.reign
    if reign is None or not reign.override_reason:
        return ()
    return (field("Moved against its gates", reign.override_reason, "events"),)

"""A contract from one or several versions: rules with reasons, support and rate of false alarms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from ..errors import UsageError
from ..records import ContractDoc, DataDoc, Profile, Rule
from .chances import FALSE_ALARMS, usual_share
from .facts import by_name
from .kinds import default_name
from .relations import relations
from .suggesting import FEW_ROWS, MOST_SHARE, rules_of

_HIDDEN: Final = ("personal", "secret")


def infer(
    profiles: Sequence[Profile],
    *,
    dataset: str,
    labels: Sequence[str],
    frame: Any = None,
    doc: DataDoc | None = None,
) -> ContractDoc:
    """Suggest a contract.

    Parameters
    ----------
    profiles : of the versions to learn from, the newest last. What may be of a season (the share of a
        column that is missing in part, rare values, the spread, rules across columns) is a warning until
        three versions agree; where they differ, limits are wider.
    dataset : whose contract it is.
    labels : what the versions are called, as ``churn-train:3``; one per profile.
    frame : rows of the newest version, for rules across columns; none are suggested without.
    doc : what people wrote about the dataset: its key, and which columns are sensitive.

    Raises
    ------
    UsageError
        When there is no profile, or not one label per profile.

    Notes
    -----
    Missing values, values outside a set and duplicate rows get a share with a beta-binomial false alarm
    rate of 1 in 10,000. Ranges reach beyond the extremes by an exponential tail and a part of the span, the
    smaller the more versions there are (``chances``). A set is closed only where the share of values that
    stand once (Good, 1953) is below 0.1 %. After Schelter et al. (2018), "Automating large-scale data
    quality verification".

    Examples
    --------
    >>> import pandas as pd
    >>> from mlops_jupyter.data.profile import profile
    >>> frame = pd.DataFrame({"id": range(200), "arm": ["left", "right"] * 100})
    >>> found = infer([profile(frame)], dataset="trial", labels=["trial:1"])
    >>> [rule.name for rule in found.rules if rule.kind in ("unique", "set")]
    ['id unique', 'arm set']
    """
    if not profiles or len(profiles) != len(labels):
        raise UsageError(
            f"a contract is learned from versions with a label each; got {len(profiles)} and {len(labels)}"
        )
    rules = [*_of_table(profiles, doc), *(relations(frame, profiles) if frame is not None else ())]
    known = [by_name(one) for one in profiles]
    for column in profiles[-1].columns:
        rules += rules_of([one[column.name] for one in known if column.name in one])
    return ContractDoc(
        dataset,
        tuple(rules),
        description=doc.description if doc else "",
        owner=doc.owner if doc else "",
        learned_from=tuple(labels),
        sensitive=_sensitive(profiles[-1], doc),
    )


def _of_table(profiles: Sequence[Profile], doc: DataDoc | None) -> Iterator[Rule]:
    counts = [one.n_rows for one in profiles]
    known_names = [set(by_name(one)) for one in profiles]
    everywhere = [c.name for c in profiles[-1].columns if all(c.name in names for names in known_names)]
    if everywhere:
        yield Rule("columns", "columns", tuple(everywhere), reason="in every version")
    least, most = min(counts), max(counts)
    said = f"{most:,} rows" if least == most else f"{least:,} to {most:,} rows"
    if most >= FEW_ROWS:
        yield Rule("rows", "rows", (), {"min": least // 2, "max": 2 * most}, "warning", said)
    again = [one.n_duplicate_rows for one in profiles]
    known = [(found, n) for found, n in zip(again, counts, strict=True) if found is not None and n]
    if len(known) == len(profiles) and (limit := usual_share(known))[0] < MOST_SHARE:
        total = sum(found for found, _ in known)
        yield Rule(
            "duplicates", "duplicates", (), {"max": limit[0]}, limit[1],
            reason=f"{total:,} rows were the same as another" if total else "no row was the same as another",
            support=sum(counts), false_alarm_rate=FALSE_ALARMS,
        )  # fmt: skip
    if len(profiles) > 1:
        yield Rule("fresh", "fresh", (), {"changed": True}, "warning", "every version was another")
    if doc is not None and doc.key and set(doc.key) <= set(everywhere):
        unique = [
            c
            for c in profiles[-1].columns
            if c.name in doc.key and c.values and c.values.n_distinct == c.n_rows
        ]
        if len(doc.key) > 1 or not unique:
            yield Rule(
                default_name("unique", doc.key), "unique", doc.key, reason="the key of the data dictionary"
            )


def _sensitive(profile: Profile, doc: DataDoc | None) -> tuple[str, ...]:
    said = {column.name for column in doc.columns if column.sensitivity in _HIDDEN} if doc else set()
    return tuple(column.name for column in profile.columns if column.personal or column.name in said)

"""Two runs of the same cells, value by value: params, metrics, data, models."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import MlopsError
from ..records import ReproducedValue, Run, Verdict
from ..store import Row, Store

RELATIVE = 1e-9
"""How far a number may be off, as a share of it, and still count as equal."""

ORDER: tuple[Verdict, ...] = ("identical", "equal", "differs", "failed")
"""From the best to the worst."""

_TIMES = re.compile(r"(?i)(^|[_.\s])(time|times|seconds|secs?|duration|elapsed|ms|s|took|runtime)($|[_.\s])")
_OF_SEARCHES = re.compile(r"(^|_)(fit|refit|score)_time(_s)?$")  # measured by scikit-learn itself
_SCRATCH = re.compile(r".*[/\\]mlops-[^/\\]+[/\\]files(?=[/\\])")


class Side(NamedTuple):
    """A run, and the registry that it stands in."""

    store: Store
    run: Run


class Compared(NamedTuple):
    """What was compared, and the names of measured times, which no two runs share."""

    values: tuple[ReproducedValue, ...]
    times: tuple[str, ...] = ()


def compare(before: Side, after: Side, *, reads_clock: bool = False) -> Compared:
    """Hold a run that was made again against the run that it was made from.

    Parameters
    ----------
    reads_clock
        Whether its cells look at the clock: a metric that differs and is called a time is then one
        that they measured.

    Examples
    --------
    >>> from mlops_jupyter.store import SQLiteStore
    >>> store = SQLiteStore.memory()
    >>> compare(Side(store, "a"), Side(store, "b"))  # doctest: +SKIP
    Compared(values=(), times=())
    >>> store.close()
    """
    metrics = list(_metrics(before, after))
    is_time = _TIMES if reads_clock else _OF_SEARCHES
    times = tuple(one.key for one in metrics if one.verdict != "identical" and is_time.search(one.key))
    return Compared(
        (
            *_outcome(before, after),
            *_params(before, after),
            *(one for one in metrics if one.key not in times),
            *_data(before, after),
            *_models(before, after),
        ),
        times,
    )


def worst(verdicts: Iterator[Verdict]) -> Verdict:
    """Return the worst of some verdicts; of none, the best.

    Examples
    --------
    >>> worst(iter(["identical", "equal"])), worst(iter([]))
    ('equal', 'identical')
    """
    return max(verdicts, key=ORDER.index, default="identical")


def numbers(before: float | None, after: float | None) -> Verdict:
    """Return how two numbers compare: bit by bit, then within a relative 1e-9.

    Examples
    --------
    >>> numbers(0.1, 0.1), numbers(1.0, 1.0 + 1e-12), numbers(0.871, 0.869), numbers(None, 1.0)
    ('identical', 'equal', 'differs', 'differs')
    """
    if before is None or after is None:
        return "identical" if before is after else "differs"
    if before == after or (math.isnan(before) and math.isnan(after)):
        return "identical"
    return "equal" if math.isclose(before, after, rel_tol=RELATIVE) else "differs"


def _outcome(before: Side, after: Side) -> Iterator[ReproducedValue]:
    """Yield how the cells ended, where that is not the same, or was an error both times."""
    old, new = _ended(before.run), _ended(after.run)
    if old != new:
        yield ReproducedValue("variable", "outcome", "differs", old, new)
    elif before.run.error_type:
        yield ReproducedValue("variable", "outcome", "identical", old, new)


def _ended(run: Run) -> str:
    return run.status + (f" with {run.error_type}" if run.error_type else "")


def _params(before: Side, after: Side) -> Iterator[ReproducedValue]:
    old, new = (
        {
            row["key"]: row
            for row in side.store.rows("latest_params", {"run_id": side.run.id}, order="seq, key")
        }
        for side in (before, after)
    )
    for key, was, now in _pairs(old, new):
        said, says = _text(was), _text(now)
        # A path that was led to a copy is the same path.
        verdict = "identical" if said == _SCRATCH.sub("", says) else _texts(said, says)
        is_there = was is not None and now is not None
        yield ReproducedValue("param", key, verdict if is_there else "differs", said, says, _gone(was, now))


def _text(row: Row | None) -> str:
    return "" if row is None else str(row["value"])


def _texts(before: str, after: str) -> Verdict:
    try:
        return numbers(float(before), float(after))
    except ValueError:
        return "differs"


def _metrics(before: Side, after: Side) -> Iterator[ReproducedValue]:
    old, new = (
        {row["key"]: row for row in side.store.rows("latest_metrics", {"run_id": side.run.id}, order="key")}
        for side in (before, after)
    )
    for key, was, now in _pairs(old, new):
        if was is None or now is None:
            verdict: Verdict = "differs"
        elif was["kind"] != now["kind"]:
            verdict = "differs"
        else:
            fields = ("value", "min_value", "max_value")
            verdict = worst(numbers(was[field], now[field]) for field in fields)
        note = _gone(was, now)
        if was is not None and now is not None and was["count"] != now["count"]:
            verdict, note = "differs", f"{was['count']:,} points then, {now['count']:,} now"
        yield ReproducedValue("metric", key, verdict, _number(was), _number(now), note)


def _number(row: Row | None) -> str:
    if row is None:
        return ""
    return repr(row["value"]) if row["kind"] == "finite" else str(row["kind"])


def _data(before: Side, after: Side) -> Iterator[ReproducedValue]:
    old, new = (
        {(row["role"], row["name"]): row for row in side.store.rows("run_datasets", {"run_id": side.run.id})}
        for side in (before, after)
    )
    for (role, name), was, now in _pairs(old, new):
        said, says = (_version(row) for row in (was, now))
        verdict: Verdict = "identical" if said == says else "differs"
        yield ReproducedValue("data", name, verdict, said[:16], says[:16], _gone(was, now) or role)


def _version(row: Row | None) -> str:
    return "" if row is None else str(row["version_id"])


def _models(before: Side, after: Side) -> Iterator[ReproducedValue]:
    old, new = (
        {
            row["variable"] or Path(row["path"]).stem: row
            for row in side.store.rows(
                "artifacts", {"run_id": side.run.id, "kind": "model"}, order="created_at, path"
            )
        }
        for side in (before, after)
    )
    for name, was, now in _pairs(old, new):
        if was is None or now is None:
            yield ReproducedValue("model", name, "differs", _hash(was), _hash(now), _gone(was, now))
        elif was["object_hash"] == now["object_hash"]:
            yield ReproducedValue("model", name, "identical", _hash(was), _hash(now), "the same bytes")
        else:
            yield _by_content(before, after, name, was, now)


def _hash(row: Row | None) -> str:
    return "" if row is None else str(row["object_hash"])[:12]


def _by_content(before: Side, after: Side, name: str, was: Row, now: Row) -> ReproducedValue:
    """Compare two models whose files have other bytes: by their structure, then by what they predict."""
    from .. import effects

    try:
        old, new = _loaded(before, was), _loaded(after, now)
    except MlopsError as error:
        return ReproducedValue("model", name, "differs", _hash(was), _hash(now), f"other bytes, and {error}")
    verdict, words = effects.same(old, new)
    if verdict in ("identical", "equal"):
        return ReproducedValue("model", name, verdict, _hash(was), _hash(now), words or "the same content")
    from .predictions import compare_predictions

    found = compare_predictions(before.store, before.run, was, old, new)
    if found is None:
        return ReproducedValue("model", name, "differs", _hash(was), _hash(now), words)
    return ReproducedValue("predictions", name, found.verdict, _hash(was), _hash(now), found.words)


def _loaded(side: Side, row: Row) -> Any:
    """Return a model of a run of ours; types that its own file names are those of this very process."""
    import json

    from .. import formats

    types = json.loads(row["detail"] or "{}").get("types", ())
    return formats.load_model(side.store.objects.get(row["object_hash"]), trusted=tuple(types))


def _pairs(old: Mapping[Any, Row], new: Mapping[Any, Row]) -> Iterator[tuple[Any, Row | None, Row | None]]:
    for key in dict.fromkeys((*old, *new)):
        yield key, old.get(key), new.get(key)


def _gone(was: object, now: object) -> str:
    return "was not recorded then" if was is None else "is not recorded now" if now is None else ""

"""What two models answer to the same rows: those that the registry keeps of the run."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..errors import MlopsError
from ..records import InputExample, Run, Signature, Verdict, from_plain
from ..store import Row, Store
from .comparing import RELATIVE

MOST_ROWS = 1_000
_ROLES = ("test", "validation", "train", "input")


class Predicted(NamedTuple):
    """How the answers of two models compare, and a sentence."""

    verdict: Verdict
    words: str


def compare_predictions(store: Store, run: Run, kept: Row, old: Any, new: Any) -> Predicted | None:
    """Ask two models the rows that are kept of a run; None where none are, or neither takes them.

    Parameters
    ----------
    kept
        The row of the old model's artifact.
    """
    asked = _example(store, run, kept)
    if asked is not None:
        from .. import formats

        example, signature = asked
        try:
            answers = [formats.predict_example(model, example, signature) for model in (old, new)]
        except MlopsError:
            return None
        return _compared(answers[0], answers[1], "rows of its example")
    for rows, words in _data(store, run):
        try:
            return _compared(_asked(old, rows), _asked(new, rows), words)
        except Exception:  # noqa: BLE001, S112 - the data may hold more than the model's inputs
            continue
    return None


def _example(store: Store, run: Run, kept: Row) -> tuple[InputExample, Signature] | None:
    rows = store.rows(
        "model_versions",
        {"run_id": run.id, "object_hash": kept["object_hash"], "example_hash !=": None},
        limit=1,
    )
    if not rows:
        return None
    example = from_plain(InputExample, json.loads(store.objects.get(rows[0]["example_hash"])))
    return example, from_plain(Signature, json.loads(rows[0]["signature"] or '{"inputs": []}'))


def _data(store: Store, run: Run) -> Iterator[tuple[Any, str]]:
    """Yield rows of frames that the run used and whose bytes are kept, the hold-out first."""
    from ..datasets import kept

    uses = store.rows("run_datasets", {"run_id": run.id}, order="name")
    uses.sort(key=lambda use: _ROLES.index(use["role"]) if use["role"] in _ROLES else len(_ROLES))
    for use in uses:
        try:
            frame = kept.restore(store, use["version_id"], use["name"])
        except MlopsError:
            continue
        yield frame[:MOST_ROWS], f"rows of {use['name']}"


def _asked(model: Any, rows: Any) -> Any:
    ask = getattr(model, "predict_proba", None) or model.predict
    return ask(rows)


def _compared(old: Any, new: Any, words: str) -> Predicted:
    from ..formats.examples import plain_answers

    before, after = plain_answers(old), plain_answers(new)
    verdict: Verdict = "identical"
    differing = 0
    for was, now in zip(before, after, strict=False):
        if was == now:
            continue
        verdict = "equal" if verdict == "identical" else verdict
        if not _is_close(was, now):
            verdict, differing = "differs", differing + 1
    if len(before) != len(after):
        return Predicted("differs", f"{len(before):,} answers then, {len(after):,} now")
    said = f"{len(before):,} {words}"
    if verdict == "differs":
        return Predicted(verdict, f"{differing:,} of {said} are answered otherwise")
    same = "exactly" if verdict == "identical" else "within 1e-9"
    return Predicted(verdict, f"other bytes, but {said} are answered {same} the same")


def _is_close(was: Any, now: Any) -> bool:
    if isinstance(was, tuple) and isinstance(now, tuple):
        return len(was) == len(now) and all(map(_is_close, was, now))
    if isinstance(was, (int, float)) and isinstance(now, (int, float)):
        return math.isclose(was, now, rel_tol=RELATIVE)
    return bool(was == now)

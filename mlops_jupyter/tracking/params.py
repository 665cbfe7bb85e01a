"""Inputs of a run: keys checked, dicts flattened, long values kept whole beside their head."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Collection, ItemsView, Iterator, Mapping
from typing import Any

from .. import masking
from ..errors import ValueRefused
from ..records import Finding, Param, ParamSource
from ..store import Store, as_row, values

DEEPEST = 20

Known = dict[str, tuple[str, str | None]]


def check_key(what: str, key: Any, known: Collection[str]) -> tuple[str, str | None]:
    """Return a key as it is stored, and a warning where one that looks the same exists.

    Raises
    ------
    ValueRefused
        If it is no text, empty or too long.
    """
    key = values.to_key(key, what)
    if key not in known and not key.isascii():
        normal = unicodedata.normalize("NFC", key)
        twins = [other for other in known if unicodedata.normalize("NFC", other) == normal]
        if twins:
            return key, f"{what} {key!r} looks like another one, but is spelled with other characters"
    return key, None


def pairs_of(what: str, given: Any) -> ItemsView[Any, Any]:
    """Return the pairs of a dict that somebody handed over.

    Raises
    ------
    ValueRefused
        If it is no dict.
    """
    if not isinstance(given, Mapping):
        shown = values.to_text(given, limit=60).head
        raise ValueRefused(f"{what}: {shown} is {type(given).__name__}; expected a dict")
    return given.items()


def flat(params: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[Any, Any]]:
    """Yield keys and values of nested dicts; keys are joined with dots.

    Examples
    --------
    >>> dict(flat({"net": {"depth": 3, "units": [4, 5]}}))
    {'net.depth': 3, 'net.units': [4, 5]}
    """
    for key, value in pairs_of("params", params):
        name = f"{prefix}.{key}" if prefix else key
        if isinstance(value, Mapping) and value and depth < DEEPEST:
            yield from flat(value, str(name), depth + 1)
        else:
            yield name, value


def known_params(store: Store, run_id: str) -> Known:
    """Return the newest head and object of each param of a run."""
    rows = store.rows("latest_params", {"run_id": run_id}, columns=["key", "value", "object_hash"])
    return {row["key"]: (row["value"], row["object_hash"]) for row in rows}


def new_params(
    store: Store, run_id: str, params: Mapping[str, Any], source: ParamSource, known: Known
) -> tuple[list[Param], list[tuple[str, str]]]:
    """Return the params that are not known yet, and pairs of code and message of warnings.

    Secrets are masked, and long texts put into the objects.
    """
    found: list[Param] = []
    warnings: list[tuple[str, str]] = []
    for given, value in flat(params):
        key, twin = check_key("param", given, known)
        text, masked = _without_secrets(key, values.to_text(value))
        object_hash = store.objects.put(text.full.encode()) if text.full is not None else None
        before = known.get(key)
        if before == (text.head, object_hash):
            continue
        if before is not None:
            message = f"param {key!r} was {before[0]!r} and is now {text.head!r}; both are kept"
            warnings.append(("param-changed", message))
        if twin:
            warnings.append(("twin-names", twin))
        if masked:
            warnings.append(("secret-masked", f"param {key!r}: a secret was masked"))
        known[key] = (text.head, object_hash)
        found.append(Param(run_id, key, time.time_ns(), text.head, text.kind, source, object_hash))
    return found, warnings


def _without_secrets(key: str, text: values.Text) -> tuple[values.Text, bool]:
    if text.kind not in ("str", "json", "object"):
        return text, False
    if text.full is not None:
        full, found = masking.mask(text.full)
        return (values.Text(full[: values.HEAD], full, text.kind), True) if found else (text, False)
    head, masked = masking.mask_value(key, text.head)
    return text._replace(head=head), masked


def add_findings(store: Store, run_id: str, code: str, severity: str, messages: Collection[str]) -> None:
    """Write findings of one kind; a message that stands there already is not repeated."""
    if not messages:
        return
    with store.atomic():
        there = {row["message"] for row in store.rows("findings", {"run_id": run_id, "code": code})}
        new = [message for message in dict.fromkeys(map(values.clean, messages)) if message not in there]
        first = time.time_ns()
        rows = [Finding(run_id, first + i, code, severity, text) for i, text in enumerate(new)]  # type: ignore[arg-type]
        store.insert("findings", *map(as_row, rows))

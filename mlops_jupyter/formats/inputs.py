"""Whether data fit a signature: what a person has to know before the answers are believed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..errors import near
from ..records import Field, Signature
from . import signatures

_NAMED = 5
_LIKE = {"boolean": "number", "category": "text"}


def check_input(signature: Signature, X: Any) -> tuple[str, ...]:  # noqa: N803 - the field's letter
    """Return what does not fit, one sentence each; nothing where all does.

    Missing and extra columns, another type, values that were never seen, missing values where there
    were none, and numbers outside the range of the data that the model was fitted on.

    Parameters
    ----------
    signature
        What the model takes.
    X
        Rows to be predicted: a frame, array, matrix or texts.

    Raises
    ------
    UsageError
        If ``X`` is no data.

    Examples
    --------
    >>> import pandas as pd
    >>> seen = signatures.signature_of(pd.DataFrame({"age": [31, 62], "plan": ["a", "b"]}))
    >>> check_input(seen, pd.DataFrame({"age": [31, 62], "Plan": ["a", "b"]}))[0]
    "column 'plan' is missing; did you mean 'Plan'?"
    """
    if not signature.inputs:
        return ()
    container = signatures.container_of(X)
    if "texts" in {container, signature.container}:
        return (
            ()
            if container == signature.container
            else (f"the model takes {signature.container}, and X is {container}",)
        )
    given = signatures.signature_of(X).inputs
    if signature.container == "frame" and container == "frame":
        return tuple(_by_name(signature.inputs, given))
    return tuple(_by_place(signature.inputs, given))


def _by_name(wanted: tuple[Field, ...], given: tuple[Field, ...]) -> Iterator[str]:
    known = {field.name: field for field in given}
    names = {field.name for field in wanted}
    extra = [name for name in known if name not in names]
    for field in wanted:
        if field.name not in known:
            hint = near(field.name, [*extra], cutoff=0.6) or near(
                field.name.lower(), map(str.lower, extra), cutoff=0.9
            )
            yield f"column {field.name!r} is missing" + (f"; {hint}" if hint else "")
        else:
            yield from _of_field(field, known[field.name])
    if extra:
        more = f" and {len(extra) - _NAMED} more" if len(extra) > _NAMED else ""
        yield f"the model does not know the columns {', '.join(map(repr, extra[:_NAMED]))}{more}"


def _by_place(wanted: tuple[Field, ...], given: tuple[Field, ...]) -> Iterator[str]:
    width = [fields[0].shape[1:] or (len(fields),) for fields in (wanted, given)]
    if width[0] != width[1]:
        yield f"the model takes {_sizes(width[0])} columns, and X has {_sizes(width[1])}"
        return
    for field, found in zip(wanted, given, strict=False):
        if bool(field.shape) == bool(found.shape):
            yield from _of_field(field, found)


def _of_field(field: Field, found: Field) -> Iterator[str]:
    label = f"column {field.name!r}"
    if field.kind == "other" and not field.dtype:
        return
    if found.kind not in {"empty", "other"} and _LIKE.get(field.kind, field.kind) != _LIKE.get(
        found.kind, found.kind
    ):
        yield f"{label} was {field.kind} ({_type(field)}) and is {found.kind} ({_type(found)})"
        return
    if found.is_nullable and not field.is_nullable:
        yield f"{label} has missing values, and had none"
    if field.categories and (new := [one for one in found.categories if one not in set(field.categories)]):
        more = f" and {len(new) - _NAMED} more" if len(new) > _NAMED else ""
        yield f"{label} holds {', '.join(map(repr, new[:_NAMED]))}{more}, never seen before"
    yield from _range(label, field, found)


def _range(label: str, field: Field, found: Field) -> Iterator[str]:
    if field.low is None or field.high is None or found.low is None or found.high is None:
        return
    if found.low < field.low or found.high > field.high:
        seen = f"the model saw {field.low:g} to {field.high:g}"
        yield f"{label} goes from {found.low:g} to {found.high:g}, and {seen}"


def _type(field: Field) -> str:
    return field.dtype.partition(",")[0] + ("]" if "," in field.dtype else "")


def _sizes(width: tuple[int, ...]) -> str:
    return " × ".join(f"{size:,}" for size in width)

"""The border: what a number, a text and a key become before they are stored.

numpy, pandas, torch and jax scalars are known by what they can do (``.item()``), so that none of
these libraries is imported here. Whatever a user's object does when it is asked to show itself,
the answer is a text of bounded size.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from enum import Enum
from pathlib import PurePath
from typing import Any, NamedTuple

from ..errors import ValueRefused
from ..records import ValueKind

HEAD = 500
LONGEST_TEXT = 4_000_000
LONGEST_KEY = 250
DEEPEST = 40
MOST_ITEMS = 100_000

_REPLACED = re.compile("[\x00\ud800-\udfff]")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


class Text(NamedTuple):
    """A value as text: what is stored inline, the whole of it where that is longer, its type.

    ``kind`` is ``none``, ``bool``, ``int``, ``float``, ``str``, ``json`` (a dict, list, tuple or
    set, as JSON) or ``object`` (what its ``repr`` says).
    """

    head: str
    full: str | None
    kind: str


def to_number(value: Any) -> tuple[float | None, ValueKind]:
    """Return a value as a finite float, or None and what kind of number it is instead.

    Parameters
    ----------
    value
        A number: of Python, a scalar or 0-dimensional array of numpy, pandas, torch or jax, a
        ``Decimal``, a ``Fraction``, or a bool (which counts as 1 or 0).

    Raises
    ------
    ValueRefused
        If it is no single real number, or an integer beyond 2**63, with the reason.

    Examples
    --------
    >>> to_number(True), to_number(float("-inf"))
    ((1.0, 'finite'), (None, '-inf'))
    """
    number = value if type(value) is float else _float(value)
    if math.isfinite(number):
        return number, "finite"
    if number != number:
        return None, "nan"
    return None, "+inf" if number > 0 else "-inf"


def _float(value: Any) -> float:
    try:
        return _real(value)
    except ValueRefused:
        raise
    except OverflowError:
        raise ValueRefused(f"{_shown(value)} is too large for a metric") from None
    except Exception as error:  # noqa: BLE001 - an object of the user's may raise anything
        raise ValueRefused(f"{_shown(value)} is not a number ({type(error).__name__})") from None


def _real(value: Any) -> float:
    if isinstance(value, (str, bytes, bytearray, complex)):
        raise ValueRefused(f"{_shown(value)} is {_type(value)}, not a number; convert it with float(…)")
    if shape := getattr(value, "shape", ()):
        raise ValueRefused(f"{_type(value)} of shape {tuple(shape)} is not one number; log one of its values")
    if not isinstance(value, (int, float)) and hasattr(value, "item"):
        value = value.item()
    if isinstance(value, int) and abs(value) > 2**63:
        raise ValueRefused(f"{_shown(value)} is beyond 2**63; log it as a param, or scale it")
    if isinstance(value, complex) or not (hasattr(value, "__float__") or hasattr(value, "__index__")):
        raise ValueRefused(f"{_shown(value)} is {_type(value)}, not a number")
    if getattr(value, "is_snan", bool)():
        return math.nan
    return float(value)


def to_text(value: Any, limit: int = HEAD) -> Text:
    """Return a value as text; never fails.

    Parameters
    ----------
    value
        Anything. Functions and classes become their qualified names, containers become JSON.
    limit
        Characters kept inline; where the text is longer, ``full`` is the whole, of which at most
        4,000,000 characters are kept.

    Examples
    --------
    >>> to_text({"depth": 8, "rate": float("nan")})
    Text(head='{"depth": 8, "rate": "nan"}', full=None, kind='json')
    """
    try:
        text, kind = _text(value)
    except Exception as error:  # noqa: BLE001 - whatever __repr__ or __str__ raises
        text, kind = f"<{_type(value)}: its repr raised {type(error).__name__}>", "object"
    text = clean(text[: LONGEST_TEXT + 1])
    if len(text) > LONGEST_TEXT:
        text = text[:LONGEST_TEXT] + "… (cut here)"
    return Text(text[:limit], text if len(text) > limit else None, kind)


def _text(value: Any) -> tuple[str, str]:
    if _is_scalar_of_a_library(value):
        value = value.item()
    if value is None:
        return "None", "none"
    if isinstance(value, Enum):
        return str(value), "str"
    if isinstance(value, str):
        return str.__str__(value), "str"
    if isinstance(value, bool):
        return str(value), "bool"
    if isinstance(value, int):
        # Python writes no integer of more than some 4,300 digits in decimal.
        return (int.__repr__(value), "int") if value.bit_length() < 10_000 else (hex(value), "object")
    if isinstance(value, float):
        return _float_text(float(value)), "float"
    if isinstance(value, (date, datetime, time, timedelta, PurePath)):
        return str(value), "str"
    if isinstance(value, (Mapping, list, tuple, AbstractSet)):
        return json.dumps(_Plain().of(value), ensure_ascii=False, allow_nan=False), "json"
    return _shown_object(value), "object"


def _is_scalar_of_a_library(value: Any) -> bool:
    return hasattr(value, "item") and hasattr(value, "dtype") and getattr(value, "shape", None) == ()


def _float_text(value: float) -> str:
    if math.isfinite(value):
        return repr(value)
    return "nan" if value != value else "+inf" if value > 0 else "-inf"


def _shown_object(value: Any) -> str:
    if isinstance(value, type) or (callable(value) and hasattr(value, "__qualname__")):
        module = getattr(value, "__module__", None)
        plain = str(value.__qualname__)
        return plain if module in (None, "builtins") else f"{module}.{plain}"
    # An address differs in every process and would show as a change of the value.
    return _ADDRESS.sub("", repr(value)[: LONGEST_TEXT + 1])


class _Plain:
    """A container as dicts and lists that JSON can hold, of bounded depth and size."""

    def __init__(self) -> None:
        self.items = 0
        self.open: set[int] = set()

    def of(self, value: Any) -> Any:
        self.items += 1
        if self.items > MOST_ITEMS:
            return "…"
        if not isinstance(value, (Mapping, list, tuple, AbstractSet)):
            return self.leaf(value)
        if id(value) in self.open:
            return "<contains itself>"
        if len(self.open) >= DEEPEST:
            return "…"
        self.open.add(id(value))
        try:
            return self.container(value)
        finally:
            self.open.discard(id(value))

    def container(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {clean(to_text(key).head): self.of(item) for key, item in value.items()}
        if isinstance(value, AbstractSet):
            return [self.of(item) for item in sorted(value, key=lambda item: (_type(item), repr(item)))]
        return [self.of(item) for item in value]

    def leaf(self, value: Any) -> Any:
        if value is None or isinstance(value, (bool, int)):
            return value if not isinstance(value, int) or abs(value) < 2**63 else to_text(value).head
        if isinstance(value, float) and math.isfinite(value):
            return float(value)
        text = to_text(value, limit=HEAD)
        return _number_or(text)


def _number_or(text: Text) -> Any:
    if text.kind in ("int", "float") and text.head not in ("nan", "+inf", "-inf"):
        return json.loads(text.head)
    if text.kind == "bool":
        return text.head == "True"
    return text.head if text.full is None else text.full


def clean(text: str) -> str:
    """Return a text with what PostgreSQL and UTF-8 cannot hold replaced: NUL and lone surrogates.

    Examples
    --------
    >>> clean("a" + chr(0) + "b")
    'a\ufffdb'
    """
    if text.isascii() and "\x00" not in text:
        return text
    return _REPLACED.sub("\ufffd", text)


def to_key(key: Any, what: str = "key") -> str:
    """Return the name of a param, metric or tag, kept as it was written.

    Raises
    ------
    ValueRefused
        If it is no text, empty, or longer than 250 characters.

    Examples
    --------
    >>> to_key("val/auc @ 0.5")
    'val/auc @ 0.5'
    """
    if not isinstance(key, str):
        raise ValueRefused(f"{what} {_shown(key)} is {_type(key)}; expected a text")
    if not key:
        raise ValueRefused(f"{what} is empty; give it a name")
    if len(key) > LONGEST_KEY:
        raise ValueRefused(
            f"{what} {key[:40]!r}… has {len(key):,} characters; at most {LONGEST_KEY} are kept"
        )
    return clean(str.__str__(key))


def _type(value: Any) -> str:
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def _shown(value: Any) -> str:
    """Return the beginning of what a value looks like, for a message."""
    text = to_text(value, limit=60)
    shown = repr(text.head) if text.kind == "str" else text.head
    return shown + ("…" if text.full is not None else "")

"""Stands in for the parts of the store that are being built; goes when they are there."""
# mypy: ignore-errors
# ruff: noqa

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ValueRefused

try:
    from ..store.metrics import MetricAbout
except ImportError:

    @dataclass(frozen=True, slots=True)
    class MetricAbout:
        direction: str | None = None
        source: str = "logged"
        function: str | None = None
        data: str | None = None


try:
    from ..store import values
except ImportError:

    class Text:
        def __init__(self, head, full, kind):
            self.head, self.full, self.kind = head, full, kind

    class values:
        @staticmethod
        def clean(text):
            return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()

        @staticmethod
        def to_text(value, limit=500):
            text = values.clean(str(value))
            return Text(text[:limit], text if len(text) > limit else None, type(value).__name__)

        @staticmethod
        def to_number(value):
            if isinstance(value, (str, bytes, complex)):
                raise ValueRefused(f"{value!r} is not a number")
            try:
                number = float(value)
            except Exception:
                raise ValueRefused(f"{type(value).__name__} is not a number") from None
            if number != number:
                return None, "nan"
            if number in (float("inf"), float("-inf")):
                return None, "+inf" if number > 0 else "-inf"
            return number, "finite"

"""What a format makes: bytes with their type, and what is known about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file that is not written yet.

    ``suffix`` begins with a dot; ``detail`` holds only what JSON can hold.
    """

    data: bytes
    media_type: str
    suffix: str
    detail: dict[str, Any] = field(default_factory=dict)

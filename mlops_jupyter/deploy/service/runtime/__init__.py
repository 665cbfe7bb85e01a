"""What opens a model's file. In an export the files stand here; in this tree it is a bridge to them."""

from __future__ import annotations

from ....errors import IntegrityError, MlopsError, UnsupportedError
from ....formats.models import load_model

__all__ = ["IntegrityError", "MlopsError", "UnsupportedError", "load_model"]

"""Manifests of kept contents, as far as this room must know them: which pieces each one uses.

A manifest is an object that holds JSON; whatever else is in it, ``chunks`` lists the hashes of its
pieces.
"""

from __future__ import annotations

import json

from ..errors import IntegrityError
from .objects import Objects


def pieces_of(objects: Objects, manifest_hash: str) -> list[str]:
    """Return the hashes of the pieces that a manifest lists, in order.

    Raises
    ------
    NotFoundError, IntegrityError
        If the manifest is missing, damaged, or is none.
    """
    try:
        chunks = json.loads(objects.get(manifest_hash))["chunks"]
        if not all(isinstance(name, str) for name in chunks):
            raise TypeError("a hash is a text")
    except (ValueError, LookupError, TypeError) as error:
        raise IntegrityError(
            f"object {manifest_hash} is not the manifest of kept data ({error}); run 'mlops doctor'"
        ) from error
    return list(chunks)

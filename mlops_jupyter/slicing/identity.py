"""The identity of code, whatever its comments and its layout."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable

from .magics import translated
from .outputs import parsed


def code_hash(sources: Iterable[str]) -> str:
    """Return the SHA-256 of pieces of code without comments and layout, in their order.

    Magics count as the Python that stands for them; what is no Python even so, as its text.

    Examples
    --------
    >>> code_hash(["a = 1  # one"]) == code_hash(["a=1"])
    True
    """
    digest = hashlib.sha256()
    for source in sources:
        python = source if (tree := parsed(source)) is not None else translated(source).python
        tree = tree or parsed(python)
        text = ast.dump(tree) if tree is not None else "\n".join(map(str.rstrip, source.strip().splitlines()))
        digest.update(f"{len(text)}:{text}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()

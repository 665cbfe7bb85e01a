"""The identity of code, whatever its comments and its layout."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable

from .outputs import parsed


def code_hash(sources: Iterable[str]) -> str:
    """Return the SHA-256 of pieces of code without comments and layout, in their order.

    What is no Python (a magic) counts as its text, without blanks at the ends of lines.

    Examples
    --------
    >>> code_hash(["a = 1  # one"]) == code_hash(["a=1"])
    True
    """
    digest = hashlib.sha256()
    for source in sources:
        tree = parsed(source)
        text = ast.dump(tree) if tree is not None else "\n".join(map(str.rstrip, source.strip().splitlines()))
        digest.update(f"{len(text)}:{text}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()

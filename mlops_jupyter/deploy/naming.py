"""What may stand in a file that a machine reads: names, base images, requirements, each checked.

A model's own name may hold anything, so it is only ever written as JSON data. What goes into a
Dockerfile, a workflow or a project file is a name made of it that cannot mean anything else.
"""

from __future__ import annotations

import re
import unicodedata

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet

from ..errors import UsageError

LONGEST = 50
_NOT_PLAIN = re.compile(r"[^a-z0-9]+")
_PYTHON = re.compile(r"3\.\d{1,2}\.\d{1,3}\Z")
_PART = r"[a-z0-9][a-z0-9.\-_]*"
_IMAGE = re.compile(
    rf"(?:{_PART}(?::\d+)?/)*{_PART}(?::\w[\w.\-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?\Z", re.ASCII
)


def plain_name(name: str) -> str:
    """Return a name of small letters, digits and single hyphens, for files that machines read.

    Examples
    --------
    >>> plain_name("Churn (EU)"), plain_name("$(rm -rf ~)"), plain_name('"{{}}"')
    ('churn-eu', 'rm-rf', 'model')
    """
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return _NOT_PLAIN.sub("-", letters).strip("-")[:LONGEST].rstrip("-") or "model"


def base_image(python: str, asked: str | None = None) -> str:
    """Return the image to build from: the one asked for, else Python's slim one of exactly this version.

    Parameters
    ----------
    python
        The version of Python that the model was trained with, ``3.11.9``.
    asked
        An image with a tag or, better, a digest: ``python:3.11.9-slim@sha256:…``.

    Raises
    ------
    UsageError
        If it is no image, or one that means another thing tomorrow (``latest``, or neither tag nor digest).

    Examples
    --------
    >>> base_image("3.11.9")
    'python:3.11.9-slim'
    """
    if asked is None:
        if not _PYTHON.match(python):
            raise UsageError(
                f"Python {python!r} has no official image; name one: image='python:3.11.9-slim@sha256:…'"
            )
        return f"python:{python}-slim"
    if not _IMAGE.match(asked):
        raise UsageError(f"{asked!r} is no image; expected one such as python:3.11.9-slim@sha256:…")
    tag = asked.partition("@")[0].rpartition("/")[2].partition(":")[2]
    if not is_pinned(asked) and tag in {"", "latest"}:
        raise UsageError(
            f"the image {asked!r} is another one tomorrow; name its tag or digest: {asked.partition(':')[0]}:"
            f"{python}-slim@sha256:…"
        )
    return asked


def is_pinned(image: str) -> bool:
    """Return whether an image is named by its digest, so that it can be no other."""
    return "@sha256:" in image


def exact_requirement(text: str) -> Requirement:
    """Return a requirement that names one version of a package from an index, and nothing else.

    Raises
    ------
    UsageError
        If it is an option, an address, a path, or a range.

    Examples
    --------
    >>> str(exact_requirement("scikit-learn==1.6.1"))
    'scikit-learn==1.6.1'
    """
    try:
        found = Requirement(text)
    except InvalidRequirement:
        raise _refused(text) from None
    if found.url is not None or not _is_exact(found.specifier):
        raise _refused(text)
    return found


def _is_exact(specifier: SpecifierSet) -> bool:
    clauses = list(specifier)
    return len(clauses) == 1 and clauses[0].operator in {"==", "==="} and "*" not in clauses[0].version


def _refused(text: str) -> UsageError:
    return UsageError(
        f"the requirement {text[:200]!r} is not taken: expected one version of a package, as in "
        "numpy==2.1.0; options, addresses and paths have no place in a lock"
    )

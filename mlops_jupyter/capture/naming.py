"""What an object is called in the notebook, and what its name says about its role."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

from ..records import Role
from .analysis import CellPlan

UNNAMED = "<expr>"
_LONGEST = 80
_PREDEFINED = frozenset({"In", "Out", "exit", "quit", "get_ipython", "open"})
_VALIDATION = re.compile(
    r"(?:^|[^a-z])(?:val|valid|validation|dev|calib|calibration)(?:[^a-z]|$)", re.IGNORECASE
)
_TRAIN = re.compile(r"(?:^|[^a-z])(?:train|training|tr|fit)(?:[^a-z]|$)", re.IGNORECASE)


def name_of(value: Any, namespace: Mapping[str, Any], plan: CellPlan) -> str | None:
    """Return the variable that is bound to an object; those that the cell mentions come first."""
    for names in (plan.stores, sorted(plan.reads)):
        for name in names:
            if namespace.get(name) is value and not name.startswith("_"):
                return name
    for name, bound in list(namespace.items()):
        if bound is value and not name.startswith("_") and name not in _PREDEFINED:
            return name
    return None


def expression_of(call: ast.Call | None, index: int, *keywords: str) -> str:
    """Return the text of a call's argument, by its place or keyword; ``<expr>`` where unknown.

    Examples
    --------
    >>> expression_of(ast.parse("m.fit(df[cols], y)", mode="eval").body, 0, "X")
    'df[cols]'
    """
    if call is None:
        return UNNAMED
    node = next((word.value for word in call.keywords if word.arg in keywords), None)
    if node is None and index < len(call.args):
        node = call.args[index]
    if node is None or isinstance(node, ast.Starred):
        return UNNAMED
    text = ast.unparse(node)
    return text if len(text) <= _LONGEST else UNNAMED


def role_by_name(name: str) -> Role:
    """Return the role of data that a model was scored on, as its name tells it.

    Examples
    --------
    >>> role_by_name("X_val"), role_by_name("X_test"), role_by_name("X_train")
    ('validation', 'test', 'train')
    """
    if _VALIDATION.search(name):
        return "validation"
    return "train" if _TRAIN.search(name) else "test"

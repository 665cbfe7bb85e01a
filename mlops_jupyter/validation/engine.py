"""pandera, imported at the first check (it takes up to two seconds) and without traces of it."""

from __future__ import annotations

import os
import warnings
from importlib import import_module
from typing import Any, Literal


def pandera(engine: Literal["pandas", "polars"]) -> Any:
    """Return pandera for a library.

    Its import warns of old versions and sets two variables for Spark (``SPARK_LOCAL_IP``,
    ``PYARROW_IGNORE_TIMEZONE``); the user sees neither.
    """
    before = dict(os.environ)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = import_module(f"pandera.{engine}")
    for name in set(os.environ) - set(before):
        if name in ("SPARK_LOCAL_IP", "PYARROW_IGNORE_TIMEZONE"):
            del os.environ[name]
    return module

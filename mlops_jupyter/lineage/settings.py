"""Settings of a process that change bits: threads, hash seed, locale, time zone."""

from __future__ import annotations

import os
import sys
from pathlib import Path

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Sums are added up in another order with another number of threads, so other last bits come out."""

AS_THEY_ARE = (
    "NUMEXPR_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
    "PYTHONHASHSEED",
    "LANG",
    "LC_ALL",
    "CUBLAS_WORKSPACE_CONFIG",
)


def bit_settings() -> dict[str, str]:
    """Return the environment variables by which another process works like this one.

    Threads are named also where nobody set them: then the libraries use as many as there are cores,
    which another machine may not have. A hash seed that Python drew itself cannot be asked for.

    Examples
    --------
    >>> "OMP_NUM_THREADS" in bit_settings()
    True
    """
    found = {name: os.environ[name] for name in AS_THEY_ARE if os.environ.get(name)}
    found |= {name: os.environ.get(name) or str(_cores()) for name in THREADS}
    if sys.flags.hash_randomization and not found.get("PYTHONHASHSEED", "").isdigit():
        found.pop("PYTHONHASHSEED", None)
    if zone := os.environ.get("TZ") or _zone():
        found["TZ"] = zone
    return found


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _zone() -> str | None:
    """Return the name of the machine's time zone, where its files say it."""
    _, found, name = os.path.realpath("/etc/localtime").partition("zoneinfo/")
    return name if found and Path("/etc/localtime").exists() else None

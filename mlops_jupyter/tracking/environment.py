"""Python, platform, packages and hardware of this process, as one record with its hash as id."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path

from .. import config
from ..records import Environment

_TIMEOUT_S = 2.0

_lock = threading.Lock()
_known: dict[tuple[tuple[str, int], ...], Environment] = {}


def capture() -> Environment:
    """Return the environment of this process.

    The first call reads the metadata of all packages (0.1 s and more); the next ones look only at
    the times of the folders that packages are installed in.

    Examples
    --------
    >>> capture().python.count(".")
    2
    """
    with _lock:
        key = _places()
        if key not in _known:
            _known.clear()
            _known[key] = _captured()
        return _known[key]


def known() -> Environment | None:
    """Return the environment if it costs nothing, else None."""
    if not _lock.acquire(blocking=False):
        return None
    try:
        return _known.get(_places()) if _known else None
    finally:
        _lock.release()


def _places() -> tuple[tuple[str, int], ...]:
    """Return the folders on the path that hold packages, with the times of their last change."""
    found = []
    for place in sys.path:
        if place.endswith(("site-packages", "dist-packages")):
            try:
                found.append((place, os.stat(place).st_mtime_ns))  # noqa: PTH116 - a tenth of the time of Path.stat
            except OSError:
                continue
    return tuple(found)


def _captured() -> Environment:
    facts = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": _json(_packages()),
        "hardware": _json(_hardware()),
    }
    digest = hashlib.sha256(_json(facts).encode()).hexdigest()
    return Environment(id=digest, created_at=config.now(), **facts)


def _packages() -> dict[str, str]:
    """Return names (normalised as PEP 503 has it) and versions; the first on the path counts."""
    found: dict[str, str] = {}
    for distribution in importlib.metadata.distributions():
        try:
            name, version = distribution.metadata["Name"], distribution.version
        except Exception:  # noqa: BLE001, S112 - one broken package is no reason to know none
            continue
        if name and version:
            found.setdefault(name.lower().replace("_", "-").replace(".", "-"), version)
    return dict(sorted(found.items()))


def _hardware() -> dict[str, object]:
    found: dict[str, object] = {
        "machine": platform.machine(),
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_bytes": _memory_bytes(),
    }
    if gpus := _gpus():
        found["gpus"] = gpus
    return found


def _cpu_model() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"


def _memory_bytes() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows
        import psutil

        total: int = psutil.virtual_memory().total
        return total


@cache
def _gpus() -> tuple[str, ...]:
    """Return the names of NVIDIA's cards, where their tool is installed."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ()
    try:
        answer = subprocess.run(  # noqa: S603 - no shell, a tool found on the path
            [tool, "--query-gpu=name,driver_version", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(line.strip() for line in answer.stdout.splitlines() if line.strip())


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))

"""What a cell costs: wall time, CPU time, peak memory."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """Seconds and bytes.

    ``peak_memory_bytes`` is the whole process's; where the process had used more before the cell,
    it is the larger of what it held at the cell's beginning and end.
    """

    duration_s: float
    cpu_s: float
    peak_memory_bytes: int | None


class Meter:
    """Measures from its creation on."""

    def __init__(self) -> None:
        self._peak = _peak_bytes()
        self._resident = _resident_bytes()
        self._cpu = time.process_time()
        self._began = time.perf_counter()

    def read(self) -> Usage:
        """Return what was used so far."""
        duration, cpu = time.perf_counter() - self._began, time.process_time() - self._cpu
        peak, resident = _peak_bytes(), _resident_bytes()
        if peak is not None and self._peak is not None and peak > self._peak:
            return Usage(duration, cpu, peak)
        seen = [value for value in (self._resident, resident) if value is not None]
        return Usage(duration, cpu, max(seen) if seen else None)


def _peak_bytes() -> int | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _resident_bytes() -> int | None:
    try:
        import psutil

        return int(psutil.Process().memory_info().rss)
    except Exception:  # noqa: BLE001 - a sandbox may forbid it, which costs one number
        return None

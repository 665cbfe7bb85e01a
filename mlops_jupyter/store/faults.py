"""Named steps at which a test can make this process die or fail.

``MLOPS_FAULT=object.replace:kill`` kills the process at that step; ``eio`` and ``enospc`` raise
the error of a broken or full disk; ``delay`` waits 0.2 s. Without the variable a step is nothing.
"""

from __future__ import annotations

import errno
import os
import signal
import time

VARIABLE = "MLOPS_FAULT"


def step(name: str) -> None:
    """Pass a named step of a write."""
    asked = os.environ.get(VARIABLE)
    if asked is None or asked.rpartition(":")[0] != name:
        return
    match asked.rpartition(":")[2]:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "eio":
            raise OSError(errno.EIO, os.strerror(errno.EIO), name)
        case "enospc":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)
        case "delay":
            time.sleep(0.2)

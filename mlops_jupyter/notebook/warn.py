"""The one line that we say where something of ours went wrong."""

from __future__ import annotations

import sys


def warn(message: str) -> None:
    """Say in one line what went wrong with us; never an error."""
    line = f"mlops_jupyter: {' '.join(message.split())}"
    try:
        print(line, file=sys.stderr)
    except UnicodeEncodeError:
        print(line.encode("ascii", "backslashreplace").decode(), file=sys.stderr)

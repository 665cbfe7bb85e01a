"""The extension in every kernel: one file in the startup folder of an IPython profile.

A startup file, not ``InteractiveShellApp.extensions``: a profile is shared by all environments of
a user, and a kernel whose environment has no mlops_jupyter would print a traceback for an
extension that it cannot import, while this file passes over it. A list in ``ipython_config.json``
would also replace the one of the user's ``ipython_config.py``. The file is ours alone, so that
undoing is exact. IPython is not imported.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from .errors import MlopsError, UsageError
from .records import Done

FILE_NAME = "50-mlops_jupyter.py"

_MARK = "# Written by 'mlops enable'; 'mlops disable' removes it."
_CONTENT = f"""{_MARK}
(
    __import__("importlib.util").util.find_spec("mlops_jupyter")
    and get_ipython().extension_manager.load_extension("mlops_jupyter")
)
"""


def enable(profile: str) -> Done:
    """Write the startup file; writing it again changes nothing."""
    path = startup_file(profile)
    if path.exists():
        _check_ours(path)
    try:
        _write(path, _CONTENT)
    except OSError as error:
        raise MlopsError(f"{path} cannot be written: {error.strerror or error}") from error
    return Done(
        f"New kernels of the IPython profile {profile!r} load mlops_jupyter.",
        f"Restart running ones. Written: {path}",
    )


def disable(profile: str) -> Done:
    """Remove the startup file, if it is there."""
    path = startup_file(profile)
    if not path.exists():
        return Done(f"The IPython profile {profile!r} does not load mlops_jupyter; nothing to do.")
    _check_ours(path)
    path.unlink()
    return Done(f"New kernels of the IPython profile {profile!r} do not load mlops_jupyter any more.")


def startup_file(profile: str) -> Path:
    """Return where the file of a profile stands, by IPython's own rules.

    Raises
    ------
    UsageError
        Where the name is not one of a profile.
    """
    if not re.fullmatch(r"\w[\w.-]*", profile):
        raise UsageError(f"{profile!r} is not the name of an IPython profile; the usual one is 'default'")
    folder = Path(os.environ.get("IPYTHONDIR") or "~/.ipython").expanduser()
    return folder / f"profile_{profile}" / "startup" / FILE_NAME


def _check_ours(path: Path) -> None:
    if not path.read_text(encoding="utf-8", errors="replace").startswith(_MARK):
        raise MlopsError(f"{path} was not written by 'mlops enable'; move it away first")


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(content)
    Path(name).replace(path)

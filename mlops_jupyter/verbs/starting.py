"""Verbs to begin with."""

from __future__ import annotations

from typing import Literal

from ..records import Demo, Done

__all__ = ["demo", "disable", "enable"]


def demo(folder: str = "mlops-demo", *, tutorial: Literal["track", "data", "models"] = "track") -> Demo:
    """Run a tutorial on real flights or weather, in a real kernel, and show its runs.

    Needs the extra: ``pip install "mlops-jupyter[demo]"``.

    Parameters
    ----------
    folder
        Where the notebook and its registry (``.mlops``) are put; made if it does not exist.
    tutorial
        ``track`` follows models of 336,776 flights, ``data`` versions and a contract of a year's weather,
        ``models`` a challenger that is refused and one that is approved.

    Returns
    -------
    Demo
        The executed notebook, the registry, and the runs.

    Raises
    ------
    MlopsError
        Where the extra is missing, or a cell of the notebook fails; with the cause.

    Examples
    --------
    >>> demo()  # doctest: +SKIP
    """
    from .. import demo as example

    return example.run(folder, tutorial)


def enable(profile: str = "default") -> Done:
    """Load the extension in every new kernel, so that ``%load_ext`` is not needed.

    Puts one file into the startup folder of the IPython profile. Kernels of other environments,
    where the package is not installed, are not disturbed by it.

    Parameters
    ----------
    profile
        The IPython profile; JupyterLab's kernels use ``default``.

    Returns
    -------
    Done
        What was done, and what to do next.

    Raises
    ------
    UsageError
        Where the profile's name has a path in it.

    Examples
    --------
    >>> enable()  # doctest: +SKIP
    """
    from .. import startup

    return startup.enable(profile)


def disable(profile: str = "default") -> Done:
    """Undo ``enable``, exactly.

    Parameters
    ----------
    profile
        The IPython profile.

    Returns
    -------
    Done
        What was done.

    Raises
    ------
    UsageError
        Where the profile's name has a path in it.

    Examples
    --------
    >>> disable()  # doctest: +SKIP
    """
    from .. import startup

    return startup.disable(profile)

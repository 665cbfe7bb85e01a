"""Figures as PNG files that say which run they are of."""

from __future__ import annotations

import io
import os
import sys
import warnings
from pathlib import Path
from typing import Any

from ..errors import UnsupportedError
from . import png
from .files import FileContent

RUN_KEY = "mlops-run"
EXPERIMENT_KEY = "mlops-experiment"
MEDIA_TYPE = "image/png"
SUFFIX = ".png"

_MAX_PIXELS = 40_000_000
_MAX_PICTURE_BYTES = 256 * 2**20


def is_figure(obj: Any) -> bool:
    """Whether an object is a matplotlib figure. Imports nothing.

    Examples
    --------
    >>> is_figure([1, 2])
    False
    """
    module = sys.modules.get("matplotlib.figure")
    return module is not None and isinstance(obj, module.Figure)


def figure_file(figure: Any, *, run_id: str, experiment: str, dpi: float | None = None) -> FileContent:
    """Draw a figure into a PNG file that names its run, and leave the figure as it was.

    Parameters
    ----------
    figure
        A matplotlib figure.
    dpi
        Dots per inch; the figure's own without. Lowered where the picture would be larger than 40
        million dots.

    Raises
    ------
    UnsupportedError
        If the object is no figure, or cannot be drawn.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> file = figure_file(Figure(), run_id="r1", experiment="churn")
    >>> run_of_picture(file.data)
    'r1'
    """
    if not is_figure(figure):
        hint = "; give its .figure" if is_figure(getattr(figure, "figure", None)) else ""
        raise UnsupportedError(f"a {type(figure).__name__} is no matplotlib figure{hint}")
    buffer = io.BytesIO()
    try:
        with figure.canvas.callbacks.blocked(signal="draw_event"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the user saw them when the figure was shown
            figure.savefig(buffer, format="png", dpi=_dpi(figure, dpi), metadata={"Software": None})
    except Exception as error:
        raise UnsupportedError(
            f"the figure cannot be drawn: {type(error).__name__}: {error}"[:300]
        ) from error
    return picture_file(buffer.getvalue(), run_id=run_id, experiment=experiment)


def picture_file(picture: bytes, *, run_id: str, experiment: str) -> FileContent:
    """Return a PNG picture that was drawn already, with the name of its run in it.

    Raises
    ------
    UnsupportedError
        If the bytes are no PNG file.
    """
    if not png.is_png(picture):
        raise UnsupportedError("the picture is no PNG file")
    named = {RUN_KEY: run_id, EXPERIMENT_KEY: experiment, "Software": "mlops_jupyter"}
    data = png.with_texts(picture, {key: text.replace("\0", "") for key, text in named.items()})
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    return FileContent(data, MEDIA_TYPE, SUFFIX, {"width_px": width, "height_px": height})


def run_of_picture(picture: bytes | str | os.PathLike[str]) -> str | None:
    """Return the id of the run that a picture is of, or None where it names none or is no PNG file.

    Raises
    ------
    OSError
        If a path is given that cannot be read.
    """
    if isinstance(picture, bytes):
        return png.texts(picture).get(RUN_KEY)
    path = Path(picture)
    if path.stat().st_size > _MAX_PICTURE_BYTES:
        return None
    return png.texts(path.read_bytes()).get(RUN_KEY)


def _dpi(figure: Any, asked: float | None) -> float:
    width, height = (max(float(side), 0.01) for side in figure.get_size_inches())
    return float(min(asked or figure.dpi, (_MAX_PIXELS / (width * height)) ** 0.5))

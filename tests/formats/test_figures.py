"""Figures become PNG files that name their run, and stay as they were."""

from __future__ import annotations

import warnings

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure

from mlops_jupyter import formats
from mlops_jupyter.errors import UnsupportedError
from mlops_jupyter.formats import png

RUN = "20260102T030405678Z-9bfad3c1"


@pytest.fixture
def figure():
    figure, axes = plt.subplots(figsize=(4, 3), dpi=80, layout="constrained")
    axes.plot([1, 2, 3])
    axes.set_title("curve")
    yield figure
    plt.close(figure)


def test_a_picture_names_its_run_and_opens_elsewhere(figure, tmp_path):
    file = formats.figure_file(figure, run_id=RUN, experiment="Verspätung ☃")
    path = tmp_path / "curve.png"
    path.write_bytes(file.data)
    assert formats.run_of_picture(path) == RUN
    assert formats.run_of_picture(str(path)) == RUN
    assert file.detail == {"width_px": 320, "height_px": 240}
    import PIL.Image as image_module

    with image_module.open(path) as image:
        image.load()
        assert image.size == (320, 240)
        assert image.text["mlops-run"] == RUN
        assert image.text["mlops-experiment"] == "Verspätung ☃"
        assert image.text["Software"] == "mlops_jupyter"


def test_the_figure_stays_as_it_was(figure):
    drawn = []
    figure.canvas.mpl_connect("draw_event", drawn.append)
    before = (
        figure.dpi,
        tuple(figure.get_size_inches()),
        type(figure.canvas),
        id(figure.canvas),
        figure.number,
    )
    callbacks = {signal: dict(found) for signal, found in figure.canvas.callbacks.callbacks.items()}
    formats.figure_file(figure, run_id=RUN, experiment="e", dpi=200)
    after = (
        figure.dpi,
        tuple(figure.get_size_inches()),
        type(figure.canvas),
        id(figure.canvas),
        figure.number,
    )
    assert after == before
    assert {signal: dict(found) for signal, found in figure.canvas.callbacks.callbacks.items()} == callbacks
    assert drawn == []
    assert plt.fignum_exists(figure.number)


def test_a_picture_drawn_already_is_named_without_drawing(figure):
    drawn = formats.figure_file(figure, run_id="first", experiment="a").data
    named = formats.picture_file(drawn, run_id="second", experiment="b").data
    assert formats.run_of_picture(named) == "second"
    assert png.texts(named)["mlops-experiment"] == "b"
    assert len(named) - len(drawn) < 10


def test_a_giant_figure_is_drawn_smaller(monkeypatch):
    monkeypatch.setattr("mlops_jupyter.formats.figures._MAX_PIXELS", 1_000_000)
    file = formats.figure_file(Figure(figsize=(200, 200), dpi=400), run_id=RUN, experiment="e")
    assert 900_000 < file.detail["width_px"] * file.detail["height_px"] <= 1_010_000


def test_a_missing_glyph_does_not_warn_again(figure):
    figure.axes[0].set_title("\U0001f9ea")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert formats.figure_file(figure, run_id=RUN, experiment="e").data


def test_what_is_no_figure():
    assert not formats.is_figure(object())
    assert formats.is_figure(Figure())
    with pytest.raises(UnsupportedError, match="a list is no matplotlib figure"):
        formats.figure_file([], run_id=RUN, experiment="e")
    broken = Figure()
    broken.suptitle("$\\frac{$")
    with pytest.raises(UnsupportedError, match="cannot be drawn"):
        formats.figure_file(broken, run_id=RUN, experiment="e")


def test_damaged_and_foreign_pictures_name_no_run(figure):
    data = formats.figure_file(figure, run_id=RUN, experiment="e").data
    for at in range(0, len(data), 37):
        assert formats.run_of_picture(data[:at]) in {None, RUN}
    place = data.index(RUN.encode())
    assert formats.run_of_picture(data[:place] + b"X" + data[place + 1 :]) is None
    assert formats.run_of_picture(b"GIF89a") is None
    assert formats.run_of_picture(png.SIGNATURE + b"\xff\xff\xff\xfftEXtmlops-run\0x") is None


def test_axes_say_that_their_figure_is_wanted():
    axes = Figure().subplots()
    with pytest.raises(UnsupportedError, match=r"a Axes is no matplotlib figure; give its \.figure"):
        formats.figure_file(axes, run_id=RUN, experiment="e")

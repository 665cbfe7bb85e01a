"""The same cards in a plain HTML export and as pages of their own, light and dark, wide and narrow."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "display"))
import gallery
import samples

from mlops_jupyter import display

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CONTRAST = (Path(__file__).parent / "contrast.js").read_text()
FITS = "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 600, 1200])
def test_every_page_of_the_gallery_is_readable_and_fits(open_page, tmp_path, scheme, width):
    for path in gallery.write(tmp_path):
        page = open_page(path.as_uri(), scheme=scheme, width=width)
        page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true })")
        seen = page.evaluate(CONTRAST, 4.5)
        assert seen["looked"] > 0
        assert seen["found"] == [], path.name
        assert page.evaluate(FITS), path.name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_export_of_a_notebook(open_page, shoot, tmp_path, scheme):
    from nbconvert import HTMLExporter

    cells = []
    for record in (samples.usual(), samples.table(), samples.comparison()):
        cell = nbformat.v4.new_code_cell("%runs")
        cell.outputs = [nbformat.v4.new_output("display_data", data=display.bundle(record))]
        cells.append(cell)
    body, _ = HTMLExporter(theme=scheme, mathjax_url="", require_js_url="", jquery_url="").from_notebook_node(
        nbformat.v4.new_notebook(cells=cells)
    )
    (tmp_path / "export.html").write_text(body)
    page = open_page((tmp_path / "export.html").as_uri(), scheme=scheme, height=2000)
    cards = page.locator(".mlops")
    assert cards.count() == 3
    assert all(card.is_visible() for card in cards.all())
    assert not any(twin.is_visible() for twin in page.locator(".mlops-twin").all())
    shoot(page, f"export-{scheme}")
    assert page.evaluate(CONTRAST, 4.5)["found"] == []

"""What people see, in a real JupyterLab: light and dark, cards, tables, the widget, a reopened notebook."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LOAD = "%load_ext mlops_jupyter"
DATA = """\
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
rng = np.random.default_rng(0)
X_train, X_test = rng.normal(size=(400, 5)), rng.normal(size=(200, 5))
y_train, y_test = (X_train[:, 0] > 0).astype(int), (X_test[:, 0] + rng.normal(size=200) > 0).astype(int)"""
TRACK = """\
%%track churn --note "first <b>forest</b>"
depth = {depth}
model = RandomForestClassifier(20, max_depth=depth, random_state=0).fit(X_train, y_train)
auc = roc_auc_score(y_test, model.predict_proba(X_test)[:, 1])"""
LOOP = """\
import mlops_jupyter
with mlops_jupyter.start_run("churn", name="loop"):
    mlops_jupyter.log_param("depth", 3)
    for step in range(30):
        mlops_jupyter.log_metric("val_loss", 1 / (step + 1), step=step)"""


SLOW = """\
%%track slow
import time, mlops_jupyter
for step in range(80):
    mlops_jupyter.log_metric("val_loss", 1 / (step + 1), step=step)
    time.sleep(0.05)"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_cards_in_jupyterlab(lab, open_page, run_all, shoot, assert_readable, theme):
    lab.theme(theme)
    cells = [
        LOAD,
        DATA,
        TRACK.format(depth=2),
        TRACK.format(depth=4),
        LOOP,
        "%runs --static",
        "%compare 1 2",
        "%show 2",
    ]
    page = open_page(lab.address(lab.notebook(f"cards-{theme}.ipynb", *cells)), scheme=theme, height=3600)
    run_all(page)
    cards = page.locator(".jp-OutputArea .mlops")
    cards.nth(4).wait_for()
    assert cards.first.is_visible()
    first = cards.first.inner_text()
    for said in (
        "churn #",
        "finished",
        "depth",
        "auc",
        "X_train",
        "400 × 5",
        "RandomForestClassifier",
        "<b>forest</b>",
    ):
        assert said in first, first
    assert "(was 2)" in cards.nth(1).inner_text() or "depth" in cards.nth(1).inner_text()
    assert page.locator(".mlops-twin").first.is_hidden()
    assert page.evaluate("() => document.body.dataset.jpThemeLight") == (
        "true" if theme == "light" else "false"
    )
    shoot(page, f"lab-cards-{theme}")
    assert_readable(page)


def test_a_card_is_live_while_the_cell_runs(lab, open_page, run_all, shoot):
    lab.theme("light")
    page = open_page(lab.address(lab.notebook("live.ipynb", LOAD, SLOW)))
    run_all(page, wait=False)
    cards = page.locator(".jp-OutputArea .mlops")
    page.locator(".mlops .mlops-pill.mlops-running").wait_for()
    page.locator(".mlops polyline").wait_for()
    steps = cards.locator(".mlops-note").inner_text()
    page.wait_for_function(
        "was => document.querySelector('.mlops .mlops-note')?.innerText !== was", arg=steps
    )
    shoot(page, "lab-live")
    assert "step" in steps
    page.locator(".mlops .mlops-pill.mlops-finished").wait_for()
    assert cards.count() == 1
    assert "0.0125" in cards.inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_table_sorts_filters_and_compares(lab, open_page, run_all, shoot, assert_readable, theme):
    lab.theme(theme)
    cells = [LOAD, DATA, TRACK.format(depth=3), TRACK.format(depth=9), LOOP, "%runs"]
    page = open_page(lab.address(lab.notebook(f"runs-{theme}.ipynb", *cells)), scheme=theme, height=2200)
    run_all(page)
    live = page.locator(".mlops-live")
    live.wait_for()
    rows = live.locator("tbody tr")
    runs = rows.count()
    assert runs >= 3
    static = page.locator("[data-mlops-twin]")
    assert static.count() == 1
    assert static.is_hidden()

    numbers = lambda: [int(row.get_attribute("data-run")) for row in rows.all()]  # noqa: E731
    live.get_by_role("button", name="#", exact=True).click()
    assert numbers() == sorted(numbers(), reverse=True)
    live.locator("th button").first.click()
    assert numbers() == sorted(numbers())
    live.get_by_role("searchbox").fill("loop")
    assert 0 < rows.count() < runs
    assert all("loop" in row.inner_text() for row in rows.all())
    live.get_by_role("searchbox").fill("")
    assert rows.count() == runs

    rows.nth(0).click()
    page.locator(".widget-html .mlops-tiles, .jupyter-widgets .mlops-tiles").first.wait_for()
    rows.nth(1).click()
    page.locator(".jupyter-widgets .mlops-beside").first.wait_for()
    live.get_by_role("checkbox").check()
    shoot(page, f"lab-runs-{theme}")
    assert_readable(page)


def test_a_reopened_notebook_shows_the_static_table(lab, open_page, run_all, shoot):
    lab.theme("light")
    name = lab.notebook("reopened.ipynb", LOAD, LOOP, "%runs")
    page = open_page(lab.address(name))
    run_all(page)
    page.locator(".mlops-live").wait_for()
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    page.context.close()
    again = open_page(lab.address(name))
    table = again.locator("[data-mlops-twin] .mlops-table")
    table.wait_for()
    assert table.is_visible()
    shoot(again, "lab-reopened")


def test_an_untrusted_notebook_shows_the_plain_text(lab, open_page, shoot):
    import nbformat

    from mlops_jupyter import display
    from mlops_jupyter.records import Done

    cell = nbformat.v4.new_code_cell("1")
    bundle = display.bundle(Done("it was saved", "look at it"))
    cell.outputs = [nbformat.v4.new_output("display_data", data=bundle)]
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), lab.folder / "untrusted.ipynb")
    page = open_page(lab.address("untrusted.ipynb"))
    page.get_by_text("it was saved").first.wait_for()
    seen = [one for one in page.get_by_text("it was saved").all() if one.is_visible()]
    shoot(page, "lab-untrusted")
    assert len(seen) == 1

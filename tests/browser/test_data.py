"""Data in a real JupyterLab: the dictionary that people fill in, and cards in a notebook nobody trusts."""

from __future__ import annotations

import nbformat
import numpy as np
import pandas as pd
import pytest

from mlops_jupyter import datasets, describe_dataset, display, save_dataset, validate

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SAVE = """\
%load_ext mlops_jupyter
import pandas as pd
people = pd.DataFrame({"age": [31, 42, 58], "town": ["Oslo", "Rome", "Bonn"]})
mlops = __import__("mlops_jupyter").save_dataset(people, "people")"""


DELIVERIES = """\
%load_ext mlops_jupyter
import numpy as np, pandas as pd
wind = pd.DataFrame({"hour": pd.date_range("2013-01-01", periods=1000, freq="h")})
wind["mean"] = np.tile(np.arange(5.0, 15.0, 0.5), 50)
wind["gust"] = wind["mean"].where(wind.index % 3 == 0)
broken = wind.assign(mean=wind["mean"].where(wind.index != 7, 1048.0))"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_data_cards_are_readable_in_jupyterlab(lab, open_page, run_all, shoot, assert_readable, theme):
    lab.theme(theme)
    name = f"wind_{theme}"
    cells = [
        DELIVERIES, f"%data save wind --name {name}", "%data broken", f"%contract infer {name}",
        f"%contract accept {name}", f"%validate broken --contract {name}", f"%data save broken --name {name}",
        f"%data diff {name}:1 {name}:2", f"%data history {name}", f"%contract infer {name}",
        f"%contract diff {name}",
    ]  # fmt: skip
    page = open_page(lab.address(lab.notebook(f"{name}.ipynb", *cells)), scheme=theme, height=6400)
    run_all(page)
    cards = page.locator(".jp-OutputArea .mlops")
    cards.nth(9).wait_for()
    said = " ".join(" ".join(card.inner_text() for card in cards.all()).split())
    for words in (
        "1 value lies far above the rest, up to 1,048",
        "mean is between 0 and",
        "✕ broken",
        "1 row changed",
    ):
        assert words in said, said
    shoot(page, f"lab-data-{theme}")
    assert_readable(page)


def test_a_meaning_that_is_typed_and_saved_stands_in_the_registry(lab, open_page, run_all, shoot):
    lab.theme("light")
    meanwhile = "%data doc people --licence CC0"
    page = open_page(lab.address(lab.notebook("dictionary.ipynb", SAVE, "%data doc people", meanwhile)))
    run_all(page)
    form = page.locator(".mlops-live")
    save = form.get_by_role("button", name="Save", exact=True)
    save.wait_for()
    assert save.is_disabled()
    assert page.locator("[data-mlops-twin]").is_hidden()

    form.get_by_label("Meaning of age").press_sequentially("years <b>since</b> birth")
    form.get_by_label("Unit of age").fill("a")
    form.get_by_label("Sensitivity of age").select_option("personal")
    form.get_by_label("Owner", exact=True).fill("ada")
    assert "not saved" in form.get_by_role("status").inner_text()
    save.click()
    form.get_by_text("Saved. 1 of 2 columns described; 1 personal or secret.").wait_for()
    shoot(page, "lab-dictionary")
    assert save.is_disabled()
    static = page.locator("[data-mlops-twin]")
    static.get_by_text("1 of 2 columns described; 1 personal or secret.").first.wait_for(state="attached")
    assert static.is_hidden()

    doc = datasets.read_doc("people", registry=str(lab.settings.parent / "registry"))
    assert (doc.owner, doc.licence) == ("ada", "CC0")
    assert form.get_by_label("Licence").input_value() == "CC0"
    age = next(column for column in doc.columns if column.name == "age")
    assert (age.meaning, age.unit, age.sensitivity) == ("years <b>since</b> birth", "a", "personal")


def test_data_and_validation_cards_stand_in_an_untrusted_notebook(lab, open_page, shoot, registry):
    frame = pd.DataFrame({"wind": np.tile(np.arange(5.0, 15.0, 0.5), 50), "n": np.arange(1000)})
    save_dataset(frame, "wind")
    datasets.infer_contract("wind")
    datasets.accept_contract("wind")
    broken = frame.assign(wind=frame["wind"].where(frame["n"] != 7, 1048.0))
    card, report = describe_dataset(broken), validate(broken, contract="wind")
    bundles = [display.bundle(one) for one in (card, report)]
    cells = [nbformat.v4.new_code_cell(str(place)) for place in range(2)]
    for cell, bundle in zip(cells, bundles, strict=True):
        cell.outputs = [nbformat.v4.new_output("display_data", data=bundle)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), lab.folder / "untrusted-data.ipynb")

    page = open_page(lab.address("untrusted-data.ipynb"))
    said = ("1 value lies far above the rest, up to 1,048", "wind is between")
    for bundle, words in zip(bundles, said, strict=True):
        assert words in bundle["text/plain"]
        found = page.get_by_text(words)
        found.first.wait_for()
        assert sum(one.is_visible() for one in found.all()) == 1
    shoot(page, "lab-untrusted-data")

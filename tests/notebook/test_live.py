"""The card while a cell runs: in one place, final at the end, and in the right cell."""

from __future__ import annotations

import contextvars
import threading
import time

import nbformat
import pytest
from nbclient import NotebookClient

from mlops_jupyter.notebook import live
from mlops_jupyter.notebook.live import LiveCard


class Publisher:
    def __init__(self):
        self.published = []

    def publish(self, data, metadata, transient, update):
        self.published.append((data, transient["display_id"], update))


def wait_for(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def card_of(publisher, *, stepping=False, can_update=True):
    return LiveCard(publisher, lambda spent: {"text/plain": "live"}, lambda: stepping, can_update=can_update)


def test_a_short_cell_shows_its_final_card_alone():
    publisher = Publisher()
    card = card_of(publisher)
    card.start()
    card.finish({"text/plain": "final"})
    assert [(data["text/plain"], update) for data, _, update in publisher.published] == [("final", False)]


def test_a_cell_that_steps_is_drawn_in_one_place_until_the_final_card(monkeypatch):
    monkeypatch.setattr(live, "PERIOD_S", 0.01)
    publisher = Publisher()
    card = card_of(publisher, stepping=True)
    card.start()
    wait_for(lambda: len(publisher.published) >= 3)
    card.finish({"text/plain": "final"})
    wait_for(lambda: not any(thread.name == "mlops-live" for thread in threading.enumerate()))
    assert publisher.published[0][2] is False
    assert all(update for _, _, update in publisher.published[1:])
    assert publisher.published[-1][0] == {"text/plain": "final"}
    assert len({place for _, place, _ in publisher.published}) == 1


def test_cleared_outputs_get_the_card_again(monkeypatch):
    monkeypatch.setattr(live, "PERIOD_S", 0.01)
    publisher = Publisher()
    card = card_of(publisher, stepping=True)
    card.start()
    wait_for(lambda: publisher.published)
    card.stop()
    card.forget()
    card.finish({"text/plain": "final"})
    assert publisher.published[-1][2] is False


def test_a_terminal_is_not_drawn_anew():
    publisher = Publisher()
    card = card_of(publisher, stepping=True, can_update=False)
    card.start()
    assert not any(thread.name == "mlops-live" for thread in threading.enumerate())
    card.finish({"text/plain": "final"})
    assert len(publisher.published) == 1


def test_it_draws_in_the_context_of_its_cell(monkeypatch):
    """The kernel keeps in the context which cell an output belongs to."""
    monkeypatch.setattr(live, "PERIOD_S", 0.01)
    cell = contextvars.ContextVar("cell", default="another")
    seen = []

    class InContext(Publisher):
        def publish(self, **published):
            super().publish(**published)
            seen.append(cell.get())

    def begin():
        cell.set("mine")
        made = card_of(InContext(), stepping=True)
        made.start()
        return made

    card = contextvars.Context().run(begin)
    wait_for(lambda: seen)
    card.stop()
    card.replace({"text/plain": "later"})
    assert set(seen) == {"mine"}


@pytest.mark.slow
def test_in_a_kernel_every_cell_has_one_card_of_its_own(tmp_path):
    registry = str(tmp_path / "registry")
    sources = [
        f"%load_ext mlops_jupyter\nimport os, time\nos.environ['MLOPS_REGISTRY'] = {registry!r}",
        "%%track long\nprint('a')\ntime.sleep(1.6)\nprint('b')\nx = 1",
        "%%track short\ny = 2",
        "%%track cleared\nfrom IPython import display\ntime.sleep(1.6)\ndisplay.clear_output()\nprint('c')",
        "time.sleep(1)",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in sources])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    cards = [
        [
            output["data"]["text/plain"]
            for output in cell.outputs
            if any(kind.startswith("application/vnd.mlops-jupyter.") for kind in output.get("data", {}))
        ]
        for cell in notebook.cells
    ]
    assert [len(found) for found in cards] == [0, 1, 1, 1, 0]
    for found, name in zip(cards[1:4], ("long", "short", "cleared"), strict=True):
        assert name in found[0]
        assert "finished" in found[0]
    assert [output.get("text") for output in notebook.cells[3].outputs if "text" in output] == ["c\n"]


@pytest.mark.slow
def test_a_notebook_that_nobody_sits_at_ends_with_cards_that_name_their_models(tmp_path):
    registry = str(tmp_path / "registry")
    fit = "RandomForestClassifier(150, random_state=0).fit(X, X[:, 0] > 0)"
    sources = [
        f"%load_ext mlops_jupyter\nimport os\nos.environ['MLOPS_REGISTRY'] = {registry!r}",
        "import numpy as np; X = np.random.default_rng(0).normal(size=(2000, 5))",
        "from sklearn.ensemble import RandomForestClassifier",
        f"%%track first\nforest = {fit}",
        f"%%track last\nforest = {fit}",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in sources])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    for cell in notebook.cells[3:]:
        (card,) = [output["data"]["text/plain"] for output in cell.outputs if "data" in output]
        assert "models   forest  RandomForestClassifier" in card
        assert "saving" not in card

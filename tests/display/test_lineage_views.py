"""What the views of slices, reproductions, exports and retraining say."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import lineage_samples as lineage
import model_samples as models
import samples
from checks import check

from mlops_jupyter import display
from mlops_jupyter.display import code_slice, export, reproduction
from mlops_jupyter.records import ExportedFile, SliceCell


def said(record):
    """Return the words that a page shows, its twin left out."""
    html = re.sub(r"<pre class=.mlops-twin.>.*?</pre>", "", display.html(record), flags=re.DOTALL)
    return " ".join(check(html).text.split())


def both(record):
    """Return the words of the page and of the plain text."""
    return said(record), display.text(record, ascii=False)


@pytest.mark.parametrize("record", lineage.every(), ids=lambda one: type(one).__name__)
def test_every_view_is_small_and_has_a_twin_that_begins_alike(record):
    bundle = display.bundle(record)
    html = bundle["text/html"]
    assert len(html.encode()) < 100_000
    assert check(html).text
    twin = re.search(r"<pre class=.mlops-twin.>(.*?)\n", html, re.DOTALL).group(1)
    assert bundle["text/plain"].splitlines()[0][:20] == unescape(twin)[:20]
    (kind,) = [key for key in bundle if key.startswith("application/")]
    assert json.loads(json.dumps(bundle[kind], allow_nan=False))


# --- slices -----------------------------------------------------------------------------------


def test_a_slice_shows_the_kept_cells_in_their_order_and_what_was_left_out():
    for form in both(lineage.code_slice()):
        words = "import pandas", "roc_auc_score", "def clean", "train_test_split(", "%%track churn"
        order = [form.index(word) for word in words]
        assert order == sorted(order)
        assert "2 cells left out: nothing that is needed depends on it" in form
        assert "failed with NameError and left nothing" in form
        assert "5 of 9 cells made it; run alone, they make the very same." in form
        assert "412 MB · hash only" in form
        assert "[11]" in form
    assert "hash only" not in said(replace(lineage.code_slice(), run_number=None))


def test_source_that_was_left_out_is_only_on_the_page():
    page, text = both(lineage.code_slice())
    assert "customers.head()" in page
    assert "customers.head()" not in text


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("equal", "within 1e−9"),
        ("differs", "they make something else"),
        ("failed", "do not come to their end"),
    ],
)
def test_a_slice_says_what_came_of_running_it_alone(verdict, words):
    for form in both(lineage.code_slice(verdict)):
        assert words in form


def test_a_slice_that_nobody_ran_says_so_and_how_to():
    for form in both(lineage.code_slice(None)):
        assert "not verified" in form
        assert "--verify" in form


def test_what_cannot_be_repeated_is_named_with_its_line():
    for form in both(lineage.doubtful_slice()):
        assert "reads the time: datetime.now() in line 2" in form


def test_a_slice_without_cells_is_a_sentence():
    for form in both(lineage.empty_slice()):
        assert "No cell that was recorded makes scores." in form


def test_code_keeps_its_indent_in_plain_text():
    assert '\n            """Leave out contracts' in display.text(lineage.code_slice())


def test_of_a_long_history_the_last_cells_are_shown():
    cells = tuple(SliceCell(i, f"x = {i}", i % 2 == 0, execution_count=i) for i in range(99))
    parts = code_slice.parts(replace(lineage.code_slice(), cells=cells), 10)
    assert parts[0].said == "89 cells before that are not listed here"
    assert parts[-1].cells[0].number == "[98]"


# --- reproductions ----------------------------------------------------------------------------


def test_what_differs_stands_first():
    found = reproduction.values(lineage.differing())
    assert [one.state for one in found] == ["✕ differs", "✕ differs", "✓ identical", "✓ identical"]
    for form in both(lineage.differing()):
        assert form.index("0.8655") < form.index("log_loss")


def test_a_reproduction_names_what_cannot_be_repeated_and_the_packages():
    for form in both(lineage.differing()):
        assert "cell [2], line 1, draws from a generator without a seed." in form
        assert "with the same package versions" in form
    for form in both(lineage.reproduction()):
        assert "numpy 2.3.1 → 2.3.4" in form
        assert "2 packages of another version" in form


def test_bars_are_as_long_as_what_a_cell_took():
    bars = reproduction.bars(lineage.reproduction().cells)
    assert [bar.percent for bar in bars] == [11.3, 0.5, 2.5, 0.6, 100.0]
    assert reproduction.bars(()) == []


def test_the_cell_that_failed_says_why():
    for form in both(lineage.broken()):
        assert "✕ FileNotFoundError: prices.csv" in form


# --- exports ----------------------------------------------------------------------------------


def test_a_proof_has_its_figures():
    for form in both(lineage.export()):
        assert "1,000 rows · largest difference 3.1e−16 · 0.80 s" in form
        assert "2.1 ms" in form
        assert ".venv/bin/python -m service" in form
        assert "requirements.lock" in form


def test_a_failed_check_stands_first_and_a_failed_export_says_no_commands():
    assert [one.state for one in export.lights(lineage.failed_export())][:2] == ["failed", "skipped"]
    for form in both(lineage.failed_export()):
        assert "41 of 1,000 rows have another class; the first is row 17" in form
        assert "scikit-learn is 1.9.1 in the lock; the model was trained with 1.9.0." in form
        assert "pip install" not in form


def test_an_export_without_proof_is_a_warning():
    assert export.stamp("unverified") == ("warning", "⚠", "not proved")
    assert "score.py" in said(lineage.unverified_export())


def test_folders_stand_once_above_their_files():
    files = ("b/c/y", "a", "b/c/x", "b/z", "d/c/x")
    leaves = export.tree(tuple(ExportedFile(path, 1) for path in files))
    assert [leaf.indent + leaf.name for leaf in leaves] == [
        "a", "b/", "  c/", "    x", "    y", "  z", "d/", "  c/", "    x",
    ]  # fmt: skip


def test_in_plain_text_a_folder_of_many_files_is_one_line():
    many = tuple(ExportedFile(f"service/{i}.py", 1000) for i in range(9))
    text = display.text(replace(lineage.export(), files=(*many, ExportedFile("train.py", 10, "again"))))
    assert "service/  9.0 kB  9 files" in text
    assert "train.py    10 B  again" in text


# --- the rest ---------------------------------------------------------------------------------


def test_retraining_says_what_changed_and_what_came_of_it():
    for form in both(lineage.retrained()):
        assert "✓ trained again: churn:5" in form
        assert "run #31" in form
        assert form.index("1.9.0") < form.index("1.9.1")
    assert "nothing changed" in said(lineage.unchanged())


def test_a_stale_run_says_why_on_its_card_and_is_marked_in_the_table():
    for form in both(samples.stale()):
        assert "Stale: cell [8], which it needs, ran again with other code; data/customers.csv has" in form
    page, text = both(samples.stale_table())
    assert page.count("⚠ stale") == 1
    assert text.count("finished, stale") == 1
    assert "stale" not in said(samples.usual())


def test_a_stale_run_is_marked_in_the_widget():
    from mlops_jupyter.notebook import widgets

    rows = widgets.widget_data(samples.stale_table())["rows"]
    assert [[cell.get("soft") for cell in row["cells"]].count("⚠ stale") for row in rows] == [1] + [0] * 8


def test_a_version_says_how_it_was_made_again_and_where_it_was_exported():
    for form in both(models.version()):
        assert "✓ equal · same package versions · by ines · 24 Nov 11:04" in form
        assert "✓ proved · service · service · by ines" in form
        assert "⚠ not proved · batch · jobs/churn · by omar" in form


@pytest.mark.slow
@pytest.mark.parametrize("record", lineage.large(), ids=lambda one: type(one).__name__)
def test_records_with_hundreds_of_everything_are_small_in_every_form(record):
    bundle = display.bundle(record)
    check(bundle["text/html"])
    assert len(bundle["text/html"].encode()) < 100_000
    (kind,) = [key for key in bundle if key.startswith("application/")]
    assert len(json.dumps(bundle[kind], allow_nan=False)) < 100_000

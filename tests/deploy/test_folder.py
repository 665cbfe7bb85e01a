"""An export appears whole or not at all, and never over work of others."""

from __future__ import annotations

import pytest

from mlops_jupyter.deploy.folder import FORM, MARK, Bundle, beside, check_place, read_mark, settle, write
from mlops_jupyter.errors import MlopsError, UsageError


def exported(folder, text="one"):
    """Write a small export to a folder."""
    bundle = Bundle()
    bundle.put("README.md", text)
    bundle.put("model/model.bin", b"\x00")
    bundle.put(MARK, {"form": FORM, "label": "churn:4", "files": bundle.digests()})
    with beside(folder) as scratch:
        write(bundle, scratch)
        settle(scratch, folder)
    return folder


def test_an_export_is_there_with_nothing_left_beside_it(tmp_path):
    folder = exported(tmp_path / "service")
    assert (folder / "README.md").read_text() == "one"
    assert read_mark(folder)["label"] == "churn:4"
    assert [path.name for path in tmp_path.iterdir()] == ["service"]


def test_an_export_that_breaks_off_leaves_nothing(tmp_path):
    bundle = Bundle({"half": b"", "half/of": b""})
    with pytest.raises(MlopsError, match="was not written"), beside(tmp_path / "service") as scratch:
        write(bundle, scratch)
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_export_is_replaced_whole(tmp_path):
    folder = exported(tmp_path / "service")
    check_place(folder, overwrite=False)
    exported(folder, "two")
    assert (folder / "README.md").read_text() == "two"
    assert [path.name for path in tmp_path.iterdir()] == ["service"]


def test_what_was_made_by_running_it_is_no_change(tmp_path):
    folder = exported(tmp_path / "service")
    for made in ("log", ".venv", "__pycache__"):
        (folder / made).mkdir()
        (folder / made / "file").write_text("")
    check_place(folder, overwrite=False)


def test_a_changed_export_is_kept_unless_asked(tmp_path):
    folder = exported(tmp_path / "service")
    (folder / "README.md").write_text("mine")
    with pytest.raises(UsageError, match=r"README.md changed since.*--overwrite"):
        check_place(folder, overwrite=False)
    check_place(folder, overwrite=True)


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_of_others_is_never_taken(tmp_path, overwrite):
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(UsageError, match="no earlier export: nothing was written"):
        check_place(tmp_path, overwrite=overwrite)
    with pytest.raises(UsageError, match="is a file"):
        check_place(tmp_path / "thesis.tex", overwrite=overwrite)
    with pytest.raises(UsageError, match="make it first"):
        check_place(tmp_path / "not" / "there", overwrite=overwrite)


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "a\\x", "a//x", "."])
def test_no_file_leads_out_of_the_folder(path):
    with pytest.raises(UsageError, match="leads out"):
        Bundle().put(path, "")


def test_two_files_of_one_name_are_refused():
    bundle = Bundle()
    bundle.put("train.py", "")
    with pytest.raises(UsageError, match="twice"):
        bundle.put("train.py", "")

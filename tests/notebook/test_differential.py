"""Cells of all forms do the same with and without ``%%track``, in real kernels through nbclient."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from differential import FORMS, differences, execute

UNRECORDED = {
    "syntax error",
    "syntax error in line 3",
    "return outside a function",
    "indentation error",
    "comments only",
    "empty",
}


@pytest.mark.slow
def test_every_form_of_cell_gives_the_same_with_and_without_track(tmp_path):
    assert len(FORMS) > 60
    plain = execute(FORMS, tracked=False, folder="")
    tracked = execute(FORMS, tracked=True, folder=str(tmp_path / "registry"))
    assert differences(plain, tracked) == []
    assert {name for name, outcome in tracked.items() if outcome.cards != 1} == UNRECORDED
    assert not any(outcome.cards for outcome in plain.values())


@pytest.mark.slow
def test_a_difference_is_seen():
    """The runner itself: outputs and names that differ are found."""
    one = execute({"cell": "x = 1\nprint(x)"}, tracked=False, folder="")
    other = execute({"cell": "x = 2\nprint(x)"}, tracked=False, folder="")
    found = differences(one, other)
    assert any("outputs" in line for line in found)
    assert any("namespace" in line for line in found)

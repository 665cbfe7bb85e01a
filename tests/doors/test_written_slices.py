"""What is said of a slice that was written to a file."""

from __future__ import annotations

import pytest

from mlops_jupyter.records import CodeSlice, SliceCell
from mlops_jupyter.verbs.reproducing import written


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (None, "slope.py."),
        ("identical", "slope.py; proved in a clean process: identical."),
        ("differs", "slope.py; NOT PROVED in a clean process: differs."),
        ("failed", "slope.py; NOT PROVED in a clean process: failed."),
    ],
)
def test_whether_it_was_proved_is_said_at_once(verdict, said, tmp_path):
    found = CodeSlice("x", ("x",), (SliceCell(1, "x = 1", is_kept=True),), verdict=verdict)
    assert written(found, script=str(tmp_path / "slope.py")).message.endswith(said)

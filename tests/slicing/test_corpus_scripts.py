"""The scripts of the corpus's slices, run as people run them, make what the sessions made."""

import os
import sys
from pathlib import Path

import pytest

from mlops_jupyter import slicing

from .running import hash_after

sys.path.insert(0, str(Path(__file__).parents[1] / "corpus"))
from forks import LIBRARIES, Workshop
from histories import corpus


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the scripts run in forks")
def test_scripts_of_slices_make_the_same(recwarn):
    for library in (*LIBRARIES, "mlops_jupyter.effects.structure"):
        __import__(library)
    missed = []
    with Workshop() as workshop:
        for number, history in enumerate(corpus()[::3]):
            recorded = workshop.record(history)
            found = slicing.slice_of(recorded.executions, [history.target], effects=recorded.effects)
            paths = {use.path for use in (*found.files, *found.modules)}
            files = {path: text for path, text in history.files.items() if path in paths}
            script = slicing.write_script(found, as_module=number % 4 == 0)
            made, error = hash_after(script.text, files, history.target)
            if made is None or made != recorded.hash:
                replayed, _ = workshop.replay(found.kept, files, history.target, slicing.random_states(found))
                if replayed == recorded.hash:  # else the slice is what is wrong, not the script
                    missed.append((history.name, error))
    assert missed == []

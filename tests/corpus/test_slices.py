"""Slices of histories made to break slicers, and of messy ones, are executed in a clean namespace."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from forks import Workshop
from histories import corpus
from judging import enlarged, judge_all, judged, replayed
from mess import mess, messes, tidy_notebooks

from mlops_jupyter import slicing
from mlops_jupyter.records import SliceCell

SAMPLE = (1, 6, 7, 21, 24, 26, 39, 90)
"""Histories that need no library, for every run of the tests."""

MESSY = 30


def test_the_corpus_is_large_and_says_what_it_is_about():
    histories = corpus()
    assert len(histories) >= 100
    assert [int(one.name.partition("-")[0]) for one in histories] == list(range(1, len(histories) + 1))
    assert all(one.about and one.target and one.needed for one in histories)
    assert len({one.about for one in histories}) == len(histories)


def test_a_seed_gives_one_mess():
    tidy = tidy_notebooks()
    assert len(tidy) >= 6
    assert mess(tidy[0], 3) == mess(tidy[0], 3)
    assert mess(tidy[0], 3) != mess(tidy[0], 4)


def test_slices_of_a_sample_are_right_and_smallest():
    histories = [corpus()[number - 1] for number in SAMPLE]
    with Workshop(libraries=()) as workshop:
        wrong = [str(found) for one in histories if not (found := judged(workshop, one)).is_minimal]
    assert wrong == []


@pytest.mark.slow
def test_every_slice_gives_the_value_and_nearly_all_are_smallest():
    found = list(judge_all(corpus()))
    assert [str(one) for one in found if not one.is_same or one.script_error] == []
    too_large = [str(one) for one in found if not one.is_minimal]
    assert len(too_large) <= len(found) * 0.05, too_large


@pytest.mark.slow
def test_the_smallest_slices_are_enough():
    """What the corpus says is needed gives the value: else it would ask too little of a slicer."""
    wanting = []
    with Workshop() as workshop:
        for history in corpus():
            cells = [
                SliceCell(
                    number,
                    step.source,
                    True,
                    execution_count=number,
                    outcome="failed" if step.fails else "finished",
                )
                for number, step in enumerate(history.steps, 1)
            ]
            needed = [cell for cell in cells if cell.seq in history.needed]
            whole = workshop.replay(cells, history.files, history.target)
            if workshop.replay(needed, history.files, history.target)[0] != whole[0] and not _draws(history):
                wanting.append(history.name)
    assert wanting == []


@pytest.mark.slow
def test_slices_of_messy_histories_are_right_at_first_or_after_enlarging():
    missed, lost, count = [], [], 0
    with Workshop() as workshop:
        for history in messes(MESSY):
            recorded = workshop.record(history)
            if recorded.hash is None:  # the mess went so far that nothing came of it
                continue
            count += 1
            found = slicing.slice_of(recorded.executions, [history.target], effects=recorded.effects)
            if replayed(workshop, history, found)[0] != recorded.hash:
                missed.append(history.name)
                if enlarged(workshop, history, recorded, found) is None:
                    lost.append(history.name)
    assert count >= MESSY * 0.9
    assert lost == []
    assert len(missed) <= count * 0.02, missed


def _draws(history):
    """Return whether its value is drawn from a generator that nobody seeds."""
    return history.name.startswith("11-")

import pytest

from mlops_jupyter.errors import NotFoundError
from mlops_jupyter.records import Drawing, FileUse, LocalModule
from mlops_jupyter.slicing import backward, code_hash, levels, random_states, slice_of, with_kept

from .histories import DRAW, SEED, cell, history, kept


def test_only_what_made_the_target_is_kept():
    cells = history(
        cell("a = 1", bound="a"),
        cell("b = 2", bound="b"),
        cell("a", reads="a", is_display=True),
        cell("c = a + 1", reads="a", bound="c"),
    )
    found = backward(cells, ["c"])
    assert kept(found) == [1, 4]
    assert [each.why for each in found] == [
        "makes `a`, which [4] needs",
        "makes nothing that is needed",
        "only shows something",
        "makes `c`, which was asked for",
    ]


def test_a_cell_that_ran_again_replaces_what_it_made_before():
    cells = history(cell("a = 1", bound="a"), cell("a = 2", bound="a"), cell("b = a", reads="a", bound="b"))
    found = backward(cells, ["b"])
    assert kept(found) == [2, 3]
    assert found[0].why == "`a` is made anew by [2]"


def test_changes_in_place_are_kept_in_their_order():
    cells = history(
        cell("a = []", bound="a"),
        cell("b = a", reads="a", bound="b"),
        cell("b.append(1)", reads="b", changed="a b"),
        cell("a.append(2)", reads="a", changed="a b"),
    )
    assert kept(backward(cells, ["a"], at=3)) == [1, 2, 3]
    assert kept(backward(cells, ["a"])) == [1, 2, 3, 4]


def test_draws_are_kept_back_to_the_seed():
    cells = history(
        cell("import numpy as np", bound="np"),
        cell("np.random.rand()", reads="np", **DRAW),
        cell("np.random.seed(0)", reads="np", **SEED),
        cell("np.random.rand()", reads="np", **DRAW),
        cell("x = np.random.rand()", reads="np", bound="x", **DRAW),
    )
    found = slice_of(cells, ["x"])
    assert kept(found.cells) == [1, 3, 4, 5]
    assert random_states(found) == {}


def test_where_nothing_seeds_the_recorded_state_stands_for_the_draws():
    cells = history(
        cell("import numpy as np", bound="np"),
        cell("np.random.rand()", reads="np", random_before={"numpy.random": "one"}, **DRAW),
        cell("x = np.random.rand()", reads="np", bound="x", random_before={"numpy.random": "two"}, **DRAW),
    )
    found = slice_of(cells, ["x"])
    assert kept(found.cells) == [1, 3]
    assert random_states(found) == {3: {"numpy.random": "two"}}


def test_a_state_that_was_not_recorded_is_a_doubt():
    cells = history(cell("x = np.random.rand()", bound="x", **DRAW))
    assert "its state was not recorded" in slice_of(cells, ["x"]).doubts[0]


def test_a_file_is_made_by_the_cell_that_wrote_it():
    cells = history(
        cell("os.mkdir('out')", hidden_writes="file:out"),
        cell("df.to_csv('out/a.csv')", hidden_writes="file:out/a.csv"),
        cell("df.to_csv('out/b.csv')", hidden_writes="file:out/b.csv"),
        cell("a = read('out/a.csv')", bound="a", hidden_reads="file:out/a.csv"),
    )
    assert kept(backward(cells, ["a"])) == [1, 2, 4]


def test_a_folder_that_is_read_needs_all_that_was_written_below():
    cells = history(
        cell("df.to_parquet('out/a')", hidden_writes="file:out/a"),
        cell("df.to_parquet('out/b')", hidden_writes="file:out/b"),
        cell("a = read('out')", bound="a", hidden_reads="file:out"),
    )
    assert kept(backward(cells, ["a"])) == [1, 2, 3]


def test_a_file_that_was_appended_to_needs_what_was_there():
    cells = history(
        cell("write('a', 'w')", hidden_writes="file:a"),
        cell("write('a', 'a')", hidden_reads="file:a", hidden_writes="file:a"),
        cell("a = read('a')", bound="a", hidden_reads="file:a"),
    )
    assert kept(backward(cells, ["a"])) == [1, 2, 3]


def test_a_module_that_a_cell_wrote_is_made_by_it():
    tool = LocalModule("tool", "tool.py", "0")
    cells = history(
        cell("%%writefile tool.py\nx = 1", hidden_writes="file:tool.py"),
        cell("import tool", bound="tool", modules=(tool,)),
        cell("%%writefile tool.py\nx = 2", hidden_writes="file:tool.py"),
        cell("a = tool.x", reads="tool", bound="a", modules=(tool,)),
    )
    assert kept(backward(cells, ["a"])) == [1, 2, 4]


def test_files_from_outside_are_those_that_no_kept_cell_wrote():
    cells = history(
        cell("a = read('in')", bound="a", hidden_reads="file:in", files_read=(FileUse("in", 3),)),
        cell("write('mid', a)", reads="a", hidden_writes="file:mid", files_written=(FileUse("mid"),)),
        cell("b = read('mid')", bound="b", hidden_reads="file:mid", files_read=(FileUse("mid"),)),
    )
    assert slice_of(cells, ["b"]).files == (FileUse("in", 3),)


def test_settings_of_a_module_are_kept_for_those_who_use_it():
    cells = history(
        cell("import pandas as pd, sys", bound="pd sys"),
        cell("pd.set_option('mode.x', 1)", reads="pd", hidden_writes="module:pandas"),
        cell("a = pd.read()", reads="pd", bound="a", hidden_reads="module:pandas"),
        cell("b = sys.path", reads="sys", bound="b"),
    )
    assert kept(backward(cells, ["a"])) == [1, 2, 3]
    assert kept(backward(cells, ["b"])) == [1, 4]


def test_the_working_directory_and_the_environment_are_needed_by_those_who_read_them():
    cells = history(
        cell("%cd data", hidden_reads="cwd", hidden_writes="cwd"),
        cell("%env A=0", hidden_writes="environ:A"),
        cell("%env A=1", hidden_writes="environ:A"),
        cell("%env B=1", hidden_writes="environ:B"),
        cell("a = read()", bound="a", hidden_reads="cwd environ:A"),
    )
    found = backward(cells, ["a"])
    assert kept(found) == [1, 3, 5]
    assert found[2].why == "sets the environment variable A, which [5] needs"


def test_a_failed_cell_counts_for_what_it_did():
    cells = history(
        cell("a = 1\n1 / 0", bound="a", outcome="failed"),
        cell("1 / 0", outcome="failed"),
        cell("b = a", reads="a", bound="b"),
    )
    found = backward(cells, ["b"])
    assert kept(found) == [1, 3]
    assert found[1].why == "failed, and left nothing that is needed"


def test_an_interrupted_cell_is_a_doubt():
    cells = history(cell("while True: a += 1", bound="a", outcome="interrupted"))
    assert "was interrupted" in slice_of(cells, ["a"]).doubts[0]


def test_a_deletion_is_kept_where_its_absence_counts():
    cells = history(
        cell("list = [1]; z = 2", bound="list z"),
        cell("del list", reads="list", deleted="list"),
        cell("a = list((z,))", reads="z", bound="a"),
    )
    found = backward(cells, ["a"])
    assert kept(found) == [1, 2, 3]
    assert found[1].why == "deletes `list`, whose absence a later cell counts on"


def test_a_deletion_is_left_out_where_nobody_misses_the_name():
    cells = history(
        cell("a = 1; b = 2", bound="a b"),
        cell("del a", reads="a", deleted="a"),
        cell("c = b", reads="b", bound="c"),
    )
    assert kept(backward(cells, ["c"])) == [1, 3]


@pytest.mark.parametrize(("asked", "reads"), [("_1", "_1"), ("Out[1]", "Out"), ("_", "_")])
def test_a_shown_value_is_made_by_the_cell_that_showed_it(asked, reads):
    cells = history(cell("1 + 1"), cell("z = 3", bound="z"), cell(f"a = {asked}", reads=reads, bound="a"))
    assert kept(backward(cells, ["a"])) == [1, 3]


def test_the_last_shown_value_may_be_of_an_earlier_cell_than_a_call():
    cells = history(cell("5"), cell("6"), cell("print(1)"), cell("a = _", reads="_", bound="a"))
    assert kept(backward(cells, ["a"])) == [2, 3, 4]


def test_cells_asked_for_are_kept_with_what_they_need():
    cells = history(cell("a = 1", bound="a"), cell("a", reads="a", is_display=True), cell("b = 1", bound="b"))
    found = backward(cells, [], keep=[2])
    assert kept(found) == [1, 2]
    assert found[1].why == "is asked for itself"


def test_a_name_that_nobody_made_is_refused_with_near_names():
    with pytest.raises(NotFoundError, match=r"no executed cell makes 'modle': did you mean 'model'\?"):
        slice_of(history(cell("model = 1", bound="model")), ["modle"])


def test_a_name_from_before_the_log_is_a_doubt():
    cells = history(cell("b = a", reads="a", bound="b"))
    assert slice_of(cells, ["b"]).doubts == (
        "`a` was there before the first recorded cell: cell [1] reads it",
    )


def test_what_cannot_be_repeated_is_named_by_cell():
    cells = history(cell("a = time.time()", bound="a", unrepeatable=(Drawing("the time", 1),)))
    assert slice_of(cells, ["a"]).unrepeatable == (Drawing("the time, cell [1]", 1),)


TRAINED = """
# for the curve
from metrics import auc
RATE = -0.5
def half(x, by=RATE):
    return x * by
model = train()
"""


def trained(**more):
    return cell(TRAINED, bound="auc RATE half model", reads="train", doubts=("it is long",), **more)


def test_an_abandoned_cell_is_kept_for_what_it_defines_alone():
    cells = history(
        cell("def train(): ...", bound="train"), trained(), cell("a = auc(1)", reads="auc", bound="a")
    )
    found = slice_of(cells, ["a"])
    assert kept(found.cells) == [2, 3]
    assert found.kept[0].source == "# for the curve\nfrom metrics import auc"
    assert found.kept[0].why == "only its imports: makes `auc`, which [3] needs"
    assert found.doubts == ()


def test_functions_and_constants_are_parts_too_with_what_they_read_at_once():
    cells = history(trained(), cell("a = half(2)", reads="half", bound="a"))
    (part, _) = slice_of(cells, ["a"]).kept
    assert part.source.endswith("RATE = -0.5\ndef half(x, by=RATE):\n    return x * by")
    assert part.why.startswith("only its imports, constants and functions: makes `half`, which")


@pytest.mark.parametrize(
    ("source", "effects"),
    [
        (TRAINED + "auc.limit = 2", {}),
        (TRAINED + "auc = wrapped(auc)", {}),
        ("import sys\nsys.path.append('lib')\nfrom metrics import auc", {"hidden_writes": "module:sys"}),
        (TRAINED, {"hidden_writes": "module:metrics"}),
    ],
)
def test_a_cell_stays_whole_where_its_parts_depend_on_each_other(source, effects):
    cells = history(cell(source, bound="auc", **effects), cell("a = auc(1)", reads="auc", bound="a"))
    assert slice_of(cells, ["a"]).kept[0].source == cells[0].source


def test_parts_become_whole_once_a_slice_is_enlarged():
    cells = history(trained(), cell("x()"), cell("a = auc(1)", reads="auc", bound="a"))
    found = slice_of(cells, ["a"])
    assert with_kept(cells, found, [1, 3]).kept == found.kept
    assert with_kept(cells, found, [1, 2, 3]).kept[0].source == cells[0].source


def test_levels_grow_to_the_whole_history():
    cells = history(
        cell("a = []", bound="a"),
        cell("c = 0", bound="c"),
        cell("touch(a)", reads="a touch"),
        cell("a[:1]", reads="a"),
        cell("b = a", reads="a", bound="b"),
    )
    assert kept(backward(cells, ["b"])) == [1, 5]
    assert [sorted(level) for level in levels(cells, ["b"])] == [[1, 3, 5], [1, 3, 4, 5], [1, 2, 3, 4, 5]]


def test_a_slice_with_other_cells_says_that_running_found_them():
    cells = history(cell("a = 1", bound="a"), cell("x()"), cell("b = a", reads="a", bound="b"))
    found = with_kept(cells, slice_of(cells, ["b"]), [1, 2, 3])
    assert kept(found.cells) == [1, 2, 3]
    assert "found by running it" in found.cells[1].why
    assert found.cells[0].why == "makes `a`, which [3] needs"


def test_a_smaller_slice_shows_whole_what_it_leaves_out():
    cells = history(trained(), cell("a = auc(1)", reads="auc", bound="a"), cell("a", reads="a"))
    found = slice_of(cells, ["a"], keep=[3])
    smaller = with_kept(cells, found, [2, 3])
    assert smaller.cells[0].source == cells[0].source
    assert smaller.cells[2].why == "is asked for itself"


def test_code_is_the_same_whatever_its_comments():
    assert code_hash(["a = 1 # one", "b = 2"]) == code_hash(["a=1", "b  = 2"])
    assert code_hash(["a = 1", "b = 2"]) != code_hash(["b = 2", "a = 1"])
    assert code_hash(["%cd x "]) == code_hash(["%cd x"])

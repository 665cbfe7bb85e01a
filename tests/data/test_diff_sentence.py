"""The sentence on top of a comparison, where there is little to say."""

from __future__ import annotations

from mlops_jupyter.data.diff.sentence import sentence
from mlops_jupyter.records import ColumnDiff, DataDiff, DatasetVersion, Shift

SHAPES = tuple(DatasetVersion(f"mj1:{n}", "pandas.DataFrame", n, 5, 0, "", "[]", "") for n in (9, 8))


def said(words: str, effects=(0.2, 0.9, 0.5, 0.4, 0.3), **rows) -> str:
    columns = tuple(
        ColumnDiff(name, "changed", shift=Shift("KS", effect, 0.1, 0.0, "material", words, 9, 8))
        for name, effect in zip("abcde", effects, strict=False)
    )
    return sentence(
        DataDiff("x:1", "x:2", *SHAPES, "", rows_added=0, rows_removed=0, columns=columns, **rows)
    )


def test_a_shift_without_words_leaves_no_empty_brackets():
    assert said("") == "distribution shifted in 5 columns: b, c, d and 2 more"
    assert said("median 1 → 2") == "distribution shifted in 5 columns: b (median 1 → 2), c, d and 2 more"
    assert said("", (0.3,)) == "distribution shifted in a"


def test_changed_rows_without_counted_cells_leave_no_empty_brackets():
    assert said("", (), rows_changed=3) == "3 rows changed"

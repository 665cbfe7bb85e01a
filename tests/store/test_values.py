"""The border: numbers, texts and keys; the faults C1 to C4, C6 to C8 are in ``tests/faults``."""

from __future__ import annotations

import enum
import math
import pathlib
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_jupyter.errors import ValueRefused
from mlops_jupyter.store.values import clean, to_key, to_number, to_text


class Colour(enum.Enum):
    RED = 1


@pytest.mark.parametrize(
    ("value", "head", "kind"),
    [
        (None, "None", "none"),
        (True, "True", "bool"),
        (8, "8", "int"),
        (0.1, "0.1", "float"),
        (float("nan"), "nan", "float"),
        (float("-inf"), "-inf", "float"),
        ("text", "text", "str"),
        (np.float64(0.5), "0.5", "float"),
        (np.int8(3), "3", "int"),
        (np.bool_(False), "False", "bool"),
        (np.array(2), "2", "int"),
        (np.str_("s"), "s", "str"),
        ([1, (2, None)], "[1, [2, null]]", "json"),
        ({"a": np.float32(0.5), 1: {3}}, '{"a": 0.5, "1": [3]}', "json"),
        ({"rate": float("inf")}, '{"rate": "+inf"}', "json"),
        (math.sqrt, "math.sqrt", "object"),
        (dict, "dict", "object"),
        (date(2026, 1, 2), "2026-01-02", "str"),
        (pathlib.PurePosixPath("a/b"), "a/b", "str"),
        (Colour.RED, "Colour.RED", "str"),
        (object(), "<object object>", "object"),
    ],
)
def test_texts(value, head, kind):
    assert to_text(value) == (head, None, kind)


def test_an_address_is_no_part_of_a_text():
    assert to_text(object()) == to_text(object())


def test_limit_is_the_callers():
    assert to_text("abcdef", limit=3) == ("abc", "abcdef", "str")


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=5),
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
        max_leaves=20,
    )
)
def test_any_value_has_a_text_that_can_be_stored(value):
    head, full, _ = to_text(value)
    assert head.encode("utf-8") is not None
    assert "\x00" not in head + (full or "")
    assert len(head) <= 500


@given(st.floats())
def test_every_float_is_a_number_or_has_a_kind(value):
    number, kind = to_number(value)
    assert (number == value and kind == "finite") or (number is None and kind in ("nan", "+inf", "-inf"))


@given(st.text())
def test_clean_texts_stay_as_they_are(text):
    assert clean(clean(text)) == clean(text)
    clean(text).encode("utf-8")


def test_keys_are_kept_as_written():
    for key in ("val/auc", "..", "50%", " leading", "größe", "auc@0.5"):
        assert to_key(key) == key
    with pytest.raises(ValueRefused, match="expected a text"):
        to_key(3)

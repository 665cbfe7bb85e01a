"""A contract as YAML: read back as it was, refused with the line, and never more than text."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_jupyter import validation
from mlops_jupyter.errors import UsageError
from mlops_jupyter.records import ContractDoc, Rule

RULES = (
    Rule("columns", "columns", ("a", "no", "x y"), reason="in every version"),
    Rule("rows", "rows", (), {"min": 10, "max": 900}, "warning"),
    Rule("a, b compare", "compare", ("a", "b"), {"operator": "<="}, support=27_004, false_alarm_rate=1e-4),
    Rule("a->, b compare", "compare", ("a->", "b"), {"operator": "=="}),
    Rule("a, b, c depends", "depends", ("a", "b", "c")),
    Rule("a, b unique", "unique", ("a", "b")),
    Rule("b, c unique", "unique", ("b", "c"), {}, "warning"),
    Rule(
        "a range",
        "range",
        ("a",),
        {"min": "2013-01-01", "max": "now"},
        reason="since the start",
        example="[9]",
    ),
    Rule("a range 2", "range", ("a",), {"min": 1, "max": 1e300}, "warning"),
    Rule("chosen", "type", ("a",), {"type": ["integer", "text"]}),
    Rule("no required", "required", ("no",), {"missing": 0}),
    Rule("no set", "set", ("no",), {"values": ["no", "1:30", "", " x ", "a\nb", "#", 1, 1.5, True]}),
    Rule("no pattern", "pattern", ("no",), {"pattern": "[A-Z]+\\d: '\"#"}),
    Rule("no constant", "constant", ("no",), {"varies": True}),
    Rule("no python", "python", ("no",), {"function": "shop:is_even", "arguments": {"of": 2}}),
)


def by_name(doc):
    return {rule.name: rule for rule in doc.rules}


def test_read_back_as_written():
    doc = ContractDoc("flights: #1", RULES, "a\nb", "ada", ("f:1", "f:2"), ("no",))
    text = validation.to_yaml(doc)
    back = validation.from_yaml(text)
    assert by_name(back) == by_name(doc)
    assert (back.dataset, back.description, back.owner) == ("flights: #1", "a\nb", "ada")
    assert (back.learned_from, back.sensitive) == (("f:1", "f:2"), ("no",))
    assert validation.to_yaml(back) == text


def test_other_readers_of_yaml_see_the_same_values():
    plain = yaml.safe_load(validation.to_yaml(ContractDoc("d", RULES)))
    assert plain["columns"]["no"]["set"] == RULES[11].limits["values"]
    assert plain["columns"]["a"]["range"][0] == {"min": "2013-01-01", "max": "now"}
    assert plain["table"]["compare"][0] == "a <= b"


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=120)
scalars = st.one_of(
    words, st.integers(-(2**60), 2**60), st.floats(allow_nan=False, allow_infinity=False), st.booleans()
)


@settings(max_examples=60, deadline=None)
@given(words, words, st.lists(scalars, min_size=1, max_size=30), words)
def test_any_names_and_values_come_back(dataset, column, values, reason):
    rule = Rule(f"{column} set", "set", (column,), {"values": values}, reason=" ".join(reason.split()))
    back = validation.from_yaml(validation.to_yaml(ContractDoc(dataset, (rule,))))
    assert back.dataset == dataset
    assert back.rules[0].limits == rule.limits
    assert back.rules[0].columns == (column,)


def test_comments_are_reasons():
    text = (
        "dataset: d\ncolumns:\n  age:\n    # nobody is older\n"
        "    # than that [1,200 rows; false alarms 0.01; e.g. 97]\n"
        "    range: {max: 120}\n    required: true  # agreed in May\n    unique: true\n"
    )
    age, required, unique = validation.from_yaml(text).rules
    assert (age.reason, age.support, age.false_alarm_rate, age.example) == (
        "nobody is older than that", 1200, 0.01, "97",
    )  # fmt: skip
    assert (required.reason, required.limits, unique.reason) == ("agreed in May", {"missing": 0}, "")


def test_dates_and_words_stay_text():
    text = "dataset: d\ncolumns:\n  t: {range: {min: 2013-01-01}}\n  c: {set: [no, yes, on, 1:30, 012]}\n"
    times, codes = validation.from_yaml(text).rules
    assert times.limits == {"min": "2013-01-01"}
    assert codes.limits == {"values": ["no", "yes", "on", "1:30", "012"]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dataset: d\ncolumns:\n  a:\n    rnge: {min: 1}", ("line 4", "'rnge'", "'range'")),
        ("dataset: d\ncolumns:\n  a:\n    range: {mn: 1}", ("line 4", "'mn'", "'min'")),
        ("dataset: d\ncolumns:\n  a: {range: {min: 5, max: 1}}", ("line 3", "min 5", "max 1")),
        ("dataset: d\ncolumns:\n  a: {pattern: '['}", ("line 3", "regular expression")),
        ("dataset: d\ncolumns:\n  a:\n    unique: true\n    unique: true", ("line 5", "twice")),
        ("dataset: d\ncolumns:\n  a:\n    type: integr", ("line 4", "'integr'", "'integer'")),
        ("dataset: d\ncolumns:\n  a:\n  - range", ("line 4", "'a'", "a list", "range: {min: 0}")),
        ("dataset: d\ntable:\n  compare: a b", ("line 3", "<=")),
        ("dataset: d\ntable:\n  rows: {min: 1, severity: fatal}", ("line 3", "error or warning", "'fatal'")),
        ("datset: d", ("'datset'", "'dataset'")),
        ("owner: ada", ("names its dataset",)),
        ("dataset: d\nformat: 9", ("format 9",)),
        ("dataset: [", ("no YAML",)),
        ("- a", ("begins with dataset",)),
        ("", ("begins with dataset",)),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text, words):
    with pytest.raises(UsageError) as error:
        validation.from_yaml(text)
    assert all(word in str(error.value) for word in words), str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "dataset: !!python/object/apply:os.system [echo]",
        "dataset: d\nowner: !!binary aGk=",
        "a: &a [x, x]\nb: &b [*a, *a]\ndataset: *b",
        "dataset: " + "[" * 20_000,
        "dataset: d\ndescription: " + "x" * 16_000_000,
        "dataset: d\n\x00",
    ],
)
def test_hostile_text_is_refused(text):
    with pytest.raises(UsageError):
        validation.from_yaml(text)


@pytest.mark.slow
def test_text_is_read_alike_without_libyaml(monkeypatch):
    text = validation.to_yaml(ContractDoc("d", RULES))
    fast = validation.from_yaml(text)
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    assert validation.from_yaml(text) == fast
    with pytest.raises(UsageError, match="nested too deeply"):
        validation.from_yaml("dataset: " + "[" * 20_000)

"""What the rules of a contract are called, and which changes of a contract are told first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlops_jupyter import display, validation
from mlops_jupyter.display import contract, contract_diff
from mlops_jupyter.display.rule import is_usual_name, rule_words
from mlops_jupyter.records import RULE_KINDS, ContractDiff, ContractDoc, ContractView, Rule, RuleChange

DAYS = "2013-01-01", "2014-01-01"
QUANTILES = [10, 20, 30, 40, 50, 60, 70, 80, 90]
LATER = [[q + more for q in QUANTILES] for more in (1, 20)]
WORDS = (
    (Rule("", "range", ("w",), {"min": 0, "max": 81}), "w is between 0 and 81"),
    (Rule("", "range", ("w",), {"min": 1250.5, "max": 1e299}), "w is between 1,250.5 and 1e299"),
    (Rule("", "range", ("year",), {"min": 1999, "max": 2030}), "year is between 1999 and 2030"),
    (
        Rule("", "range", ("w",), {"max": -3, "outside": 0.02}),
        "w is at most −3 (up to 2.0 % of rows may not)",
    ),
    (
        Rule("", "compare", ("dewp", "temp"), {"operator": "<=", "other": 0.0063}),
        "dewp ≤ temp (up to 0.6 % of rows may not)",
    ),
    (Rule("", "required", ("t",), {"missing": 0}), "t is never missing"),
    (Rule("", "required", ("t",), {"missing": 0.0063}), "t is never missing (at most 0.6 %)"),
    (Rule("", "required", ("t",), {"missing": 0.12, "blank": True}), "t is missing or blank in at most 12 %"),
    (Rule("", "set", ("o",), {"values": ["EWR", "JFK", "LGA"]}), "o is one of EWR, JFK, LGA"),
    (Rule("", "set", ("y",), {"values": [2013.0]}), "y is always 2013"),
    (
        Rule("", "distribution", ("t",), {"max": 0.1, "quantiles": QUANTILES}),
        "t has a distribution like weather:1 (KS at most 0.1)",
    ),
    (
        Rule("", "distribution", ("t",), {"shares": {"a": 1.0}}),
        "t has a distribution like weather:1 (TV at most 0.1)",
    ),
    (Rule("", "rows", (), {"min": 1113, "max": 4452}), "between 1,113 and 4,452 rows"),
    (Rule("", "duplicates", (), {"max": 0.0063}), "no row stands twice (at most 0.6 %)"),
    (Rule("", "columns", tuple("abcdefgh")), "has the columns a, b, c, d, e, f and 2 more"),
    (Rule("", "type", ("t",), {"type": "datetime[UTC]"}), "t is a time in UTC"),
    (Rule("", "type", ("t",), {"type": ["integer", "text"]}), "t is a whole number or text"),
    (Rule("", "unique", ("id",), {}), "id is different in every row"),
    (Rule("", "unique", ("a", "b"), {}), "a, b are together different in every row"),
    (Rule("", "depends", ("zip", "city"), {}), "zip always goes with one city"),
    (Rule("", "fresh", (), {"changed": True}), "the data is other than in the version before"),
    (Rule("", "fresh", ("t",), {"max_age": "40d"}), "t is at most 40d old"),
    (Rule("", "ordered", ("t",), {}), "t is in ascending order"),
    (Rule("", "constant", ("year",), {"value": 2013}), "year is always 2013"),
    (Rule("", "pattern", ("t",), {"pattern": "[A-Z]{3}"}), "t is of the form [A-Z]{3}"),
    (
        Rule("", "length", ("t",), {"min": 3, "max": 3}),
        "t is exactly 3 characters long",
    ),
    (Rule("", "foreign", ("o",), {"table": "airports", "to": ["faa"]}), "o is in airports (faa)"),
    (Rule("", "python", ("o",), {"function": "rules:good"}), "o is accepted by rules:good"),
)


@pytest.mark.parametrize(("rule", "said"), WORDS, ids=lambda one: getattr(one, "kind", None))
def test_a_rule_reads_as_people_speak(rule, said):
    assert rule_words(rule, "weather:1") == said


def test_every_kind_has_words_of_its_own():
    assert {rule.kind for rule, _ in WORDS} == set(RULE_KINDS)


@pytest.mark.parametrize("kind", RULE_KINDS)
def test_limits_of_any_type_do_not_break_the_words(kind):
    words = (
        "min",
        "max",
        "values",
        "missing",
        "other",
        "type",
        "operator",
        "to",
        "shares",
        "max_age",
        "value",
    )
    for value in (None, [], {}, "x", float("nan"), float("inf"), 10**400, True, [None]):
        said = rule_words(Rule("r", kind, ("a",), dict.fromkeys(words, value)))
        assert said
        assert len(said) < 400


def test_a_name_that_somebody_gave_is_shown_and_a_usual_one_is_not():
    usual = Rule("w range", "range", ("w",), {"min": 0})
    assert is_usual_name(usual)
    assert is_usual_name(replace(usual, name="w range 2"))
    assert not is_usual_name(replace(usual, name="wind is sane"))
    named = ContractDoc("d", (replace(usual, name="wind is sane"),))
    assert "wind is sane: at least 0" in display.text(ContractView(named))


def test_a_contract_is_one_line_per_column():
    rules = tuple(
        Rule(f"c{i} {kind}", kind, (f"c{i}",), limits)
        for i in range(12)
        for kind, limits in (
            ("type", {"type": "number"}), ("range", {"min": 0, "max": i + 1}), ("required", {"missing": 0}),
            ("distribution", {"max": 0.1, "quantiles": QUANTILES}),
        )
    )  # fmt: skip
    doc = ContractDoc("d", (Rule("rows", "rows", (), {"min": 5}), *rules), learned_from=("d:1",))
    said = display.text(ContractView(doc), ascii=False).splitlines()
    assert len(said) <= 12 + 7
    line = next(one for one in said if one.strip().startswith("c7"))
    assert line.split() == "c7 number between 0 and 8 never KS ≤ 0.1".split()  # noqa: SIM905
    whole, groups = contract.grouped(doc)
    assert [one.short for one in whole] == ["at least 5 rows"]
    assert sum(len(one.values) + len(one.missing) + len(one.distribution) for one in groups) == 36


# --- two editions -----------------------------------------------------------------------------


def edition(*rules: Rule) -> ContractDoc:
    return ContractDoc("d", rules)


def told(before: Rule, after: Rule):
    great, small = contract_diff.changes(validation.diff_contracts(edition(before), edition(after)))
    return [one.name for one in great], [one.name for one in small]


def test_values_in_another_order_are_no_change():
    old = Rule("o set", "set", ("o",), {"values": ["EWR", "JFK"]})
    new = replace(old, limits={"values": ["JFK", "EWR"]})
    assert told(old, new) == ([], [])
    assert told(old, replace(old, limits={"values": ["JFK", "LGA"]})) == (["o set"], [])


@pytest.mark.parametrize(
    ("kind", "old", "new", "is_great"),
    [
        ("range", {"min": 0, "max": 100}, {"min": 0, "max": 105}, False),
        ("range", {"min": 0, "max": 100}, {"min": 0, "max": 111}, True),
        ("range", {"min": DAYS[0], "max": DAYS[1]}, {"min": DAYS[0], "max": "2014-01-20"}, False),
        ("range", {"min": DAYS[0], "max": DAYS[1]}, {"min": DAYS[0], "max": "2014-03-01"}, True),
        ("range", {"min": 0}, {"min": 0, "max": 5}, True),
        ("required", {"missing": 0.0063}, {"missing": 0.008}, False),
        ("required", {"missing": 0}, {"missing": 0.004}, False),
        ("required", {"missing": 0.02}, {"missing": 0.2}, True),
        ("distribution", {"max": 0.1, "quantiles": QUANTILES}, {"max": 0.1, "quantiles": LATER[0]}, False),
        ("distribution", {"max": 0.1, "quantiles": QUANTILES}, {"max": 0.1, "quantiles": LATER[1]}, True),
        ("distribution", {"max": 0.1, "shares": {"a": 0.5}}, {"max": 0.1, "shares": {"a": 0.53}}, False),
        ("distribution", {"max": 0.1, "quantiles": QUANTILES}, {"max": 0.5, "quantiles": QUANTILES}, True),
        ("unique", {}, {"repeated": 0.2}, True),
    ],
)  # fmt: skip
def test_limits_that_moved_by_more_than_a_tenth_matter(kind, old, new, is_great):
    rule = Rule(f"w {kind}", kind, ("w",), old)
    shown = f"w {kind}".replace("required", "missing")
    assert told(rule, replace(rule, limits=new)) == (([shown], []) if is_great else ([], [shown]))


def test_what_is_new_gone_or_of_another_severity_comes_first():
    same = Rule("a range", "range", ("a",), {"min": 0, "max": 100})
    loud = Rule("b range", "range", ("b",), {"min": 0, "max": 100}, "warning")
    gone, new = Rule("c type", "type", ("c",), {"type": "text"}), Rule("rows", "rows", (), {"min": 9})
    before = edition(same, loud, gone, Rule("d range", "range", ("d",), {"min": 0, "max": 1}))
    after = edition(
        replace(same, limits={"min": 0, "max": 101}), replace(loud, severity="error"), new,
        Rule("d range", "range", ("d",), {"min": 0, "max": 3}),
    )  # fmt: skip
    found = validation.diff_contracts(before, after)
    great, small = contract_diff.changes(found)
    assert [one.name for one in great] == ["rows", "c type", "d range", "b range"]
    assert [one.name for one in small] == ["a range"]
    said = display.text(found, ascii=False)
    assert "1 rule new, 1 rule gone, 2 rules changed, 1 rule with limits moved by less than 10 %." in said
    assert "between 0 and 100 ⚠ → between 0 and 100" in said
    assert "a range" not in said
    assert "a range" in display.html(found)


@pytest.mark.parametrize(
    "text", ["", "[", "range: {min: [", "&a [*a]", "x: 1", "range", "1: 2", "- a", "a" * 30_000]
)
def test_a_rule_that_is_not_understood_is_shown_as_it_is_written(text):
    found = ContractDiff("a", "b", (RuleChange("r", "range: {min: 0}", text),))
    great, _ = contract_diff.changes(found)
    assert [one.before for one in great] == ["at least 0"]
    assert display.html(found)


def test_a_change_of_every_kind_is_read_back_from_what_validation_writes():
    for rule, _ in WORDS:
        named = replace(rule, name=f"{', '.join(rule.columns)} {rule.kind}".strip())
        found = validation.diff_contracts(edition(), edition(named))
        read = contract_diff._rule(named.name, found.rules[0].after)
        assert (read.kind, read.limits) == (named.kind, named.limits), found


def test_a_limit_without_end_that_moved_is_told():
    change = RuleChange("r", "range: {min: 0, max: .inf}", "range: {min: 0, max: -.inf}")
    great, _ = contract_diff.changes(ContractDiff("a", "b", (change,)))
    assert [one.name for one in great] == ["r"]


@pytest.mark.parametrize(
    "limits", [("1970-01-01", '"1970-01-01T00:00"'), ("1" + "0" * 400, "5"), (".nan", "1")]
)
def test_odd_limits_are_told_and_break_nothing(limits):
    change = RuleChange("r", *(f"range: {{min: {one}}}" for one in limits))
    assert display.html(ContractDiff("a", "b", (change,)))

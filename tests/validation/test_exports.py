"""A contract as a pandera script, a report as JUnit, two contracts beside each other."""

import subprocess
import sys
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from mlops_jupyter import validation
from mlops_jupyter.records import ContractDoc, Rule, RuleChange, RuleResult, ValidationReport

HOSTILE = "x'\"\\\n]); import os  # {}"


def script(*rules):
    names = {}
    exec(validation.to_pandera_script(ContractDoc(HOSTILE, rules)), names)
    return names["schema"]


def test_the_script_checks_what_the_contract_says():
    from pandera.errors import SchemaErrors

    rules = (
        Rule("columns", "columns", ("a", "b", "c", "t", HOSTILE)),
        Rule("rows", "rows", (), {"min": 2, "max": 5}),
        Rule("compare", "compare", ("a", "b"), {"operator": "<="}),
        Rule("depends", "depends", ("c", "a")),
        Rule("keys", "unique", ("a", "c")),
        Rule("duplicates", "duplicates", (), {"max": 0.5}),
        Rule(HOSTILE, "range", ("a",), {"min": 0, "max": 9}, reason=HOSTILE),
        Rule("b", "required", ("b",), {"missing": 0.4}),
        Rule("levels", "set", ("c",), {"values": ["x", HOSTILE]}),
        Rule("shape", "pattern", ("c",), {"pattern": "x|y"}),
        Rule("size", "length", ("c",), {"max": 1}),
        Rule("since", "range", ("t",), {"min": "2013-01-01", "max": "now"}),
        Rule("order", "ordered", ("t",)),
        Rule("varies", "constant", ("a",), {"varies": True}),
        Rule("spread", "distribution", ("a",), {"quantiles": [1, 2, 3]}),
    )
    good = pd.DataFrame(
        {"a": [1, 2, 3], "b": [1.0, None, 4.0], "c": ["x", "x", "x"], HOSTILE: 0,
         "t": pd.date_range("2013-02-01", periods=3)}
    )  # fmt: skip
    schema = script(*(rule for rule in rules if rule.name != "depends"))
    schema.validate(good, lazy=True)
    bad = good.assign(a=[1, 2, 30], b=[None, None, 4.0], c=["x", "x", "zz"], t=good["t"][::-1].to_numpy())
    with pytest.raises(SchemaErrors) as error:
        script(*rules).validate(bad, lazy=True)
    found = {str(one.check.name) for one in error.value.schema_errors if hasattr(one.check, "name")}
    assert found == {HOSTILE, "b", "levels", "shape", "size", "order", "depends", "compare"}


def test_junit_holds_failures_warnings_and_what_was_not_asked():
    def one(name, state, severity="error"):
        rule = Rule(name, "range", ("a",), {"min": 0}, severity)
        return RuleResult(rule, state, "<1 & 2>\x00", 1, 2, ("row 1",), ("]]>",))

    results = (one("a", "failed"), one("b", "failed", "warning"), one("c", "unknown"), one("d", "passed"))
    suite = ET.fromstring(validation.to_junit(ValidationReport("d", "people", 2, False, results)))[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("4", "1", "1")
    failure = suite.find("testcase[@name='a']/failure")
    assert failure.get("message") == "<1 & 2>\ufffd"
    assert failure.text == "row 1: ]]>"
    assert suite.find("testcase[@name='b']/system-out").text.startswith("warning: ")
    assert len(suite.find("testcase[@name='d']")) == 0


def test_editions_differ_by_rule():
    def doc(*rules):
        return ContractDoc("people", rules)

    age, name = Rule("age range", "range", ("age",), {"min": 0}), Rule("name required", "required", ("name",))
    older = Rule("age range", "range", ("age",), {"min": 18}, reason="grown-ups")
    found = validation.diff_contracts(doc(age, name), doc(older))
    assert found.rules == (
        RuleChange("age range", "range: {min: 0}", "range: {min: 18}"),
        RuleChange("name required", "required: {}", None),
    )
    assert "-    range: {min: 0}" in found.text_diff
    assert validation.diff_contracts(doc(age), doc(age)).rules == ()


@pytest.mark.slow
def test_pandera_stays_out_until_a_check_and_says_nothing():
    code = (
        "import sys, warnings; warnings.simplefilter('error')\n"
        "from mlops_jupyter import validation\n"
        "doc = validation.from_yaml('dataset: d\\ncolumns: {a: {range: {min: 0}}}')\n"
        "validation.to_yaml(doc); validation.to_pandera_script(doc)\n"
        "assert not {'pandera', 'pandas'} & set(sys.modules), 'imported early'\n"
        "import pandas as pd\n"
        "assert not validation.check(pd.DataFrame({'a': [-1]}), doc).passed\n"
        "assert 'pandera' in sys.modules\n"
        "import os; assert 'PYARROW_IGNORE_TIMEZONE' not in os.environ\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def changes(before, after):
    docs = [ContractDoc("d", (Rule("r", kind, ("a",), limits),)) for kind, limits in (before, after)]
    return [change.name for change in validation.diff_contracts(*docs).rules]


def test_order_and_rounding_are_no_change():
    assert changes(("set", {"values": ["x", "y", 1]}), ("set", {"values": [1, "y", "x"]})) == []
    assert changes(("range", {"min": 0, "max": 0.3}), ("range", {"max": 0.1 + 0.2, "min": 0})) == []
    assert changes(("range", {"max": 1.0}), ("range", {"max": 1.01})) == ["r"]
    assert changes(("set", {"values": ["x", "1"]}), ("set", {"values": ["x", 1]})) == ["r"]
    assert changes(("set", {"values": ["x"]}), ("set", {"values": ["x", "y"]})) == ["r"]


def test_a_python_rule_that_nobody_asked_is_an_error_for_ci():
    doc = ContractDoc("d", (Rule("r", "python", ("a",), {"function": "os:system"}),))
    text = validation.to_junit(validation.check(pd.DataFrame({"a": [1]}), doc))
    assert 'errors="1"' in text
    assert 'skipped="0"' in text
    assert "<error message=" in text

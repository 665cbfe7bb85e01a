"""A report as JUnit XML, which CI servers show: one test case a rule."""

from __future__ import annotations

import re
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ..records import RuleResult, ValidationReport

_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(report: ValidationReport) -> str:
    """Return a report as JUnit XML.

    A broken rule of severity error is a failure; a broken warning passes and says so in its output; what
    could not be asked is skipped, except for a rule in Python of severity error: that is an error.

    Examples
    --------
    >>> from mlops_jupyter.records import Rule
    >>> rule = Rule("age range", "range", ("age",), {"min": 0})
    >>> report = ValidationReport("d", "people", 2, False, (RuleResult(rule, "failed", "1 row"),))
    >>> '<failure message="1 row" type="range"' in to_junit(report)
    True
    """
    states = [(one.state, one.rule.severity) for one in report.results]
    n_errors = sum(one.is_unasked for one in report.results)
    figures = {
        "name": f"{report.contract} on {report.data}",
        "tests": str(len(states)),
        "failures": str(states.count(("failed", "error"))),
        "errors": str(n_errors),
        "skipped": str(sum(state == "unknown" for state, _ in states) - n_errors),
        "time": f"{report.duration_s or 0:.3f}",
    }
    suites = Element("testsuites")
    suite = SubElement(suites, "testsuite", {key: _clean(value) for key, value in figures.items()})
    if report.created_at:
        suite.set("timestamp", report.created_at.rstrip("Z"))
    for one in report.results:
        _case(suite, report, one)
    indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(suites, encoding="unicode") + "\n"


def _case(suite: Element, report: ValidationReport, one: RuleResult) -> None:
    case = SubElement(
        suite, "testcase", {"name": _clean(one.rule.name), "classname": _clean(report.contract)}
    )
    if one.is_unasked:
        SubElement(case, "error", {"message": _clean(one.message), "type": one.rule.kind})
    elif one.state == "unknown":
        SubElement(case, "skipped", {"message": _clean(one.message)})
    elif one.state == "failed" and one.rule.severity == "error":
        failure = SubElement(case, "failure", {"message": _clean(one.message), "type": one.rule.kind})
        failure.text = _clean(_details(one))
    elif one.state == "failed":
        SubElement(case, "system-out").text = _clean(f"warning: {one.message}\n{_details(one)}")


def _details(one: RuleResult) -> str:
    if not one.values:
        return "\n".join(one.examples)
    return "\n".join(f"{row}: {value}" for row, value in zip(one.examples, one.values, strict=True))


def _clean(text: str) -> str:
    """Replace what XML cannot hold: control characters and lone surrogates."""
    return _NO_XML.sub("\ufffd", text)

"""E8: whatever stands in a field of a record is shown as text, in HTML, plain text and the widget."""

from __future__ import annotations

import json
import sys
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import data_samples
import evaluation_samples
import lineage_samples
import model_samples
import samples
from checks import check

from mlops_jupyter import display
from mlops_jupyter.records import Demo, Done, RunTable

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "<svg onload=alert(1)>",
    "{{7*7}}{% raw %}${7*7}",
    "{{7771*9973}}${7771*9973}",
    "javascript:alert(1)",
    "</style></pre></div><b>",
    "a\u2028b\u2029c",
    "abc\u202edcba\u2066x",
    "\x1b[2J\x1b]0;x\x07\x00",
    "\ud800",
    "<!--",
    "]]><![CDATA[",
]
EVALUATED = str(7771 * 9973)
UNSEEN = "\x1b\x00\x07\u202e\u2028\u2066\ud800"

RECORDS = [
    samples.usual(), samples.first(), samples.stepped(), samples.failed(), samples.search(), samples.table(),
    samples.comparison(), samples.wide_comparison(), samples.plan(), samples.status(), samples.health(),
    samples.query(), samples.backup(), Done("saved", "look at it"),
    Demo("a.ipynb", "registry", 3.0, samples.table(3), "open it"), data_samples.DOC, *data_samples.every(),
]  # fmt: skip
RECORDS += [*evaluation_samples.every(), *model_samples.every(), *lineage_samples.every()]
RECORDS += [samples.stale(), samples.stale_table()]
NAMES = [f"{type(record).__name__}{i}" for i, record in enumerate(RECORDS)]


def poisoned(value, payload):
    """Return a record in which every text, at any depth, is the payload."""
    if is_dataclass(value):
        return replace(value, **{f.name: poisoned(getattr(value, f.name), payload) for f in fields(value)})
    if isinstance(value, dict):
        return {poisoned(key, payload): poisoned(item, payload) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(poisoned(item, payload) for item in value)
    if isinstance(value, str):
        if value.startswith("{"):
            return json.dumps({payload: payload, "class": payload})
        return (
            payload if "@@" not in value else f"--- {payload}\n+++ b\n@@ -1 +1 @@\n-{payload}\n+{payload} 2\n"
        )
    return value


@pytest.mark.parametrize("record", RECORDS, ids=NAMES)
def test_E8_every_field_of_every_record_is_shown_as_text(record):
    for payload in PAYLOADS:
        is_shown_as_text(record, payload)


@pytest.mark.slow
@pytest.mark.parametrize("payload", PAYLOADS[:3])
def test_E8_every_field_of_a_large_evaluation_is_shown_as_text(payload):
    is_shown_as_text(evaluation_samples.many(), payload)


def is_shown_as_text(record, payload):
    """Fail where a payload that stands in every text of a record is seen as anything but text."""
    bad = poisoned(record, payload)
    html = display.html(bad)
    check(html)
    assert EVALUATED not in html
    text = display.text(bad)
    assert text.strip()
    assert not set(text) & set(UNSEEN)


@pytest.mark.parametrize("payload", PAYLOADS[:3])
def test_E8_the_card_of_a_model_as_a_file_is_text(payload):
    for audience in ("everyone", "outsiders"):
        bad = replace(poisoned(model_samples.card(), payload), audience=audience)
        head, page = display.card_page(bad).split("<body>")
        assert payload not in head
        check(page.removesuffix("</html>\n").removesuffix("</html>").replace("</body>", ""))
        markdown = display.card_markdown(bad)
        assert "<" not in markdown
        assert not set(markdown) & set(UNSEEN)
        assert markdown.count("\n---\n") == 1


@pytest.mark.parametrize("payload", PAYLOADS)
def test_E8_everything_of_a_run(payload):
    bundle = display.full(
        poisoned(samples.usual(), payload), {payload: b"\x89PNG\r\n\x1a\n", "x": b"<svg onload=alert(1)>"}
    )
    page = check(bundle["text/html"])
    assert [attributes["src"][:22] for tag, attributes in page.tags if tag == "img"] == [
        "data:image/png;base64,"
    ]
    assert bundle["text/plain"].strip()


def test_E8_a_name_can_be_read_as_it_is():
    view = replace(samples.first(), experiment="<b>churn</b> & {{7*7}}")
    assert "<b>churn</b> & {{7*7}}" in check(display.html(view)).text
    assert "<b>churn</b> & {{7*7}}" in display.text(view)


def test_E8_text_that_turns_around_is_made_visible():
    view = replace(samples.first(), experiment="model\u202egnp.exe")
    assert r"model\u202egnp.exe" in check(display.html(view)).text


def test_E8_hidden_characters_in_code_are_made_visible():
    comparison = replace(samples.comparison(), code_diff="@@ -1 +1 @@\n-x = 1\n+x = 1 \u2066# safe\u2069\n")
    assert r"\u2066# safe" in check(display.html(comparison)).text


def test_E8_the_widgets_data_is_json_and_its_script_inserts_text_alone():
    from mlops_jupyter.notebook import widgets

    for payload in PAYLOADS[:-4]:
        table = poisoned(samples.table(), payload)
        json.dumps(widgets.widget_data(table), allow_nan=False)
    script = (Path(widgets.__file__).parent / "static" / "runs.js").read_text()
    assert len(script) < 10_000
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "http://",
        "https://",
    ):
        assert word not in script.replace("'http://www.w3.org/2000/svg'", "")


def test_B20_text_is_ascii_where_it_must_be():
    for record in RECORDS:
        display.text(poisoned(record, "x"), ascii=True).encode("ascii")


def test_B20_a_narrow_standard_output_is_noticed(monkeypatch):
    class Narrow:
        encoding = "cp1252"

    monkeypatch.setattr(sys, "stdout", Narrow())
    said = display.text(samples.usual())
    monkeypatch.undo()
    assert said.isascii()
    assert "80,000 x 24" in said


def test_C1_not_finite_values_are_shown_as_such():
    text = display.text(samples.stepped())
    assert "NaN" in text
    assert "∞" in text
    bundle = display.bundle(RunTable((samples.stepped(),), 1))
    json.dumps(bundle, allow_nan=False)
    assert "NaN" in bundle["text/html"]

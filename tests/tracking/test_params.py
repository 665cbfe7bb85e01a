"""Params, tags and keys: everything is kept, nothing is executed, nothing breaks the caller."""

from __future__ import annotations

import pytest

from mlops_jupyter import tracking
from mlops_jupyter.errors import UsageError, ValueRefused


def params_of(number=1):
    return {param.key: param.value for param in tracking.get_run(number).params}


def test_nested_dicts_are_flattened_with_dots(registry):
    with tracking.start_run() as run:
        run.log_params({"net": {"depth": 3, "opt": {"lr": 0.1}}, "units": [4, 5], "empty": {}})
        run.log_param("one", {"a": 1})
    assert params_of() == {
        "net.depth": "3",
        "net.opt.lr": "0.1",
        "units": "[4, 5]",
        "empty": "{}",
        "one.a": "1",
    }


def test_C03_an_integer_too_big_for_a_number_is_a_text(registry):
    with tracking.start_run() as run:
        run.log_param("seed", 2**80)
    assert params_of() == {"seed": str(2**80)}


def test_C04_a_long_value_is_kept_whole_beside_its_head(registry):
    text = "".join(chr(97 + i % 26) for i in range(100_000))
    with tracking.start_run() as run:
        run.log_param("long", text)
    (param,) = tracking.get_run(1).params
    assert param.value == text[:500]
    assert registry.objects.get(param.object_hash).decode() == text


def test_C04_ten_thousand_params_and_endless_dicts_are_taken(registry):
    endless = {"x": 1}
    endless["self"] = endless
    deep = leaf = {}
    for _ in range(1_000):
        leaf["d"] = {}
        leaf = leaf["d"]
    with tracking.start_run() as run:
        run.log_params({f"p{i}": i for i in range(10_000)})
        run.log_params({"endless": endless, "deep": deep})
    view = tracking.get_run(1)
    assert sum(param.key.startswith("p") for param in view.params) == 10_000
    assert any(param.key.startswith("endless") for param in view.params)
    assert any(param.key.startswith("deep") for param in view.params)


def test_C05_another_value_of_a_param_is_shown_and_the_first_is_kept(registry):
    with tracking.start_run() as run:
        run.log_param("depth", 6)
        run.log_param("depth", 6)
        run.log_param("depth", 8)
    view = tracking.get_run(1)
    assert [param.value for param in view.params] == ["8"]
    assert [row["value"] for row in registry.rows("params", {"key": "depth"}, order="seq")] == ["6", "8"]
    (finding,) = view.findings
    assert (finding.code, finding.severity) == ("param-changed", "warning")
    assert "'6'" in finding.message
    assert "'8'" in finding.message


def test_C05_the_history_goes_on_in_a_resumed_run(registry):
    with tracking.start_run() as run:
        run.log_param("depth", 6)
    with tracking.start_run(run=1) as run:
        run.log_param("depth", 6)
        run.log_param("depth", 7)
    assert len(tracking.get_run(1).findings) == 1
    assert params_of() == {"depth": "7"}


class Hostile:
    def __repr__(self):
        raise RuntimeError("no")

    __str__ = __repr__


class Huge:
    def __repr__(self):
        return "<b>" * 300_000


def test_C06_objects_that_will_not_be_shown_are_kept_as_what_they_are(registry):
    with tracking.start_run() as run:
        run.log_params({"hostile": Hostile(), "huge": Huge()})
    found = params_of()
    assert "Hostile" in found["hostile"]
    assert len(found["huge"]) == 500


@pytest.mark.parametrize(
    "key", ["a/b", "..", "../../etc/hosts", "%s", " leading", "Größe", "'); DROP TABLE runs; --"]
)
def test_C07_C11_keys_are_data_and_kept_as_written(registry, key):
    with tracking.start_run(tags={key: "t"}) as run:
        run.log_param(key, "'); DROP TABLE params; --")
        run.log_metric(key, 1.0)
    view = tracking.get_run(1)
    assert (view.params[0].key, view.metrics[0].key, view.tags[0].key) == (key, key, key)
    assert view.params[0].value == "'); DROP TABLE params; --"


@pytest.mark.parametrize("key", ["", "k" * 10_000, None, 3])
def test_C07_keys_that_are_no_names_are_refused(registry, key):
    with tracking.start_run() as run:
        for log in (run.log_param, run.log_metric, run.set_tag):
            with pytest.raises(ValueRefused):
                log(key, 1)
    view = tracking.get_run(1)
    assert (view.params, view.metrics, view.tags) == ((), (), ())


def test_C07_names_that_only_look_the_same_are_warned_about(registry):
    with tracking.start_run() as run:
        run.log_param("caf\u00e9", 1)
        run.log_param("cafe\u0301", 1)
        run.log_metric("\u00e9", 1.0)
        run.log_metric("e\u0301", 1.0)
    assert [finding.code for finding in tracking.get_run(1).findings] == ["twin-names", "twin-names"]


def test_C08_what_a_database_would_refuse_is_replaced(registry):
    with tracking.start_run("a\0b", name="n\udc80", note="x\0", tags={"t": "\ud800"}) as run:
        run.log_param("p", "a\0b\udc80")
        run.add_finding("code", "info", "m\0")
        run.set_note("y\udfff")
    view = tracking.get_run(1)
    assert view.params[0].value == "a\ufffdb\ufffd"
    assert (view.experiment, view.run.name, view.run.note) == ("a\ufffdb", "n\ufffd", "y\ufffd")
    assert (view.tags[0].value, view.findings[0].message) == ("\ufffd", "m\ufffd")


def test_a_tag_may_not_be_a_whole_book(registry):
    with tracking.start_run() as run, pytest.raises(ValueRefused, match="5,000"):
        run.set_tag("book", "x" * 6_000)


def test_an_experiment_may_not_be_called_by_a_whole_book(registry):
    with pytest.raises(UsageError, match="characters"):
        tracking.start_run("x" * 501)


def test_a_thousand_children_are_one_transaction(registry):
    with tracking.start_run("search") as run:
        children = [
            tracking.Child(f"candidate {i}", {"depth": i, "model": "forest"}, {"mean_test_score": i / 1_000})
            for i in range(1_000)
        ]
        ids = run.log_children(children)
    assert len(set(ids)) == 1_000
    view = tracking.get_run(1)
    assert view.children == 1_000
    found = tracking.find_runs("search", "metrics.mean_test_score >= 0.999")
    (best,) = found.runs
    assert (best.run.name, best.run.parent_id, best.run.status) == ("candidate 999", run.id, "finished")
    assert {param.key: param.value for param in best.params} == {"depth": "999", "model": "forest"}
    assert best.metrics[0].direction == "max"


def test_children_with_a_refused_value_leave_nothing_behind(registry):
    with tracking.start_run() as run, pytest.raises(ValueRefused):
        run.log_children(
            [tracking.Child("a", {}, {"score": 1.0}), tracking.Child("b", {}, {"score": "high"})]
        )
    assert tracking.get_run(1).children == 0
    with tracking.start_run() as run:
        assert run.number == 2

"""Gates: the document, each kind held against what is recorded, and what may move."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import yaml

from mlops_jupyter import config, models
from mlops_jupyter.errors import GatesFailed, NotFoundError, UsageError
from mlops_jupyter.models import gates, looking
from mlops_jupyter.records import (
    Condition,
    DataFinding,
    DatasetVersion,
    Difference,
    Estimate,
    Evaluation,
    EvaluationReport,
    FairnessReport,
    Gap,
    Gate,
    GateDoc,
    Ledger,
    MetricResult,
    Reproduction,
    SliceReport,
    SliceResult,
    to_plain,
)
from mlops_jupyter.store import as_row, events
from mlops_jupyter.tracking import start_run

TRAIN, TEST = "mj1:" + "a" * 64, "mj1:" + "b" * 64

# --- the document -------------------------------------------------------------------------------

EVERYTHING = """\
model: churn
protected: [champion, production]
approval: true
four_eyes: true
approvers: [ada, 'no']
gates:
  # what sales agreed to
  - metric: {key: roc_auc, min: 0.8, sure: true}
  - metric: {key: log_loss, max: 0.5, severity: warning}
  - metric: {not_worse_than: champion, margin: 0.01}
  - contract: churn-train
  - worst_slice: {min: 0.7}
  - fairness_ratio: {key: equalized_odds_ratio, min: 0.8}
  - findings: warning
  - evaluation: {max_looks: 20, max_age_days: 30, min_rows: 500}
  - owner
  - use_case
  - signature
  - reproduced: {severity: warning}
"""


def test_gates_are_read_and_written_the_same():
    doc = gates.from_yaml(EVERYTHING)
    assert [gate.kind for gate in doc.gates[:4]] == ["metric", "metric", "metric", "contract"]
    assert doc.gates[0] == Gate(
        "metric", (("key", "roc_auc"), ("min", 0.8), ("sure", True)), why="what sales agreed to"
    )
    assert doc.gates[1].severity == "warning"
    assert doc.approvers == ("ada", "no")
    assert doc.protected == ("champion", "production")
    assert doc.four_eyes
    text = gates.to_yaml(doc)
    assert gates.from_yaml(text) == doc
    assert gates.to_yaml(gates.from_yaml(text)) == text


def test_other_readers_of_yaml_see_the_same_gates():
    plain = yaml.safe_load(gates.to_yaml(gates.from_yaml(EVERYTHING)))
    assert plain["approvers"] == ["ada", "no"]
    assert plain["gates"][3] == {"contract": "churn-train"}
    assert plain["gates"][-4:] == ["owner", "use_case", "signature", {"reproduced": {"severity": "warning"}}]


def test_the_defaults_can_be_edited_as_text():
    doc = gates.default_gates("churn")
    assert gates.from_yaml(gates.to_yaml(doc)) == doc
    assert gates.from_yaml("model: churn\n") == GateDoc("churn")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gates: []", "line 1: gates name their model"),
        ("model: churn\nprotectd: [x]", "line 2: 'protectd' is no part of gates; did you mean 'protected'?"),
        (
            "model: churn\ngates:\n  - owner\n  - metrik: {min: 1}",
            "line 4: 'metrik' is no gate; did you mean",
        ),
        ("model: c\ngates:\n  - metric: {mim: 1}", "line 3: metric has no word 'mim'; did you mean 'min'?"),
        ("model: c\ngates:\n  - metric: {key: roc_auc}", "line 3: metric needs min or max or"),
        ("model: c\ngates:\n  - metric: 0.8", "line 3: metric: 0.8 is not understood; its words are key,"),
        ("model: c\ngates:\n  - metric: {min: high}", "line 3: min of metric is a number, not 'high'"),
        ("model: c\ngates:\n  - metric: {min: .inf}", "line 3: min of metric is a number, not inf"),
        ("model: c\ngates:\n  - metric: {min: true}", "line 3: min of metric is a number, not True"),
        ("model: c\ngates:\n  - metric: {min: 1, max: 0}", "line 3: metric wants at least 1 and at most 0"),
        ("model: c\ngates:\n  - metric: {min: 1, margin: 1}", "line 3: margin of metric says how much"),
        ("model: c\ngates:\n  - fairness_ratio: {min: 2}", "line 3: min of fairness_ratio is a ratio from 0"),
        (
            "model: c\ngates:\n  - findings: awful",
            "line 3: max_severity of findings is none, info or warning",
        ),
        ("model: c\ngates:\n  - contract", "line 3: contract needs name; as in contract: churn-train"),
        ("model: c\ngates:\n  - owner: ada", "line 3: owner: 'ada' is not understood"),
        ("model: c\ngates:\n  - owner: {severity: awful}", "line 3: severity is error or warning"),
        ("model: c\ngates:\n  - owner: {}\n    metric: {min: 1}", "line 3: a gate has one kind"),
        ("model: c\ngates: owner", "line 2: gates are a list"),
        ("model: c\napproval: maybe", "line 2: approval is true or false, not 'maybe'"),
        ("model: c\nprotected: [latest]", "line 2: 'latest' cannot be an alias"),
        ("model: c\napprovers: [1]", "line 2: approvers is a list of names"),
        ("model: &a c\napprovers: [*a]", "line 2: this is no YAML: references"),
        ("model: !!python/name:os.system c", "line 1: the tag"),
        ("model: c\ngates:\n" + "  - owner\n" * 201, "line 3: 201 gates are not read; at most 200"),
        ("model: " + "9" * 5000, "line 1: a number of 5,000 digits is not read"),
        ("model: c\n" + "#" * 1_000_001, "a document of gates of 1,000,010 bytes is not read"),
        ("model: c\ngates: " + "[" * 20_000, "nested too deeply|this is no YAML"),
    ],
)
def test_what_gates_cannot_say_is_refused_with_its_line(text, message):
    with pytest.raises(UsageError, match=message if "|" in message else None) as caught:
        gates.from_yaml(text)
    assert "|" in message or message in str(caught.value)
    assert len(str(caught.value)) < 400


def test_gates_are_kept_in_editions_and_remembered(registry, churn):
    assert models.gates.read_gates("churn").seq == 0
    first = gates.put_gates("model: churn\ngates:\n  - owner\n")
    same = gates.put_gates(GateDoc("churn", (Gate("owner"),)))
    second = gates.put_gates(EVERYTHING)
    assert (first.seq, same.seq, second.seq) == (1, 1, 2)
    assert gates.read_gates("churn:2").doc == gates.from_yaml(EVERYTHING)
    said = events.read(registry, kinds=["gates.written"])
    assert [json.loads(event.detail)["edition"] for event in said] == [1, 2]


def test_gates_of_another_model_are_refused(churn):
    with pytest.raises(UsageError, match="gates of 'other', not of 'churn'"):
        gates.put_gates("model: other\n", name="churn")
    with pytest.raises(NotFoundError, match="there is no model 'chrun'; did you mean 'churn'"):
        gates.put_gates("model: chrun\n")
    with pytest.raises(UsageError, match="'metrik' is no gate"):
        gates.put_gates(GateDoc("churn", (Gate("metrik"),)))


# --- what they are held against -----------------------------------------------------------------


@pytest.fixture
def versions(registry, churn):
    """Three versions whose run is not known, said to be fitted on a content."""
    for version_id in (TRAIN, TEST):
        row = DatasetVersion(version_id, "frame", 1000, 2, 16_000, "x", "[]", config.now())
        registry.insert("dataset_versions", as_row(row))
    registry.update("model_versions", {"data_version_id": TRAIN}, {"model_id": churn[0].version.model_id})
    return [one.version for one in churn]


@pytest.fixture
def keep(registry):
    """A function that keeps a report as an evaluation of a version."""

    def write(version, value=0.82, *, low=0.80, high=0.84, on=TEST, at=None, **parts):
        auc = MetricResult("roc_auc", "AUC", Estimate(value, low, high), True, is_primary=True)
        loss = MetricResult("log_loss", "log loss", Estimate(0.4, 0.35, 0.45), False)
        auc = replace(auc, **parts.pop("auc", {}))
        report = EvaluationReport("binary", 1000, (auc, loss), "", version_id=on, **parts)
        object_hash = registry.objects.put(json.dumps(to_plain(report)).encode())
        row = Evaluation(config.new_id(), at or config.now(), "binary", 1000, "roc_auc", object_hash)
        row = replace(row, model_hash=version.object_hash, version_id=on, data_name="churn-test")
        registry.insert("evaluations", as_row(row))

    return write


def asked(text, ref="churn:3", alias="champion"):
    """Return how the first gate of a document stands."""
    gates.put_gates(f"model: churn\ngates:\n  - {text}\n")
    return gates.check(ref, alias=alias).results[0]


def slice_(text, value, n=100, *, is_found=True, is_worse=True):
    part = (Condition("c", text),)
    estimate = Estimate(value, value - 0.05, value + 0.05)
    return SliceResult(part, text, n, 0.1, estimate, estimate, 0.3, 2.0, 1.0, 0.01, is_worse, is_found)


def test_what_is_not_recorded_is_unknown_and_does_not_pass(versions):
    for text in ("metric: {min: 0.1}", "worst_slice: {min: 0.1}", "fairness_ratio: {min: 0.1}", "evaluation"):
        found = asked(text)
        assert (found.state, found.found) == ("unknown", "not evaluated")
        assert found.next_step == "evaluate churn:3 X_test y_test"
    assert not gates.check("churn:3").passed


def test_an_evaluation_on_the_training_data_is_no_evidence(versions, keep):
    keep(versions[2], on=TRAIN)
    found = asked("metric: {min: 0.1}")
    assert (found.state, found.found) == ("unknown", "evaluated on the data it was trained on alone")
    keep(versions[2], 0.7, low=0.6, high=0.8, at="2026-01-01T00:00:00.000000Z")
    found = asked("metric: {min: 0.1}")
    assert found.state == "passed"
    assert found.found.startswith("AUC 0.7")
    assert "2026-01-01 on churn-test, 1,000 rows" in found.evidence


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("metric: {min: 0.82}", "passed"),
        ("metric: {key: AUC, min: 0.83}", "failed"),
        ("metric: {key: roc_auc, min: 0.81, sure: true}", "failed"),
        ("metric: {key: roc_auc, min: 0.80, sure: true}", "passed"),
        ("metric: {key: log_loss, max: 0.41}", "passed"),
        ("metric: {key: log_loss, max: 0.41, sure: true}", "failed"),
        ("metric: {key: f1, min: 0.1}", "unknown"),
        ("metric: {min: 0.8, max: 0.81}", "failed"),
        ("metric: {max: 0.9}", "unknown"),
        ("metric: {key: log_loss, min: 0.1}", "unknown"),
    ],
)
def test_a_metric_has_a_level(versions, keep, text, state):
    keep(versions[2])
    assert asked(text).state == state


def test_a_sure_level_holds_for_the_best_of_all_that_were_tried(versions, keep):
    keep(versions[2], ledger=Ledger(TEST, 9, 10, estimate=Estimate(0.82, 0.77, 0.87)))
    found = asked("metric: {min: 0.8, sure: true}")
    assert found.state == "failed"
    assert "for the best of 10 models that were tried on these rows" in found.found


def difference(value, width, better):
    return Difference(value, value - width, value + width, better, f"by {value} ± {width}", "delong")


@pytest.mark.parametrize(
    ("value", "width", "better", "not_worse", "margin", "is_better"),
    [
        (0.03, 0.01, True, "passed", "passed", "passed"),
        (0.003, 0.009, None, "passed", "passed", "failed"),
        (-0.005, 0.02, None, "passed", "failed", "failed"),
        (-0.03, 0.01, False, "failed", "failed", "failed"),
    ],
)
def test_a_challenger_is_compared_beyond_noise(
    versions, keep, value, width, better, not_worse, margin, is_better
):
    gates.put_gates("model: churn\nprotected: []\n")
    models.set_alias("churn:1", "champion")
    keep(versions[2], baseline="churn:1", auc={"over_baseline": difference(value, width, better)})
    assert asked("metric: {not_worse_than: champion}").state == not_worse
    assert asked("metric: {not_worse_than: champion, margin: 0.01}").state == margin
    found = asked("metric: {better_than: champion}")
    assert found.state == is_better
    assert found.asked == "AUC better than churn:1 beyond noise"
    assert f"by {value} ± {width}" in found.found


def test_a_metric_of_which_less_is_better_is_compared_the_other_way(versions, keep):
    gates.put_gates("model: churn\nprotected: []\n")
    models.set_alias("churn:1", "champion")
    more = {"over_baseline": difference(0.05, 0.01, False), "is_higher_better": False}
    keep(versions[2], baseline="churn:1", auc=more)
    assert asked("metric: {not_worse_than: champion}").state == "failed"
    assert asked("metric: {not_worse_than: champion, margin: 0.1}").state == "passed"
    assert asked("metric: {not_worse_than: champion, margin: 0.055}").state == "failed"


def test_without_a_pair_the_two_intervals_are_compared(versions, keep):
    gates.put_gates("model: churn\nprotected: []\n")
    models.set_alias("churn:1", "champion")
    keep(versions[2])
    found = asked("metric: {not_worse_than: champion}")
    assert (found.state, found.next_step) == ("unknown", "evaluate churn:3 X_test y_test --baseline churn:1")
    keep(versions[0], 0.9, low=0.89, high=0.91)
    assert asked("metric: {not_worse_than: champion}").state == "failed"
    keep(versions[0], 0.82, low=None, high=None)
    assert asked("metric: {not_worse_than: champion}").state == "unknown"


def test_a_baseline_that_is_not_the_champion_is_no_comparison(versions, keep):
    gates.put_gates("model: churn\nprotected: []\n")
    models.set_alias("churn:1", "champion")
    keep(versions[2], baseline="churn:2", auc={"over_baseline": difference(0.1, 0.01, True)})
    assert asked("metric: {better_than: champion}").state == "unknown"
    keep(versions[2], baseline="old (churn:1)", auc={"over_baseline": difference(0.1, 0.01, True)})
    assert asked("metric: {better_than: champion}").state == "passed"


def test_the_first_version_has_no_champion_and_no_dummy(versions, keep):
    keep(versions[2])
    assert asked("metric: {not_worse_than: champion}").found == "no version is @champion yet"
    assert asked("metric: {better_than: dummy}").state == "unknown"
    keep(versions[2], auc={"over_dummy": difference(0.3, 0.02, True)})
    assert asked("metric: {better_than: dummy}").state == "passed"


def test_the_worst_slice_is_one_that_was_asked_for_or_is_surely_worse(versions, keep):
    text = "worst_slice: {min: 0.7}"
    keep(versions[2])
    assert (asked(text).state, asked(text).found) == ("unknown", "no slices were looked for")
    several = (
        slice_("by luck", 0.2, is_worse=None),
        slice_("tiny", 0.1, n=10, is_found=False),
        slice_("asked for", 0.75, is_found=False, is_worse=None),
    )
    keep(versions[2], slices=SliceReport("roc_auc", "0/1", 0.2, 1000, 50, several))
    found = asked(text)
    assert found.state == "passed"
    assert "where asked for (100 rows)" in found.found
    worse = (*several, slice_("hour in [17, 20)", 0.6))
    keep(versions[2], slices=SliceReport("roc_auc", "0/1", 0.2, 1000, 50, worse))
    found = asked(text)
    assert found.state == "failed"
    assert "where hour in [17, 20) (100 rows)" in found.found
    assert asked("worst_slice: {key: f1, min: 0.7}").state == "unknown"
    losses = SliceReport(
        "brier", "Brier score", 0.2, 1000, 50, (slice_("at night", 0.3), slice_("late", 0.4))
    )
    keep(versions[2], slices=losses)
    assert asked(text).found == "less brier is better; the gate says min, and max is meant"
    found = asked("worst_slice: {max: 0.35}")
    assert (found.state, found.found.partition("where ")[2]) == ("failed", "late (100 rows)")
    keep(versions[2], slices=SliceReport("roc_auc", "0/1", 0.2, 1000, 50, ()))
    assert asked(text).found == "no part is worse than the rest (50 were tried)"


def test_a_fairness_ratio_of_too_few_rows_cannot_be_said(versions, keep):
    def gap(value, key="demographic_parity_ratio"):
        return Gap(key, key, Estimate(value, None, None, note="too small to say"), "f", "m")

    keep(versions[2])
    assert asked("fairness_ratio: {min: 0.8}").found == "no groups were compared"
    keep(versions[2], fairness=FairnessReport(("sex",), (), (gap(0.9), gap(0.5, "equalized_odds_ratio"))))
    assert asked("fairness_ratio: {min: 0.8}").state == "passed"
    assert asked("fairness_ratio: {key: equalized_odds_ratio, min: 0.8}").state == "failed"
    assert "did you mean" in asked("fairness_ratio: {key: equal_odds_ratio, min: 0.8}").found
    keep(versions[2], fairness=FairnessReport(("sex",), (), (gap(0.9), gap(None))))
    found = asked("fairness_ratio: {min: 0.8}")
    assert (found.state, found.found) == ("unknown", "too small to say")


def test_pitfalls_worse_than_a_severity_stop_a_version(versions, keep):
    keep(versions[2], findings=(DataFinding("proxy", "warning", "one column says it all"),))
    assert asked("findings: warning").state == "passed"
    found = asked("findings: info")
    assert (found.state, found.found) == ("failed", "warning: one column says it all")
    assert asked("findings: none").state == "failed"
    keep(versions[2])
    assert asked("findings: none").found == "none found"


def test_a_hold_out_is_new_large_and_seldom_looked_at(versions, keep):
    keep(versions[2], at="2020-01-01T00:00:00.000000Z", ledger=Ledger(TEST, 9, 4))
    assert asked("evaluation: {max_age_days: 30}").state == "failed"
    assert asked("evaluation: {max_age_days: 100000, max_looks: 9, min_rows: 1000}").state == "passed"
    assert asked("evaluation: {max_looks: 8}").state == "failed"
    assert asked("evaluation: {min_rows: 1001}").state == "failed"


def test_a_version_of_which_no_training_data_are_known_cannot_say_it_was_held_out(registry, versions, keep):
    keep(versions[2])
    assert asked("evaluation").state == "passed"
    registry.update("model_versions", {"data_version_id": None}, {"id": versions[2].id})
    found = asked("evaluation")
    assert found.state == "unknown"
    assert "no run says which data it was trained on" in found.found


def test_owner_and_use_case(versions, keep):
    assert asked("owner").state == "failed"
    models.edit("churn:3", owner="ada")
    assert (asked("owner").state, asked("owner").found) == ("passed", "ada")
    assert asked("use_case").found == "no use case"
    from mlops_jupyter.models import usecases

    usecases.document_use_case("churn", owner="ada", decision="whom to call")
    assert asked("use_case").found == "does not say success measure"
    usecases.document_use_case("churn", success_measure="renewals", model_metric="AUC", acceptable_value=0.83)
    assert asked("use_case").state == "unknown"
    keep(versions[2])
    assert asked("use_case").state == "failed"
    usecases.document_use_case("churn", acceptable_value=0.81)
    assert asked("use_case").state == "passed"


def test_signature_and_example(registry, made, churn):
    assert asked("signature").state == "failed"
    models.register("churn", model=made(4.0), X=[[0.0], [1.0]], y=[0.0, 4.0])
    found = asked("signature", "churn:4")
    assert (found.state, found.found[:19]) == ("passed", "1 inputs, 1 outputs")


def made_again(store, verdict, *, at="2026-01-02T03:04:05.000000Z"):
    run_id = store.rows("model_versions", order="number desc", limit=1)[0]["run_id"]
    row = Reproduction(config.new_id(), run_id, at, verdict, f"{verdict}: 1 metric", "0" * 64, 0)
    store.insert("reproductions", as_row(row))


def test_reproduced_asks_for_the_last_time_that_the_run_was_made_again(registry, made, churn):
    with start_run("churn") as run:
        run.log_metric("auc", 0.8)
    models.register("churn", model=made(4.0), run=run.number)
    assert asked("reproduced", "churn:4").next_step == "reproduce churn:4"
    made_again(registry, "differs")
    found = asked("reproduced", "churn:4")
    assert (found.state, found.found) == ("failed", "differs: 1 metric")
    made_again(registry, "equal", at="2026-01-03T03:04:05.000000Z")
    assert asked("reproduced", "churn:4").state == "passed"
    assert asked("reproduced: {exactly: true}", "churn:4").state == "failed"
    assert asked("reproduced: {max_age_days: 1}", "churn:4").state == "failed"
    assert looking.version("churn:4").reproduced.verdict == "equal"


def test_reproduced_of_a_version_without_a_run(versions):
    assert asked("reproduced").found == "it has no run"


# --- what may move ------------------------------------------------------------------------------


def test_the_same_evidence_is_one_check_and_other_evidence_another(registry, versions, keep):
    gates.put_gates("model: churn\ngates:\n  - owner\n")
    first, again = gates.check("churn:3"), gates.check("churn:3")
    assert first == again
    models.edit("churn:3", owner="ada")
    assert gates.check("churn:3").passed
    assert [row["is_passed"] for row in registry.rows("gate_checks", order="created_at")] == [0, 1]


def test_a_protected_alias_needs_its_gates(versions):
    gates.put_gates("model: churn\napproval: false\ngates:\n  - owner\n  - use_case: {severity: warning}\n")
    with pytest.raises(GatesFailed, match=r"churn:3 may not become @champion: .*no owner; next: ") as caught:
        models.set_alias("churn:3", "champion")
    assert [one.state for one in caught.value.report.results] == ["failed", "failed"]
    assert "\n" not in str(caught.value)
    assert models.set_alias("churn:3", "challenger").report is None
    models.edit("churn:3", owner="ada")
    moved = models.set_alias("churn:3", "champion")
    assert moved.report.passed
    assert moved.report.summary == "all 1 gates that must pass do; 1 more warn"


def test_an_override_needs_a_reason_and_stays(registry, versions, monkeypatch):
    gates.put_gates("model: churn\napprovers: [ada]\ngates:\n  - owner\n")
    monkeypatch.setenv("MLOPS_USER", "ada")
    with pytest.raises(UsageError, match="an override needs a reason"):
        models.set_alias("churn:3", "champion", override_reason="  ")
    monkeypatch.setenv("MLOPS_USER", "eve")
    with pytest.raises(UsageError, match="eve may not override the gates of churn; ada may"):
        models.set_alias("churn:3", "champion", override_reason="because")
    assert events.read(registry, kinds=["alias.moved"]) == []
    monkeypatch.setenv("MLOPS_USER", "ada")
    moved = models.set_alias("churn:3", "champion", override_reason="the old one fails")
    assert [one.state for one in moved.report.results] == ["overridden"]
    assert moved.report.summary == "1 gate overridden by ada: the old one fails"
    models.set_alias("churn:2", "champion", override_reason="and back")
    shown = models.version("churn:3").overrides
    assert [json.loads(event.detail)["override_reason"] for event in shown] == ["the old one fails"]
    assert json.loads(shown[0].detail)["overridden"] == ["somebody answers for it: no owner"]


def test_an_override_of_the_approval_alone_says_so(versions):
    gates.put_gates("model: churn\ngates: []\n")
    moved = models.set_alias("churn:3", "champion", override_reason="nobody is in")
    assert moved.report.summary.startswith("approval overridden by ")


@pytest.mark.slow
def test_the_data_of_a_version_keep_the_accepted_contract(registry, churn):
    import pandas as pd

    from mlops_jupyter import datasets

    assert "did you mean" not in asked("contract: churn-train").found
    assert asked("contract: churn-train").next_step == "data save df --name churn-train"
    saved = datasets.save(pd.DataFrame({"age": [31, 45, 52]}), "churn-train")
    assert asked("contract: churn-train").next_step == "contract infer churn-train"
    datasets.put_contract("dataset: churn-train\ncolumns:\n  age:\n    range: {min: 0}\n")
    datasets.accept_contract("churn-train")
    assert asked("contract: churn-train").found == "no run says which data it was trained on"
    fitted = {"data_version_id": saved.saved.version_id}
    registry.update("model_versions", fitted, {"number": 3})
    found = asked("contract: churn-train")
    assert (found.state, found.next_step) == (
        "unknown",
        "validate churn-train:1 --contract churn-train:1",
    )
    datasets.validate("churn-train:1")
    found = asked("contract: churn-train")
    assert (found.state, found.asked) == ("passed", "its data keep contract 1 of churn-train")
    assert found.found == "kept by churn-train:1"
    datasets.put_contract("dataset: churn-train\ncolumns:\n  age:\n    range: {min: 40}\n")
    datasets.accept_contract("churn-train:2")
    found = asked("contract: churn-train")
    assert (found.state, found.found) == (
        "unknown",
        "its data were not held against it; an older edition was",
    )
    datasets.validate("churn-train:1")
    found = asked("contract: churn-train")
    assert (found.state, found.found) == ("failed", "1 rule is broken by churn-train:1")


def test_who_may_only_look_sees_the_gates_and_leaves_nothing(registry, versions, monkeypatch):
    before = gates.check("churn:3")
    checks = len(registry.rows("gate_checks"))
    models.edit("churn:3", owner="ada")
    monkeypatch.setattr(registry, "why_read_only", "only to look at")
    seen = gates.check("churn:3")
    assert len(registry.rows("gate_checks")) == checks
    assert seen.results != before.results


def test_a_gate_of_a_newer_version_is_unknown_and_shown(registry, versions):
    gates.put_gates("model: churn\ngates:\n  - owner\n")
    newer = registry.rows("model_docs")[0]["document"].replace('"owner"', '"moonlight"')
    registry.update("model_docs", {"document": newer}, {"kind": "gates"})
    report = gates.check("churn:3")
    assert [one.state for one in report.results] == ["unknown"]
    assert "does not know the gate 'moonlight'" in report.results[0].found
    assert "- moonlight" in gates.read_gates("churn").text

"""Models from the command line, as a user or a cron job types them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import mlops_jupyter as mlops
from mlops_jupyter import cli, records

GATES = "model: churn\ngates:\n  # somebody must be asked\n  - owner\n"


def table(rows=160, seed=1):
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(random.normal(size=(rows, 2)), columns=["calls", "months"])
    return frame.assign(churned=(frame["calls"] + random.normal(size=rows) > 0).astype(int))


@pytest.fixture(scope="module")
def fitted():
    train = table(300, seed=2)
    return [LogisticRegression(C=c).fit(train[["calls", "months"]], train["churned"]) for c in (1.0, 0.01)]


@pytest.fixture
def churn(registry, fitted):
    """Two versions of a model, the first with an owner, and a file of rows held out."""
    for model, owner in zip(fitted, ("ada", None), strict=True):
        mlops.register("churn", model, X=table()[["calls", "months"]], owner=owner)
    table().to_csv("test.csv", index=False)
    Path("gates.yaml").write_text(GATES)
    return registry


def asked(capsys, *words):
    code = cli.main(words)
    out, err = capsys.readouterr()
    return code, out, err


def answered(capsys, *words, code=0):
    found, out, err = asked(capsys, *words, "--json")
    assert (found, err) == (code, ""), (words, err)
    return json.loads(out)


def test_every_answer_is_its_record_as_json(churn, capsys):
    for words, record in (
        (["models"], records.ModelTable),
        (["models", "list", "chu"], records.ModelTable),
        (["models", "churn"], records.ModelView),
        (["models", "churn:1"], records.VersionView),
        (["models", "edit", "churn:2", "--note", "too much shrinkage"], records.VersionView),
        (["compare", "churn:1", "churn:2"], records.VersionComparison),
        (["alias", "churn:1", "challenger"], records.AliasMoved),
        (["alias", "churn", "challenger", "--remove"], records.Done),
        (["gates", "show", "churn", "--to", "g.yaml"], records.GatesView),
        (["gates", "edit", "churn", "--file", "gates.yaml"], records.GatesView),
        (["gates", "churn:1"], records.GateReport),
        (["request-approval", "churn:1", "--note", "please"], records.ApprovalView),
        (["approvals"], records.ApprovalTable),
        (["approve", "churn:1", "--reason", "looked at it"], records.ApprovalView),
        (["history", "churn"], records.ModelHistory),
        (["usecase", "churn", "--decision", "whom to call"], records.UseCaseView),
        (["kpi", "churn", "saved", "120", "--time", "2026-03-01"], records.UseCaseView),
        (["card", "churn@champion"], records.ModelCard),
        (["card", "churn:1", "--for", "outsiders"], records.ModelCard),
        (["archive", "churn:2", "--reason", "worse"], records.VersionView),
        (["unarchive", "churn:2"], records.VersionView),
        (["audit", "verify"], records.AuditReport),
    ):
        assert set(answered(capsys, *words)) == set(record.__dataclass_fields__), words


def test_the_status_says_whether_gates_and_chain_hold(churn, capsys):
    assert answered(capsys, "gates", "churn:1", code=1)["passed"] is False
    answered(capsys, "gates", "edit", "churn", "--file", "gates.yaml")
    assert answered(capsys, "gates", "churn:1")["passed"] is True
    assert answered(capsys, "gates", "churn:2", code=1)["passed"] is False
    answered(capsys, "alias", "churn:1", "challenger")
    assert answered(capsys, "audit", "verify")["is_whole"] is True
    churn.update("model_aliases", {"number": 2}, {"alias": "challenger"})
    assert answered(capsys, "audit", "verify", code=1)["problems"]


def test_a_protected_alias_is_refused_with_the_reason_and_overridden_with_one(churn, capsys):
    code, _, err = asked(capsys, "alias", "churn:1", "champion")
    assert code == 1
    assert err.startswith("mlops: churn:1 may not become @champion: ")
    assert err.count("\n") == 1
    moved = answered(capsys, "alias", "churn:1", "champion", "--override", "the old one is broken")
    assert moved["override_reason"] == "the old one is broken"
    assert answered(capsys, "models", "churn:1")["overrides"]


def test_a_rejection_and_a_withdrawal_are_answers(churn, capsys):
    answered(capsys, "gates", "edit", "churn", "--file", "gates.yaml")
    answered(capsys, "request-approval", "churn:1")
    assert answered(capsys, "withdraw", "churn:1")["approval"]["state"] == "withdrawn"
    answered(capsys, "request-approval", "churn:1")
    assert (
        answered(capsys, "reject", "churn:1", "--reason", "too few rows")["approval"]["state"] == "rejected"
    )
    assert asked(capsys, "approve", "churn:1", "--reason", "yes")[0] == 1


def test_a_card_is_one_file_or_a_text(churn, capsys):
    for name, start in (("card.html", "<!doctype html>"), ("card.md", "---"), ("card.json", "{")):
        answered(capsys, "card", "churn:1", "--to", name)
        assert Path(name).read_text(encoding="utf-8").lower().startswith(start)
    assert Path("card.html").stat().st_size < 200_000
    assert asked(capsys, "card", "churn:1", "--format", "md")[1] == Path("card.md").read_text(
        encoding="utf-8"
    )
    assert asked(capsys, "card", "churn:1", "--to", "card.pdf")[2].startswith(
        "mlops: the ending '.pdf' is none"
    )
    assert "everyone or outsiders" in asked(capsys, "card", "churn:1", "--for", "press")[2]


def test_a_use_case_goes_to_a_file_and_comes_back(churn, capsys):
    words = ["--stakeholders", "sales: whom to call; legal", "--acceptable-value", "0.8", "--to", "u.yaml"]
    made = answered(capsys, "usecase", "churn", *words)
    assert [one["name"] for one in made["doc"]["stakeholders"]] == ["sales", "legal"]
    text = Path("u.yaml").read_text().replace("acceptable_value: 0.8", "acceptable_value: 0.9")
    Path("u.yaml").write_text(text)
    assert answered(capsys, "usecase", "churn", "--file", "u.yaml")["doc"]["acceptable_value"] == 0.9
    Path("u.yaml").write_text("ownr: ada\n")
    assert "did you mean 'owner'" in asked(capsys, "usecase", "churn", "--file", "u.yaml")[2]


def test_a_model_of_a_run_is_registered(registry, fitted, capsys):
    with mlops.start_run("churn") as run:
        run.log_model(fitted[0], "clf")
    made = answered(capsys, "register", "churn", "--run", "1", "--alias", "challenger")
    assert (made["version"]["number"], made["run_number"], made["aliases"]) == (1, 1, ["challenger"])


@pytest.mark.slow
def test_a_file_is_registered_and_what_is_none_is_refused(registry, fitted, capsys):
    from mlops_jupyter import formats

    Path("clf.skops").write_bytes(formats.dump_model(fitted[0]).data)
    Path("bad.pkl").write_bytes(b"\x80\x04cos\nsystem\n.")
    assert answered(capsys, "register", "churn", "clf.skops")["version"]["number"] == 1
    code, _, err = asked(capsys, "register", "churn", "bad.pkl")
    assert (code, err.count("\n")) == (1, 1)
    assert "there is no file 'clf'" in asked(capsys, "register", "churn", "clf")[2]


def test_a_model_and_a_file_are_evaluated(churn, capsys):
    words = ["--baseline", "churn:2", "--n-bootstrap", "50", "--costs", "fp=1,fn=5"]
    made = answered(capsys, "evaluate", "churn:1", "test.csv", "churned", *words)
    assert (made["model"], made["baseline"], made["data"]) == ("churn:1", "churn:2", "test.csv")
    assert made["threshold"]["costs"]["false_negative"] == 5
    assert answered(capsys, "models", "churn:1")["evaluation"]["id"] == made["id"]
    assert "did you mean 'churned'" in asked(capsys, "evaluate", "churn:1", "test.csv", "chrned")[2]
    assert (
        "did you mean 'binary'"
        in asked(capsys, "evaluate", "churn:1", "test.csv", "churned", "--problem", "binry")[2]
    )


def test_what_is_not_there_is_one_line(churn, capsys):
    for words, said in (
        (["models", "chrn"], "did you mean 'churn'"),
        (["compare", "churn:1", "churn:9"], "no version 9"),
        (["compare", "churn:1", "churn:2", "churn:1"], "takes two versions"),
        (["history", "churn", "--at", "yesterday"], "yesterday"),
        (["audit", "verify", "--anchor", "abc"], "abc"),
        (["approve", "churn:1"], "REASON is missing"),
        (["models", "shw", "churn"], "show"),
    ):
        code, out, err = asked(capsys, *words)
        assert (code, out, err.count("\n")) == (1, "", 1), (words, err)
        assert said in err

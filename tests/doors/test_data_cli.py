"""Data and contracts from the command line, as a user or a cron job types them."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mlops_jupyter as mlops
from mlops_jupyter import cli, records


def flights(rows=600, seed=1):
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "flight": np.arange(rows),
            "delay": random.normal(5, 30, rows).round(1),
            "carrier": random.choice(["AA", "UA", "DL"], rows),
        }
    )


@pytest.fixture
def files(registry):
    flights().to_csv("flights.csv", index=False)
    flights().assign(delay=lambda f: f["delay"] + 1).to_parquet("later.parquet", index=False)
    return registry


def asked(capsys, *words):
    code = cli.main(words)
    out, err = capsys.readouterr()
    return code, out, err


def answered(capsys, *words):
    code, out, err = asked(capsys, *words, "--json")
    assert (code, err) == (0, ""), (words, err)
    return json.loads(out)


@pytest.mark.slow
def test_a_file_becomes_a_dataset_and_a_file_again(files, capsys):
    saved = answered(capsys, "data", "save", "flights.csv", "--name", "flights", "--alias", "gold")
    assert (saved["ref"], saved["aliases"]) == ("flights:1", ["gold"])
    assert answered(capsys, "data", "save", "later.parquet", "flights")["ref"] == "flights:2"
    assert "flights:1" in answered(capsys, "data", "load", "flights@gold", "--to", "out.parquet")["message"]
    assert pd.read_parquet("out.parquet").equals(pd.read_csv("flights.csv"))
    answered(capsys, "data", "load", "flights:2", "--to", "out.csv", "--columns", "delay,flight")
    assert Path("out.csv").read_text().startswith("delay,flight\n")


def test_every_answer_of_data_is_its_record_as_json(files, capsys):
    for words, record in (
        (["save", "flights.csv"], records.SavedView),
        (["save", "later.parquet", "flights"], records.SavedView),
        ([], records.DatasetTable),
        (["list", "fli"], records.DatasetTable),
        (["flights"], records.DataCard),
        (["show", "flights:1", "--target", "delay"], records.DataCard),
        (["flights.csv"], records.DataCard),
        (["history", "flights"], records.DatasetHistory),
        (["diff", "flights", "--key", "flight"], records.DataDiff),
        (["diff", "flights:1", "later.parquet"], records.DataDiff),
        (["where-used", "flights:1"], records.WhereUsed),
        (["doc", "flights", "delay=minutes late", "delay.unit=min", "--key", "flight"], records.DataDoc),
        (["alias", "flights:1", "silver"], records.SavedView),
        (["alias", "flights", "silver", "--remove"], records.Done),
        (["delete", "flights:2"], records.Done),
        (["restore", "flights:2"], records.DatasetHistory),
    ):
        found = answered(capsys, "data", *words)
        assert set(found) == set(record.__dataclass_fields__), words
    assert set(answered(capsys, "clean")) == set(records.Collected.__dataclass_fields__)


@pytest.mark.slow
def test_the_words_of_other_tools_are_understood_and_not_listed(files, capsys):
    assert answered(capsys, "data", "add", "flights.csv")["ref"] == "flights:1"
    assert answered(capsys, "data", "ls")["total"] == 1
    assert answered(capsys, "data", "tag", "flights", "gold")["aliases"] == ["gold"]
    assert answered(capsys, "data", "versions", "flights")["versions"][0]["ref"] == "flights:1"
    assert "written" in answered(capsys, "data", "get", "flights:gold", "--to", "x.csv")["message"]
    listed = asked(capsys, "data", "--help")[1]
    assert "checkout" not in listed
    assert "│ save " in listed


def test_the_document_goes_to_a_file_and_comes_back(files, capsys):
    answered(capsys, "data", "save", "flights.csv")
    answered(capsys, "data", "doc", "flights", "delay=minutes late", "--owner", "ada", "--to", "flights.yml")
    text = Path("flights.yml").read_text()
    assert "meaning: minutes late" in text
    Path("flights.yml").write_text(text.replace("ada", "eve"))
    assert answered(capsys, "data", "doc", "flights", "--file", "flights.yml")["owner"] == "eve"
    code, out, err = asked(capsys, "data", "doc", "flights")
    assert (code, err) == (0, "")
    assert "minutes late" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["data", "flihgts"], "there is no dataset 'flihgts'; did you mean 'flights'?"),
        (["data", "sve", "flights"], "data has no verb 'sve'; did you mean 'save'? Try: mlops data --help"),
        (["data", "save"], "data save: WHAT is missing."),
        (["data", "save", "flihgts.csv"], "did you mean 'flights.csv'"),
        (["data", "load", "flights"], "mlops data load flights --to data.parquet"),
        (["data", "load", "flights", "--to", "x.doc"], "ends with no kind of file"),
        (["data", "load", "flights", "--to", "no/x.csv"], "there is no folder"),
        (["data", "load", "flights:7", "--to", "x.csv"], "the newest is flights:1"),
        (["data", "load", "flights", "--to", "x.csv", "--columns", "dely"], "did you mean 'delay'"),
        (["data", "diff", "flights"], "there is no version before flights:1"),
        (["data", "diff", "flights", "flights.csv", "--key", "carrier"], "carrier"),
        (["data", "doc", "flights", "delay"], "says nothing about a column"),
        (["data", "doc", "flights", "dely.unit=min"], "did you mean 'delay'"),
        (["data", "alias", "flights:1", "latest"], "cannot be an alias"),
        (["data", "list", "--limit", "0"], "expected 1 or more"),
        (["contract", "show", "flights"], "has no contract yet; contract infer flights"),
        (["contract", "infer"], "contract infer churn-train"),
        (["contract", "edit", "flights"], "--file contract.yml"),
        (["contract", "show", "flihgts.yml"], "there is no file 'flihgts.yml'"),
    ],
)
def test_what_goes_wrong_is_one_helpful_line(files, capsys, words, said):
    cli.main(["data", "save", "flights.csv", "--json"])
    capsys.readouterr()
    code, out, err = asked(capsys, *words)
    assert (code, out) == (1, "")
    assert said in err
    assert err.startswith("mlops: ")
    assert err.count("\n") == 1


def test_a_contract_from_its_proposal_to_a_broken_delivery(files, capsys):
    answered(capsys, "data", "save", "flights.csv")
    proposed = answered(capsys, "contract", "infer", "flights", "--to", "flights.yml")
    assert (proposed["ref"], proposed["contract"]["state"]) == ("flights:1", "proposed")
    done = answered(capsys, "contract", "accept", "flights", "--note", "looked at")
    assert done["message"].startswith("flights contract 1 is accepted: ")
    assert answered(capsys, "validate", "flights.csv")["passed"]

    broken = flights(seed=2)
    broken["delay"] *= 1000
    broken["carrier"] = broken["carrier"].replace("UA", "ua")
    broken.to_csv("delivery.csv", index=False)
    code, out, _ = asked(
        capsys, "validate", "delivery.csv", "--contract", "flights.yml", "--junit", "out.xml", "--json"
    )
    report = json.loads(out)
    assert (code, report["passed"]) == (1, False)
    failed = {result["rule"]["columns"][0] for result in report["results"] if result["state"] == "failed"}
    assert {"delay", "carrier"} <= failed
    assert int(ET.parse("out.xml").getroot().find(".//testsuite").get("failures")) >= 2
    assert asked(capsys, "validate", "delivery.csv", "--contract", "flights")[0] == 1


def test_validate_ends_with_2_where_it_could_not_be_asked(files, capsys):
    for words in (
        ["flights.csv"],
        ["flihgts.csv"],
        ["flights.csv", "--contract", "flights"],
        ["flights.csv", "--contract", "none.yml"],
        ["flights.csv", "--nope"],
        [],
    ):
        code, out, err = asked(capsys, "validate", *words)
        assert (code, out) == (2, ""), words
        assert err.count("\n") == 1


def test_a_function_that_nobody_asked_is_no_pass(files, capsys):
    Path("c.yml").write_text("dataset: flights\ntable:\n  python: {function: 'os:system'}\n")
    code, out, err = asked(capsys, "validate", "flights.csv", "--contract", "c.yml")
    assert code == 2
    assert "No rule could be asked" in out
    assert err.startswith("mlops: not asked, so this is no pass: ")


def test_editions_of_a_contract_are_listed_compared_and_exported(files, capsys):
    answered(capsys, "data", "save", "flights.csv")
    answered(capsys, "contract", "infer", "flights", "--to", "flights.yml")
    answered(capsys, "contract", "accept", "flights")
    text = Path("flights.yml").read_text()
    Path("flights.yml").write_text(text.replace("type: integer", "type: float", 1))
    changed = answered(capsys, "contract", "edit", "flights", "--file", "flights.yml", "--note", "softer")
    assert changed["contract"]["number"] == 2
    listed = answered(capsys, "contract", "list", "flights")["rows"]
    assert [row[:2] for row in listed] == [["flights:2", "proposed"], ["flights:1", "accepted"]]
    assert len(answered(capsys, "contract", "diff", "flights")["rules"]) == 1
    assert asked(capsys, "contract", "export", "flights:1")[1].strip() == text.strip()
    answered(capsys, "contract", "accept", "flights:2")
    assert [row[1] for row in answered(capsys, "contract", "list", "flights")["rows"]] == [
        "accepted",
        "retired",
    ]
    answered(capsys, "contract", "export", "flights", "schema.py")
    compile(Path("schema.py").read_text(), "schema.py", "exec")


def test_the_text_of_each_answer_is_that_of_its_card(files, capsys):
    from mlops_jupyter import display

    answered(capsys, "data", "save", "flights.csv")
    code, out, err = asked(capsys, "data", "flights")
    assert (code, err) == (0, "")
    assert out == display.text(mlops.describe_dataset("flights")) + "\n"


@pytest.mark.slow
def test_a_pipe_gets_json_and_a_terminal_sees_progress(files, capsys):
    done = subprocess.run(
        [sys.executable, "-m", "mlops_jupyter", "data", "save", "flights.csv", "--json"],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["ref"] == "flights:1"

"""The tutorial of deployment, whole: in a file of its own, since each file has one process."""

from __future__ import annotations

import pytest

import mlops_jupyter as mlops
from mlops_jupyter import verbs


@pytest.mark.slow
def test_the_tutorial_of_deployment_proves_what_it_exports(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    result = verbs.demo(tutorial="deploy")
    first = mlops.describe_model("late:1", registry=result.registry)
    assert [(one.target, one.verdict) for one in first.exports] == [
        ("batch", "verified"),
        ("service", "verified"),
    ]
    assert first.reproduced.verdict == "identical"
    assert mlops.describe_model("late@challenger", registry=result.registry).version.number == 2

"""The exported folder: looked at as an engineer would, without running what it serves."""

from __future__ import annotations

import ast
import json
import tomllib
from pathlib import Path

import pytest
import yaml

from mlops_jupyter import display
from mlops_jupyter.deploy.contents import contents_of
from mlops_jupyter.deploy.exporting import export
from mlops_jupyter.deploy.model_modules import modules_of
from mlops_jupyter.deploy.own_modules import own_modules
from mlops_jupyter.deploy.packages import imports_of
from mlops_jupyter.deploy.sources import batch_sources, service_sources
from mlops_jupyter.deploy.subject import subject_of
from mlops_jupyter.deploy.training import kept_inputs, training_of
from mlops_jupyter.errors import NotFoundError, UnsupportedError, UsageError
from mlops_jupyter.records import LocalModule

from .exports import register, with_recipe

# --- fast: what needs no lock ----------------------------------------------------------------------


@pytest.fixture
def subject(registry):
    register()
    return subject_of(registry, "churn")


@pytest.mark.slow
def test_the_code_of_an_export_is_closed_and_free_of_this_package():
    for sources, http in ((service_sources(), True), (batch_sources(), False)):
        assert "mlops_jupyter" not in imports_of(sources)
        assert ("fastapi" in imports_of(sources)) is http
        for path, text in sources.items():
            ast.parse(text, path)


def unsafe_model():
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    return make_pipeline(FunctionTransformer(lambda X: X), LinearRegression()).fit([[0.0], [1.0]], [0, 1])


@pytest.mark.slow
def test_modules_are_read_from_the_files_of_models():
    from mlops_jupyter import formats

    unsafe = formats.dump_model(unsafe_model(), unsafe_reason="a function")
    assert {"cloudpickle", "sklearn"} <= set(modules_of(unsafe.data, "cloudpickle"))
    assert "xgboost" in modules_of(b"", "xgboost", ["xgboost", "python"])
    with pytest.raises(UnsupportedError, match="cannot be read as skops"):
        modules_of(b"no archive", "skops")


def test_a_recipe_becomes_a_script_that_writes_the_model(registry, subject):
    source = registry.objects.put(b"RATE = 0.5\n")
    made = training_of(
        registry,
        with_recipe(
            subject,
            "import pandas as pd\nfrom helpers.rates import RATE",
            "depth = 3\ndf = pd.read_csv('/home/ann/churn.csv')",
            "model = fit(df, depth, RATE)",
            files=["/home/ann/churn.csv"],
            modules=[LocalModule("helpers.rates", "helpers/rates.py", "", object_hash=source)],
        ),
        "service",
    )
    assert made.modules == {"modules/helpers/rates.py": b"RATE = 0.5\n"}
    assert made.imports == ("pandas",)
    assert made.options == ("--depth", "--churn-csv")
    assert made.inputs == ("/home/ann/churn.csv",)
    assert any("/home/ann/churn.csv" in note for note in made.notes)
    body = ast.unparse(ast.parse(made.script))
    assert body.index("modules") < body.index("from helpers.rates import RATE")
    assert "_Path(_output).write_bytes(_dump_model(model).data)" in body
    assert "from service.runtime.formats.models import dump_model" in body


def test_a_model_without_a_recipe_says_why(registry, subject):
    made = training_of(registry, subject, "service")
    assert made.script == ""
    assert (
        made.why_none
        == "the model was registered from memory, without a run, so nothing says which code made it."
    )


@pytest.mark.slow
def test_modules_of_no_package_go_with_the_model_that_needs_them(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "team").mkdir()
    (tmp_path / "team" / "__init__.py").write_text("import leaf\nimport numpy\n")
    (tmp_path / "team" / "steps.py").write_text("HALF = 0.5\n")
    (tmp_path / "leaf.py").write_text("import json\n")
    found = own_modules(["team", "numpy"], {})
    assert sorted(found) == ["modules/leaf.py", "modules/team/__init__.py", "modules/team/steps.py"]
    assert own_modules(["team"], {"modules/team/__init__.py": b""}) == {}
    with pytest.raises(NotFoundError, match="needs the module 'nowhere_to_be_found'"):
        own_modules(["nowhere_to_be_found"], {})
    (tmp_path / "leaf.py").write_text("password = 'correct horse'\n")
    with pytest.raises(UsageError, match=r"leaf.py, which the model needs, holds a secret"):
        own_modules(["leaf"], {})


def test_inputs_are_the_kept_copies(registry, subject):
    from dataclasses import replace

    from mlops_jupyter.records import FileUse

    recipe = with_recipe(subject, "model = 1").recipe
    kept = FileUse("a.csv", object_hash=registry.objects.put(b"1"))
    assert kept_inputs(registry, replace(recipe, files=(kept, FileUse("gone.csv"))), Path()) == {
        "a.csv": b"1"
    }


def test_what_cannot_be_exported_is_refused_before_anything_is_written(registry, tmp_path):
    from mlops_jupyter import models

    register()
    with pytest.raises(UsageError, match="target 'car' is not one of service, batch"):
        export("churn", tmp_path / "out", target="car")
    with pytest.raises(NotFoundError, match="did you mean 'churn'"):
        export("chrun", tmp_path / "out")
    with pytest.raises(UsageError, match="no column 'agee' to keep in the log; did you mean 'age'"):
        export("churn", tmp_path / "out", log_columns=["agee"])
    models.register("odd", model=unsafe_model(), X=[[0.0], [1.0]], unsafe_reason="a function")
    with pytest.raises(UnsupportedError, match="can run code when it is opened"):
        export("odd", tmp_path / "out")
    assert not (tmp_path / "out").exists()


# --- slow: locks are made by asking the index -------------------------------------------------------


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Both targets of one model, not proved: proving is tested elsewhere."""
    place = tmp_path_factory.mktemp("exports")
    register(registry=place / "registry")
    reports = {
        target: export("churn", place / target, target=target, verify=False, registry=place / "registry")
        for target in ("service", "batch")
    }
    return place, reports


@pytest.mark.slow
@pytest.mark.parametrize("target", ["service", "batch"])
def test_every_file_is_what_its_name_says(folders, target):
    place, reports = folders
    folder = place / target
    for path in folder.rglob("*"):
        if path.suffix == ".py":
            ast.parse(path.read_text())
        elif path.suffix == ".json":
            json.loads(path.read_text())
        elif path.suffix in {".yaml", ".yml"}:
            assert yaml.safe_load(path.read_text())
    project = tomllib.loads((folder / "pyproject.toml").read_text())
    assert project["project"]["name"] == "churn"
    assert any(one.startswith("scikit-learn==") for one in project["project"]["dependencies"])
    assert any("fastapi" in one for one in project["project"]["dependencies"]) == (target == "service")
    listed = {file.path for file in reports[target].files}
    assert listed == {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert all(file.what for file in reports[target].files)


@pytest.mark.slow
def test_the_readme_names_only_files_that_are_there(folders):
    place, _ = folders
    for target in ("service", "batch"):
        text = (place / target / "README.md").read_text()
        rows = [line.split("`")[1] for line in text.splitlines() if line.startswith("| `") and "/" in line]
        named = [row for row in rows if not row.startswith(("GET", "POST"))]
        assert len(named) > 5
        assert all((place / target / path).exists() for path in named)
        assert "There is no `train.py`: the model was registered from memory" in text


@pytest.mark.slow
def test_an_unproved_export_is_recorded_and_said(folders):
    _, reports = folders
    assert reports["service"].verdict == "unverified"
    assert "--no-verify" in reports["service"].summary
    assert reports["service"].id
    assert "not proved" in display.text(reports["service"])


@pytest.mark.slow
def test_the_workflow_tests_before_it_builds_and_asks_before_it_deploys(folders):
    jobs = yaml.safe_load((folders[0] / "service/.github/workflows/deploy.yml").read_text())["jobs"]
    assert jobs["build"]["needs"] == "test"
    assert jobs["deploy"]["needs"] == "build"
    assert jobs["deploy"]["environment"] == "production"
    assert "retrain" not in jobs  # without a recipe there is nothing to run


@pytest.mark.slow
def test_a_recipe_brings_its_workflow_and_packages(registry):
    register()
    subject = with_recipe(subject_of(registry, "churn"), "import jinja2", "model = jinja2.__version__")
    made = contents_of(registry, subject, "service", say=lambda words: None)
    files = made.bundle.files
    retrain = yaml.safe_load(files[".github/workflows/deploy.yml"])["jobs"]["retrain"]
    assert any("mlops retrain" in step.get("run", "") for step in retrain["steps"])
    assert b"jinja2==" in files["requirements-dev.lock"]
    assert b"jinja2==" not in files["requirements.lock"]
    assert json.loads(files["recipe.json"])["variable"] == "model"
    assert made.has_training

"""A version comes back after its bytes, its libraries and its answers were checked."""

from __future__ import annotations

import json

import pytest

from mlops_jupyter import models, tracking
from mlops_jupyter.errors import IntegrityError, NotFoundError, UnsupportedError


@pytest.mark.slow
def test_a_version_by_number_alias_and_name(registry, churn, made):
    models.set_alias("churn:1", "challenger")
    for ref, slope in (("churn:2", 2.0), ("churn@challenger", 1.0), ("churn", 3.0)):
        assert models.load_model(ref).coef_.tolist() == made(slope).coef_.tolist()


def test_a_run_s_model_through_the_same_door(registry, made):
    with tracking.start_run("fit") as run:
        run.log_model(made(2.0), "ridge")
    for ref in (1, "1", "#1", "fit/1", run):
        assert models.load_model(ref).coef_.tolist() == made(2.0).coef_.tolist()
    assert models.load_model(1, "ridge").alpha == 0.1


def test_other_bytes_are_refused_before_they_are_read(registry, churn):
    path = registry.objects.path(churn[0].version.object_hash)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(IntegrityError, match=churn[0].version.object_hash):
        models.load_model("churn:1")


def test_another_version_of_a_library_is_told_with_both(registry, churn):
    libraries = json.loads(churn[0].version.libraries) | {"scikit-learn": "0.1", "skops": "0.1"}
    where = {"id": churn[0].version.id}
    registry.update("model_versions", {"libraries": json.dumps(libraries)}, where)
    with pytest.warns(UserWarning, match=r"churn:1 was made with scikit-learn 0\.1, and this is \d") as said:
        models.load_model("churn:1")
    assert len(said) == 1
    registry.update("model_versions", {"libraries": '{"nosuch": "1.0"}'}, where)
    with pytest.warns(UserWarning, match=r"nosuch 1\.0, which is not installed"):
        models.load_model("churn:1")


def test_an_archived_version_is_loaded_by_its_number_and_said(registry, churn):
    models.archive("churn:2", "replaced")
    with pytest.warns(UserWarning, match="churn:2 is archived: replaced"):
        models.load_model("churn:2")


def test_a_format_that_can_run_code_needs_a_word_per_call(registry, churn):
    changes = {"unsafe_reason": "a lambda in it", "format": "cloudpickle"}
    registry.update("model_versions", changes, {"id": churn[0].version.id})
    with pytest.raises(UnsupportedError, match=r"\(a lambda in it\).*load_model\('churn:1', unsafe=True\)"):
        models.load_model("churn:1")


def test_what_is_neither_model_nor_run(registry, churn):
    with pytest.raises(NotFoundError, match="there is no model 'chrn'"):
        models.load_model("chrn")
    with pytest.raises(NotFoundError, match="there is no run '99'"):
        models.load_model("99")

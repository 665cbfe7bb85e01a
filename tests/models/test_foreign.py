"""Files from elsewhere are tried in a child first; what can run code needs a word, each time."""

from __future__ import annotations

import pickle

import pytest

from mlops_jupyter import formats, models
from mlops_jupyter.errors import UnsupportedError, UsageError
from mlops_jupyter.store import events


class Doubles:
    """A model of no library that can only be kept as a pickle."""

    def fit(self, X, y=None):
        return self

    def predict(self, X):
        return [2 * row[0] for row in X]


class Bomb:
    def __reduce__(self):
        return print, ("the file ran code",)


@pytest.mark.slow
def test_a_file_from_elsewhere(registry, made, tmp_path):
    path = tmp_path / "theirs.skops"
    path.write_bytes(formats.dump_model(made(2.0)).data)
    view = models.register("churn", path=path, X=[[0.0], [1.0]])
    assert (view.version.format, view.version.class_name, view.version.artifact_path) == (
        "skops", "Ridge", "theirs.skops",
    )  # fmt: skip
    assert len(view.example.rows) == 2
    assert view.python is None
    assert models.load_model("churn").coef_.tolist() == made(2.0).coef_.tolist()


@pytest.mark.slow
@pytest.mark.parametrize(
    "content",
    [pickle.dumps(Bomb()), b"PK\x03\x04 damaged", b"", b"\x00" * 100],
    ids=["pickle", "damaged", "empty", "zeros"],
)
def test_hostile_files_are_refused_and_leave_nothing(registry, tmp_path, capfd, content):
    path = tmp_path / "theirs.skops"
    path.write_bytes(content)
    with pytest.raises(UnsupportedError):
        models.register("churn", path=path)
    assert registry.rows("models") == []
    assert list(registry.objects.all()) == []
    assert "ran code" not in capfd.readouterr().out


def test_a_pickle_needs_a_word_when_it_is_written_and_each_time_it_is_read(registry):
    with pytest.raises(UnsupportedError, match="Doubles"):
        models.register("churn", model=Doubles())
    view = models.register("churn", model=Doubles(), unsafe_reason="an old class of ours", X=[[1.0], [2.0]])
    assert (view.version.format, view.version.unsafe_reason) == ("cloudpickle", "an old class of ours")
    with pytest.raises(
        UnsupportedError, match=r"\(an old class of ours\).*load_model\('churn:1', unsafe=True\)"
    ):
        models.load_model("churn")
    assert models.load_model("churn", unsafe=True).predict([[3.0]]) == [6.0]
    values = {field.name: field.value for part in models.card("churn").sections for field in part.fields}
    assert values["Can run code when opened"] == "an old class of ours"
    (event,) = events.read(registry)
    assert '"unsafe_reason":"an old class of ours"' in event.detail


def test_a_model_that_can_be_kept_safely_is(registry, made):
    view = models.register("churn", model=made(), unsafe_reason="not needed")
    assert (view.version.format, view.version.unsafe_reason) == ("skops", None)
    assert models.load_model("churn").alpha == 0.1


def test_an_empty_reason_is_none(registry):
    with pytest.raises(UsageError, match="unsafe_reason is empty"):
        models.register("churn", model=Doubles(), unsafe_reason="  ")


def test_a_pickle_of_the_registry_that_was_swapped_is_not_run(registry, capfd):
    from mlops_jupyter.errors import IntegrityError

    view = models.register("churn", model=Doubles(), unsafe_reason="an old class of ours")
    path = registry.objects.path(view.version.object_hash)
    path.chmod(0o600)
    path.write_bytes(
        formats.dump_model(Doubles(), unsafe_reason="x").data.split(b"\n")[0] + pickle.dumps(Bomb())
    )
    with pytest.raises(IntegrityError):
        models.load_model("churn", unsafe=True)
    assert "ran code" not in capfd.readouterr().out

"""Models of runs, back from their files."""

from __future__ import annotations

import pytest

from mlops_jupyter import tracking
from mlops_jupyter.errors import IntegrityError, NotFoundError, UsageError


@pytest.fixture(scope="module")
def ridge():
    from sklearn.linear_model import Ridge

    return Ridge(alpha=0.5).fit([[0.0], [1.0], [3.0]], [0.0, 1.0, 2.0])


def test_a_model_comes_back_with_equal_predictions(registry, ridge):
    with tracking.start_run() as run:
        run.log_model(ridge, "ridge")
    for found in (tracking.load_model(1), tracking.load_model(run.id, "ridge")):
        assert found.predict([[2.0], [5.0]]).tolist() == ridge.predict([[2.0], [5.0]]).tolist()


def test_what_is_missing_or_unclear_is_said(registry, ridge):
    with tracking.start_run() as run:
        run.log_model(ridge, "first")
        run.log_model(ridge, "second")
    with tracking.start_run():
        pass
    with pytest.raises(UsageError, match="several models; name one of first, second"):
        tracking.load_model(1)
    with pytest.raises(NotFoundError, match="did you mean 'second'"):
        tracking.load_model(1, "secnd")
    with pytest.raises(NotFoundError, match="run #2 kept no model"):
        tracking.load_model(2)


def test_other_bytes_are_refused(registry, ridge):
    with tracking.start_run() as run:
        run.log_model(ridge)
    (artifact,) = run.view().artifacts
    path = registry.objects.path(artifact.object_hash)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(IntegrityError, match=artifact.object_hash):
        tracking.load_model(1)

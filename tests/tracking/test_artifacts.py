"""Files, folders, figures, datasets and models of a run."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from mlops_jupyter import tracking
from mlops_jupyter.errors import NotFoundError, UnsupportedError, UsageError, ValueRefused


def artifacts_of(number=1):
    return {artifact.path: artifact for artifact in tracking.get_run(number).artifacts}


def test_a_file_is_kept_under_its_name_or_another(registry, tmp_path):
    file = tmp_path / "report.csv"
    file.write_bytes(b"a,b\n1,2\n")
    with tracking.start_run():
        tracking.log_artifact(file)
        tracking.log_artifact(str(file), "tables/first.csv")
    found = artifacts_of()
    assert set(found) == {"report.csv", "tables/first.csv"}
    artifact = found["report.csv"]
    assert registry.objects.get(artifact.object_hash) == b"a,b\n1,2\n"
    assert (artifact.size_bytes, artifact.kind, artifact.media_type) == (8, "text", "text/csv")


def test_a_folder_is_kept_with_its_files(registry, tmp_path):
    folder = tmp_path / "out"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.bin").write_bytes(b"a")
    (folder / "deep" / "b.bin").write_bytes(b"b")
    with tracking.start_run():
        tracking.log_artifacts(folder)
        tracking.log_artifact(folder)
    assert set(artifacts_of()) == {"a.bin", "deep/b.bin", "out/a.bin", "out/deep/b.bin"}


@pytest.mark.skipif(os.name == "nt", reason="POSIX file types")
def test_what_is_no_file_is_left_out_of_a_folder_and_said(registry, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "good.txt").write_text("good")
    (folder / "inside.txt").symlink_to("good.txt")
    (folder / "loop").symlink_to(folder)
    (folder / "self").symlink_to("self")
    (folder / "nowhere").symlink_to("missing")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "outside.txt").symlink_to(tmp_path / "secret.txt")
    os.mkfifo(folder / "pipe")
    with tracking.start_run():
        tracking.log_artifacts(folder)
    view = tracking.get_run(1)
    assert {artifact.path for artifact in view.artifacts} == {"good.txt", "inside.txt"}
    said = " ".join(finding.message for finding in view.findings)
    for word in ("loop", "self", "nowhere", "outside the folder", "a pipe"):
        assert word in said
    assert {finding.code for finding in view.findings} == {"file-refused"}


@pytest.mark.skipif(os.name == "nt", reason="POSIX file types")
def test_a_pipe_a_device_and_a_socket_are_refused_without_reading_them(registry, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    place = Path(f"/tmp/mlops-test-{os.getpid()}.sock")  # a socket's path has to be short
    with tracking.start_run() as run, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        try:
            for path, word in ((tmp_path / "pipe", "a pipe"), ("/dev/zero", "a device"), (place, "a socket")):
                with pytest.raises(ValueRefused, match=word):
                    run.log_artifact(path)
        finally:
            place.unlink()
    assert artifacts_of() == {}


def test_what_is_not_there_says_so(registry, tmp_path):
    with tracking.start_run() as run:
        with pytest.raises(NotFoundError, match=r"missing\.txt"):
            run.log_artifact(tmp_path / "missing.txt")
        with pytest.raises(NotFoundError, match="no folder"):
            run.log_artifacts(tmp_path / "missing")


@pytest.mark.parametrize("name", ["../up.txt", "a/../../b", "", "/", "x" * 2_000])
def test_a_name_never_leaves_the_run(registry, tmp_path, name):
    with tracking.start_run() as run, pytest.raises(ValueRefused):
        run.log_content(name, b"x", kind="file", media_type="text/plain")


def test_names_are_words_and_not_paths(registry):
    with tracking.start_run() as run:
        run.log_content("/etc/x\0y", b"x", kind="file", media_type="text/plain")
        run.log_content("C:\\a\\<script>", b"x", kind="file", media_type="text/plain")
    assert set(artifacts_of()) == {"etc/x\ufffdy", "C:/a/<script>"}


def test_equal_content_is_one_object_and_the_newest_of_a_name_counts(registry):
    with tracking.start_run() as run:
        first = run.log_content("a", b"same", kind="text", media_type="text/plain")
        second = run.log_content("b", b"same", kind="text", media_type="text/plain")
        run.log_content("a", b"other", kind="text", media_type="text/plain")
    assert first == second
    assert registry.objects.get(artifacts_of()["a"].object_hash) == b"other"


def test_a_figure_carries_the_id_of_its_run(registry, tmp_path):
    from matplotlib.figure import Figure

    from mlops_jupyter import formats

    figure = Figure()
    figure.subplots().plot([1, 2])
    with tracking.start_run() as run:
        tracking.log_figure(figure, "curve")
    artifact = artifacts_of()["curve.png"]
    assert (artifact.kind, artifact.media_type) == ("figure", "image/png")
    picture = tmp_path / "picture.png"
    picture.write_bytes(registry.objects.get(artifact.object_hash))
    assert formats.run_of_picture(picture) == run.id


def test_a_model_is_kept_and_loads_again(registry):
    import numpy as np
    from sklearn.linear_model import LinearRegression

    from mlops_jupyter import formats

    model = LinearRegression().fit(np.arange(6.0).reshape(3, 2), [1.0, 2.0, 3.0])
    with tracking.start_run() as run:
        run.log_model(model, "line")
        with pytest.raises(UnsupportedError):
            run.log_model(lambda x: x, "function")
    (artifact,) = artifacts_of().values()
    assert (artifact.kind, artifact.variable) == ("model", "line")
    again = formats.load_model(registry.objects.get(artifact.object_hash))
    assert np.array_equal(again.coef_, model.coef_)


def test_a_dataset_is_its_fingerprint_and_changes_are_told(registry):
    import pandas as pd

    frame = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]})
    more = pd.concat([frame, pd.DataFrame({"a": [4], "b": ["w"]})], ignore_index=True)
    for data in (frame, frame.copy(), more):
        with tracking.start_run(kind="cell", cell_key="k") as run:
            version = run.log_dataset(data, "X", "train", source=("file:flights.csv", "abc"))
            run.log_dataset(frame, "constant")
    views = [tracking.get_run(number) for number in (1, 2, 3)]
    assert {item.use.name: item.use.role for item in views[0].data} == {"X": "train", "constant": "input"}
    train = next(item for item in views[0].data if item.use.name == "X")
    assert (train.use.source_uri, train.use.source_hash) == ("file:flights.csv", "abc")
    assert (train.version.n_rows, train.version.n_columns) == (3, 2)
    assert version.n_rows == 4
    assert {change.name: change.state for change in views[1].changes.data} == {
        "X": "unchanged",
        "constant": "unchanged",
    }
    changed = {change.name: change for change in views[2].changes.data}["X"]
    assert (changed.state, changed.rows_added, changed.rows_removed) == ("changed", 1, 0)
    compared = {change.name: change.state for change in tracking.compare_runs(1, 3).data}
    assert compared == {"X": "changed", "constant": "unchanged"}


def test_an_unknown_role_is_refused(registry):
    with tracking.start_run() as run, pytest.raises(UsageError, match="train, validation"):
        run.log_dataset([[1]], "X", "exam")

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

import mlops_jupyter as mlops
from mlops_jupyter import datasets, display
from mlops_jupyter.datasets.progress import listening, step
from mlops_jupyter.errors import NotFoundError, UnsupportedError, UsageError


def people(rows=400, shift=0.0):
    random = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "id": np.arange(rows),
            "age": random.integers(18, 90, rows) + shift,
            "left": random.choice(["yes", "no"], rows),
        }
    )


def test_a_frame_is_described_without_a_registry_knowing_it(registry):
    card = datasets.describe(people(), target="left", name="people")
    assert (card.name, card.profile.n_rows, card.profile.target, card.saved) == ("people", 400, "left", ())
    assert registry.rows("stored_profiles") == []
    with pytest.raises(NotFoundError, match="did you mean 'left'"):
        datasets.describe(people(), target="lefts")


def test_a_saved_version_is_described_from_its_profile_alone(registry):
    saved = datasets.save(people(), "people", doc="Who left.")
    for row in registry.rows("kept_versions"):
        registry.objects.path(row["manifest_hash"]).unlink()
    card = datasets.describe("people")
    assert (card.profile.n_rows, card.doc.description, card.saved[0].ref) == (400, "Who left.", saved.ref)


def test_the_target_of_the_document_is_the_target_of_the_profile(registry):
    datasets.save(people(), "people")
    datasets.document("people", target="left")
    assert datasets.describe("people").profile.target == "left"
    assert datasets.save(people(shift=1.0), "people").ref == "people:2"
    assert datasets.describe("people:2").profile.target == "left"


def test_a_profile_is_small_and_knows_its_version(registry):
    saved = datasets.save(people(), "people")
    (row,) = registry.rows("stored_profiles")
    assert row["size_bytes"] < 64_000
    assert datasets.describe("people").profile.version_id == saved.version.id


def test_two_of_any_kind_are_compared(registry, tmp_path):
    before = people()
    after = before.assign(age=before["age"].where(before["id"] != 7, 200))
    datasets.save(before, "people")
    after.to_csv(tmp_path / "after.csv", index=False)
    for old, new in (
        ("people:1", after),
        (pl.from_pandas(before), after),
        (before, str(tmp_path / "after.csv")),
    ):
        found = datasets.diff(old, new, key="id")
        assert (found.rows_changed, found.key) == (1, ("id",))
        assert found.examples[0].column == "age"
    assert datasets.diff("people:1", after).before == "people:1"


def test_the_key_of_the_document_is_used(registry):
    datasets.save(people(), "people")
    datasets.save(people(shift=1.0), "people")
    datasets.document("people", key=["id"])
    assert datasets.diff("people:1", "people:2").key == ("id",)
    with pytest.raises(UsageError, match="left"):
        datasets.diff("people:1", "people:2", key="left")


def test_where_used_follows_runs_both_ways(registry):
    raw, clean = people(), people().head(300)
    datasets.save(raw, "raw")
    with mlops.start_run("churn"):
        mlops.log_dataset(raw, "raw", role="input")
        mlops.save_dataset(clean, "clean")
    with mlops.start_run("churn"):
        mlops.log_dataset(clean, "X", role="train")
    used = datasets.where_used("clean")
    assert [(run.number, run.role) for run in used.runs] == [(2, "train")]
    assert [step.label for step in used.made_from] == ["raw:1"]
    assert [step.label for step in datasets.where_used("raw:1").made_into] == ["clean:1"]
    assert datasets.where_used(clean).saved == ("clean:1",)


def test_a_version_that_was_loaded_by_its_name_is_not_its_own_source(registry, tmp_path):
    people().to_csv(tmp_path / "people.csv", index=False)
    saved = datasets.save(tmp_path / "people.csv", "people")
    with mlops.start_run("churn"):
        mlops.log_dataset(datasets.load("people:1"), name="loaded")
    registry.update("run_datasets", {"source_uri": "people:1"}, {"name": "loaded"})  # as in tracked cells
    assert datasets.where_used("people").sources == (saved.saved.source_uri,)


def test_an_alias_in_the_list_stands_with_the_version_that_it_points_at(registry):
    for rows, alias in ((100, "gold"), (200, "next")):
        datasets.save(people(rows), "people", alias=alias)
    assert datasets.table().datasets[0].aliases == ("gold:1", "next:2")
    assert "people:2  @gold → people:1 @next " in display.text(datasets.table())


def test_the_list_has_saved_and_seen_data(registry):
    datasets.save(people(), "people")
    with mlops.start_run("churn"):
        mlops.log_dataset(people(50), "X_train", role="train")
    lines = {line.name: line.is_saved for line in datasets.table().datasets}
    assert lines == {"people": True, "X_train": False}
    assert datasets.table("PEO").total == 1


def test_a_file_larger_than_memory_is_described_saved_and_never_read_whole(registry, tmp_path, monkeypatch):
    path = str(tmp_path / "people.parquet")
    people(5_000).to_parquet(path, index=False)
    monkeypatch.setenv("MLOPS_MEMORY_BYTES", "1000")
    card = datasets.describe(path)
    assert (card.profile.n_rows, card.version.id[:7]) == (5_000, "sha256:")
    saved = datasets.save(path)
    assert (saved.ref, saved.version.n_rows, saved.version.n_columns) == ("people:1", 5_000, 3)
    with pytest.raises(UsageError, match="larger than the memory"):
        datasets.diff(path, people())
    monkeypatch.delenv("MLOPS_MEMORY_BYTES")
    assert len(datasets.load("people")) == 5_000


def test_values_of_sensitive_columns_are_shown_nowhere(registry):
    secret = [f"agent-{n % 7}" for n in range(400)]
    datasets.save(people().assign(agent=secret), "people")
    datasets.document("people", columns={"agent": {"sensitivity": "secret"}})
    card = datasets.describe("people")
    after = people().assign(agent=[*secret[1:], "agent-9"])
    found = datasets.diff("people", after, key="id")
    assert any(change.column == "agent" for change in found.examples)
    assert "agent-" not in repr(card)
    assert "agent-" not in repr(found)


def test_a_folder_larger_than_memory_is_described_in_parts(registry, tmp_path, monkeypatch):
    folder = tmp_path / "parts"
    folder.mkdir()
    for part in (1, 2):
        people(1_000, shift=part).to_parquet(folder / f"{part}.parquet", index=False)
    monkeypatch.setenv("MLOPS_MEMORY_BYTES", "1000")
    first = datasets.describe(str(folder)).version
    assert (first.n_rows, first.kind) == (2_000, "folder")
    people(1_000, shift=3).to_parquet(folder / "2.parquet", index=False)
    assert datasets.describe(str(folder)).version.id != first.id


def test_what_takes_long_is_said_and_taken_away(monkeypatch):
    import time

    from mlops_jupyter.datasets import progress

    monkeypatch.setattr(progress, "PATIENCE_S", 0.01)
    said = []
    for share, words in (
        (None, "reading flights.csv … "),
        (0.25, "███───────── 25 % reading flights.csv … "),
    ):
        said.clear()
        with listening(said.append), step("reading flights.csv", share):
            while not said:
                time.sleep(0.005)
        assert said[0].startswith(words)
        assert said[-1] is None


def test_a_comparison_of_saved_versions_rests_on_their_whole_profiles(registry):
    random = np.random.default_rng(5)
    frame = pd.DataFrame({"x": random.normal(size=60_000)})
    frame.loc[59_999, "x"] = 1e6  # outside of any rows that would be taken as a sample
    datasets.save(frame, "numbers")
    datasets.save(frame + 1, "numbers")
    (column,) = datasets.diff("numbers:1", "numbers:2").columns
    stored = [datasets.describe(ref).profile.columns[0] for ref in ("numbers:1", "numbers:2")]
    assert [column.before, column.after] == stored


def test_python_objects_have_a_card_that_says_why_they_cannot_be_saved(registry):
    frame = pd.DataFrame({"o": [object(), object()], "x": [1, 2]})
    card = datasets.describe(frame, target="x", name="odd")
    assert [column.name for column in card.profile.columns] == ["o", "x"]
    assert (card.version.id, card.version.n_rows, card.profile.target) == ("", 2, "x")
    assert "column 'o' (object) cannot be fingerprinted" in display.text(card)
    assert "odd" in display.html(card)
    with pytest.raises(NotFoundError, match="has no column 'y'"):
        datasets.describe(frame, target="y")
    with pytest.raises(UnsupportedError, match="column 'o'"):
        datasets.save(frame, "odd")
    assert registry.rows("dataset_versions") == []

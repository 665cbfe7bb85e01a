"""What ``doctor`` says of kept data, and of which version."""

from __future__ import annotations

import pytest

from mlops_jupyter.records import StoredProfile, Validation
from mlops_jupyter.store import SQLiteStore, as_row, config
from mlops_jupyter.store.health import check


@pytest.fixture(params=["file", "postgres"])  # the doctor opens a registry itself, so none in memory
def store(request, tmp_path):
    if request.param == "postgres":
        yield request.getfixturevalue("postgres")
        return
    made = SQLiteStore(tmp_path / "registry")
    yield made
    made.close()


def said(store):
    """What the doctor says of kept data, as ``(state, message)``."""
    return [(one.state, one.message) for one in check(store).checks if one.name == "data"]


def flip(path, place=-1):
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def pack_of(store, piece):
    return store.objects.path(store.packs.where([piece])[piece].pack_hash)


def manifest_of(store, version):
    return store.objects.path(store.rows("kept_versions", {"version_id": version})[0]["manifest_hash"])


def test_whole_data_are_counted(store, kept):
    assert said(store) == []
    kept.save("flights", 1, "a", "b")
    kept.save("flights", 2, "b", "c")
    assert said(store) == [("ok", "2 saved contents whole: 3 pieces in 2 packs")]


def test_a_missing_pack_is_named_with_the_versions_that_need_it(store, kept):
    kept.save("flights", 1, "a")
    lost = kept.save("planes", 1, "b", "c")
    kept.save("planes", 2, "c", "d")
    path = pack_of(store, lost[0])
    path.unlink()
    assert said(store) == [
        ("error", f"planes:{number} cannot be loaded: its pack {path.parent.name}{path.name} is missing")
        for number in (1, 2)
    ]


def test_only_what_uses_a_damaged_piece_cannot_be_loaded(store, kept):
    first = kept.save("flights", 1, "a", "b")
    kept.save("flights", 2, "a")
    flip(pack_of(store, first[1]))  # its last byte is of the second piece
    ((state, message),) = said(store)
    assert state == "error"
    assert message.startswith(f"flights:1 cannot be loaded: its piece {first[1]}")


def test_missing_and_damaged_manifests(store, kept):
    kept.save("flights", 1, "a")
    kept.save("flights", 2, "b")
    manifest_of(store, "mj1:flights-1").unlink()
    flip(manifest_of(store, "mj1:flights-2"))
    assert [message.split(": its manifest")[0] for _, message in said(store)] == [
        "flights:1 cannot be loaded",
        "flights:2 cannot be loaded",
    ]


def test_a_piece_whose_row_is_gone(store, kept):
    (piece,) = kept.save("flights", 1, "a")
    store.delete("chunks", {"hash": piece})
    assert said(store) == [("error", f"flights:1 cannot be loaded: its piece {piece} is in no pack")]


def test_rows_left_out_of_what_is_broken(store, kept):
    kept.save("flights", 1, "a")
    kept.save("flights", 2, "bitmap", parent="mj1:flights-1")
    manifest_of(store, "mj1:flights-1").unlink()
    assert "flights:2 cannot be loaded: it is rows left out of another" in said(store)[1][1]
    store.delete("kept_versions", {"version_id": "mj1:flights-1"})
    assert said(store)[0][1].startswith("flights:2 cannot be loaded: it is rows left out of mj1:flights-1")


def test_many_broken_versions_are_counted(store, kept):
    for number in range(1, 9):
        kept.save("flights", number, "a")
    pack_of(store, store.rows("chunks")[0]["hash"]).unlink()
    assert len(said(store)) == 6
    assert said(store)[-1][1] == "3 more saved contents cannot be loaded"


def test_lost_profiles_and_reports_are_named(store, kept):
    kept.save("flights", 1, "a")
    profile, report = store.objects.put(b"a profile"), store.objects.put(b"a report")
    now = config.now()
    store.insert("stored_profiles", as_row(StoredProfile("mj1:flights-1", profile, 9, now)))
    store.insert("validations", as_row(Validation("v", "mj1:flights-1", now, 1, 0, 0, 1, "[]", report)))
    store.objects.path(profile).unlink()
    flip(store.objects.path(report))
    assert [message for _, message in said(store)[1:]] == [
        "the profile of flights:1 is missing or damaged",
        "the validation report of flights:1 is missing or damaged",
    ]


def test_a_version_that_nobody_named_is_called_by_its_id(store, kept):
    kept.save("flights", 1, "a")
    store.delete("saved_versions", {"id": "flights:1"})
    manifest_of(store, "mj1:flights-1").unlink()
    assert said(store)[0][1].startswith("mj1:flights-1 cannot be loaded")

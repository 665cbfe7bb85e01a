"""What is collected and what stays: every driver."""

from __future__ import annotations

import pytest

from mlops_jupyter.errors import IntegrityError, RegistryError
from mlops_jupyter.records import StoredProfile
from mlops_jupyter.store import as_row, config
from mlops_jupyter.store.collecting import collect

DAY_S = 86_400.0


def test_what_is_saved_stays(store, kept):
    hashes = kept.save("flights", 1, "a", "b")
    profile = store.objects.put(b"profile of flights")
    store.insert("stored_profiles", as_row(StoredProfile("mj1:flights-1", profile, 18, config.now())))
    kept.age()
    found = collect(store)
    assert (found.registry, found.objects, found.size_bytes, found.chunks, found.versions) == (
        store.url, 0, 0, 0, 0,
    )  # fmt: skip
    assert kept.is_whole(hashes, "a", "b")
    assert store.objects.get(profile) == b"profile of flights"


def test_pieces_that_no_manifest_lists_go_when_they_are_old(store, kept):
    hashes = kept.save("flights", 1, "a")
    store.packs.put(kept.pieces("b", "c"))
    assert collect(store).objects == 0
    kept.age()
    found = collect(store)
    assert (found.objects, found.size_bytes, found.chunks) == (1, 2048, 2)
    assert kept.is_whole(hashes, "a")
    assert [row["hash"] for row in store.rows("chunks")] == list(hashes)


def test_a_deleted_content_can_be_restored_for_some_time(store, kept):
    first = kept.save("flights", 1, "a", "b", "c")
    second = kept.save("flights", 2, "c", "d")
    kept.delete("flights", 1, 5 * DAY_S)
    kept.age()
    found = collect(store)
    assert (found.versions, found.kept_deleted, found.objects) == (0, 1, 0)
    assert kept.is_whole(first, "a", "b", "c")
    found = collect(store, keep_deleted_s=4 * DAY_S)
    # The manifest, and the pack of which only c is used: it is written anew with c alone.
    assert (found.versions, found.kept_deleted, found.objects, found.chunks) == (1, 0, 2, 2)
    assert kept.is_whole(second, "c", "d")
    assert store.rows("kept_versions", {"version_id": "mj1:flights-1"}) == []
    assert {row["number"] for row in store.rows("saved_versions")} == {1, 2}
    kept.age()
    assert collect(store).objects == 0


def test_a_pack_that_is_mostly_used_stays_as_it_is(store, kept):
    hashes = kept.save("flights", 1, "a", "b", "c")
    kept.save("flights", 2, "a", "b")
    kept.delete("flights", 1, 40 * DAY_S)
    kept.age()
    found = collect(store)
    assert (found.versions, found.objects, found.chunks) == (1, 1, 0)
    assert kept.is_whole(hashes, "a", "b", "c")


def test_a_content_that_another_name_has_stays(store, kept):
    hashes = kept.save("flights", 1, "a")
    row = {"id": "other:1", "dataset_id": "flights", "number": 7, "version_id": "mj1:flights-1"}
    store.insert("saved_versions", row | {"created_at": config.now()})
    kept.delete("flights", 1, 40 * DAY_S)
    kept.age()
    assert collect(store).versions == 0
    assert kept.is_whole(hashes, "a")


def test_deleting_the_dataset_is_deleting_its_versions(store, kept):
    kept.save("flights", 1, "a")
    store.update("datasets", {"deleted_at": "2020-01-01T00:00:00.000000Z"}, {"id": "flights"})
    kept.age()
    found = collect(store)
    assert (found.versions, found.objects, found.chunks) == (1, 2, 1)
    assert store.objects.totals() == (0, 0)


def test_what_others_are_put_together_from_stays(store, kept):
    whole = kept.save("flights", 1, "a", "b")
    kept.save("flights", 2, "bitmap", parent="mj1:flights-1")
    kept.delete("flights", 1, 40 * DAY_S)
    kept.age()
    found = collect(store)
    assert (found.versions, found.kept_deleted, found.objects) == (0, 1, 0)
    assert kept.is_whole(whole, "a", "b")
    kept.delete("flights", 2, 40 * DAY_S)
    assert collect(store).versions == 2
    assert store.rows("chunks") == []


def test_a_kept_content_without_a_name_stays(store, kept):
    hashes = kept.save("flights", 1, "a")
    store.delete("saved_versions", {"id": "flights:1"})
    kept.age()
    assert collect(store, keep_deleted_s=0).versions == 0
    assert kept.is_whole(hashes, "a")


def test_an_unreadable_manifest_stops_everything(store, kept):
    kept.save("flights", 1, "a")
    kept.save("flights", 2, "b")
    store.packs.put(kept.pieces("c"))
    kept.delete("flights", 2, 40 * DAY_S)
    manifest = store.rows("kept_versions", {"version_id": "mj1:flights-1"})[0]["manifest_hash"]
    store.objects.path(manifest).write_bytes(b"{}")
    kept.age()
    before = (store.objects.totals(), store.rows("chunks", order="hash"))
    with pytest.raises(IntegrityError, match=manifest):
        collect(store)
    assert (store.objects.totals(), store.rows("chunks", order="hash")) == before
    assert len(store.rows("kept_versions")) == 2


@pytest.mark.parametrize("text", [b"[]", b"{}", b'{"chunks": [1]}', b"\xff", b'{"chunks": null}'])
def test_an_object_that_is_no_manifest(store, kept, text):
    kept.save("flights", 1, "a")
    wrong = store.objects.put(text)
    store.update("kept_versions", {"manifest_hash": wrong}, {"version_id": "mj1:flights-1"})
    with pytest.raises(IntegrityError, match="not the manifest"):
        collect(store)


def test_rows_of_a_lost_pack_that_nothing_uses(store, kept):
    put = store.packs.put(kept.pieces("a"))
    kept.age()
    store.objects.path(store.packs.where(put.hashes)[put.hashes[0]].pack_hash).unlink()
    assert collect(store).chunks == (1 if store.has_all_objects else 0)


def test_a_reader_follows_a_piece_that_is_moved(store, kept):
    kept.save("flights", 1, "a", "b", "c", "d")
    kept.delete("flights", 1, 40 * DAY_S)
    kept.save("flights", 2, "d")
    hashes = kept.save("flights", 3, "e", "d")
    places = store.packs.where(hashes)
    reading = store.packs.get(hashes)
    assert next(reading) == kept.pieces("e")[0]
    kept.age()
    assert collect(store).chunks == 3
    assert store.packs.where(hashes)[hashes[1]] != places[hashes[1]]
    assert next(reading) == kept.pieces("d")[0]


def test_a_registry_that_can_only_be_read(store):
    store.why_read_only = "made by a newer package"
    try:
        with pytest.raises(RegistryError, match="newer package"):
            collect(store)
    finally:
        store.why_read_only = None

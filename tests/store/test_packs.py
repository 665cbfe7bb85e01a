"""Pieces in packs: every driver; the faults of kept bytes are in ``tests/faults``."""

from __future__ import annotations

import hashlib
import os
import threading

import pytest

from mlops_jupyter.errors import IntegrityError
from mlops_jupyter.store import packs


def pieces_of(label, count=5, size=1000):
    return [hashlib.sha256(f"{label} {i}".encode()).digest() * (size // 32) for i in range(count)]


def test_pieces_come_back_in_the_order_asked_for(store):
    pieces = pieces_of("order")
    put = store.packs.put(pieces)
    assert put.hashes == tuple(hashlib.sha256(piece).hexdigest() for piece in pieces)
    assert put.new_bytes == sum(map(len, pieces))
    asked = [4, 0, 0, 2, 3, 1, 4]
    assert list(store.packs.get([put.hashes[i] for i in asked])) == [pieces[i] for i in asked]
    assert list(store.packs.get([])) == []


def test_what_the_registry_has_is_not_written_again(store):
    pieces = pieces_of("again", 6)
    store.packs.put(pieces[:4])
    before = store.objects.totals()[0]
    assert store.packs.put(pieces[:4]).new_bytes == 0
    assert store.objects.totals()[0] == before
    second = store.packs.put([pieces[5], pieces[1], pieces[4], pieces[5]])
    assert second.new_bytes == len(pieces[4]) + len(pieces[5])
    assert store.objects.totals()[0] == before + 1
    assert list(store.packs.get(second.hashes)) == [pieces[5], pieces[1], pieces[4], pieces[5]]
    assert len(store.rows("chunks")) == 6


def test_pieces_without_bytes_and_views_of_memory(store):
    data = bytearray(b"0123456789" * 10)
    put = store.packs.put([b"", memoryview(data)[10:20], memoryview(data).cast("B", (10, 10))])
    assert list(store.packs.get(put.hashes)) == [b"", b"0123456789", bytes(data)]
    assert store.packs.put([]) == packs.PackResult((), 0)


def test_a_large_save_is_several_packs(store, monkeypatch):
    monkeypatch.setattr(packs, "LARGEST_PACK", 3000)
    pieces = [*pieces_of("large", 7, 1024), b"larger than a pack" * 400]
    put = store.packs.put(pieces)
    assert len({chunk.pack_hash for chunk in store.packs.where(put.hashes).values()}) == 5
    assert list(store.packs.get(put.hashes)) == pieces


def test_more_pieces_than_one_question_can_name(store, monkeypatch):
    monkeypatch.setattr(packs, "_ASKED_AT_ONCE", 3)
    monkeypatch.setattr(packs, "_OPEN_PACKS", 1)
    pieces = pieces_of("many", 10)
    hashes = [store.packs.put([piece]).hashes[0] for piece in pieces]
    assert list(store.packs.get(hashes)) == pieces
    assert list(store.packs.get(hashes[::-1])) == pieces[::-1]


def test_a_piece_that_was_never_put_is_named(store):
    put = store.packs.put(pieces_of("known", 1))
    found = store.packs.get([*put.hashes, "0" * 64])
    assert next(found) == pieces_of("known", 1)[0]
    with pytest.raises(IntegrityError, match="0" * 64):
        next(found)


def test_a_pack_that_is_used_again_is_young_again(store):
    put = store.packs.put(pieces_of("young", 2))
    (pack,) = {chunk.pack_hash for chunk in store.packs.where(put.hashes).values()}
    os.utime(store.objects.path(pack), (1, 1))
    store.packs.put(pieces_of("young", 1))
    assert store.objects.path(pack).stat().st_mtime > 1


def test_many_threads_save_the_same_pieces(store):
    pieces, put, go = pieces_of("threads", 20), [], threading.Barrier(4)

    def save(first):
        go.wait()
        put.append(store.packs.put(pieces[first:]))

    threads = [threading.Thread(target=save, args=[i % 2]) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(put) == 4
    assert len(store.rows("chunks")) == 20
    for result in put:
        assert list(store.packs.get(result.hashes)) == pieces[20 - len(result.hashes) :]

"""Objects by hash; the faults D1 to D3 are in ``tests/faults``."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from mlops_jupyter.errors import NotFoundError, UsageError
from mlops_jupyter.store.objects import Objects


@pytest.fixture
def objects(tmp_path):
    return Objects(tmp_path / "objects")


def age(objects, object_hash, seconds=7200):
    then = time.time() - seconds
    os.utime(objects.path(object_hash), (then, then))


def test_the_hash_is_sha256_and_the_file_is_private(objects):
    object_hash = objects.put(b"abc")
    assert object_hash == hashlib.sha256(b"abc").hexdigest()
    assert objects.exists(object_hash)
    assert objects.path(object_hash).stat().st_mode & 0o777 == 0o600
    assert objects.folder.stat().st_mode & 0o777 == 0o700
    assert objects.totals() == (1, 3)
    assert list((objects.folder / "tmp").iterdir()) == []


def test_files_and_bytes_are_one_thing(objects, tmp_path):
    source = tmp_path / "source"
    source.write_bytes(b"x" * 3_000_000)
    assert objects.put_file(source) == objects.put(b"x" * 3_000_000)
    assert objects.totals()[0] == 1
    with pytest.raises(NotFoundError, match="not a file"):
        objects.put_file(tmp_path)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63])
def test_a_hash_is_never_a_path(objects, name):
    with pytest.raises(UsageError):
        objects.get(name)


def test_missing(objects):
    with pytest.raises(NotFoundError):
        objects.get("0" * 64)


def test_collect_keeps_what_is_referenced_or_young(objects):
    kept, old, young = (objects.put(data) for data in (b"kept", b"old", b"young"))
    age(objects, kept)
    age(objects, old)
    assert objects.collect({kept}) == {old: len(b"old")}
    assert [objects.exists(found) for found in (kept, old, young)] == [True, False, True]


def test_an_object_put_again_is_young_again(objects):
    found = objects.put(b"again")
    age(objects, found)
    objects.put(b"again")
    assert objects.collect(set()) == {}


def test_collect_removes_leftovers(objects):
    objects.put(b"x")
    left = objects.folder / "tmp" / "left"
    left.write_bytes(b"half")
    os.utime(left, (1, 1))
    assert objects.leftovers() == [left]
    objects.collect(set())
    assert objects.leftovers() == []


def test_collect_without_a_folder(objects):
    assert objects.collect(set()) == {}


def test_what_is_made_young_while_it_is_collected_stays(objects, monkeypatch):
    found = objects.put(b"about to be used again")
    age(objects, found)
    replace = Path.replace

    def put_just_before(path, target):
        monkeypatch.setattr(Path, "replace", replace)
        objects.put(b"about to be used again")  # after the collector found it old
        return path.replace(target)

    monkeypatch.setattr(Path, "replace", put_just_before)
    assert objects.collect(set()) == {}
    assert objects.get(found) == b"about to be used again"

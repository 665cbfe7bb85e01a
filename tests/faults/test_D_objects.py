"""Faults of objects: D1 to D3 of the catalogue, and D7."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading

import pytest

from mlops_jupyter.errors import IntegrityError, RegistryError
from mlops_jupyter.store import SQLiteStore
from mlops_jupyter.store.health import check
from mlops_jupyter.store.objects import Objects

PUT = """
import sys
from pathlib import Path
from mlops_jupyter.store.objects import Objects
objects = Objects(Path(sys.argv[1]))
for i in range(int(sys.argv[2])):
    print(objects.put(bytes([i % 256]) * 200_000 + str(i).encode()), flush=True)
"""


def put_in_another_process(folder, count=1, fault=None):
    environment = os.environ | ({"MLOPS_FAULT": fault} if fault else {})
    return subprocess.Popen(
        [sys.executable, "-c", PUT, str(folder), str(count)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


@pytest.fixture
def objects(tmp_path):
    return Objects(tmp_path / "objects")


@pytest.mark.parametrize("step", ["object.write", "object.replace"])
def test_D01_killed_in_the_middle_there_is_no_object(objects, step):
    process = put_in_another_process(objects.folder, fault=f"{step}:kill")
    said, _ = process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert said == ""
    assert list(objects.all()) == []
    assert len(objects.leftovers(min_age_s=0)) == 1
    objects.collect(set(), min_age_s=0)
    assert objects.leftovers(min_age_s=0) == []


def test_D01_killed_at_any_time_every_object_is_whole(objects):
    process = put_in_another_process(objects.folder, count=100_000)
    said = [process.stdout.readline().strip() for _ in range(20)]
    process.kill()
    said += process.communicate()[0].split("\n")[:-1]
    assert list(objects.verify_all()) == []
    assert all(objects.exists(name) for name in said if len(name) == 64)


@pytest.mark.parametrize("step", ["object.write", "object.replace"])
@pytest.mark.parametrize("fault", ["eio", "enospc"])
def test_D01_a_failing_disk_leaves_no_object(objects, monkeypatch, step, fault):
    monkeypatch.setenv("MLOPS_FAULT", f"{step}:{fault}")
    with pytest.raises(RegistryError, match=str(objects.folder)):
        objects.put(b"some bytes")
    monkeypatch.delenv("MLOPS_FAULT")
    assert list(objects.all()) == []
    assert objects.leftovers(min_age_s=0) == []
    assert objects.get(objects.put(b"some bytes")) == b"some bytes"


def test_D02_the_same_bytes_at_once_are_one_object(objects):
    data, found, go = os.urandom(300_000), [], threading.Barrier(8)

    def put():
        go.wait()
        found.append(objects.put(data))

    threads = [threading.Thread(target=put) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == {hashlib.sha256(data).hexdigest()}
    assert len(found) == 8
    assert objects.totals() == (1, len(data))
    assert objects.leftovers(min_age_s=0) == []


def test_D02_two_processes_save_the_same_bytes(objects):
    processes = [put_in_another_process(objects.folder, count=20) for _ in range(2)]
    said = [process.communicate()[0] for process in processes]
    assert said[0] == said[1]
    assert objects.totals()[0] == 20
    assert list(objects.verify_all()) == []


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    "harm",
    [flip, lambda path: path.write_bytes(path.read_bytes()[:-1]), lambda path: path.write_bytes(b"")],
    ids=["bit", "truncated", "empty"],
)
def test_D03_other_bytes_than_the_hash_says_are_refused(tmp_path, harm):
    store = SQLiteStore(tmp_path / "registry")
    whole, harmed = store.objects.put(b"whole"), store.objects.put(b"harmed bytes")
    harm(store.objects.path(harmed))
    with pytest.raises(IntegrityError, match="mlops doctor"):
        store.objects.get(harmed)
    assert store.objects.get(whole) == b"whole"
    assert list(store.objects.verify_all()) == [harmed]
    found = [one for one in check(store.url).checks if one.name == "objects"]
    assert [one.state for one in found] == ["error"]
    assert harmed in found[0].message
    store.close()


def test_D03_the_wrong_object_under_a_hash(objects):
    first, second = objects.put(b"first"), objects.put(b"other")
    objects.path(first).replace(objects.path(second))
    with pytest.raises(IntegrityError):
        objects.get(second)


def test_D03_a_truncated_object_is_repaired_by_saving_it_again(objects):
    name = objects.put(b"some bytes")
    objects.path(name).write_bytes(b"some")
    assert objects.put(b"some bytes") == name
    assert objects.get(name) == b"some bytes"


def test_D07_what_is_being_saved_is_not_collected(objects):
    process = put_in_another_process(objects.folder, count=40)
    removed = [objects.collect(set()) for _ in range(10)]
    said = process.communicate()[0].split()
    assert process.returncode == 0
    assert removed == [{}] * 10
    assert all(objects.exists(name) for name in said)

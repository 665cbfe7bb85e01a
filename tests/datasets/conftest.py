"""Registries that are made once for a file of tests, and copied for each test: saving takes the longest."""

from __future__ import annotations

import shutil
from contextlib import closing

import pytest

from mlops_jupyter.store import SQLiteStore


@pytest.fixture(scope="module")
def made_once(tmp_path_factory):
    """A function that fills a registry by another function, and returns its folder."""

    def make(fill):
        folder = tmp_path_factory.mktemp("made-once") / "registry"
        with closing(SQLiteStore(folder)) as store:
            fill(store)
        return folder

    return make


@pytest.fixture
def copied(tmp_path, request):
    """A function that makes a copy of such a registry the one that applies, and opens it."""

    def copy(folder):
        shutil.copytree(folder, tmp_path / "registry")
        return request.getfixturevalue("registry")

    return copy

"""What an earlier version kept stays readable: manifests and pieces as they were written in format 1.

``python tests/data/test_keeping_format.py`` prints the file, for a format 2.
"""

from __future__ import annotations

import importlib.util
import json
from base64 import b64decode, b64encode
from pathlib import Path

import pytest

from mlops_jupyter.data import fingerprint, keep, restore

HERE = Path(__file__).parent
FILE = HERE / "kept_format_1.json"
NAMES = (
    *("int64", "float64", "bool", "string", "bytes", "date", "datetime s", "datetime with zone", "duration"),
    *("decimal", "category", "null", "list", "list of fixed size", "struct", "map", "complex", "sparse"),
    *("array of three dimensions", "structured array", "objects", "period", "interval", "ordered category"),
    *(
        "named index",
        "index of levels",
        "names of all kinds",
        "repeated names",
        "no rows",
        "no columns",
        "enum",
    ),
)


def _module(name):
    spec = importlib.util.spec_from_file_location(f"format_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


sameness, SAMPLES = _module("sameness"), _module("samples").SAMPLES
FROZEN = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}


@pytest.mark.parametrize("name", NAMES)
def test_format_1_is_read_as_it_was_meant(name):
    found = restore(FROZEN[name]["manifest"], [b64decode(piece) for piece in FROZEN[name]["pieces"]])
    assert fingerprint(found).version.id == FROZEN[name]["id"]
    sameness.assert_same(found, SAMPLES[name])


def _written(name):
    kept = keep(SAMPLES[name])
    pieces = [b64encode(piece).decode("ascii") for piece in kept.pieces]
    return {"id": fingerprint(SAMPLES[name]).version.id, "manifest": kept.manifest, "pieces": pieces}


if __name__ == "__main__":
    print(json.dumps({name: _written(name) for name in NAMES}, ensure_ascii=False, separators=(",", ":")))

"""The definition of mj1 is frozen: these ids never change. Write them anew only with a new name.

``python tests/data/test_vectors.py`` prints the file, for a definition ``mj2``.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from mlops_jupyter.data import fingerprint

HERE = Path(__file__).parent
_spec = importlib.util.spec_from_file_location("data_samples", HERE / "samples.py")
samples = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(samples)


def describe(data):
    found = fingerprint(data, rows=True)
    columns = {column["name"]: column["type"] for column in json.loads(found.version.columns_json)}
    return {
        "id": found.version.id,
        "columns": columns,
        "rows": [f"{row:016x}" for row in found.row_hashes[:4]],
    }


FROZEN = (
    json.loads((HERE / "vectors.json").read_text(encoding="utf-8"))
    if (HERE / "vectors.json").exists()
    else {}
)


@pytest.mark.parametrize("name", samples.SAMPLES)
def test_vector(name):
    assert describe(samples.SAMPLES[name]) == FROZEN[name]


def test_every_vector_is_another():
    assert len({vector["id"] for vector in FROZEN.values()}) == len(FROZEN) == len(samples.SAMPLES)


if __name__ == "__main__":
    frozen = {name: describe(data) for name, data in samples.SAMPLES.items()}
    print(json.dumps(frozen, indent=1, ensure_ascii=False))

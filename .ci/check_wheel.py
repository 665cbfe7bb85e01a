"""Check that a wheel holds what it must hold, and nothing that belongs to the clone."""

from __future__ import annotations

import sys
import zipfile
from pathlib import PurePosixPath

NEEDED = (
    "mlops_jupyter/py.typed",
    "mlops_jupyter/examples/01-track.ipynb",
    "mlops_jupyter/examples/02-data.ipynb",
    "mlops_jupyter/examples/03-models.ipynb",
    "mlops_jupyter/examples/05-deploy.ipynb",
    "mlops_jupyter/store/schema/0001_spine.sql",
    "mlops_jupyter/store/schema/0002_data.sql",
    "mlops_jupyter/store/schema/0003_models.sql",
    "mlops_jupyter/store/schema/0004_lineage.sql",
)
FOLDERS = ("mlops_jupyter/display/templates/", "mlops_jupyter/deploy/templates/")


def main(wheel: str) -> int:
    """Print what is wrong, and return how many things."""
    names = zipfile.ZipFile(wheel).namelist()
    wrong = [f"missing: {name}" for name in NEEDED if name not in names]
    wrong += [f"empty: {folder}" for folder in FOLDERS if not any(name.startswith(folder) for name in names)]
    wrong += [f"no licence in {wheel}"] if not any(name.endswith("LICENSE") for name in names) else []
    wrong += [
        f"does not belong here: {name}"
        for name in names
        if PurePosixPath(name).parts[0] != "mlops_jupyter" and ".dist-info" not in name
    ]
    print("\n".join(wrong) or f"{wheel}: {len(names)} files, as it should be")
    return len(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

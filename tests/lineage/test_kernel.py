"""The whole way in a real kernel: a messy notebook, its recipe, the run made again from the command line."""

from __future__ import annotations

import json
import subprocess
import sys

import nbclient
import nbformat
import pytest

from mlops_jupyter.lineage import recipe_of

CELLS = [
    "import numpy as np, pandas as pd\nfrom sklearn.ensemble import RandomForestClassifier",
    "%load_ext mlops_jupyter\n%matplotlib inline",
    "df = pd.read_csv('data.csv')",
    "df.a.plot()",
    "df['c'] = df.a * df.b",
    "async def half():\n    return len(df) // 2\nn = await half()",
    "abandoned = df.sample(3)",
    "%%time\norder = np.random.permutation(len(df))\ntrain, test = df.iloc[order[:n]], df.iloc[order[n:]]",
    (
        "%%track churn\nmodel = RandomForestClassifier(5).fit(train[['a', 'c']], train.y)\n"
        "accuracy = model.score(test[['a', 'c']], test.y)\naccuracy"
    ),
    "df = None",
]


@pytest.mark.slow
def test_a_notebook_in_a_kernel_and_its_run_made_again_by_the_command_line(registry, tmp_path):
    import pandas as pd

    frame = pd.DataFrame({"a": range(200), "b": [i % 7 for i in range(200)]})
    frame.assign(y=frame.b > 3).to_csv(tmp_path / "data.csv", index=False)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    resources = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3", resources=resources).execute()

    found = recipe_of(registry, 1)
    heads = [cell.source.splitlines()[0] for cell in found.kept]
    assert [CELLS.index(cell.source) if cell.source in CELLS else -1 for cell in found.kept] == [
        0, 2, 4, 5, 7, 8,
    ], heads  # fmt: skip
    assert registry.rows("runs")[0]["incomplete"] is None
    assert [file.path for file in found.files] == ["data.csv"]

    (tmp_path / "data.csv").unlink()
    command = [sys.executable, "-m", "mlops_jupyter", "reproduce", "1", "--json"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    report = json.loads(ran.stdout)
    assert report["verdict"] == "identical", report

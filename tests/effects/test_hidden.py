"""What cells do beside the names: generators, files, environment, settings, network, commands, modules."""

# A cell reads best on one line.
# ruff: noqa: E501

from __future__ import annotations

import http.server
import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import pytest

from mlops_jupyter.effects import random_states, restore_random


def test_drawing_and_seeding(cells: Any) -> None:
    cells("import random\nimport numpy as np")
    drawn = cells("x = random.random()")
    assert drawn.hidden_reads == drawn.hidden_writes == ("random",)
    seeded = cells("np.random.seed(3)")
    assert (seeded.hidden_reads, seeded.hidden_writes) == ((), ("numpy.random",))
    assert "numpy.random" in cells("y = np.random.rand(2)").hidden_reads
    both = cells("random.seed(1)\nnp.random.seed(1)\nz = np.random.rand() + random.random()")
    assert both.hidden_reads == ()
    assert set(both.hidden_writes) == {"random", "numpy.random"}
    late = cells("z = np.random.rand()\nnp.random.seed(1)")
    assert late.hidden_reads == ("numpy.random",)
    named = cells("def seed_all(n):\n    random.seed(n)\n    np.random.seed(n)", "seed_all(3)")
    assert named.hidden_reads == ()
    assert cells("state = np.random.get_state()").hidden_reads == ("numpy.random",)
    assert cells("w = 1").hidden_reads == ()


def test_a_state_is_kept_and_put_back(cells: Any) -> None:
    drawn = cells("import random, numpy as np\nx = (random.random(), np.random.rand(3).tolist())")
    kept = random_states()
    restore_random(drawn.random_before)
    restored = cells("y = (random.random(), np.random.rand(3).tolist())")
    assert cells.names["x"] == cells.names["y"]
    assert set(restored.random_before) == {"random", "numpy.random"}
    restore_random(kept)
    with pytest.raises(ValueError, match="no generator is called 'dice'"):
        restore_random({"dice": kept["random"]})
    with pytest.raises(ValueError, match="no state of a generator"):
        restore_random({"random": "nonsense"})


def test_other_bit_generators_are_kept_too(cells: Any) -> None:
    from numpy import random as legacy

    old = legacy.get_bit_generator()
    legacy.set_bit_generator(legacy.PCG64(3))
    try:
        kept = random_states()["numpy.random"]
        first = legacy.normal(size=3).tolist()  # noqa: NPY002
        restore_random({"numpy.random": kept})
        assert legacy.normal(size=3).tolist() == first  # noqa: NPY002
    finally:
        legacy.set_bit_generator(old)


def test_text_files(cells: Any, tmp_path: Path) -> None:
    written = cells("with open('a.txt', 'w') as f:\n    n = f.write('hello')")
    assert written.hidden_writes == ("file:a.txt",)
    (use,) = written.files_written
    assert (use.path, use.size_bytes, use.content_hash[:8]) == ("a.txt", 5, "2cf24dba")
    read = cells("from pathlib import Path\ntext = Path('a.txt').read_text()")
    assert read.hidden_reads == ("file:a.txt",)
    assert read.files_read[0].content_hash == use.content_hash
    added = cells("with open('a.txt', 'a') as f:\n    n = f.write('!')")
    assert (added.hidden_reads, added.hidden_writes) == (("file:a.txt",), ("file:a.txt",))
    again = cells("with open('b.txt', 'w') as f:\n    n = f.write('x')\nb = Path('b.txt').read_text()")
    assert again.hidden_reads == ()
    moved = cells("import os\nos.rename('a.txt', 'c.txt')")
    assert set(moved.hidden_writes) == {"file:a.txt", "file:c.txt"}
    assert cells("os.remove('c.txt')").hidden_writes == ("file:c.txt",)
    assert "file:b.txt" in cells("t = Path('b.txt').read_text()").hidden_reads
    outside = tmp_path.parent / "outside.txt"
    outside.write_text("x")
    assert f"file:{outside}" in cells(f"t = Path({str(outside)!r}).read_text()").hidden_reads


FORMATS = {
    "csv": ("df.to_csv('d.csv')", "pd.read_csv('d.csv')", "d.csv"),
    "parquet": ("df.to_parquet('d.parquet')", "pd.read_parquet('d.parquet')", "d.parquet"),
    "feather": ("df.to_feather('d.feather')", "pd.read_feather('d.feather')", "d.feather"),
    "pickle": ("df.to_pickle('d.pkl')", "pd.read_pickle('d.pkl')", "d.pkl"),
    "polars": ("pl.DataFrame({'a': [1]}).write_parquet('p.parquet')", "pl.read_parquet('p.parquet')", "p.parquet"),
    "lazy polars": ("pl.DataFrame({'a': [1]}).write_csv('p.csv')", "pl.scan_csv('p.csv').collect()", "p.csv"),
    "npy": ("np.save('a.npy', [1])", "np.load('a.npy')", "a.npy"),
    "raw": ("np.arange(3).tofile('a.bin')", "np.fromfile('a.bin')", "a.bin"),
    "joblib": ("joblib.dump([1], 'm.joblib')", "joblib.load('m.joblib')", "m.joblib"),
    "by a name": ("df.to_parquet(target)", "pd.read_parquet(target)", "t.parquet"),
    "arrow": ("pq.write_table(pa.table({'a': [1]}), 'q.parquet')", "pq.read_table('q.parquet')", "q.parquet"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_files_of_data(name: str, cells: Any) -> None:
    write, read, path = FORMATS[name]
    cells(
        "import pandas as pd, polars as pl, numpy as np, joblib, pyarrow as pa, pyarrow.parquet as pq\n"
        "df = pd.DataFrame({'a': [1]})\ntarget = 't.parquet'"
    )
    assert f"file:{path}" in cells(write).hidden_writes
    found = cells(f"x = {read}")
    assert f"file:{path}" in found.hidden_reads
    assert f"file:{path}" not in found.hidden_writes


def test_a_database_is_a_file(cells: Any) -> None:
    made = cells(
        "import sqlite3\ndb = sqlite3.connect('t.db')\n_c = db.execute('create table t (a)')\ndb.commit()"
    )
    assert "file:t.db" in made.hidden_writes
    assert made.hidden_reads == ()
    assert "file:t.db" in cells("db.close()\ndb = sqlite3.connect('t.db')").hidden_reads
    cells("db.close()")


def test_folders(cells: Any) -> None:
    assert cells("import os\nos.makedirs('out/deep', exist_ok=True)").hidden_writes == (
        "file:out",
        "file:out/deep",
    )
    used = cells("with open('out/deep/x.txt', 'w') as f:\n    n = f.write('x')")
    assert {"file:out", "file:out/deep"} <= set(used.hidden_reads)
    assert (
        "file:out/deep/x.txt"
        in cells(
            "from pathlib import Path\ntexts = [p.read_text() for p in Path('out').glob('*/*.txt')]"
        ).hidden_reads
    )


def test_working_directory(cells: Any) -> None:
    moved = cells("import os\nos.mkdir('sub')\nos.chdir('sub')")
    assert "cwd" in moved.hidden_writes
    written = cells("with open('x.txt', 'w') as f:\n    n = f.write('x')")
    assert "cwd" in written.hidden_reads
    assert "file:sub/x.txt" in written.hidden_writes


def test_environment(cells: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("L1_A", "0")
    monkeypatch.setenv("L1_B", "0")
    cells("import os")
    assert cells("os.environ['L1_A'] = '1'").hidden_writes == ("environ:L1_A",)
    assert cells("os.environ['L1_B'] = '1'").hidden_writes == ("environ:L1_B",)
    assert cells("x = os.environ['L1_A']").hidden_reads == ("environ:L1_A",)
    assert cells("x = os.getenv('L1_B', '')").hidden_reads == ("environ:L1_B",)
    assert set(cells("x = dict(os.environ)").hidden_reads) >= {"environ", "environ:L1_A", "environ:L1_B"}
    assert cells("y = 1").hidden_reads == ()


SETTINGS = {
    "pandas": ("import pandas as pd", "pd.set_option('mode.chained_assignment', None)", "x = pd.Series([1])", "pd.reset_option('mode.chained_assignment')"),
    "numpy": ("import numpy as np", "_old = np.seterr(all='raise')", "x = np.zeros(2)", "_n = np.seterr(all='warn')"),
    "sklearn": ("import sklearn, sklearn.linear_model as lm", "sklearn.set_config(enable_metadata_routing=True)", "m = lm.Ridge()", "sklearn.set_config(enable_metadata_routing=False)"),
    "decimal": ("import decimal", "decimal.getcontext().prec = 50", "x = decimal.Decimal(1) / 3", "decimal.getcontext().prec = 28"),
    "fractions": ("import fractions", "fractions.extra = 1", "x = fractions.Fraction(1)", "del fractions.extra"),
    "string": ("import string", "string.digits = '0'", "x = string.ascii_letters", "string.digits = '0123456789'"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*chained_assignment.*", "ignore:.*no impact.*")
@pytest.mark.parametrize(
    "package",
    [pytest.param(name, marks=pytest.mark.slow) if name == "sklearn" else name for name in SETTINGS],
)
def test_settings(package: str, cells: Any) -> None:
    imports, setting, use, undo = SETTINGS[package]
    cells(imports)
    written = cells(setting)
    assert f"module:{package}" in written.hidden_writes
    used = cells(use)
    assert f"module:{package}" in used.hidden_reads
    assert not any(name.startswith("module:") for name in used.hidden_writes)
    assert cells("z = 1").hidden_reads == ()
    cells(undo)


def test_settings_of_printing_are_read_by_what_prints(cells: Any) -> None:
    cells("import numpy as np\na = np.array([1.23456])\nold = np.get_printoptions()")
    assert cells("np.set_printoptions(precision=2)").hidden_writes == ("module:numpy.printing",)
    assert "module:numpy.printing" in cells("text = f'{a}'").hidden_reads
    assert "module:numpy.printing" in cells("text = str(a)").hidden_reads
    assert cells("b = a + 1").hidden_reads == ()
    cells("np.set_printoptions(**old)")


def test_names_put_among_pythons_own(cells: Any) -> None:
    try:
        assert "module:builtins" in cells("import builtins\nbuiltins.l1_extra = 7").hidden_writes
        assert "module:builtins" in cells("x = l1_extra + 1").hidden_reads
        assert cells("y = len('a')").hidden_reads == ()
    finally:
        cells("del builtins.l1_extra")


@pytest.mark.slow
def test_a_figure_that_stays_open(cells: Any) -> None:
    cells("import matplotlib\nmatplotlib.use('Agg')\nimport matplotlib.pyplot as plt")
    drawn = cells("_f = plt.figure()\n_l = plt.plot([1, 2])")
    assert "module:matplotlib.pyplot" in drawn.hidden_writes
    assert "module:matplotlib.pyplot" in cells("n = len(plt.gca().lines)").hidden_reads
    assert cells("m = 1").hidden_reads == ()
    cells("plt.close('all')")
    assert "module:matplotlib.pyplot" not in cells("_f2 = plt.figure()\nn = len(plt.gcf().axes)").hidden_reads
    cells("plt.close('all')")


def test_an_array_on_a_file(cells: Any) -> None:
    made = cells("import numpy as np\nm = np.memmap('m.dat', dtype='f8', mode='w+', shape=(4,))\nv = m[1:]")
    assert "file:m.dat" in made.hidden_writes
    assert "file:m.dat" in cells("v[0] = 3\nm.flush()").hidden_writes
    assert cells("v.sum()").hidden_writes == ()


def test_what_a_person_types_cannot_be_repeated(cells: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda *_: "x")
    assert cells("x = input('? ')").unrepeatable[0].what == "input()"


def test_a_call_for_nothing_seen_is_doubted(
    cells: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells("import calendar")
    set_up = cells("calendar.setfirstweekday(0)")
    assert set_up.hidden_writes == ("module:calendar",)
    assert "calendar" in set_up.doubts[0]
    assert cells("import gc\ngc.collect()").hidden_writes == ()


def test_clock_and_entropy_by_line(cells: Any) -> None:
    found = cells("import time, uuid\nx = 1\nt = time.time()\nu = uuid.uuid4()")
    assert [(each.what, each.line) for each in found.unrepeatable] == [
        ("time.time()", 3),
        ("uuid.uuid4()", 4),
    ]
    assert set(found.hidden_reads) == {"clock", "entropy"}
    unseeded = cells("from numpy.random import default_rng\nr = default_rng()")
    assert unseeded.unrepeatable[0].line == 2
    assert "unseeded" in unseeded.unrepeatable[0].what
    assert not cells("r = default_rng(3)").unrepeatable
    assert not cells("def now():\n    return time.time()").unrepeatable
    assert cells("n = now()").unrepeatable[0].line is None
    assert cells("from datetime import datetime\nd = datetime.now()").hidden_reads == ("clock",)


def test_network(cells: Any) -> None:
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    thread = threading.Thread(target=server.handle_request, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_address[1]}/nothing.csv"
    found = cells(
        f"import urllib.request\ntry:\n    urllib.request.urlopen({url!r})\nexcept OSError:\n    pass"
    )
    thread.join()
    server.server_close()
    assert "network" in found.hidden_reads
    assert found.unrepeatable[0].what == "the network"


def test_commands(cells: Any) -> None:
    found = cells(
        "import subprocess, sys\nr = subprocess.run([sys.executable, '-c', 'open(\"made.txt\", \"w\")'])"
    )
    assert "file:made.txt" in found.hidden_writes
    assert "it runs a command, which may do anything" in found.doubts


def test_modules_of_the_users(cells: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "l1_inner.py").write_text("scale = 3\n")
    (tmp_path / "l1_outer.py").write_text(
        "import l1_inner\nseen = []\ndef f(x):\n    seen.append(x)\n    return x * l1_inner.scale\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("l1_inner", "l1_outer"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    found = cells("from l1_outer import f")
    assert [(module.name, module.path) for module in found.modules] == [
        ("l1_inner", "l1_inner.py"),
        ("l1_outer", "l1_outer.py"),
    ]
    first = found.modules[1].content_hash
    called = cells("y = f(2)")
    assert {module.name for module in called.modules} == {"l1_inner", "l1_outer"}
    assert "f" in called.changed
    (tmp_path / "l1_outer.py").write_text("def f(x):\n    return 0\n")
    changed = cells("import importlib, l1_outer\n_m = importlib.reload(l1_outer)")
    assert changed.modules[-1].content_hash != first
    assert not cells("import json").modules
    for name in ("l1_inner", "l1_outer"):
        sys.modules.pop(name, None)


def test_a_path_added_for_imports(cells: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "l1_only.py").write_text("x = 1\n")
    assert "module:sys" in cells("import sys\nsys.path.append('lib')").hidden_writes
    assert "module:sys" in cells("import l1_only").hidden_reads
    assert cells("import json").hidden_reads == ()
    sys.modules.pop("l1_only")


def test_nothing_is_heard_between_cells_nor_of_our_own(cells: Any, tmp_path: Path) -> None:
    cells("x = 1")
    (tmp_path / "between.txt").write_text("x")
    cells.log.before("y = 1")
    thread = threading.Thread(target=lambda: (tmp_path / "ours.txt").write_text("x"), name="mlops-worker")
    thread.start()
    thread.join()
    cells.log.after("finished")
    assert cells.log.effects_of(2).files_written == ()
    cells.log.uninstall()
    (tmp_path / "later.txt").write_text("x")
    assert cells("z = 1").files_written == ()


def test_large_files_are_hashed_when_asked_for(
    cells: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("mlops_jupyter.effects.around.HASH_AT_ONCE_BYTES", 2)
    (tmp_path / "a.txt").write_text("hello")
    (tmp_path / "b.txt").write_text("hello")
    found = cells("from pathlib import Path\nx = Path('a.txt').read_text() + Path('b.txt').read_text()")
    assert [use.content_hash for use in found.files_read] == [None, None]
    (tmp_path / "b.txt").write_text("other text")
    assert "2cf24dba" in cells.log.entries[0].effects
    assert [bool(use.content_hash) for use in cells.log.effects_of(1).files_read] == [True, False]


@pytest.mark.slow
def test_what_is_drawn_by_the_cell_that_imports_the_library(tmp_path: Path) -> None:
    script = """
        from mlops_jupyter.effects import EffectLog, restore_random
        names = {"__name__": "__main__"}
        log = EffectLog(names)
        log.install()
        source = "import numpy as np\\nx = np.random.rand(3).tolist()"
        log.before(source)
        exec(source, names)
        log.after("finished")
        restore_random(log.effects_of(1).random_before)
        assert names["np"].random.rand(3).tolist() == names["x"]
        assert log.effects_of(1).hidden_reads == ("numpy.random",)
        import sys
        assert names["np"].__spec__.loader.__class__.__module__.startswith("_frozen")
        assert sys.modules["numpy.random"].__spec__.loader.__class__.__name__ == "SourceFileLoader"
        log.uninstall()
        assert not any("mlops_jupyter" in type(each).__module__ for each in sys.meta_path)
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=tmp_path, env=environment, check=False
    )
    assert done.returncode == 0


def test_many_files_are_hashed_behind_the_cell(cells: Any, tmp_path: Path) -> None:
    (tmp_path / "many").mkdir()
    for index in range(400):
        (tmp_path / "many" / f"{index}.txt").write_text(str(index))
    found = cells("from pathlib import Path\ntexts = [each.read_text() for each in Path('many').iterdir()]")
    hashed = [use.content_hash is not None for use in found.files_read]
    assert len(hashed) == 400
    assert 0 < sum(hashed) < 400
    assert cells.log.entries[0].effects.count("content_hash") == 400
    assert all(use.content_hash for use in cells.log.effects_of(1).files_read)

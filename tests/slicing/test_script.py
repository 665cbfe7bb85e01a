import subprocess
import sys

import nbformat
import pytest

from mlops_jupyter.effects import random_states as present_states
from mlops_jupyter.errors import UsageError
from mlops_jupyter.records import CodeSlice, FileUse, LocalModule, Parameter, SliceCell
from mlops_jupyter.slicing import write_notebook, write_script


def sliced(*sources, targets=("a",), **fields):
    cells = tuple(
        SliceCell(seq, source, True, execution_count=seq)
        if isinstance(source, str)
        else SliceCell(seq, source[0], True, execution_count=seq, outcome=source[1])
        for seq, source in enumerate(sources, 1)
    )
    return CodeSlice(targets[0] if targets else "", tuple(targets), cells, **fields)


def names_after(script):
    """Run a script as if imported, and return its names."""
    names = {"__name__": "script"}
    exec(compile(script.text, "script.py", "exec"), names)
    return names


def body(script):
    """Return a script's text without its head."""
    return script.text.partition('"""\n')[2].strip()


def test_imports_stand_on_top_once_in_groups():
    script = write_script(
        sliced(
            "import json\nfrom collections import OrderedDict",
            "import json, math\nfrom collections import Counter\nfrom numpy import array\na = 1",
            "a = [json, math, Counter, OrderedDict, array]",
        )
    )
    standard = "import json\nimport math\nfrom collections import Counter, OrderedDict\n\n"
    assert body(script).startswith(f"{standard}from numpy import array\n\n")


def test_imports_from_the_future_come_first_of_all():
    script = write_script(sliced("import json", "from __future__ import annotations\na = json"))
    assert body(script).startswith("from __future__ import annotations\n\nimport json")
    names_after(script)


def test_imports_that_nothing_uses_are_left_out_and_said():
    script = write_script(sliced("import os, seaborn as sns\nimport plugin\nfrom x import enable_y\na = 1"))
    assert "import plugin" in script.text
    assert "enable_y" in script.text
    assert "os" not in body(script)
    assert script.notes == ("left out: imports that nothing uses: import os; import seaborn as sns",)


@pytest.mark.parametrize(
    "sources",
    [
        ("import os", "os.environ['X'] = '1'", "import numpy as np\na = np"),
        ("import sys", "sys.path.insert(0, 'lib')", "import helper\na = helper"),
        ("import json", "json.loads = len", "from json import loads\na = loads"),
        ("from json import loads", "a = loads('1')", "from pickle import loads\nb = loads"),
        ("a = pow(2, 3, 5)", "from math import pow\nb = pow"),
        ("%cd lib", "import helper\na = helper"),
        ("%%writefile helper.py\nx = 1", "import helper\na = helper.x"),
        ("sum = 1\na = sum", "from numpy import *"),
    ],
)
def test_an_import_that_depends_on_what_ran_before_stays(sources):
    lines = write_script(sliced(*sources)).text.splitlines()
    late = next(line for line in sources[-1].splitlines() if "import" in line)
    before = next(i for i, line in enumerate(lines) if line.startswith(f"# [{len(sources) - 1}]"))
    assert lines.index(late) > before


def test_literals_become_options(tmp_path):
    script = write_script(
        sliced(
            "depth = 8  # of the trees\nrate = -0.5\nis_deep: bool = True\nname = 'x'\nunused = 3",
            "data = 'in.csv'\ncount = 0\nfor i in range(2):\n    count += i",
            "def both():\n    return [depth, rate, is_deep, name, data]\na = both()\nprint(a, count)",
            files=(FileUse("in.csv"),),
        )
    )
    assert [(p.name, p.value, p.kind, p.help) for p in script.parameters] == [
        ("depth", 8, "int", "of the trees"),
        ("rate", -0.5, "float", ""),
        ("is_deep", True, "bool", ""),
        ("name", "x", "str", ""),
        ("data", "in.csv", "path", ""),
    ]
    assert names_after(script)["a"] == [8, -0.5, True, "x", "in.csv"]
    path = tmp_path / "script.py"
    path.write_text(script.text)
    given = [sys.executable, path, "--depth", "2", "--no-is-deep", "--data", "b.csv", "--rate", "-1"]
    run = subprocess.run(given, capture_output=True, text=True, check=True)
    assert run.stdout == "[2, -1.0, False, 'x', 'b.csv'] 1\n"


def test_input_files_that_the_code_names_become_options(tmp_path):
    (tmp_path / "in.txt").write_text("one")
    (tmp_path / "other.txt").write_text("other")
    script = write_script(
        sliced(
            "def read():\n    return open('in.txt').read()",
            "a = read() + open('./in.txt').read() + f'{1}in.txt'\nprint(a)",
            files=(FileUse("in.txt"),),
        )
    )
    assert [(p.name, p.value, p.kind) for p in script.parameters] == [("in_txt", "in.txt", "path")]
    path = tmp_path / "script.py"
    path.write_text(script.text)
    given = [sys.executable, path, "--in-txt", "other.txt"]
    run = subprocess.run(given, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert run.stdout == "otherone1in.txt\n"


def test_options_that_would_be_one_are_one_alone():
    output = Parameter("_output", "model.txt", "path")
    script = write_script(
        sliced("output = 1\nhelp = 2\nLIMIT = 3\nlimit = 4", "a = [output, help, LIMIT, limit]"),
        options=[output],
    )
    assert [parameter.name for parameter in script.parameters] == ["LIMIT", "_output"]
    assert '"--limit"' in script.text
    assert names_after(script)["a"] == [1, 2, 3, 4]


def test_values_may_be_given_for_parameters():
    script = write_script(sliced("depth = 8", "a = depth"), params={"depth": "3"})
    assert names_after(script)["a"] == 3


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"dept": 1}, "the code has no parameter 'dept': did you mean 'depth'?"),
        ({"depth": "deep"}, "the parameter 'depth' is int, found 'deep'"),
    ],
)
def test_what_is_no_parameter_is_refused(params, message):
    with pytest.raises(UsageError) as refused:
        write_script(sliced("depth = 8", "a = depth"), params=params)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    "sources",
    [
        ("k = 1", "k = 2", "a = k"),
        ("b = 3", "a = k if 'k' in dir() else 0", "k = 5", "c = k"),
        ("k = 1", "def f():\n    global k\n    k = 2\nf()", "a = k"),
        ("k = 1", "globals()['k'] = 2", "a = k"),
        ("k = 1", "del k\nk = 'x' * 2", "a = k"),
        ("k = 1", "from os.path import *", "a = k"),
        ("k = '''one\ntwo'''", "a = k"),
        ("k = [1]", "a = k"),
        ("_k = 1", "a = _k"),
    ],
)
def test_what_is_no_settled_literal_stays_where_it_is(sources):
    assert write_script(sliced(*sources)).parameters == ()


def test_a_cell_that_ran_twice_runs_twice():
    script = write_script(sliced("a = 0\nstep = 2", "a = a + step", "a = a + step"))
    assert names_after(script)["a"] == 4
    assert [p.name for p in script.parameters] == ["step"]


def test_display_and_plots_are_left_out():
    script = write_script(
        sliced(
            "import matplotlib.pyplot as plt\na = [1]",
            "fig, ax = plt.subplots()\nax.plot(a)\nfor x in a:\n    ax.axvline(x)\nplt.show()",
            "a\nlen(a)\n'a text as a comment'\na.append(2); a",
        )
    )
    assert "plt" not in body(script)
    assert names_after(script)["a"] == [1, 2]
    assert script.notes[0] == "left out: 2 expressions that only show a value, 4 statements that only plot"


@pytest.mark.parametrize(
    "line",
    [
        "plt.plot(next(it))",
        "plt.hist(rng.normal(size=3))",
        "a.head(f())",
        "df.drop('x', inplace=True)",
        "f(a)",
    ],
)
def test_what_may_do_more_than_show_stays(line):
    assert line in write_script(sliced("import matplotlib.pyplot as plt", line)).text


def test_plots_stay_where_one_is_saved_or_used():
    saved = write_script(sliced("import matplotlib.pyplot as plt", "plt.plot([1])\nplt.savefig('a.png')"))
    used = write_script(
        sliced("import matplotlib.pyplot as plt", "fig, ax = plt.subplots()", "a = list(fig.axes)")
    )
    current = write_script(sliced("import matplotlib.pyplot as plt", "plt.plot([1])", "a = plt.gcf()"))
    assert "plt.plot([1])" in saved.text
    assert "plt.plot([1])" in current.text
    assert "plt.subplots()" in used.text


def test_a_method_of_the_notebooks_own_is_no_display():
    script = write_script(
        sliced("class Log(list):\n    def head(self):\n        self.append(1)", "a = Log()\na.head()")
    )
    assert names_after(script)["a"] == [1]


@pytest.mark.parametrize(
    "asked", ["_", "_1", "Out[1]", "_ + _1 - Out[1]", "int(f'{_1}')", "int(f'''\n{Out[1]}''')"]
)
def test_shown_values_get_names(asked):
    script = write_script(sliced("20 + 1", "b = 5", f"a = {asked}"))
    assert "out_1 = 20 + 1" in script.text
    assert names_after(script)["a"] == 21


def test_an_underscore_of_the_notebooks_own_stays():
    script = write_script(sliced("7", "_, b = 1, 2", "a = _"))
    assert names_after(script)["a"] == 1


def test_magics_are_translated_or_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    script = write_script(
        sliced(
            "%load_ext mlops_jupyter\n%matplotlib inline\n%pip install x\nfolder = 'sub'",
            "%cd {folder}",
            "!echo {1 + 1} $folder > out.txt\nlines = !cat out.txt",
            "%env ANSWER=42",
            "%%track churn --note 'x y'\n%%time\nimport os\na = [*lines, os.environ['ANSWER'], os.getcwd()]",
            "%sql select 1",
        )
    )
    monkeypatch.delenv("ANSWER", raising=False)
    assert names_after(script)["a"] == ["2 sub", "42", str(tmp_path / "sub")]
    assert script.notes == (
        "left out, for the environment: pip install x",
        "%sql select 1 runs in IPython alone",
    )


def test_a_cell_that_failed_does_what_it_did_until_then():
    script = write_script(
        sliced(("a = [1]\ntext = '''\n x'''\nimport nothing_like_it\na = 2", "failed"), "b = a + [2]")
    )
    names = names_after(script)
    assert (names["b"], names["text"]) == ([1, 2], "\n x")


def test_texts_of_several_lines_are_kept_to_the_letter():
    source = 'text = """\n  one\ntwo"""\ndef f():\n    return f"""{text}\n  {len(text)}"""\na = f()'
    expected = {}
    exec(source, expected)
    for as_module in (False, True):
        script = write_script(sliced(source), as_module=as_module)
        names = names_after(script)
        if as_module:
            names["main"]()
        assert names["a"] == expected["a"]


def test_a_module_runs_nothing_until_asked():
    script = write_script(
        sliced(
            "base = 2",
            "def f(x):\n    return x * base",
            "class Kept:\n    pass\na = [f(2), Kept.__qualname__]",
        ),
        as_module=True,
    )
    names = names_after(script)
    assert "a" not in names
    names["main"]()
    assert names["a"] == [4, "Kept"]


def test_what_is_asked_of_ipython_has_plain_python():
    script = write_script(
        sliced(
            "get_ipython().user_ns['x'] = 2",
            "x = x * 2",
            "exec(In[2])\nif get_ipython() is None:\n    a = f'{In[2]}{x}'",
        )
    )
    assert names_after(script)["a"] == "x = x * 28"


def test_a_cell_that_left_itself_does_not_leave_the_script():
    assert names_after(write_script(sliced("import sys\na = 1\nsys.exit()\na = 2", "b = 3")))["b"] == 3


def test_what_was_measured_runs_as_often_where_that_was_said():
    script = write_script(
        sliced("a = []", "%timeit -n 2 -r 3 a.append(1)", "%%timeit -n1 -r1\nb = 2\na.append(b)", "%timeit a")
    )
    assert names_after(script)["a"] == [1] * 6 + [2]
    assert script.notes == ("left out, only measures: a",)


def test_code_in_texts_means_the_names_of_the_module():
    script = write_script(
        sliced("x = 2", "exec(eval('\"y = x\"'))", "a = [y, 'y' in dir(), locals()['x']]"), as_module=True
    )
    names = names_after(script)
    names["main"]()
    assert names["a"] == [2, True, 2]


def test_what_a_cell_printed_is_kept_under_its_name():
    script = write_script(sliced("%%capture out\nprint('one')\nb = 2", "a = out.stdout + str(b)"))
    assert names_after(script)["a"] == "one\n2"


def test_waiting_at_the_level_of_the_notebook(tmp_path):
    script = write_script(
        sliced(
            "import asyncio\nasync def f(x):\n    await asyncio.sleep(0)\n    return x",
            "a = await f(3)\nprint(a)",
        )
    )
    path = tmp_path / "script.py"
    path.write_text(script.text)
    assert subprocess.run([sys.executable, path], capture_output=True, text=True, check=True).stdout == "3\n"


def test_states_that_nothing_seeded_are_put_back():
    import random

    import numpy as np

    np.random.rand()  # noqa: NPY002 - the generator in question
    states = present_states()
    expected = [random.random(), np.random.rand()]  # noqa: NPY002 - the generator in question
    recorded = {f"{name}@2": states[name] for name in ("random", "numpy.random")}
    sources = ("import random\nimport numpy as np", "a = [random.random(), np.random.rand()]")
    script = write_script(sliced(*sources, random_before=recorded))
    assert script.text.index("random.setstate(") < script.text.index("_STATE_2 = (")
    names = names_after(script)
    names["main"]()
    assert names["a"] == expected
    notebook = write_notebook(sliced(*sources, random_before=recorded))
    names = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec(cell["source"], names)
    assert names["a"] == expected


def test_the_state_before_a_cell_of_imports_alone_is_no_constant():
    import random

    recorded = {f"random@{seq}": present_states()["random"] for seq in (1, 2)}
    sources = ("import random\nimport numpy", "a = random.random()")
    expected = random.random()
    script = write_script(sliced(*sources, random_before=recorded))
    assert "RANDOM_STATE_1" not in script.text
    names = names_after(script)
    names["main"]()
    assert names["a"] == expected


def test_more_options_and_an_ending_may_be_added(tmp_path):
    output = Parameter("output", "model.txt", "path", "where it is written")
    script = write_script(sliced("a = 1"), options=[output], ending="open(output, 'w').write(str(a))")
    path = tmp_path / "script.py"
    path.write_text(script.text)
    subprocess.run([sys.executable, path, "--output", tmp_path / "out"], check=True)
    assert (tmp_path / "out").read_text() == "1"
    assert script.parameters == (output,)


def test_lines_may_end_in_any_way():
    script = write_script(sliced("a = 1\r\nb = 2\r%sql one\x0btwo\x0cc = 3", "c = a + b"))
    assert names_after(script)["c"] == 3


def test_names_in_the_head_cannot_end_it():
    names_after(
        write_script(sliced("a = 1", doubts=('a """ and a \\ ',), verdict="identical", verified_at="now"))
    )


def test_what_is_no_python_stands_as_a_comment():
    script = write_script(sliced("a = 1", "this is no python"))
    assert "# this is no python" in script.text
    assert script.notes == ("cell [2] is no Python, and stands as a comment",)


def test_modules_of_the_users_own_are_imported_though_nothing_uses_them():
    module = LocalModule("json", "json.py", "0")
    assert "import json" in write_script(sliced("import json\na = 1", modules=(module,))).text


def test_a_notebook_holds_the_kept_cells_as_typed():
    code_slice = sliced(
        "%load_ext mlops_jupyter\n%cd x",
        "%%track churn\na = 1 # x",
        ("1 / 0", "failed"),
        "%load_ext mlops_jupyter",
    )
    notebook = nbformat.from_dict(write_notebook(code_slice))
    nbformat.validate(notebook)
    assert [cell.source for cell in notebook.cells[1:]] == ["%cd x", "a = 1 # x", "1 / 0"]
    assert notebook.cells[3].metadata.tags == ["raises-exception"]

"""The same cells in two real kernels, with and without ``%%track``: what differs?

The plain kernel does not know the extension. In it the ``%%track`` line is a comment, so that line
numbers are the same. Our cards are taken out of the outputs; all else has to be equal: outputs,
exceptions with their tracebacks, and after every cell the names and values of the namespace.
"""

# ruff: noqa: E501 - a cell stands on one line, so that the list can be read
from __future__ import annotations

import re
from dataclasses import dataclass, field
from textwrap import dedent
from typing import Any

import nbformat
from nbclient import NotebookClient

CARD = "application/vnd.mlops-jupyter."

SETUP = """
import os, re, sys, time, asyncio, warnings
os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
"""

NAMESPACE = """
print({
    name: re.sub(r"0x[0-9a-f]+|[0-9a-f]{12,}", "0x", repr(value))[:300]
    for name, value in sorted(globals().items())
    if not re.match(r"_i|In$|Out$|_oh$|_dh$|_ih$|_+$|_\\\\d+$", name)
})
"""

FORMS: dict[str, str] = {
    "assignment": "x = 1\ny, z = 2.5, 'three'",
    "last value": "x + y",
    "last value silenced": "x + y;",
    "last value a string": "'ünïcödé 🎉 \\u202e rtl'",
    "print and last value": "print('a'); print('b', file=sys.stderr)\n[1, 2]",
    "exception": "before = 1\n1 / 0\nafter = 2",
    "exception in a function": "def f(n):\n    return f(n - 1) if n else [][0]\nf(3)",
    "exception with a cause": "try:\n    {}['k']\nexcept KeyError as e:\n    raise ValueError('outer') from e",
    "exception group": "raise ExceptionGroup('g', [ValueError('a'), KeyError('b')])",
    "own exception": "class Odd(Exception):\n    def __str__(self): raise RuntimeError('no')\nraise Odd()",
    "system exit": "sys.exit(3)",
    "system exit 0": "raise SystemExit",
    "interrupt": "import signal\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(5)\nreached = True",
    "interrupt while awaiting": "import signal, threading\n"
    "threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()\nawait asyncio.sleep(5)",
    "generator exit": "raise GeneratorExit",
    "syntax error": "a = 1\nb = (",
    "syntax error in line 3": "a = 1\n\nfor for in x:\n    pass",
    "return outside a function": "c = 3\nreturn c",
    "indentation error": "if x:\npass",
    "await": "await asyncio.sleep(0.01)\nw = await asyncio.sleep(0.01, 'done')\nw",
    "async for": "async def gen():\n    for i in range(3):\n        yield i\nout = [i async for i in gen()]\n"
    "async for i in gen():\n    print(i)",
    "async with and error": "class C:\n    async def __aenter__(self): return self\n"
    "    async def __aexit__(self, *a): print('exit')\nasync with C():\n    1 / 0",
    "task": "t = asyncio.ensure_future(asyncio.sleep(0.05, 7))\nr = await t\ndel t\nr",
    "display": "from IPython.display import display, HTML, Markdown\ndisplay(HTML('<b>x</b>'), Markdown('*y*'))",
    "display handle": "h = display(1, display_id='one')\nh.update(2)",
    "clear output": "from IPython.display import clear_output\nprint('gone')\nclear_output()\nprint('stays')",
    "progress bar": "for i in range(5):\n    sys.stdout.write(f'\\r{i}/5')\n    sys.stdout.flush()\nprint()",
    "long output": "print('x' * 5000)\nprint('y\\n' * 300)",
    "write and flush": "n = sys.stdout.write('abc\\n'); sys.stdout.flush()\nn",
    "redirected output": "import io, contextlib\nwith contextlib.redirect_stdout(io.StringIO()) as s:\n    print('in')\n"
    "s.getvalue()",
    "subprocess": "!echo shell\nlines = !echo one && echo two\nlines",
    "line magics": "%time q = sum(range(10))\n%pwd;\nv = %timeit -n1 -r1 -o -q pass\ntype(v).__name__",
    "env and who": "%env TRACKED=1\nos.environ['TRACKED']",
    "cell magic time": "%%time\nt1 = 5\nt1 + 1",
    "cell magic time with error": "%%time\nt2 = 5\n1 / 0",
    "cell magic capture": "%%capture cap\nprint('hidden')\n3",
    "captured": "cap.stdout",
    "help": "len?",
    "generators": "g = (i * i for i in range(4))\nnext(g); next(g)\nlist(g)",
    "nested functions": "def outer():\n    k = 1\n    def inner():\n        nonlocal k\n        k += 1\n        return k\n"
    "    return inner()\nouter()",
    "globals": "globals()['by_globals'] = 5\nexec('by_exec = 6')\nby_globals + by_exec",
    "global statement": "def setter():\n    global made\n    made = 9\nsetter()\nmade",
    "del": "gone = 1\ndel gone\n'gone' in globals()",
    "walrus": "if (m := 10) > 5: print(m)\n[last := i for i in range(3)]\nlast",
    "star unpacking": "a, *b, c = range(5)\n*d, = 'xyz'\na, b, c, d",
    "decorators and classes": "def deco(f):\n    print(f.__name__)\n    return f\n@deco\ndef g2(): pass\n"
    "class A:\n    n = 3\n    @deco\n    def m(self): return self.n\nA().m()",
    "match": "match [1, 2, 3]:\n    case [first, *rest]: print(first, rest)",
    "with and try": "try:\n    with open(os.devnull) as f:\n        1 / 0\nexcept ZeroDivisionError as e:\n    print(e)\n"
    "finally:\n    fin = 1",
    "semicolons": "i = 1; j = 2; i + j",
    "comments only": "# nothing\n# here",
    "empty": "",
    "blank lines": "\n\n\nx\n\n",
    "comment at the end": "x  # shown?",
    "indented": "    ind = 1\n    ind",
    "prompts": ">>> p = 1\n>>> p + 1",
    "one line exit-like": "x",
    "warning": "warnings.warn('once')\nwarnings.warn('once')",
    "invalid escape": "s = '\\d'\ns is 'x'",
    "dunder and underscores": "_hidden = 3\n__secret = 4\n_",
    "last outputs": "_, __, len(Out) > 3",
    "big int and specials": "big = 10 ** 40; nan = float('nan'); inf = -float('inf')\nbig, nan, inf",
    "our names are free": "track = run = mlops_jupyter = capture = 1\ntrack",
    "stdout replaced": "old = sys.stdout\nsys.stdout = io.StringIO()\nprint('lost')\nsys.stdout = old\nprint('back')",
    "thread prints": "import threading\nth = threading.Thread(target=print, args=('from thread',))\nth.start(); th.join()",
    "recursion": "def deep(): return deep()\ntry: deep()\nexcept RecursionError as e: print(type(e).__name__)",
    "repr that fails": "class R:\n    def __repr__(self): raise ValueError('no repr')\nR()",
    "input refused": "try:\n    input('?')\nexcept Exception as e:\n    print(type(e).__name__)",
    "plot shown": "import matplotlib.pyplot as plt\nfig, ax = plt.subplots(figsize=(1, 1))\n_ = ax.plot([1, 2])\nplt.show()\nplt.get_fignums()",
    "plot at the end": "plt.figure(figsize=(1, 1)); line = plt.plot([2, 1]);",
    "plot as last value": "fig",
    "plot left": "plt.get_fignums()",
    "future": "from __future__ import annotations\ndef ann(x: Unknown): return x\nann(1)",
    "future stays": "def ann2(x: Unknown2): return 2\nann2(1)",
    "fit": "from sklearn.linear_model import LogisticRegression\nfrom sklearn.metrics import accuracy_score, confusion_matrix\n"
    "import numpy as np\nX = np.arange(20.0).reshape(10, 2); y = np.arange(10) % 2\n"
    "model = LogisticRegression().fit(X, y)\nacc = accuracy_score(y, model.predict(X))\nacc",
    "fit that fails": "LogisticRegression().fit(X, y[:-1])",
    "metric that fails": "accuracy_score(y, y[:-1])",
    "own estimator in workers": "from sklearn.base import BaseEstimator, ClassifierMixin\n"
    "from sklearn.model_selection import GridSearchCV\n"
    "class Own(ClassifierMixin, BaseEstimator):\n    def __init__(self, k=0): self.k = k\n"
    "    def fit(self, X, y):\n        self.classes_ = np.unique(y)\n        return self\n"
    "    def predict(self, X): return np.full(len(X), self.k)\n"
    "search = GridSearchCV(Own(), {'k': [0, 1]}, cv=2, n_jobs=2).fit(X, y)\nsearch.best_params_",
    "frames": "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2], 'b': ['x', None]})\ndf['c'] = df.a * 2\ndf",
    "patched library stays patched": "import sklearn.metrics\nsklearn.metrics.custom = 1\nsklearn.metrics.custom",
}


@dataclass
class Outcome:
    """What a cell did: its outputs without our card, its error, and the namespace after it."""

    outputs: list[dict[str, Any]] = field(default_factory=list)
    namespace: str = ""
    cards: int = 0


def execute(forms: dict[str, str], *, tracked: bool, folder: str) -> dict[str, Outcome]:
    """Run all forms in one new kernel and return what each did."""
    first = SETUP + (
        f"%load_ext mlops_jupyter\nos.environ['MLOPS_REGISTRY'] = {folder!r}\n" if tracked else ""
    )
    line = "%%track differential\n"
    sources = [first]
    for source in forms.values():
        sources += [line + source if tracked else _commented(source), NAMESPACE]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in sources])
    NotebookClient(notebook, timeout=60, kernel_name="python3", allow_errors=True).execute()
    pairs = zip(notebook.cells[1::2], notebook.cells[2::2], strict=True)
    return {name: outcome_of(cell, after) for name, (cell, after) in zip(forms, pairs, strict=True)}


def _commented(source: str) -> str:
    """Return the cell with a comment in the place of the ``%%track`` line, as the cell's text allows."""
    if source.startswith("%%"):
        return source
    start = re.match(r"\s*(>>> )?", source.split("\n")[0])
    return f"{start.group() if start else ''}# %%track differential\n{source}"


def outcome_of(cell: Any, after: Any) -> Outcome:
    """Return what a cell did, in a form that can be compared."""
    outcome = Outcome(namespace="".join(output.get("text", "") for output in after.outputs))
    for output in cell.outputs:
        if any(kind.startswith(CARD) for kind in output.get("data", {})):
            outcome.cards += 1
            continue
        plain = normalised(output)
        last = outcome.outputs[-1] if outcome.outputs else {}
        if plain["output_type"] == "stream" and last.get("name") == plain["name"]:
            last["text"] += plain["text"]
        else:
            outcome.outputs.append(plain)
    return outcome


def normalised(output: Any) -> dict[str, Any]:
    """Return an output without what differs between two runs of the same cell."""
    plain = {key: value for key, value in output.items() if key not in ("execution_count", "transient")}
    if plain["output_type"] == "error":
        plain["traceback"] = [_steady(text) for text in plain["traceback"]]
        plain["evalue"] = _steady(plain["evalue"])
    if "text" in plain:
        plain["text"] = _steady(plain["text"])
    if "data" in plain:
        plain["data"] = {key: _steady(value) for key, value in plain["data"].items()}
    return plain


def _steady(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = re.sub(r"\x1b\[[0-9;]*m", "", value)
    text = re.sub(r"ipykernel_\d+/\d+\.py|In\[\d+\]|\d+\.py(?=, line)", "CELL", text)
    text = re.sub(r"\d+(\.\d+)?(e\+\d+)? ?[nµμm]?s\b", "TIME", text)
    return re.sub(r"0x[0-9a-f]+", "0x", text)


def differences(plain: dict[str, Outcome], tracked: dict[str, Outcome]) -> list[str]:
    """Return what differs, in words."""
    found = []
    for name, expected in plain.items():
        got = tracked[name]
        if expected.outputs != got.outputs:
            found.append(f"{name}: outputs\n  plain:   {expected.outputs}\n  tracked: {got.outputs}")
        if expected.namespace != got.namespace:
            found.append(
                dedent(f"{name}: namespace\n  plain:   {expected.namespace}\n  tracked: {got.namespace}")
            )
    return found

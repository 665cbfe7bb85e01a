"""What is known of calls by their names: which seed, which draw from nowhere, which only show."""

from __future__ import annotations

import types
from collections.abc import Collection, Iterator, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from ..records import Drawing
from .bytecode import Chain, Code, code_of, whole
from .hidden import WATCHED
from .modules import is_local_name
from .plan import Plan

if TYPE_CHECKING:
    from .state import State

COMMANDS = frozenset({"subprocess", "system", "Popen", "check_call", "check_output", "getoutput", "spawn"})
ENVIRON = frozenset({"environ", "getenv", "environb", "load_dotenv"})
WARNINGS = frozenset({"warnings", "filterwarnings", "simplefilter", "resetwarnings"})
PATHS = frozenset({"path", "setrecursionlimit"})
_TEXT_READERS = frozenset({"duckdb", "numexpr", "pandasql", "patsy", "statsmodels", "formulaic"})
_SEEDS = {
    "random": frozenset({("random", "seed"), ("random", "setstate")}),
    "numpy.random": frozenset({("numpy", "random", "seed"), ("numpy", "random", "set_state")}),
    "torch": frozenset(
        {("torch", "manual_seed"), ("torch", "random", "manual_seed"), ("torch", "set_rng_state")}
    ),
}
_STATES = {"random": "getstate", "numpy.random": "get_state", "torch": "get_rng_state"}
_CLOCKS = frozenset(
    {
        *(("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")),
        *(("time", "time"), ("time", "time_ns"), ("time", "perf_counter"), ("time", "monotonic")),
        *(("time", "process_time"), ("time", "strftime"), ("time", "localtime"), ("time", "gmtime")),
        *(("time", "perf_counter_ns"), ("time", "ctime"), ("time", "asctime"), ("time", "monotonic_ns")),
        *(("Timestamp", "now"), ("Timestamp", "today"), ("Timestamp", "utcnow")),
    }
)
_ENTROPY = frozenset(
    {
        *(("os", "urandom"), ("os", "getrandom"), ("uuid", "uuid4"), ("uuid", "uuid1")),
        *(("secrets", name) for name in ("token_hex", "token_bytes", "token_urlsafe", "randbelow", "choice")),
        *(("input",), ("getpass", "getpass")),
        *(("secrets", "SystemRandom"), ("random", "SystemRandom"), ("os", "getpid")),
    }
)
_UNSEEDED = frozenset(
    {"default_rng", "RandomState", "SeedSequence", "PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"}
)
_SHOWING = frozenset(
    {
        *("print", "display", "help", "show", "plot", "info", "describe", "head", "tail", "sample", "close"),
        *("title", "xlabel", "ylabel", "legend", "figure", "hist", "scatter", "bar", "grid", "tight_layout"),
        *("sleep", "input", "collect", "pprint", "figure", "imshow", "axis", "axhline", "axvline", "subplot"),
    }
)
_SHOWING_PACKAGES = frozenset(
    {"matplotlib", "seaborn", "plotly", "bokeh", "altair", "IPython", "tqdm", "rich", "builtins"}
)
_HARMLESS = frozenset(
    {
        *("gc", "time", "os", "shutil", "json", "pickle", "csv", "joblib", "pathlib", "re"),
        *("math", "copy", "io", "glob", "zipfile", "tarfile", "urllib", "requests"),
        *("subprocess", "importlib", "traceback", "textwrap", "logging", "asyncio"),
        *("threading", "warnings", "datetime", "itertools", "functools", "collections"),
        *("cloudpickle", "yaml", "skops", "openpyxl", "pyarrow", "mlops_jupyter", "posix"),
        *("nt",),
    }
)
"""Packages of which a call leaves nothing behind that is not seen otherwise."""
_PRINTING = frozenset(
    {
        *("str", "repr", "format", "to_string", "to_html", "to_latex", "to_markdown", "array2string"),
        *("array_repr", "array_str", "redirect_stdout", "__str__", "__repr__", "pformat"),
    }
)
_PRESENT_FIGURE = frozenset({"gcf", "gca", "gci", "savefig", "get_fignums", "fignum_exists", "axes", "sca"})
_CALLABLES = frozenset({types.FunctionType, types.BuiltinFunctionType, types.MethodType})
_PATH = 500
_HARMLESS_FIRST = frozenset(
    {"print", "display", "range", "len", "int", "float", "str", "dict", "list", "min", "max"}
)


def real_name(chain: Chain | tuple[str, ...], namespace: dict[str, Any]) -> tuple[str, ...]:
    """Return what a chain really names: its root as its library calls it: ``np`` is ``numpy``."""
    parts = chain.parts if isinstance(chain, Chain) else chain
    root: Any = namespace.get(parts[0])
    if type(root) is types.ModuleType:
        return (*root.__name__.split("."), *parts[1:])
    if root is not None and issubclass(type(root), type):
        return (root.__name__, *parts[1:])
    if type(root) not in _CALLABLES and type(root).__name__ != "cython_function_or_method":
        return parts
    owner = root.__self__ if type(root) in (types.BuiltinFunctionType, types.MethodType) else None
    home = root.__module__ if owner is None or root.__module__ else type(owner).__module__
    if str(home).startswith("numpy.random."):  # the functions of numpy.random are methods of a hidden object
        home = "numpy.random"
    return (*(str(home).split(".") if home else ()), root.__name__, *parts[1:])


def seeds_first(generator: str, chains: Sequence[Chain], namespace: dict[str, Any]) -> bool:
    """Return whether a cell sets a generator before it can have drawn from it."""
    for chain in chains:
        name = real_name(chain, namespace)
        if _is_seed(generator, name):
            return True
        root = namespace.get(chain.parts[0])
        if type(root) is types.FunctionType and root.__globals__ is namespace:
            inner = whole(code_of(root.__code__)).chains
            return any(_is_seed(generator, real_name(each, namespace)) for each in inner)
        if len(chain.parts) == 1 and (type(root) is types.ModuleType or chain.parts[0] in _HARMLESS_FIRST):
            continue
        if name[:1] in (
            ("os",),
            ("warnings",),
            ("sys",),
            ("matplotlib",),
            ("logging",),
            ("random",),
            ("torch",),
        ):
            if generator.startswith(name[0]):
                return False
            continue
        if name[:2] == ("numpy", "random") or name[:1] != ("numpy",):
            if generator == "numpy.random" and name[:1] == ("pandas",) and name[-1].startswith("read_"):
                continue
            return False
    return False


def _is_seed(generator: str, name: tuple[str, ...]) -> bool:
    known = _SEEDS[generator]
    return name in known or (name[-1] in ("seed", "manual_seed") and name[0] == generator.partition(".")[0])


def looks_at_state(generator: str, code: Code) -> bool:
    """Return whether code takes the state of a generator without drawing."""
    return _STATES[generator] in code.words


def reads_texts(plan: Plan, namespace: dict[str, Any]) -> bool:
    """Return whether a cell hands texts to a library that looks names up in them."""
    if any(step.code.words & {"query", "eval"} for step in plan.steps):
        return True
    for name in {name for step in plan.steps for name in step.code.loads}:
        value = namespace.get(name)
        module = getattr(value, "__name__", "") if type(value) is types.ModuleType else type(value).__module__
        if str(module).partition(".")[0].lstrip("_") in _TEXT_READERS:
            return True
    return False


def is_path(value: Any) -> bool:
    """Return whether a value may name a file."""
    return (type(value) is str and len(value) <= _PATH) or issubclass(type(value), PurePath)


def owner_of(chain: Chain, namespace: dict[str, Any]) -> str | None:
    """Return ``module:x`` where an attribute of a module or a library's class is set, else None."""
    root = namespace.get(chain.parts[0])
    if type(root) is types.ModuleType:
        return f"module:{root.__name__.partition('.')[0]}" if len(chain.parts) > 1 else None
    if issubclass(type(root), type) and root.__module__ not in ("__main__", "builtins"):
        return f"module:{root.__module__.partition('.')[0]}"
    return None


def prints(code: Code) -> bool:
    """Return whether code makes texts of objects, which settings of printing change."""
    return not _PRINTING.isdisjoint(code.words)


def drawn_on(code: Code, namespace: dict[str, Any]) -> bool:
    """Return whether code looks at the figure that pyplot holds as the present one."""
    return any(
        chain.parts[-1] in _PRESENT_FIGURE and real_name(chain, namespace)[:2] == ("matplotlib", "pyplot")
        for chain in code.chains
    )


def doubted(
    plan: Plan, namespace: dict[str, Any], compared: Collection[str], *, is_shown: bool
) -> Iterator[str]:
    """Yield the packages of which something is called for its effect alone.

    Not those whose settings are compared, the user's own modules, which are looked at, what is known to only
    show something, nor the last of a cell where its value is shown: then it was called for that.
    """
    called = plan.bare_calls[:-1] if is_shown else plan.bare_calls
    for name in called:
        parts = tuple(name.split("."))
        root = namespace.get(parts[0])
        if type(root) not in (types.ModuleType, types.FunctionType, types.BuiltinFunctionType):
            continue
        if type(root) is types.FunctionType and root.__globals__ is namespace:
            continue
        real = real_name(parts, namespace)
        if is_local_name(real[0]) or real[0] in _HARMLESS:
            continue
        if (
            (real[0] in WATCHED and real[0] in compared)
            or real[0] in _SHOWING_PACKAGES
            or real[-1] in _SHOWING
        ):
            continue
        yield real[0].lstrip("_")


def packages(names: Collection[str], state: State) -> set[str]:
    """Return the packages of the modules, classes and functions that stand under names."""
    from .walk import Budget

    found: set[str] = set()
    budget = Budget(0)
    for name in names:
        seen = state.seen(name, hashed=False, budget=budget)
        found |= {module.partition(".")[0] for module in seen.modules}
        found |= {str(kind.__module__).partition(".")[0] for kind in seen.kinds}
        value = state.namespace[name]
        module = value.__module__ if issubclass(type(value), type) else None
        if type(value) in (types.FunctionType, types.BuiltinFunctionType):
            module = value.__module__
        if isinstance(module, str):
            found.add(module.partition(".")[0])
    return found - {"builtins", "__main__"}


def module_names(names: Collection[str], state: State) -> set[str]:
    """Return the modules of what stands under names."""
    from .walk import Budget

    found: set[str] = set()
    budget = Budget(0)
    for name in names:
        if name not in state.namespace:
            continue
        value = state.namespace[name]
        seen = state.seen(name, hashed=False, budget=budget)
        found |= seen.modules
        found |= {str(kind.__module__) for kind in seen.kinds}
        if issubclass(type(value), type) or type(value) is types.FunctionType:
            found.add(str(value.__module__))
    return found


def unrepeatable(own: int, code: Code, state: State) -> Iterator[Drawing]:
    """Yield what code draws or reads that nobody can repeat.

    The first ``own`` chains are the cell's, whose lines are known; the others those of functions it calls.
    """
    for index, chain in enumerate(code.chains):
        name = real_name(chain, state.namespace)
        line = chain.line if index < own else None
        if name[-2:] in _CLOCKS or name[-2:] in _ENTROPY:
            yield Drawing(".".join(name) + "()", line)
        elif name[-1] in _UNSEEDED and chain.is_bare:
            yield Drawing(f"unseeded {'.'.join(chain.parts)}()", line)


def kind_of(what: str) -> str:
    """Return which hidden name a drawing belongs to."""
    name = tuple(what.removesuffix("()").split("."))
    return "clock" if name[-2:] in _CLOCKS else "entropy"

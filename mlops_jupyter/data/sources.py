"""Where data came from: readers of files are watched, and what they return is remembered.

While a :class:`SourceLog` is installed, the readers of ``_READERS`` note the file or URL behind
each object that they return. They are hooked as attributes of their modules (``pandas.read_csv``),
at once where the module is imported, else right after its import. A reader that was taken by
``from pandas import read_csv`` before is not seen; one taken while the log is installed works on
unwatched after it is removed. Results, exceptions and signatures are the reader's own.

Where data come out of something that was opened before (a lazy frame of polars, a relation or connection
of DuckDB, a ``ParquetFile``), the methods of ``_TAKERS`` are hooked too. Not seen are methods of classes
that do not allow it, such as ``pyarrow.dataset.Dataset.to_table``.

The association is by identity and weak: it keeps nothing alive, and data derived from what was
read (``df.dropna()``) have no source.
"""

from __future__ import annotations

import functools
import sys
import weakref
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Final

from .. import config
from .places import Place, Source, file_hash, place_of
from .queries import duckdb_database, duckdb_place, plan_place, sql_place

_READERS: Final[Mapping[str, tuple[str, ...]]] = {
    "pandas": (
        *("read_csv", "read_table", "read_fwf", "read_parquet", "read_feather", "read_orc", "read_json"),
        *("read_excel", "read_xml", "read_html", "read_hdf", "read_stata", "read_sas", "read_spss"),
        *("read_pickle", "read_sql", "read_sql_query", "read_sql_table"),
    ),
    "polars": (
        *("read_csv", "read_parquet", "read_ipc", "read_json", "read_ndjson", "read_excel", "read_ods"),
        *("read_avro", "read_delta", "read_database_uri", "read_database"),
        *("scan_csv", "scan_parquet", "scan_ipc", "scan_ndjson", "scan_delta"),
    ),
    "pyarrow.parquet": ("read_table", "read_pandas"),
    "pyarrow.csv": ("read_csv",),
    "pyarrow.json": ("read_json",),
    "pyarrow.orc": ("read_table",),
    "pyarrow.feather": ("read_table", "read_feather"),
    "pyarrow.dataset": ("dataset",),
    "numpy": ("load", "loadtxt", "genfromtxt"),
    "duckdb": ("connect", "sql", "query", "execute", "from_query", "read_csv", "read_parquet", "read_json"),
}
_DUCKDB_TAKERS: Final = (
    *("df", "to_df", "fetchdf", "fetch_df", "pl"),
    *("arrow", "to_arrow_table", "fetch_arrow_table"),
)
_OPENERS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "pyarrow.parquet": {"ParquetFile": ("__init__",), "ParquetDataset": ("__init__",)},
    "duckdb": {
        "DuckDBPyConnection": (
            *("sql", "query", "execute", "from_query", "read_csv", "read_parquet", "read_json"),
        ),
    },
}
"""Methods after which it is known what data will come out of an object (or of what they return)."""
_TAKERS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "polars": {"LazyFrame": ("collect",)},
    "pyarrow.parquet": {"ParquetFile": ("read",), "ParquetDataset": ("read", "read_pandas")},
    "duckdb": dict.fromkeys(("DuckDBPyRelation", "DuckDBPyConnection"), _DUCKDB_TAKERS),
}
"""Methods by which data come out of such an object."""


@dataclass(frozen=True, slots=True)
class _Read:
    """What is remembered of data: from where, how many rows, and when."""

    place: Place
    rows: int | None
    read_at: str


_logs: weakref.WeakSet[SourceLog] = weakref.WeakSet()
_loaded: dict[int, tuple[weakref.ref[Any], Source]] = {}


def note_loaded(obj: Any, ref: str) -> None:
    """Remember that an object is a saved version of a dataset, as ``churn-train:3``; weakly."""
    key = id(obj)
    with suppress(TypeError):
        _loaded[key] = (
            weakref.ref(obj, lambda _: _loaded.pop(key, None)),
            Source(ref, given=ref, kind="dataset", read_at=config.now()),
        )


def source_of(obj: Any) -> Source | None:
    """Return where an object was read from, by whichever log saw it; None where none did.

    Examples
    --------
    >>> source_of([1, 2]) is None
    True
    """
    return _loaded_as(obj) or next((source for log in _logs if (source := log.source_of(obj))), None)


def _loaded_as(obj: Any) -> Source | None:
    found = _loaded.get(id(obj))
    return found[1] if found is not None and found[0]() is obj else None


class SourceLog:
    """Remembers, while installed, which file or URL an object was read from.

    Examples
    --------
    >>> log = SourceLog()
    >>> log.install()
    >>> log.source_of([1, 2]) is None
    True
    >>> log.remove()
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[weakref.ref[Any], _Read]] = {}
        self._hooked: list[tuple[Any, str, Any, Any]] = []
        self._finder = _Finder(self._hook)
        self._installed = False

    def install(self) -> None:
        """Watch the readers; a second call changes nothing."""
        if self._installed:
            return
        self._installed = True
        _logs.add(self)
        for name in _READERS:
            if (module := sys.modules.get(name)) is not None:
                self._hook(module)
        sys.meta_path.insert(0, self._finder)

    def remove(self) -> None:
        """Put the readers back as they were; what was read stays known."""
        self._installed = False
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        for owner, name, original, hook in self._hooked:
            if vars(owner).get(name) is hook:
                setattr(owner, name, original)
        self._hooked.clear()

    def source_of(self, obj: Any) -> Source | None:
        """Return where an object was read from, or None where it was not seen being read.

        The hash is the SHA-256 of the file, computed now (and kept), if the file is still as it
        was when it was read; else, and for URLs and folders, it is None.
        """
        if (loaded := _loaded_as(obj)) is not None:
            return loaded
        found = self._known.get(id(obj))
        if found is None or found[0]() is not obj:
            return None
        read = found[1]
        place = read.place
        return Source(
            place.uri, file_hash(place), place.given, place.kind, place.query, read.rows, read.read_at
        )

    def _hook(self, module: ModuleType) -> None:
        for name in _READERS[module.__name__]:
            self._replace(module, name, functools.partial(self._watched, module.__name__, name))
        for methods, watched in ((_OPENERS, self._opening), (_TAKERS, self._taking)):
            for kind, names in methods.get(module.__name__, {}).items():
                for name in names:
                    self._replace(getattr(module, kind, None), name, functools.partial(watched, name))

    def _replace(self, owner: Any, name: str, watched: Callable[[Any], Any]) -> None:
        original = vars(owner).get(name) if owner is not None else None
        if callable(original):
            hook = watched(original)
            with suppress(TypeError):  # a class that allows no change
                setattr(owner, name, hook)
                self._hooked.append((owner, name, original, hook))

    def _watched(self, module: str, name: str, reader: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(reader)
        def read(*args: Any, **kwargs: Any) -> Any:
            place = _seen(module, name, args, kwargs) if self._installed else None
            result = reader(*args, **kwargs)
            if place is not None:
                self._remember(result, place)
            return result

        # By these names pickle finds the reader again, in a process with or without this hook.
        read.__module__, read.__qualname__ = module, name
        return read

    def _opening(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        """Watch a method that opens or asks: what it returns, or the object itself, has that source."""

        @functools.wraps(method)
        def open_(one: Any, *args: Any, **kwargs: Any) -> Any:
            result = method(one, *args, **kwargs)
            if self._installed:
                with suppress(Exception):
                    place = self._opened(one, name, args, kwargs)
                    if place is not None:
                        self._remember(one if result is None else result, place)
            return result

        return open_

    def _opened(self, one: Any, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Place | None:
        if name == "__init__":
            return _seen("pyarrow.parquet", "read_table", args, kwargs)
        behind = self._place_behind(one)
        return _asked(name, args, kwargs, behind.database if behind is not None else None)

    def _taking(self, _name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        """Watch a method that gives the data of an object: they have its source."""

        @functools.wraps(method)
        def take(one: Any, *args: Any, **kwargs: Any) -> Any:
            place = None
            if self._installed:
                with suppress(Exception):
                    place = self._place_behind(one) or plan_place(one)
            result = method(one, *args, **kwargs)
            if place is not None:
                self._remember(result, place)
            return result

        return take

    def _place_behind(self, one: Any) -> Place | None:
        found = self._known.get(id(one))
        return found[1].place if found is not None and found[0]() is one else None

    def _remember(self, result: Any, place: Place) -> None:
        with suppress(Exception):
            for data in _parts(result):
                self._remember_one(data, place)

    def _remember_one(self, data: Any, place: Place) -> None:
        key, known = id(data), self._known

        def forget(gone: weakref.ref[Any]) -> None:
            if (entry := known.get(key)) is not None and entry[0] is gone:
                del known[key]

        with suppress(TypeError):  # not everything can be referred to weakly
            known[key] = (weakref.ref(data, forget), _Read(place, _n_rows(data), config.now()))


def _seen(module: str, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Place | None:
    try:
        if module == "duckdb":
            return _asked(name, args, kwargs)
        if "sql" in name or "database" in name:
            return sql_place(args, kwargs)
        place = place_of(args, kwargs)
        return place and replace(place, kind=_kind(module, name))
    except Exception:  # noqa: BLE001 watching must never break a reader
        return None


def _asked(
    name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], database: str | None = None
) -> Place | None:
    """Return what a function or method of DuckDB was asked to open, read or query."""
    if name == "connect":
        return duckdb_database(args, kwargs)
    if name.startswith("read_"):
        place = place_of(args, kwargs)
        return place and replace(place, kind=_kind("duckdb", name))
    return duckdb_place(args[0] if args else kwargs.get("query"), database)


def _kind(module: str, name: str) -> str:
    """Return the format that a reader reads.

    Examples
    --------
    >>> _kind("pandas", "read_csv"), _kind("pyarrow.parquet", "read_table"), _kind("numpy", "load")
    ('csv', 'parquet', 'numpy')
    """
    verb, _, what = name.partition("_")
    if verb in ("read", "scan") and what and what != "table" and what != "pandas":
        return what
    last = module.rpartition(".")[2]
    return "table" if last == "pandas" else last


def _n_rows(data: Any) -> int | None:
    """Return how many rows some data have, where that is known without computing."""
    with suppress(Exception):
        if (shape := getattr(data, "shape", None)) and not hasattr(data, "collect"):
            return int(shape[0])
    return None


def _parts(result: Any) -> Iterable[Any]:
    """Return what was read: all sheets of a workbook, all tables of a page."""
    if isinstance(result, dict):
        return list(result.values())
    return result if isinstance(result, list) else [result]


class _Finder(MetaPathFinder):
    """Calls back once after a watched module has been imported; leaves the import itself alone."""

    def __init__(self, then: Callable[[ModuleType], None]) -> None:
        self._then = then

    def find_spec(self, name: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        if name not in _READERS:
            return None
        for finder in [finder for finder in sys.meta_path if finder is not self]:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                self._follow(spec)
                return spec
        return None

    def _follow(self, spec: ModuleSpec) -> None:
        loader: Any = spec.loader
        run = getattr(loader, "exec_module", None)
        if run is None:
            return

        def run_then_hook(module: ModuleType) -> None:
            with suppress(AttributeError):
                del loader.exec_module
            run(module)
            with suppress(Exception):
                if self in sys.meta_path:
                    self._then(module)

        with suppress(AttributeError):  # a loader without a dict of its own goes unwatched
            loader.exec_module = run_then_hook

"""Where data came from: readers of files are watched, and what they return is remembered.

While a :class:`SourceLog` is installed, the readers of ``_READERS`` note the file or URL behind
each object that they return. They are hooked as attributes of their modules (``pandas.read_csv``),
at once where the module is imported, else right after its import. A reader that was taken by
``from pandas import read_csv`` before is not seen; one taken while the log is installed works on
unwatched after it is removed. Results, exceptions and signatures are the reader's own.

The association is by identity and weak: it keeps nothing alive, and data derived from what was
read (``df.dropna()``) have no source.
"""

from __future__ import annotations

import functools
import sys
import weakref
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Final

from .places import Place, Source, file_hash, place_of

_READERS: Final[Mapping[str, tuple[str, ...]]] = {
    "pandas": (
        *("read_csv", "read_table", "read_fwf", "read_parquet", "read_feather", "read_orc", "read_json"),
        *("read_excel", "read_xml", "read_html", "read_hdf", "read_stata", "read_sas", "read_spss"),
        *("read_pickle", "read_sql", "read_sql_query", "read_sql_table"),
    ),
    "polars": (
        *("read_csv", "read_parquet", "read_ipc", "read_json", "read_ndjson", "read_excel", "read_ods"),
        *("read_avro", "read_delta", "read_database_uri"),
    ),
    "pyarrow.parquet": ("read_table",),
    "pyarrow.csv": ("read_csv",),
    "pyarrow.feather": ("read_table",),
    "numpy": ("load", "loadtxt", "genfromtxt"),
}


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
        self._known: dict[int, tuple[weakref.ref[Any], Place]] = {}
        self._hooked: list[tuple[ModuleType, str, Any, Any]] = []
        self._finder = _Finder(self._hook)
        self._installed = False

    def install(self) -> None:
        """Watch the readers; a second call changes nothing."""
        if self._installed:
            return
        self._installed = True
        for name in _READERS:
            if (module := sys.modules.get(name)) is not None:
                self._hook(module)
        sys.meta_path.insert(0, self._finder)

    def remove(self) -> None:
        """Put the readers back as they were; what was read stays known."""
        self._installed = False
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        for module, name, original, hook in self._hooked:
            if getattr(module, name, None) is hook:
                setattr(module, name, original)
        self._hooked.clear()

    def source_of(self, obj: Any) -> Source | None:
        """Return where an object was read from, or None where it was not seen being read.

        The hash is the SHA-256 of the file, computed now (and kept), if the file is still as it
        was when it was read; else, and for URLs and folders, it is None.
        """
        found = self._known.get(id(obj))
        if found is None or found[0]() is not obj:
            return None
        place = found[1]
        return Source(place.uri, file_hash(place), place.given)

    def _hook(self, module: ModuleType) -> None:
        for name in _READERS[module.__name__]:
            original = getattr(module, name, None)
            if callable(original):
                hook = self._watched(module.__name__, name, original)
                setattr(module, name, hook)
                self._hooked.append((module, name, original, hook))

    def _watched(self, module: str, name: str, reader: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(reader)
        def read(*args: Any, **kwargs: Any) -> Any:
            place = _seen(args, kwargs) if self._installed else None
            result = reader(*args, **kwargs)
            if place is not None:
                self._remember(result, place)
            return result

        # By these names pickle finds the reader again, in a process with or without this hook.
        read.__module__, read.__qualname__ = module, name
        return read

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
            known[key] = (weakref.ref(data, forget), place)


def _seen(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Place | None:
    try:
        return place_of(args, kwargs)
    except Exception:  # noqa: BLE001 watching must never break a reader
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

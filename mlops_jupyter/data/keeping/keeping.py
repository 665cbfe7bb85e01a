"""Keep and restore: any data as pieces and a manifest, and back as it was.

The manifest is JSON: ``format`` (1), ``chunks`` (filled by who stores the pieces: their hashes), the
``parts`` that the pieces make up, the ``names`` of columns as they are shown, and ``data``: what the
object is and where its arrays stand (the files of this room say how).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, Literal

from ...errors import IntegrityError, NotFoundError, UnsupportedError, near
from ..columns import is_a, library_of

FORMAT: Final = 1
_ROOMS = {
    "pandas": "pandas_frames",
    "polars": "polars_frames",
    "pyarrow": "arrow_tables",
    "scipy": "scipy_matrices",
    "numpy": "numpy_arrays",
}


@dataclass(frozen=True, slots=True)
class KeptFrame:
    """Data as pieces of bytes, and how to put them together.

    ``size_bytes`` is what a whole copy takes: all pieces.
    """

    pieces: list[bytes]
    manifest: dict[str, Any]
    size_bytes: int


def keep(obj: Any) -> KeptFrame:
    """Return any data as pieces of bytes and a manifest.

    Parameters
    ----------
    obj : a pandas DataFrame, Series or Index; a polars DataFrame or Series; an Arrow table, batch
        or array; a numpy array; or a scipy sparse matrix. A subclass of a frame comes back as a
        plain frame.

    Raises
    ------
    UnsupportedError
        When it is not data, or a column holds what has no form without pickle; the message names it.

    Examples
    --------
    >>> import pandas as pd
    >>> kept = keep(pd.DataFrame({"a": [1, 2]}))
    >>> restore(kept.manifest, kept.pieces)
       a
    0  1
    1  2
    """
    from ..fingerprint import display_names
    from .shelf import Shelf

    library = library_of(obj)
    if library is None or is_a(obj, {"polars": ("LazyFrame",)}):
        advice = "give a pandas, polars, Arrow, numpy or scipy.sparse object"
        raise UnsupportedError(
            f"{type(obj).__module__}.{type(obj).__qualname__} cannot be kept as data; "
            f"{advice if library is None else 'it is a plan, call .collect() first'}"
        )
    shelf = Shelf()
    data = _room(library).save(obj, shelf)
    pieces, parts = shelf.close()
    manifest = {
        "format": FORMAT,
        "chunks": [],
        "names": display_names(column_names(obj)),
        "parts": parts,
        "data": data,
    }
    return KeptFrame(pieces, manifest, sum(map(len, pieces)))


def column_names(obj: Any) -> list[Any]:
    """Return the names of the columns of a table as its library gives them; of other data none."""
    names = getattr(obj, "columns", None) if library_of(obj) in ("pandas", "polars") else None
    if names is None:
        names = getattr(getattr(obj, "schema", None), "names", None) if library_of(obj) == "pyarrow" else None
    return [] if names is None else list(names)


def restore(
    manifest: dict[str, Any],
    pieces: Iterable[bytes],
    *,
    as_: Literal["pandas", "polars", "arrow"] | None = None,
    columns: Sequence[str] | None = None,
) -> Any:
    """Return the data that :func:`keep` made pieces of.

    Parameters
    ----------
    manifest : as :func:`keep` gave it; what stands in ``chunks`` does not matter.
    pieces : all pieces, in order.
    as_ : the library to return a table of; the one it was kept from where None (a file: pandas).
    columns : names of the columns to return, in this order; all where None.

    Raises
    ------
    NotFoundError
        When a column does not exist.
    IntegrityError
        When pieces are missing, or the manifest is of a newer version.
    UnsupportedError
        When the other library cannot hold the data.
    """
    from .shelf import Shelved

    if manifest.get("format") != FORMAT:
        raise IntegrityError(
            f"the manifest is of format {manifest.get('format')!r}, this version reads {FORMAT}; "
            "upgrade mlops_jupyter"
        )
    if manifest["data"]["as"] == "file":
        from .files import read_kept_file

        table = read_kept_file(manifest, pieces, columns)
        return _converted(table, as_ or "pandas")
    places = None if columns is None else places_of(manifest["names"], columns)
    data = manifest["data"]
    shelf = Shelved(manifest["parts"], pieces, None if places is None else _wanted(data, places))
    made = _room(data["as"].partition(".")[0]).load(data, shelf, places)
    return made if as_ is None else _converted(made, as_)


def _converted(made: Any, as_: Literal["pandas", "polars", "arrow"]) -> Any:
    from .converting import convert

    return convert(made, as_)


def _room(library: str) -> Any:
    return import_module(f".{_ROOMS[library.partition('.')[0]]}", __package__)


def places_of(names: Sequence[str], asked: Sequence[str]) -> list[int]:
    """Return where columns stand among the names.

    Raises
    ------
    NotFoundError
        When there is none of a name; says which are like it.
    """
    places = []
    for name in asked:
        if name not in names:
            hint = near(str(name), names) or f"there are {', '.join(names[:20]) or 'none'}"
            raise NotFoundError(f"there is no column {name!r}; {hint}")
        places.append(names.index(name))
    return places


def _wanted(data: dict[str, Any], places: list[int]) -> dict[int, list[int]]:
    """Return, per length, the places on the shelf that some columns and everything beside columns need."""
    found: dict[int, list[int]] = {}

    def look(spec: Any) -> None:
        if isinstance(spec, dict):
            if "rows" in spec and "place" in spec:
                found.setdefault(spec["rows"], []).append(spec["place"])
            spec = list(spec.values())
        if isinstance(spec, list):
            for part in spec:
                look(part)

    look({key: value for key, value in data.items() if key != "columns"})
    look([data["columns"][place] for place in places])
    return found

"""Files of data: from a path to a frame and back, by the file's ending."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..errors import MlopsError, NotFoundError, UnsupportedError, UsageError, near

_READERS: dict[str, tuple[str, dict[str, Any]]] = {
    ".csv": ("read_csv", {}),
    ".feather": ("read_feather", {}),
    ".json": ("read_json", {}),
    ".jsonl": ("read_json", {"lines": True}),
    ".ndjson": ("read_json", {"lines": True}),
    ".parquet": ("read_parquet", {}),
    ".pq": ("read_parquet", {}),
    ".tsv": ("read_csv", {"sep": "\t"}),
    ".xls": ("read_excel", {}),
    ".xlsx": ("read_excel", {}),
}
_WRITERS = (".csv", ".feather", ".json", ".jsonl", ".parquet", ".tsv", ".xlsx")
_COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".zip")
_IN_PARTS = (".csv", ".tsv", ".parquet", ".pq")
_MODULES = {"arrow": "pyarrow"}
_SHARE_OF_MEMORY = 0.25
_GROWTH = {".parquet": 6, ".pq": 6}


def looks_like_a_file(text: str) -> bool:
    """Return whether a word names a file, a folder or a URL rather than a dataset.

    Examples
    --------
    >>> looks_like_a_file("flights.csv"), looks_like_a_file("churn-train:3")
    (True, False)
    """
    return "://" in text or ending(text) in _READERS or os.sep in text or Path(text).exists()


def ending(path: str | os.PathLike[str]) -> str:
    """Return a path's ending without that of its compression: ``.csv`` of ``flights.csv.gz``.

    Examples
    --------
    >>> ending("flights.CSV.gz")
    '.csv'
    """
    suffixes = [suffix.lower() for suffix in Path(path).suffixes]
    if suffixes and suffixes[-1] in _COMPRESSED:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def is_larger_than_memory(path: str | os.PathLike[str]) -> bool:
    """Return whether a file that can be read in parts would take more memory than is free to take."""
    import psutil

    place = Path(path)
    if "://" in str(path) or not (place.is_dir() or ending(path) in _IN_PARTS):
        return False
    sizes = (
        [part.stat().st_size for part in place.rglob("*.parquet")]
        if place.is_dir()
        else [place.stat().st_size]
    )
    room = float(os.environ.get("MLOPS_MEMORY_BYTES") or psutil.virtual_memory().available * _SHARE_OF_MEMORY)
    return sum(sizes) * _GROWTH.get(ending(path) or ".parquet", 3) > room


def check(path: str) -> None:
    """Return if a path is a URL, or there is a file or folder that can be read.

    Raises
    ------
    NotFoundError
        If there is none; names near ones.
    UnsupportedError
        If it is a pipe, socket or device: it can be read once, without end, or not at all.
    """
    if "://" in path:
        return
    place = Path(path).expanduser()
    if not place.exists():
        raise NotFoundError(_missing(place))
    if not (place.is_file() or place.is_dir()):
        raise UnsupportedError(f"{path} is a pipe, socket or device; expected a file or folder of data")


def read(path: str, *, columns: Sequence[str] | None = None) -> Any:
    """Read a file of data as a pandas DataFrame.

    Parameters
    ----------
    path
        A file, a folder of Parquet files, or a URL.
    columns
        Only these columns; None for all.

    Raises
    ------
    NotFoundError
        If there is no such file.
    UnsupportedError
        If it cannot be read as data; says why.
    """
    reader = _reader(path)
    try:
        frame = reader(path)
    except MlopsError:
        raise
    except Exception as error:
        first = next(iter(str(error).splitlines()), "")
        raise UnsupportedError(
            f"{path} cannot be read as {ending(path) or 'data'} ({type(error).__name__}: {first[:200]}); "
            "read it in the notebook and give the frame"
        ) from error
    return frame if columns is None else pick(frame, columns, path)


def pick(frame: Any, columns: Sequence[str], label: str) -> Any:
    """Return some columns of a frame.

    Raises
    ------
    NotFoundError
        If a column does not exist; names the nearest.
    """
    known = [str(name) for name in frame.columns]
    for name in columns:
        if name not in known:
            raise NotFoundError(
                f"{label} has no column {name!r}; {near(name, known) or 'it has ' + ', '.join(known[:8])}"
            )
    return frame[list(columns)]


def into(frame: Any, library: str | None) -> Any:
    """Return a frame in another library; as it is where none is named, or it is of that one."""
    if library is None or type(frame).__module__.split(".")[0] in (library, _MODULES.get(library)):
        return frame
    table = _as_pandas(frame)
    if library == "polars":
        import polars as pl

        return pl.from_pandas(table)
    if library == "arrow":
        import pyarrow as pa

        return pa.Table.from_pandas(table, preserve_index=_has_index(table))
    return table


def write(frame: Any, path: str) -> int:
    """Write a frame to a file by its ending, and return its size in bytes.

    Raises
    ------
    UsageError
        If the ending says no kind of file that can be written.
    """
    kind = ending(path)
    if kind not in _WRITERS:
        raise UsageError(f"{path!r} ends with no kind of file; expected one of {', '.join(_WRITERS)}")
    folder = Path(path).expanduser().absolute().parent
    if not folder.is_dir():
        raise NotFoundError(f"there is no folder {str(folder)!r} to write {Path(path).name!r} to")
    target = Path(path).expanduser()
    table = _as_pandas(frame)
    writers: dict[str, Callable[[], Any]] = {
        ".csv": lambda: table.to_csv(target, index=_has_index(table)),
        ".tsv": lambda: table.to_csv(target, index=_has_index(table), sep="\t"),
        ".feather": lambda: table.to_feather(target),
        ".json": lambda: table.to_json(target, orient="records"),
        ".jsonl": lambda: table.to_json(target, orient="records", lines=True),
        ".parquet": lambda: table.to_parquet(target),
        ".xlsx": lambda: table.to_excel(target, index=_has_index(table)),
    }
    writers[kind]()
    return target.stat().st_size


def _reader(path: str) -> Callable[[str], Any]:
    import pandas as pd

    check(path)
    place = Path(path).expanduser()
    if place.is_dir():
        if not any(place.rglob("*.parquet")):
            raise UnsupportedError(f"the folder {path} holds no Parquet files; expected some")
        return pd.read_parquet
    if ending(path) not in _READERS:
        raise UnsupportedError(
            f"{path} ends with no kind of data; expected one of {', '.join(sorted(_READERS))}"
        )
    name, settings = _READERS[ending(path)]
    reader = getattr(pd, name)
    return lambda given: reader(given if "://" in given else str(place), **settings)


def _missing(place: Path) -> str:
    folder = place.absolute().parent
    if not folder.is_dir():
        return f"there is no file {str(place)!r}; the folder {str(folder)!r} does not exist either"
    hint = near(place.name, [found.name for found in folder.iterdir()])
    return f"there is no file {str(place)!r}" + (f"; {hint}" if hint else f" in {folder}")


def _as_pandas(frame: Any) -> Any:
    import pandas as pd

    if isinstance(frame, pd.DataFrame):
        return frame
    if isinstance(frame, pd.Series):
        return frame.to_frame("values" if frame.name is None else frame.name)
    if hasattr(frame, "to_pandas"):
        found = frame.to_pandas()
        return found.to_frame() if isinstance(found, pd.Series) else found
    return pd.DataFrame(frame.toarray() if hasattr(frame, "toarray") else frame)


def _has_index(frame: Any) -> bool:
    import pandas as pd

    return not (isinstance(frame.index, pd.RangeIndex) and frame.index.name is None)

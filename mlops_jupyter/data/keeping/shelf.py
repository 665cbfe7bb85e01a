"""Where the arrays of a frame stand while it is kept: Parquet per length, cut where its pages end.

Arrays of one length become the columns of one Parquet *part*; small ones aside from the rows
(levels of a category, names) stand in the manifest itself; what Parquet cannot hold exactly is a
part of its own, an Arrow stream.

Why pieces are shared between versions: Parquet's pages are cut where the content says
(``use_content_defined_chunking``), so rows put in the middle change the pages that they are in and no
others; and the file is cut into pieces where its pages end (``paged.py``), so such a page is one
new piece. The footer (offsets of all pages) is new in every version; it carries no statistics.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from typing import Any, Final

from ...errors import IntegrityError
from .cutting import cut
from .paged import PageSink

SMALL: Final = 4_096
"""Bytes up to which an array aside from the rows stands in the manifest."""
PAGES: Final = {"min_chunk_size": 32 * 1024, "max_chunk_size": 128 * 1024, "norm_level": 0}
"""Bytes of values in a page: an eighth of what Arrow would take, because a changed cell costs its page."""
GROUP_ROWS: Final = 64 << 20
"""As many as Parquet takes: rows put in move the borders of groups, and a group has its own dictionary."""
FEW: Final = 1_024
"""Distinct values among the first rows up to which a column gets a dictionary.

A dictionary is in order of first appearance. Where all values appear early, rows put in later leave
it as it is; where they do not, it changes, and with it every page after it.
"""


class Shelf:
    """Takes arrays, gives places; :meth:`close` gives pieces."""

    def __init__(self) -> None:
        self._groups: dict[int, list[Any]] = {}
        self._streams: list[Any] = []

    def put(self, array: Any, *, aside: bool = False) -> dict[str, Any]:
        """Take an Arrow array that Parquet holds exactly; return where it stands."""
        if aside and array.nbytes <= SMALL:
            if str(array.type) == "large_string":
                return {"texts": array.to_pylist()}
            return {"inline": b64encode(ipc_bytes(array)).decode("ascii")}
        group = self._groups.setdefault(len(array), [])
        group.append(array)
        return {"rows": len(array), "place": len(group) - 1}

    def put_stream(self, array: Any) -> dict[str, Any]:
        """Take an Arrow array of any type; return where it stands."""
        self._streams.append(array)
        return {"stream": len(self._streams) - 1}

    def close(self) -> tuple[list[bytes], list[dict[str, Any]]]:
        """Return the pieces of all parts one after another, and what the parts are."""
        pieces: list[bytes] = []
        parts: list[dict[str, Any]] = []
        for rows, arrays in self._groups.items():
            found = parquet_pieces(arrays)
            pieces += found
            parts.append({"form": "parquet", "rows": rows, "pieces": len(found)})
        for array in self._streams:
            found = [bytes(piece) for piece in cut(ipc_bytes(array, compressed=True))]
            pieces += found
            parts.append({"form": "arrow", "pieces": len(found)})
        return pieces, parts


class Shelved:
    """Gives back what stands in the pieces of a :class:`Shelf`."""

    def __init__(
        self, parts: list[dict[str, Any]], pieces: Iterable[bytes], wanted: dict[int, list[int]] | None
    ) -> None:
        import pyarrow as pa

        taken = iter(pieces)
        self._tables: dict[int, dict[int, Any]] = {}
        self._streams: list[Any] = []
        for part in parts:
            content = pa.py_buffer(b"".join(_take(taken, part["pieces"])))
            if part["form"] == "parquet":
                places = None if wanted is None else wanted.get(part["rows"], [])
                self._tables[part["rows"]] = read_parquet(content, places)
            else:
                self._streams.append(content)

    def get(self, where: dict[str, Any]) -> Any:
        """Return the ChunkedArray that stands there."""
        import pyarrow as pa

        if "texts" in where:
            return pa.chunked_array([pa.array(where["texts"], pa.large_string())])
        if "inline" in where:
            return from_ipc(b64decode(where["inline"]))
        if "stream" in where:
            return from_ipc(self._streams[where["stream"]])
        return self._tables[where["rows"]][where["place"]]


def _take(pieces: Iterator[bytes], count: int) -> list[bytes]:
    found = [piece for _, piece in zip(range(count), pieces, strict=False)]
    if len(found) < count:
        raise IntegrityError(f"the kept bytes end early: {count - len(found)} pieces are missing")
    return found


def ipc_bytes(array: Any, *, compressed: bool = False) -> Any:
    """Return one array as an Arrow stream."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    table = pa.table([array], names=["0"])
    options = pa.ipc.IpcWriteOptions(compression="zstd" if compressed else None)
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=65_536)
    return sink.getvalue()


def from_ipc(content: Any) -> Any:
    """Return the ChunkedArray of :func:`ipc_bytes`."""
    import pyarrow as pa

    with pa.ipc.open_stream(content) as reader:
        return reader.read_all().column(0)


def parquet_pieces(arrays: list[Any]) -> list[bytes]:
    """Return arrays of one length as a Parquet file in pieces; columns are named by number from 0."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(arrays, names=[str(place) for place in range(len(arrays))])
    sink = PageSink()
    pq.write_table(
        table,
        pa.PythonFile(sink, mode="w"),
        compression="zstd",
        row_group_size=GROUP_ROWS,
        use_content_defined_chunking=PAGES,
        use_compliant_nested_type=False,  # the items of lists bear the names that they have
        write_statistics=False,
        use_dictionary=[name for name in table.column_names if _repeats(table.column(name))],
    )
    return sink.pieces()


def _repeats(column: Any) -> bool:
    import pyarrow.compute as pc
    import pyarrow.types as t

    if t.is_nested(column.type) or t.is_boolean(column.type) or t.is_null(column.type):
        return False
    return bool(pc.count_distinct(column.slice(0, 65_536)).as_py() <= FEW)


def read_parquet(content: Any, places: list[int] | None) -> dict[int, Any]:
    """Return the columns at these places of a Parquet file, all where None, by place."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(pa.BufferReader(content), pre_buffer=False) as file:
        chosen = range(len(file.schema_arrow)) if places is None else sorted(set(places))
        table = file.read(columns=[str(place) for place in chosen])
    return {int(name): column for name, column in zip(table.column_names, table.columns, strict=True)}

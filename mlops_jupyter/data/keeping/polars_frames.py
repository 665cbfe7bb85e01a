"""polars frames and series on the shelf, by way of Arrow, whose fields remember enums and categories."""

from __future__ import annotations

from typing import Any

from ..columns.base import naming
from . import arrow_tables
from .arrow_arrays import Spec
from .object_values import load_objects, save_objects
from .shelf import Shelf, Shelved


def save(data: Any, shelf: Shelf) -> Spec:
    """Put a DataFrame or Series on the shelf."""
    import polars as pl

    frame = data.to_frame() if isinstance(data, pl.Series) else data
    objects = {}
    for name, kind in frame.schema.items():
        if kind == pl.Object:
            with naming(name, kind, "kept"):
                objects[name] = save_objects(frame.get_column(name).to_list(), shelf)
    table = arrow_tables.save(frame.drop(list(objects)).to_arrow(), shelf)
    typed = iter(table["columns"])
    columns = [objects[name] if name in objects else next(typed) for name in frame.columns]
    kind = f"polars.{type(data).__name__}"
    return {**table, "as": kind, "n_rows": frame.height, "names": frame.columns, "columns": columns}


def load(spec: Spec, shelf: Shelved, places: list[int] | None) -> Any:
    """Return what :func:`save` put there; of a frame the columns at ``places``, all where None."""
    import polars as pl

    chosen = range(len(spec["names"])) if places is None else places
    objects = {place for place, column in enumerate(spec["columns"]) if column["as"] == "objects"}
    columns = _typed_columns(spec, shelf, [place for place in chosen if place not in objects], objects)
    for place in objects.intersection(chosen):
        values = load_objects(spec["columns"][place], shelf).tolist()
        columns[place] = pl.Series(spec["names"][place], values, dtype=pl.Object)
    # By place and name: polars takes an empty name for none, and gives another.
    found = {spec["names"][place]: columns[place] for place in chosen}
    whole = pl.DataFrame(found) if found else pl.DataFrame(height=spec["n_rows"])
    return whole.to_series() if spec["as"] == "polars.Series" else whole


def _typed_columns(spec: Spec, shelf: Shelved, wanted: list[int], objects: set[int]) -> dict[int, Any]:
    """Return the columns at these places; the kept table is without the columns of objects."""
    import polars as pl

    typed = [place for place in range(len(spec["columns"])) if place not in objects]
    there = {place: number for number, place in enumerate(typed)}
    table = {**spec, "as": "pyarrow.Table", "columns": [spec["columns"][place] for place in typed]}
    frame: Any = pl.from_arrow(arrow_tables.load(table, shelf, [there[place] for place in wanted]))
    return dict(zip(wanted, frame.get_columns(), strict=True))

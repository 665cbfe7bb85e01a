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
    typed = [place for place, column in enumerate(spec["columns"]) if column["as"] != "objects"]
    wanted = [place for place in typed if place in chosen]
    table = {**spec, "as": "pyarrow.Table", "columns": [spec["columns"][place] for place in typed]}
    frame: Any = pl.from_arrow(arrow_tables.load(table, shelf, [typed.index(place) for place in wanted]))
    columns = {}
    for place in chosen:
        name = spec["names"][place]
        if place in wanted:
            # By place: polars takes an empty name for none, and gives another.
            columns[name] = frame.to_series(wanted.index(place))
        else:
            columns[name] = pl.Series(
                name, load_objects(spec["columns"][place], shelf).tolist(), dtype=pl.Object
            )
    whole = pl.DataFrame(columns) if columns else pl.DataFrame(height=spec["n_rows"])
    return whole.to_series() if spec["as"] == "polars.Series" else whole

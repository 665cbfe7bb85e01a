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
    return {
        "as": f"polars.{type(data).__name__}",
        "names": frame.columns,
        "n_rows": frame.height,
        "table": arrow_tables.save(frame.drop(list(objects)).to_arrow(), shelf),
        "objects": objects,
    }


def load(spec: Spec, shelf: Shelved, places: list[int] | None) -> Any:
    """Return what :func:`save` put there; of a frame the columns at ``places``, all where None."""
    import polars as pl

    names = spec["names"] if places is None else [spec["names"][place] for place in places]
    typed = [name for name in spec["names"] if name not in spec["objects"]]
    wanted = [typed.index(name) for name in names if name not in spec["objects"]]
    table = arrow_tables.load(spec["table"], shelf, wanted)
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    frame.columns = [typed[place] for place in wanted]  # an empty name is taken for none
    columns = {name: _column(name, spec, shelf, frame) for name in names}
    whole = pl.DataFrame(columns) if columns else pl.DataFrame(height=spec["n_rows"])
    return whole.to_series() if spec["as"] == "polars.Series" else whole


def _column(name: str, spec: Spec, shelf: Shelved, frame: Any) -> Any:
    import polars as pl

    if name not in spec["objects"]:
        return frame.get_column(name)
    return pl.Series(name, load_objects(spec["objects"][name], shelf).tolist(), dtype=pl.Object)

"""The table of runs as a widget: sort, filter, hide what is the same, pick runs to see or compare.

The widget lives only beside a running kernel. So ``%runs`` puts the static table into the notebook
too, in an output before it, which the widget hides while it is alive: what is reopened, exported
or looked at elsewhere shows the static one.
"""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from .. import display
from ..display import table as tables
from ..display.rendering import style
from ..errors import MlopsError
from ..records import Comparison, RunTable

MOST_ROWS = 500
_HERE = Path(__file__).parent / "static"

OnCompare = Callable[[Sequence[int]], Comparison]


def show_table(table: RunTable, *, registry: str | None = None) -> bool:
    """Show a table of runs as a widget, if a front end that has widgets is looking.

    Parameters
    ----------
    table
        The runs.
    registry
        Where the picked runs are looked up to be compared; None for the one that applies.

    Returns
    -------
    bool
        False where nothing was shown: outside a Jupyter server's session (a terminal, nbclient,
        papermill, VS Code), and for a table without runs.
    """
    if not table.runs or not is_watched():
        return False
    from IPython.display import display as show

    twin = uuid.uuid4().hex
    static = display.bundle(table)
    static["text/html"] = f'<div data-mlops-twin="{twin}">{static["text/html"]}</div>'
    show(static, raw=True)
    panel = runs_widget(table, on_compare=partial(_compare, registry=registry), twin=twin)
    view = panel.widget_view()
    show({**view, "text/plain": ""}, raw=True)
    return True


def is_watched() -> bool:
    """Return whether a front end that has widgets is looking: a Jupyter server's session."""
    if "VSCODE_PID" in os.environ or "JPY_SESSION_NAME" not in os.environ or "ipykernel" not in sys.modules:
        return False
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel")


def _compare(numbers: Sequence[int], *, registry: str | None) -> Comparison:
    from .. import tracking

    return tracking.compare_runs(*numbers, registry=registry)


def runs_widget(table: RunTable, *, on_compare: OnCompare, twin: str = "") -> Any:
    """Return a table of runs as a widget.

    One picked run is shown beneath the table, several are compared there.

    Parameters
    ----------
    table
        The runs; the first 500 are in the widget.
    on_compare
        Called with the numbers of the picked runs, in the order in which they were picked, when
        there are at least two; what it returns is shown. An error of ours is shown as one line.
    twin
        The mark of a static table that is hidden while the widget is alive.

    Returns
    -------
    ipywidgets.VBox
        With ``table_widget`` (the table: ``picked``) and ``answer`` (what stands beneath). Its
        bundle has the static table as ``text/html``.
    """
    return _classes()["panel"](table, on_compare, twin)


def widget_data(table: RunTable) -> dict[str, Any]:
    """Return what the widget's script shows: columns, rows with texts and sort keys, one summary."""
    made = tables.grid(table, MOST_ROWS)
    columns = [_column("#", numeric=True), *([_column("experiment")] if made.several else []), _column("run")]
    columns += [_column("note"), _column("status", kind="status")]
    columns += [_column(key, numeric=True, value=True) for key in made.metrics]
    columns += [_column(key, value=True) for key in made.params]
    columns += [_column("started", kind="time"), _column("took", numeric=True)]
    views = {view.run.number: view for view in table.runs[:MOST_ROWS]}
    rows = [_row(line, views[line.number], several=made.several) for line in made.lines]
    same = f"the same: {' · '.join(made.same[:12])}" if made.same else ""
    return {
        "columns": columns,
        "rows": rows,
        "same": same,
        "summary": tables.summary(table, len(made.lines)),
    }


def _column(label: str, *, kind: str = "text", numeric: bool = False, value: bool = False) -> dict[str, Any]:
    return {"label": label, "kind": kind, "numeric": numeric, "value": value}


def _row(line: tables.Line, view: Any, *, several: bool) -> dict[str, Any]:
    remarks = [f"attempt {line.attempt}" if line.attempt > 1 else "", line.children]
    cells = [_cell(str(line.number), line.number)]
    cells += [_cell(line.experiment, line.experiment)] if several else []
    cells += [_cell(line.name, line.name, soft=" · ".join(part for part in remarks if part))]
    note = " ".join(part for part in (line.note, *(f"[{tag}]" for tag in line.tags)) if part)
    cells += [_cell(note, note or None)]
    stale = "⚠ stale" if line.stale else ""
    cells += [_cell(f"{line.sign} {line.status}", line.status, title=line.error or line.stale, soft=stale)]
    cells += [
        _cell(f"★ {c.value}" if c.best else c.value, c.order, title=c.title, best=c.best, share=c.share,
              curve=asdict(c.curve) if c.curve else None)
        for c in line.metrics
    ]  # fmt: skip
    cells += [
        _cell(c.value, None if c.order is None and c.value == "–" else _number(c.value), title=c.title)
        for c in line.params
    ]
    cells += [_cell(line.when, _milliseconds(view.run.started_at), title=line.moment)]
    cells += [_cell(line.duration, view.run.duration_s)]
    search = " ".join([f"#{line.number}", line.experiment, *(cell["text"] for cell in cells[1:])]).lower()
    return {"number": line.number, "cells": cells, "search": search}


def _cell(text: str, sort: Any, **more: Any) -> dict[str, Any]:
    return {
        "text": text,
        "sort": sort,
        **{key: value for key, value in more.items() if value not in ("", None, False)},
    }


def _number(text: str) -> Any:
    """Return a param as a number where it is one, so that 10 stands after 9."""
    try:
        number = float(text.replace(",", "").replace("−", "-"))
    except ValueError:
        return text
    return number if abs(number) != float("inf") and number == number else text


def _milliseconds(utc: str) -> float:
    try:
        return datetime.fromisoformat(utc.replace("Z", "+00:00")).timestamp() * 1000
    except ValueError:
        return 0.0


@cache
def _classes() -> dict[str, Any]:
    """Return the widget classes; ipywidgets is imported when the first widget is made."""
    import anywidget
    import ipywidgets
    import traitlets

    class RunsWidget(anywidget.AnyWidget):
        """The table alone."""

        _esm = (_HERE / "runs.js").read_text(encoding="utf-8")
        _css = str(style("table")) + (_HERE / "runs.css").read_text(encoding="utf-8")
        table = traitlets.Dict().tag(sync=True)
        picked = traitlets.List(traitlets.Int()).tag(sync=True)
        only_differences = traitlets.Bool(default_value=False).tag(sync=True)
        twin = traitlets.Unicode().tag(sync=True)

    class RunsPanel(ipywidgets.VBox):  # type: ignore[misc]
        """The table, and beneath it what was picked."""

        def __init__(self, table: RunTable, on_compare: OnCompare, twin: str) -> None:
            self._table, self._on_compare = table, on_compare
            self.table_widget = RunsWidget(
                table=widget_data(table), only_differences=table.only_differences, twin=twin
            )
            self.answer = ipywidgets.HTML()
            self.table_widget.observe(self._answer, names="picked")
            super().__init__([self.table_widget, self.answer])

        def _answer(self, _: Any) -> None:
            self.answer.value = _answer_html(self._table, self.table_widget.picked, self._on_compare)

        def widget_view(self) -> dict[str, Any]:
            """Return the bundle that shows the widget alone."""
            bundle = super()._repr_mimebundle_()
            return dict(bundle[0] if isinstance(bundle, tuple) else bundle)

        def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
            return {**self.widget_view(), **display.bundle(self._table)}

    return {"table": RunsWidget, "panel": RunsPanel}


def _answer_html(table: RunTable, picked: Sequence[int], on_compare: OnCompare) -> str:
    try:
        if len(picked) > 1:
            return display.html(on_compare(picked))
        found = [view for view in table.runs if view.run.number in picked]
        return display.html(found[0]) if found else ""
    except MlopsError as error:
        from ..records import Done

        return display.html(Done(str(error)))

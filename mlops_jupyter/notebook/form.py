"""A form in the notebook: fields of a whole, and perhaps a row for each of its columns.

As with the table of runs, the static card stands in an output before the form, which hides it while a
kernel answers. What is saved goes through one callback.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from .. import display
from ..display.rendering import style
from ..errors import MlopsError, UsageError
from .widgets import is_watched

MOST_CHARACTERS = 4000
_HERE = Path(__file__).parent / "static"


class Saved(NamedTuple):
    """What stands in the form after a save, what is said beside its button, and the static card's record."""

    data: dict[str, Any]
    words: str
    record: Any


Save = Callable[[Mapping[str, Any]], Saved]


def show(record: Any, data: dict[str, Any], save: Save) -> bool:
    """Show a form, if a front end that has widgets is looking.

    Parameters
    ----------
    record
        What is shown where there is no form.
    data
        What the form's script shows.
    save
        Called with what was edited; an error of ours that it raises is shown as one line.

    Returns
    -------
    bool
        False where nothing was shown, as for :func:`~mlops_jupyter.notebook.widgets.show_table`.
    """
    if not is_watched():
        return False
    from IPython.display import display as show_bundle

    twin = uuid.uuid4().hex
    show_bundle(_twin(record, twin), raw=True, display_id=twin)
    view = widget(data, save, twin)._repr_mimebundle_()
    bundle = view[0] if isinstance(view, tuple) else view
    show_bundle({**bundle, "text/plain": ""}, raw=True)
    return True


def widget(data: dict[str, Any], save: Save, twin: str = "") -> Any:
    """Return the form: ``edited`` is what its button sends, ``state`` what is said beside the button.

    ``twin`` marks the static card that it hides.
    """
    return _class()(data, save, twin)


def text_of(given: Mapping[str, Any], key: str, what: str) -> str:
    """Return a text that a form sent.

    Raises
    ------
    UsageError
        If it is longer than 4,000 characters.
    """
    value = str(given[key]).strip()
    if len(value) > MOST_CHARACTERS:
        raise UsageError(
            f"{key} of {what} has {len(value):,} characters; at most {MOST_CHARACTERS:,} are kept"
        )
    return value


def _twin(record: Any, twin: str) -> dict[str, Any]:
    """Return the static card, marked so that the form finds and hides it."""
    static = display.bundle(record)
    static["text/html"] = f'<div data-mlops-twin="{twin}">{static["text/html"]}</div>'
    return static


@cache
def _class() -> Any:
    """Return the widget's class; anywidget is imported when the first form is made."""
    import anywidget
    import traitlets

    class FormWidget(anywidget.AnyWidget):
        """The form."""

        _esm = (_HERE / "dictionary.js").read_text(encoding="utf-8")
        _css = str(style("table", "data")) + (_HERE / "dictionary.css").read_text(encoding="utf-8")
        data = traitlets.Dict().tag(sync=True)
        edited = traitlets.Dict().tag(sync=True)
        state = traitlets.Dict().tag(sync=True)
        twin = traitlets.Unicode().tag(sync=True)

        def __init__(self, data: dict[str, Any], save: Save, twin: str) -> None:
            self._on_save = save
            super().__init__(data=data, twin=twin)
            self.observe(self._save, names="edited")

        def _save(self, change: Any) -> None:
            try:
                saved = self._on_save(change["new"])
            except MlopsError as error:
                self.state = {"tone": "error", "words": str(error)}
                return
            self.data = saved.data
            self.state = {"tone": "ok", "words": saved.words, "number": change["new"].get("number", 0)}
            if self.twin:
                from IPython.display import update_display

                update_display(_twin(saved.record, self.twin), display_id=self.twin, raw=True)

    return FormWidget

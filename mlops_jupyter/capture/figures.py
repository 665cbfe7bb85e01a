"""Figures that the cell shows, kept as they are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .analysis import CellPlan
from .naming import name_of

_LIMIT = 100


@dataclass(slots=True)
class Shown:
    """A figure that was shown: its picture, or None where it has to be drawn for us."""

    name: str
    picture: bytes | None
    figure: Any


class FigureLog:
    """The figures that a cell showed; showing one again replaces its picture."""

    def __init__(self, plan: CellPlan, namespace: dict[str, Any]) -> None:
        self._plan, self._namespace = plan, namespace
        self._shown: dict[int, Shown] = {}

    def note(self, figure: Any, picture: bytes | None) -> None:
        """Keep a figure that is being shown.

        Parameters
        ----------
        figure
            Any object; what is no figure is passed over.
        picture
            The PNG file that was made to show it, where there is one.
        """
        from .. import formats

        if not formats.is_figure(figure) or (len(self._shown) >= _LIMIT and id(figure) not in self._shown):
            return
        known = self._shown.get(id(figure))
        name = known.name if known else self._name(figure)
        self._shown[id(figure)] = Shown(name, picture, figure)

    def shown(self) -> tuple[Shown, ...]:
        """Return the figures in the order in which they were first shown."""
        return tuple(self._shown.values())

    def _name(self, figure: Any) -> str:
        named = name_of(figure, self._namespace, self._plan)
        return f"figures/{len(self._shown) + 1:02d}" + (f"-{named}" if named else "")

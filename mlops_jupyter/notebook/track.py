"""``%track``, and what ``%%track`` needs besides the transformer: help, completion, the dry run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..errors import UsageError, near
from .options import describe, parse

if TYPE_CHECKING:
    from .events import CellEvents

_WORDS = ("on", "off")

_HELP = """Record what a cell does, as a run.

    %%track [experiment] [options]      this cell
    %track on [experiment] [options]    every following cell that computes something
    %track off                          only cells with %%track again
    %track                              say which

Nothing has to be logged by hand. Params: literals that the cell assigns, scalars that it reads,
params of estimators that it fits. Metrics: numbers that it computes and assigns or shows, and
calls of sklearn.metrics. Data, models, figures, output, errors, code and environment as well.
Running the cell again is its next attempt. "# mlops: ignore" behind a statement leaves it out.
%%time and %%capture may stand below. Quotes group; {braces} are not expanded.

Options
"""


def magic_of(shell: Any, events: CellEvents) -> Callable[..., None]:
    """Return the magic ``track`` for a shell."""
    from IPython.core.magic import no_var_expand

    @no_var_expand
    def track(line: str, cell: str | None = None) -> None:
        if cell is not None:
            _show_plan(shell, line, cell)
            return
        word, _, rest = line.strip().partition(" ")
        if word not in ("", *_WORDS):
            hint = near(word, _WORDS, count=1) or "a cell is tracked by %%track as its first line"
            raise UsageError(f"%track takes 'on', 'off' or nothing, not {word[:80]!r}; {hint}")
        if word == "off":
            events.every_cell = None
        elif word == "on":
            options = parse(rest)
            if options.dry_run:
                raise UsageError("%track on: --dry-run is for one cell: %%track --dry-run")
            events.every_cell = options
        print(_state(events))

    track.__doc__ = _HELP + describe()
    return track


def _state(events: CellEvents) -> str:
    if events.every_cell is None:
        return "Cells with %%track as their first line are recorded."
    into = f" into {events.every_cell.experiment!r}" if events.every_cell.experiment else ""
    return f"Every cell that computes something is recorded{into}; %track off ends that."


def _show_plan(shell: Any, line: str, cell: str) -> None:
    from .. import display
    from ..capture import analyse, plan_capture
    from ..tracking.life import experiment_name
    from .transformer import python_of

    options = parse(line)
    if not options.dry_run:
        raise UsageError("%%track has to be the first line of a cell")
    plan = analyse(python_of(shell, shell.transform_cell(cell)))
    found = plan_capture(experiment_name(options.experiment), plan, shell.user_ns, options.selection)
    shell.display_pub.publish(data=display.bundle(found), metadata={})

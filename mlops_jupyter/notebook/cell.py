"""One execution of a tracked cell: its run, its capture, its card."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .live import Bundle, LiveCard
from .options import TrackOptions
from .shell import Listening, figures_to, without_our_frames
from .warn import warn

if TYPE_CHECKING:
    from ..capture import Capture, CellPlan
    from ..data.sources import SourceLog
    from ..records import RunStatus
    from ..tracking import ActiveRun

# How long the end of a cell waits for work behind it, so that the card is complete at once: for
# models, which are what people look for on it, and for all else.
_WAIT_FOR_MODELS_S = 0.040
_WAIT_S = 0.010
# Where nobody sits before the notebook and its outputs are all that will be seen of it (nbclient,
# papermill), a card cannot be drawn anew after the last cell: there it waits for models and contracts.
_WAIT_UNATTENDED_S = 10.0
_AWAITED = ("model", "contract")


class TrackedCell:
    """Begins a run when a cell begins, and ends it when the cell ends. Nothing here raises.

    Parameters
    ----------
    shell
        The running IPython shell.
    options
        What the ``%%track`` line says.
    plan
        What the cell's syntax tree says.
    about
        The cell's identity and source, as fields of a ``Cell`` record.
    """

    def __init__(
        self,
        shell: Any,
        options: TrackOptions,
        plan: CellPlan,
        about: dict[str, Any],
        sources: SourceLog | None,
    ) -> None:
        self._shell, self._options, self._plan, self._about = shell, options, plan, about
        self._sources = sources
        self._listening: list[Listening] = []
        self._capture: Capture | None = None
        self._card: LiveCard | None = None
        self.run: ActiveRun | None = None

    def begin(self, cell_key: str) -> None:
        """Begin the run, then look at what is there."""
        from ..capture import Capture
        from ..tracking import start_run

        options = self._options
        try:
            self.run = start_run(
                options.experiment,
                name=options.name,
                note=options.note,
                tags=options.tags,
                kind="cell",
                cell_key=cell_key,
                cell=self._about,
            )
        except Exception as error:  # noqa: BLE001 - tracking is a guest
            warn(f"this cell is not recorded: {error}")
            return
        self._guard(self._listen)
        capture = Capture(
            self.run,
            self._shell.user_ns,
            self._plan,
            options.selection,
            self._sources,
            is_printing=self._is_printing,
        )
        self._capture = capture
        self._guard(self._open_card)
        capture.before()

    def stop_clock(self) -> None:
        """Say that the user's code is over: what is done from now on does not count as the cell's."""
        if self._capture is not None:
            self._guard(self._capture.stop_clock)

    def end(
        self,
        status: RunStatus,
        error: BaseException | None,
        shown: Any,
        keep: Callable[[ActiveRun], None] | None = None,
    ) -> None:
        """Record what was found, end the run, show its card; ``keep`` writes which executions made it."""
        run, capture = self.run, self._capture
        for listening in reversed(self._listening):
            self._guard(listening.stop)
        if self._card is not None:
            self._card.stop()
        if run is None or capture is None:
            return
        self._guard(lambda: capture.after(error, shown))
        if keep is not None:
            self._guard(lambda: keep(run))
        self._guard(self._wait)
        usage = capture.usage
        try:
            run.finish(
                status,
                error=error,
                stdout_tail=capture.stdout_tail or None,
                duration_s=usage.duration_s if usage else None,
                cpu_s=usage.cpu_s if usage else None,
                peak_memory_bytes=usage.peak_memory_bytes if usage else None,
            )
        except Exception as problem:  # noqa: BLE001 - tracking is a guest
            warn(f"run #{run.number} could not be finished: {problem}")
        self._guard(self._show)

    def wait_for_models(self) -> None:
        """Wait until the models of this cell may be changed by the next."""
        if self._capture is not None:
            self._capture.wait_for_models()

    def _wait(self) -> None:
        """Wait a little for what the card shows and is still being done."""
        from .. import display

        assert self.run is not None
        is_saving = any(label.startswith(_AWAITED) for label in self.run.pending())
        for_models = _WAIT_UNATTENDED_S if is_unattended(self._shell) else _WAIT_FOR_MODELS_S
        self.run.wait(for_models if is_saving else _WAIT_S, besides=display.QUIET)

    def _listen(self) -> None:
        shell = self._shell
        self._listening = [
            Listening(shell.display_formatter, "format", figures_to(self._note_figure)),
            Listening(shell.InteractiveTB, "structured_traceback", without_our_frames),
            Listening(shell.display_pub, "clear_output", self._note_clearing),
        ]

    def _note_figure(self, obj: Any, picture: bytes | None) -> None:
        if self._capture is not None:
            self._capture.figures.note(obj, picture)

    def _is_printing(self) -> bool:
        shell = self._shell
        return not (
            getattr(shell.display_pub, "is_publishing", False)
            or getattr(shell.displayhook, "is_active", False)
            or getattr(shell, "showing_traceback", False)
        )

    def _note_clearing(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if self._card is not None:
            self._card.forget()
        return original(*args, **kwargs)

    def _open_card(self) -> None:
        can_update = hasattr(self._shell, "kernel")
        self._card = LiveCard(self._shell.display_pub, self._draw, self._is_stepping, can_update=can_update)
        self._card.start()

    def _is_stepping(self) -> bool:
        assert self.run is not None
        where = {"run_id": self.run.id, "step >=": 0}
        try:
            return bool(self.run.store.rows("metrics", where, columns=["seq"], limit=1))
        except Exception:  # noqa: BLE001 - asked again a moment later
            return False

    def _draw(self, spent_s: float) -> Bundle | None:
        """Return the live card; None where it cannot be drawn now."""
        from .. import display

        assert self.run is not None
        try:
            view = self.run.view()
            progress = display.Progress(spent_s=spent_s)
            return {"text/html": display.live_html(view, progress), "text/plain": display.text(view)}
        except Exception:  # noqa: BLE001 - the next drawing may succeed, the final one will
            return None

    def _show(self) -> None:
        from .. import display

        run, card = self.run, self._card
        assert run is not None
        assert card is not None
        view = run.view()
        card.finish(display.bundle(view))
        if not display.QUIET.issuperset(view.pending) and card.can_update:
            threading.Thread(target=self._show_again, name="mlops-card", daemon=True).start()

    def _show_again(self) -> None:
        """Draw the card once more when the work behind the cell is done."""
        from .. import display

        run, card = self.run, self._card
        assert run is not None
        assert card is not None
        run.wait(besides=display.QUIET)
        self._guard(lambda: card.replace(display.bundle(run.view())))

    def _guard(self, do: Callable[[], Any]) -> None:
        try:
            do()
        except Exception as error:  # noqa: BLE001 - tracking is a guest
            if self.run is not None:
                self.run.mark_incomplete(str(error))
            warn(str(error))


def is_unattended(shell: Any) -> bool:
    """Return whether the kernel's client said that nobody is there to be asked anything."""
    return getattr(getattr(shell, "kernel", None), "_allow_stdin", True) is False

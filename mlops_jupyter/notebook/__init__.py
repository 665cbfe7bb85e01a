"""The only room that knows IPython: what ``%load_ext mlops_jupyter`` puts into a shell.

Table of contents
-----------------
``load_ipython_extension``, ``unload_ipython_extension``   all in, all out; twice is once
``transformer``  the ``%%track`` line on its way to Python; ``options`` says what its words mean
``events``       when a cell begins and ends
``effects``      what every cell did, tracked or not
``replay``       cells run again in a clean process
``cell``         one execution of a tracked cell; ``live`` is its card while it runs
``shell``        methods of the shell that are listened to during a tracked cell
``track``        ``%track``, the help of ``%%track``, the dry run
``magics``       the verbs as line magics; ``variables`` are what their words may mean, ``waiting`` is
                 what they say while they take long
``widgets``      the sortable table
``dictionary``   the data dictionary as a form
"""

from __future__ import annotations

from typing import Any

_ATTRIBUTE = "_mlops_jupyter"


class Extension:
    """All that the extension puts into a shell.

    ``sources`` knows which file a variable was read from, ``effects`` what every cell did.
    """

    def __init__(self, shell: Any) -> None:
        from ..data.sources import SourceLog
        from .effects import CellEffects
        from .events import CellEvents
        from .transformer import TrackTransformer

        self._shell = shell
        self.sources = SourceLog()
        self._transformer = TrackTransformer(shell)
        self.effects = CellEffects(shell)
        self._events = CellEvents(shell, self._transformer, self.sources, self.effects)

    def load(self) -> None:
        """Put everything in."""
        from . import magics
        from .track import magic_of

        manager = self._shell.input_transformer_manager
        manager.cleanup_transforms.append(self._transformer)
        self._shell.input_transformers_post.append(self._finish_single_line)
        self._shell.register_magic_function(magic_of(self._shell, self._events), "line_cell", "track")
        magics.register(self._shell)
        self._events.register()
        self.sources.install()
        self.effects.install()

    def unload(self) -> None:
        """Take everything out, where it is still ours."""
        from . import magics

        self.effects.uninstall()
        self.sources.remove()
        self._events.unregister()
        magics.unregister(self._shell)
        for kind in ("line", "cell"):
            table = self._shell.magics_manager.magics[kind]
            if getattr(table.get("track"), "__module__", "").startswith(__name__):
                del table["track"]
        _take_out(self._shell.input_transformer_manager.cleanup_transforms, self._transformer)
        _take_out(self._shell.input_transformers_post, self._finish_single_line)

    def _finish_single_line(self, lines: list[str]) -> list[str]:
        from .transformer import finish_single_line

        return finish_single_line(self._shell, lines)


def load_ipython_extension(ip: Any) -> None:
    """Put the extension into a shell; a second time changes nothing."""
    if getattr(ip, _ATTRIBUTE, None) is None:
        extension = Extension(ip)
        setattr(ip, _ATTRIBUTE, extension)
        extension.load()


def unload_ipython_extension(ip: Any) -> None:
    """Take the extension out of a shell; a second time changes nothing."""
    extension = getattr(ip, _ATTRIBUTE, None)
    if extension is not None:
        delattr(ip, _ATTRIBUTE)
        extension.unload()


def _take_out(transforms: list[Any], ours: Any) -> None:
    transforms[:] = [transform for transform in transforms if transform != ours]

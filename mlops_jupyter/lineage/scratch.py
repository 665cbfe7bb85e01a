"""The folder in which cells run again: the recorded files at the places where the cells look for them."""

from __future__ import annotations

import filecmp
import re
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Content = Path | bytes
"""The bytes of a file, or where they are."""


@dataclass(slots=True)
class Scratch:
    """A copy of the part of the file system that the cells used, below ``root``.

    A file keeps its whole path below the root, so that ``../data/x.csv`` leads where it led.

    Attributes
    ----------
    root
        An empty folder.
    folder
        The folder in which the cells ran at first.
    """

    root: Path
    folder: Path
    _moved: dict[str, Path] = field(default_factory=dict)

    @property
    def working_folder(self) -> Path:
        """Where the cells run now."""
        return self.place_of(self.folder)

    def place_of(self, path: str | Path) -> Path:
        """Return where a recorded path is now."""
        whole = _plain(self.folder / Path(path).expanduser())
        return self.root.joinpath(*whole.parts[1:])

    def fill(self, files: Mapping[str, Content], *, outputs: Collection[str] = ()) -> None:
        """Write the files, and note which absolute paths lead to a copy from now on.

        Those of files that are no longer what they were, and all of ``outputs``, which the cells
        write: the files of the user's are not written again.
        """
        self.working_folder.mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            place = self.place_of(path)
            _write(place, content)
            if Path(path).is_absolute() and not _is_as_it_was(Path(path), place):
                self._moved[path] = place
        for path in outputs:
            if Path(path).is_absolute():
                self._moved[path] = self.place_of(path)
                self._moved[path].parent.mkdir(parents=True, exist_ok=True)

    def roots_of(self, modules: Collection[str]) -> tuple[str, ...]:
        """Return the folders from which modules at these paths are imported."""
        places = [self.place_of(path) for path in modules]
        packages = {place.parent for place in places if place.name == "__init__.py"}
        roots: dict[str, None] = {}
        for place in places:
            root = place.parent
            while root in packages:
                root = root.parent
            roots[str(root)] = None
        return tuple(roots)

    def lead(self, source: str) -> str:
        """Return a cell whose absolute paths lead to the copies.

        Examples
        --------
        >>> scratch = Scratch(Path("/scratch"), Path("/home/me"))
        >>> scratch.fill({}, outputs=["/data/out.csv"])  # doctest: +SKIP
        >>> scratch.lead("df.to_csv('/data/out.csv')")  # doctest: +SKIP
        "df.to_csv('/scratch/data/out.csv')"
        """
        for written, place in sorted(self._spellings(), key=lambda pair: -len(pair[0])):
            pattern = rf"(?<![\w./~-]){re.escape(written)}(?=/?[\"'])"
            source = place.as_posix().join(re.split(pattern, source))
        return source

    def _spellings(self) -> Iterator[tuple[str, Path]]:
        """Yield each path that was moved and the folders above it, as they may stand in a source."""
        home = Path.home()
        for path, place in self._moved.items():
            here, there = Path(path), place
            while len(here.parts) > 2:  # never the root, nor a folder just below it
                yield here.as_posix(), there
                if here.is_relative_to(home) and here != home:
                    yield f"~/{here.relative_to(home).as_posix()}", there
                here, there = here.parent, there.parent


def _plain(path: Path) -> Path:
    """Return an absolute path without ``..``; links are left as they are."""
    import os

    return Path(os.path.normpath(path))


def _write(place: Path, content: Content) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        place.write_bytes(content)
    else:
        shutil.copyfile(content, place)


def _is_as_it_was(path: Path, copy: Path) -> bool:
    try:
        return filecmp.cmp(path, copy, shallow=False)
    except OSError:
        return False

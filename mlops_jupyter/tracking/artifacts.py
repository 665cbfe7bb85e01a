"""Files, figures, datasets and models of a run: bytes into the objects, a row beside the run."""

from __future__ import annotations

import json
import mimetypes
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from .. import config, masking
from ..errors import NotFoundError, UsageError, ValueRefused
from ..interrupts import uninterrupted
from ..records import ROLES, Artifact, ArtifactKind, DatasetVersion, Role, RunDataset
from ..store import as_row, values

if TYPE_CHECKING:
    from ..data.places import Source
    from .recording import Recorder

_PATH_LIMIT = 1_000
_TEXT = {".csv", ".html", ".json", ".log", ".md", ".py", ".toml", ".txt", ".xml", ".yaml", ".yml"}


def log_content(
    run: Recorder,
    path: str,
    content: bytes,
    *,
    kind: ArtifactKind,
    media_type: str,
    variable: str | None = None,
    detail: str | None = None,
) -> str:
    """Keep bytes as an artifact of a run and return their hash."""
    object_hash = run.store.objects.put(content)
    artifact = Artifact(
        run.id,
        clean_path(path),
        kind,
        object_hash,
        len(content),
        config.now(),
        media_type,
        variable,
        detail,
    )
    _write(run, [artifact])
    return object_hash


def log_path(run: Recorder, path: str | os.PathLike[str], name: str | None = None) -> None:
    """Keep a file, or a folder with all its files."""
    source = Path(path)
    if source.is_dir():
        log_folder(run, source, name or source.resolve().name)
        return
    _write(run, [_file(run, source, name or source.name)])


def log_folder(run: Recorder, folder: str | os.PathLike[str], name: str | None = None) -> None:
    """Keep all files of a folder; what is no file is left out and said.

    Links are followed inside the folder only, so that a loop ends and nothing from elsewhere comes in.
    """
    root = Path(folder)
    if not root.is_dir():
        raise NotFoundError(f"there is no folder {str(root)!r}")
    found, refused = [], []
    for path in _files(root):
        below = path.relative_to(root).as_posix()
        try:
            found.append(_file(run, path, f"{name}/{below}" if name else below, inside=root))
        except (ValueRefused, NotFoundError, OSError) as error:
            refused.append(str(error))
    _write(run, found)
    for message in refused:
        run.add_finding("file-refused", "warning", message)


def log_figure(run: Recorder, figure: Any, name: str) -> None:
    """Keep a figure as a picture file."""
    from .. import formats

    file = formats.figure_file(figure, run_id=run.id, experiment=run.experiment)
    path = name if name.endswith(file.suffix) else name + file.suffix
    log_content(run, path, file.data, kind="figure", media_type=file.media_type, detail=_json(file.detail))


def log_model(run: Recorder, model: Any, name: str, *, trusted: Sequence[str] = ()) -> None:
    """Keep a model as a file without pickle."""
    from .. import formats

    file = formats.dump_model(model, trusted=trusted)
    path = name if name.endswith(file.suffix) else name + file.suffix
    log_content(
        run,
        path,
        file.data,
        kind="model",
        media_type=file.media_type,
        variable=name,
        detail=_json(file.detail),
    )


def log_dataset(
    run: Recorder, obj: Any, name: str, role: Role, *, source: Source | tuple[str, str | None] | None = None
) -> DatasetVersion:
    """Record that a run uses a dataset, and return the version that it is."""
    from .. import data

    if role not in ROLES:
        raise UsageError(f"log_dataset: the role {role!r} is not one of {', '.join(ROLES)}")
    found = data.fingerprint(obj)
    record_dataset(run, found.version, found.row_hashes, name, role, source=source)
    return found.version


def record_dataset(
    run: Recorder,
    version: DatasetVersion,
    row_hashes: Any,
    name: str,
    role: Role,
    *,
    source: Source | tuple[str, str | None] | None = None,
    is_made: bool | None = None,
) -> None:
    """Write a dataset version that was fingerprinted already, and that the run uses it."""
    from dataclasses import replace

    store = run.store
    known = store.rows("dataset_versions", {"id": version.id}, columns=["rows_object"])
    if row_hashes is not None and not (known and known[0]["rows_object"]):
        version = replace(version, rows_object=store.objects.put(row_hashes.astype("<u8").tobytes()))
    made = None if is_made is None else int(is_made)
    use = RunDataset(run.id, role, values.clean(name), version.id, *_origin(source), made, *_asked(source))
    with uninterrupted(), store.atomic():
        if not known or version.rows_object:
            store.upsert("dataset_versions", as_row(version), key=["id"])
        store.upsert("run_datasets", as_row(use), key=["run_id", "role", "name"])


def _origin(source: Source | tuple[str, str | None] | None) -> tuple[str | None, str | None]:
    if source is None or isinstance(source, tuple):
        return source or (None, None)
    return source.uri, source.hash


def _asked(source: Source | tuple[str, str | None] | None) -> tuple[str | None, str | None]:
    """Return the query by which data were read, without secrets, and when."""
    if source is None or isinstance(source, tuple):
        return None, None
    return (masking.mask(values.clean(source.query))[0] if source.query else None), source.read_at


def clean_path(path: str) -> str:
    """Return an artifact's name: relative, with forward slashes, never leaving its run.

    Raises
    ------
    ValueRefused
        If nothing is left of it, it climbs with ``..``, or it is too long.
    """
    parts = [part for part in PurePosixPath(values.clean(str(path)).replace("\\", "/")).parts if part != "/"]
    if not parts or ".." in parts:
        raise ValueRefused(f"artifact: {str(path)[:80]!r} is not a name inside the run")
    name = "/".join(parts)
    if len(name) > _PATH_LIMIT:
        raise ValueRefused(
            f"artifact: the name {name[:40]!r}… has {len(name):,} characters; at most {_PATH_LIMIT}"
        )
    return name


def _file(run: Recorder, path: Path, name: str, inside: Path | None = None) -> Artifact:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise NotFoundError(f"there is no file {str(path)!r}") from None
    except OSError as error:  # a link that leads to itself
        raise ValueRefused(f"{str(path)!r} cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(mode):
        raise ValueRefused(f"{str(path)!r} is {_sort(mode)}, not a file")
    if inside is not None and path.is_symlink() and not path.resolve().is_relative_to(inside.resolve()):
        raise ValueRefused(f"{str(path)!r} links to a place outside the folder")
    object_hash = run.store.objects.put_file(path)
    size = run.store.objects.path(object_hash).stat().st_size
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    kind: ArtifactKind = "text" if path.suffix.lower() in _TEXT else "file"
    return Artifact(run.id, clean_path(name), kind, object_hash, size, config.now(), media_type)


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root, followlinks=False):
        here = Path(folder)
        folders.sort()
        yield from (
            here / name for name in sorted([*names, *(f for f in folders if (here / f).is_symlink())])
        )


def _sort(mode: int) -> str:
    words = {
        stat.S_IFIFO: "a pipe",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
        stat.S_IFSOCK: "a socket",
        stat.S_IFDIR: "a folder",
    }
    return words.get(stat.S_IFMT(mode), "something else")


def _write(run: Recorder, found: list[Artifact]) -> None:
    with uninterrupted():
        run.store.upsert("artifacts", *map(as_row, found), key=["run_id", "path"])


def _json(detail: Any) -> str | None:
    return json.dumps(detail, default=str, allow_nan=False) if detail else None

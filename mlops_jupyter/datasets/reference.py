"""What people call a dataset, and which version that is.

``churn-train`` is the newest version, ``churn-train:3`` the third, ``churn-train@gold`` the one an
alias points at. The words of other tools are understood too: ``churn-train:v3``,
``churn-train:latest``, ``churn-train:gold``.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from ..errors import NotFoundError, UsageError, near
from ..records import Dataset, DatasetVersion, SavedVersion
from ..store import Store

NEWEST = "latest"

Registry = str | os.PathLike[str] | Store | None
"""Which registry: what people call one, or one that is open; None for the rules of ``config.py``."""

_NAME_LIMIT = 200
_MOST_NAMES = 6
_LEAST_OF_AN_ID = 8
_NUMBER = re.compile(r"v?(\d{1,9})\Z", re.IGNORECASE)
_ALIAS = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}\Z")
_ID = re.compile(r"(?:(?P<kind>mj1|sha256):)?(?P<hex>[0-9a-f]{1,64})\Z")


@dataclass(frozen=True, slots=True)
class Reference:
    """A name, and which of its versions: a number, an alias, or (neither) the newest."""

    name: str
    number: int | None = None
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A version that stands in the registry, and under which name it was asked for.

    ``dataset`` and ``saved`` are None for data that runs used and nobody saved.
    """

    label: str
    version: DatasetVersion
    dataset: Dataset | None = None
    saved: SavedVersion | None = None


def parse(text: str) -> Reference:
    """Return what a reference says.

    Examples
    --------
    >>> parse("churn-train:3")
    Reference(name='churn-train', number=3, alias=None)
    >>> parse("churn-train@gold").alias, parse("churn-train:v3").number, parse("churn-train:latest").number
    ('gold', 3, None)
    """
    for mark in ("@", ":"):
        name, found, word = text.rpartition(mark)
        if not (found and name and word):
            continue
        if number := _NUMBER.match(word):
            return Reference(name, number=int(number.group(1)))
        if word.lower() == NEWEST:
            return Reference(name)
        if _ALIAS.match(word):
            return Reference(name, alias=word)
    return Reference(text)


def check_name(
    name: str,
    what: str = "dataset",
    in_python: str = "after the data: save_dataset(df, 'churn-train')",
    on_a_line: str = "data save df --name churn-train",
) -> str:
    """Return the name of a dataset, or of whatever else has numbered versions, if it may be one.

    Parameters
    ----------
    what
        What has the name, for the error.
    in_python, on_a_line
        How a name is given, for the error.

    Raises
    ------
    UsageError
        If it is empty, too long, or holds what a reference uses (``:``, ``@``) or no name needs.

    Examples
    --------
    >>> check_name("team/churn train")
    'team/churn train'
    """
    if not isinstance(name, str):
        raise UsageError(f"the {what}'s name is of type {type(name).__name__}; expected text, {in_python}")
    clean = name.strip()
    if not clean or len(clean) > _NAME_LIMIT:
        raise UsageError(
            f"a {what}'s name has 1 to {_NAME_LIMIT} characters, not {len(clean)}; as in: {on_a_line}"
        )
    wrong = next((c for c in clean if c in ":@\\" or not c.isprintable()), None)
    if wrong or clean.startswith("-"):
        raise UsageError(
            f"the {what}'s name {clean!r} has {wrong or '-'!r} in it, which names cannot have; "
            "':3' and '@gold' say which version is meant"
        )
    return clean


def check_alias(alias: str) -> str:
    """Return an alias if it may be one.

    Raises
    ------
    UsageError
        If it is a number, ``latest``, or anything but letters, digits, ``-``, ``_`` and ``.``.
    """
    word = alias.strip().removeprefix("@")
    if not _ALIAS.match(word) or _NUMBER.match(word) or word.lower() == NEWEST:
        raise UsageError(
            f"{alias!r} cannot be an alias; expected a word such as gold "
            f"(letters, digits, - _ .), neither a number nor {NEWEST!r}"
        )
    return word


def find(store: Store, text: str) -> Found:
    """Return the version that a reference means.

    Parameters
    ----------
    text
        ``name``, ``name:4``, ``name@gold``, a version's id or at least eight characters of it, or
        the name under which runs used data that nobody saved.

    Raises
    ------
    NotFoundError
        If there is none; names what exists or the nearest names.
    """
    asked = parse(text.strip())
    # A name may look like a reference of another: a whole name goes first.
    whole = _dataset(store, text.strip())
    dataset = whole or _dataset(store, asked.name)
    if dataset is not None:
        saved = _saved(store, dataset, Reference(dataset.name) if whole else asked)
        return Found(f"{dataset.name}:{saved.number}", version_of(store, saved.version_id), dataset, saved)
    found = _by_id(store, text.strip()) or _used_by_runs(store, text.strip())
    if found is None:
        what = "version with the id" if ":" in text and _ID.match(text.strip()) else "dataset"
        name = text.strip() if what != "dataset" else asked.name
        raise NotFoundError(f"there is no {what} {name!r}; {known_names(store, asked.name)}")
    return found


def find_saved(store: Store, text: str) -> tuple[Dataset, SavedVersion]:
    """Return the saved version that a reference means.

    Raises
    ------
    NotFoundError
        If there is none, or only runs used data of that name.
    """
    found = find(store, text)
    if found.dataset is None or found.saved is None:
        raise NotFoundError(
            f"{text!r} was used by runs and not saved; data save keeps it: data save df --name {text}"
        )
    return found.dataset, found.saved


def find_dataset(store: Store, name: str, *, is_deleted: bool = False) -> Dataset:
    """Return the dataset of a name or reference, whichever version it asks for.

    Raises
    ------
    NotFoundError
        If there is none; lists near names.
    """
    text = name.strip()
    found = _dataset(store, text, is_deleted=is_deleted) or _dataset(
        store, parse(text).name, is_deleted=is_deleted
    )
    if found is None:
        what = "deleted dataset" if is_deleted else "dataset"
        raise NotFoundError(f"there is no {what} {parse(text).name!r}; {known_names(store, text)}")
    return found


def version_of(store: Store, version_id: str) -> DatasetVersion:
    """Return a content by its id, which must stand in the registry."""
    return DatasetVersion(**store.rows("dataset_versions", {"id": version_id})[0])


def known_names(store: Store, asked: str) -> str:
    """Return the end of an error: names near to the one asked for, else some that exist."""
    names = [row["name"] for row in store.rows("datasets", {"deleted_at": None}, columns=["name"])]
    if hint := near(asked, names):
        return hint
    if not names:
        return "nothing is saved yet: data save df --name churn-train"
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return f"there are {', '.join(sorted(names)[:_MOST_NAMES])}{more}"


def _dataset(store: Store, name: str, *, is_deleted: bool = False) -> Dataset | None:
    rows = store.rows("datasets", {"name": name, "deleted_at !=" if is_deleted else "deleted_at": None})
    return Dataset(**rows[0]) if rows else None


def _saved(store: Store, dataset: Dataset, asked: Reference) -> SavedVersion:
    where = {"dataset_id": dataset.id, "deleted_at": None}
    number = asked.number if asked.alias is None else _number_of(store, dataset, asked.alias)
    if number is not None:
        where["number"] = number  # type: ignore[assignment] # columns are of several types
    rows = store.rows("saved_versions", where, order="number desc", limit=1)
    if rows:
        return SavedVersion(**rows[0])
    newest = store.rows(
        "saved_versions",
        {"dataset_id": dataset.id, "deleted_at": None},
        order="number desc",
        limit=1,
        columns=["number"],
    )
    hint = f"the newest is {dataset.name}:{newest[0]['number']}" if newest else "it has none that is left"
    raise NotFoundError(f"there is no version {number} of {dataset.name!r}; {hint}")


def _number_of(store: Store, dataset: Dataset, alias: str) -> int:
    rows = store.rows("dataset_aliases", {"dataset_id": dataset.id}, columns=["alias", "number"])
    numbers = {row["alias"]: int(row["number"]) for row in rows}
    if alias not in numbers:
        known = f"its aliases are {', '.join(sorted(numbers))}" if numbers else "it has no aliases"
        raise NotFoundError(f"there is no {dataset.name}@{alias}; {near(alias, numbers) or known}")
    return numbers[alias]


def _by_id(store: Store, text: str) -> Found | None:
    match = _ID.match(text)
    if match is None or len(match["hex"]) < _LEAST_OF_AN_ID:
        return None
    kinds = [match["kind"]] if match["kind"] else ["mj1", "sha256"]
    found = [
        row
        for kind in kinds
        for row in store.rows(
            "dataset_versions",
            {"id >=": f"{kind}:{match['hex']}", "id <": f"{kind}:{match['hex']}\x7f"},
            limit=2,
        )
    ]
    if len(found) > 1:
        raise NotFoundError(f"several versions have an id that begins with {text!r}; write more of it")
    if not found:
        return None
    version = DatasetVersion(**found[0])
    saved = store.rows(
        "saved_versions", {"version_id": version.id, "deleted_at": None}, order="created_at desc", limit=1
    )
    if not saved:
        return Found(version.id[:16], version)
    newest = SavedVersion(**saved[0])
    dataset = Dataset(**store.rows("datasets", {"id": newest.dataset_id})[0])
    return Found(f"{dataset.name}:{newest.number}", version, dataset, newest)


def _used_by_runs(store: Store, name: str) -> Found | None:
    """Return the newest data that runs used under this name; ids of runs sort by time."""
    rows = store.rows("run_datasets", {"name": name}, order="run_id desc", limit=1, columns=["version_id"])
    return Found(name, version_of(store, rows[0]["version_id"])) if rows else None

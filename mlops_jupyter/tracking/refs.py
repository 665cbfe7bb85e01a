"""What people call a run, and which run that is."""

from __future__ import annotations

import re
from typing import Any

from ..errors import NotFoundError, UsageError, near
from ..records import Run
from ..store import Store

RunRef = int | str

_MOST_NAMES = 6
_NUMBER = re.compile(r"#?(\d{1,18})\Z")


def find_run(store: Store, ref: RunRef | Any) -> Run:
    """Return the run that a word means.

    Parameters
    ----------
    ref
        ``12``, ``"12"``, ``"#12"``, ``"experiment/12"``, a run's id or its unique beginning, or
        anything that has an ``id``.

    Raises
    ------
    NotFoundError
        If there is no such run; says which numbers or near names exist.
    """
    if not isinstance(ref, (int, str)):
        ref = getattr(getattr(ref, "run", ref), "id", str(ref))
    text = str(ref).strip()
    experiment, slash, last = text.rpartition("/")
    number = _NUMBER.match(last)
    if number is None:
        return _by_id(store, text)
    found = store.rows("runs", {"number": int(number.group(1))})
    if not found:
        raise NotFoundError(f"there is no run {text!r}; {_numbers(store)}")
    run = Run(**found[0])
    if slash:
        _check_experiment(store, run, experiment, text)
    return run


def experiment_of(store: Store, run: Run) -> str:
    """Return the name of a run's experiment."""
    name: str = store.rows("experiments", {"id": run.experiment_id}, columns=["name"])[0]["name"]
    return name


def find_experiment(store: Store, name: str) -> str:
    """Return the id of the experiment with a name.

    Raises
    ------
    NotFoundError
        If there is none; lists near names.
    """
    if not isinstance(name, str):
        raise UsageError(f"the experiment {name!r} is {type(name).__name__}; expected one name")
    found = store.rows("experiments", {"name": name}, columns=["id"])
    if not found:
        names = [row["name"] for row in store.rows("experiments", columns=["name"])]
        hint = near(name, names) or (_some(names) if names else "the registry is empty")
        raise NotFoundError(f"there is no experiment {name!r}; {hint}")
    experiment_id: str = found[0]["id"]
    return experiment_id


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return f"there are {', '.join(map(repr, names[-_MOST_NAMES:]))}{more}"


def _by_id(store: Store, text: str) -> Run:
    found = store.rows("runs", {"id": text})
    if not found and len(text) >= 8:
        found = store.rows("runs", {"id >=": text, "id <": text + "\x7f"}, limit=2)
    if len(found) == 1:
        return Run(**found[0])
    if found:
        raise NotFoundError(f"several runs have an id that begins with {text!r}; write more of it")
    raise NotFoundError(
        f"there is no run {text!r}; expected a number such as 12, or an id; {_numbers(store)}"
    )


def _check_experiment(store: Store, run: Run, experiment: str, text: str) -> None:
    name = experiment_of(store, run)
    if name != experiment:
        find_experiment(store, experiment)
        raise NotFoundError(f"there is no run {text!r}; run #{run.number} belongs to {name!r}")


def _numbers(store: Store) -> str:
    newest = store.rows("runs", order="number desc", limit=1, columns=["number"])
    return f"the newest is #{newest[0]['number']}" if newest else f"the registry {store.url} has no runs yet"

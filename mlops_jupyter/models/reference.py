"""What people call a model, and which version that is.

As with datasets: ``churn`` is the newest version, ``churn:4`` the fourth, ``churn@champion`` the one
that an alias points to. A version that was archived is found by its number alone.
"""

from __future__ import annotations

from .. import config
from ..datasets.reference import Reference, Registry, check_alias, parse
from ..datasets.reference import check_name as _check_name
from ..errors import NotFoundError, UsageError, near
from ..records import Model, ModelVersion
from ..store import Store, as_row

__all__ = [
    "Reference",
    "Registry",
    "aliases_of",
    "check_alias",
    "check_name",
    "find_model",
    "find_version",
    "known_names",
    "label",
    "make_model",
    "parse",
]

_MOST_NAMES = 6


def check_name(name: str) -> str:
    """Return a model's name if it may be one.

    Raises
    ------
    UsageError
        If it is no text, empty, too long, a number, or holds what a reference uses (``:``, ``@``).
    """
    clean = _check_name(name, "model", "as in: register('churn', run=12)", "register churn --run 12")
    if clean.isdigit():
        raise UsageError(f"the model's name {clean!r} is a number, which means a run; expected a word: churn")
    return clean


def label(model: Model, version: ModelVersion) -> str:
    """Return what a version is called: ``churn:4``."""
    return f"{model.name}:{version.number}"


def make_model(store: Store, name: str, description: str | None = None) -> Model:
    """Write a model that nobody named before, inside the caller's transaction."""
    model = Model(config.new_id(), name, config.now(), config.user_name(), description)
    store.insert("models", as_row(model))
    return model


def find_model(store: Store, text: str) -> Model:
    """Return the model of a name or reference, whichever version it asks for.

    Raises
    ------
    NotFoundError
        If there is none; lists near names.
    """
    found = _by_text(store, text)
    if found is None:
        name = parse(_text(text)).name
        raise NotFoundError(f"there is no model {name!r}; {known_names(store, name)}")
    return found[0]


def find_version(store: Store, text: str) -> tuple[Model, ModelVersion]:
    """Return the version that a reference means, and its model.

    Raises
    ------
    NotFoundError
        If there is no such model, version or alias; names what exists.
    """
    model = find_model(store, text)
    _, asked = _by_text(store, text) or (model, Reference(model.name))
    number = asked.number if asked.alias is None else _number_of(store, model, asked.alias)
    if number is None:
        return model, _newest(store, model)
    rows = store.rows("model_versions", {"model_id": model.id, "number": number})
    if not rows:
        newest = store.rows("model_versions", {"model_id": model.id}, order="number desc", limit=1)
        hint = f"the newest is {model.name}:{newest[0]['number']}" if newest else "it has no versions yet"
        raise NotFoundError(f"there is no version {number} of {model.name!r}; {hint}")
    return model, ModelVersion(**rows[0])


def aliases_of(store: Store, model: Model) -> dict[str, int]:
    """Return a model's aliases and the numbers they point to, by name."""
    rows = store.rows("model_aliases", {"model_id": model.id}, order="alias", columns=["alias", "number"])
    return {row["alias"]: int(row["number"]) for row in rows}


def known_names(store: Store, asked: str) -> str:
    """Return the end of an error: names near to the one asked for, else some that exist."""
    names = [row["name"] for row in store.rows("models", {"deleted_at": None}, columns=["name"])]
    if hint := near(asked, names):
        return hint
    if not names:
        return "no model is registered yet: register churn --run 12"
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return f"there are {', '.join(sorted(names)[:_MOST_NAMES])}{more}"


def _by_text(store: Store, text: str) -> tuple[Model, Reference] | None:
    """Return the model that a text names, and what of it is asked for; a whole name goes first."""
    whole = _text(text)
    for asked in (Reference(whole), parse(whole)):
        rows = store.rows("models", {"name": asked.name, "deleted_at": None})
        if rows:
            return Model(**rows[0]), asked
    return None


def _text(text: str) -> str:
    if not isinstance(text, str):
        raise UsageError(
            f"the model is of type {type(text).__name__}; "
            "expected a name such as churn, churn:4 or churn@champion"
        )
    return text.strip()


def _newest(store: Store, model: Model) -> ModelVersion:
    """Return the newest version that is not archived."""
    rows = store.rows(
        "model_versions", {"model_id": model.id, "archived_at": None}, order="number desc", limit=1
    )
    if not rows:
        raise NotFoundError(
            f"every version of {model.name!r} is archived; name one by its number: {model.name}:1"
        )
    return ModelVersion(**rows[0])


def _number_of(store: Store, model: Model, alias: str) -> int:
    numbers = aliases_of(store, model)
    if alias not in numbers:
        known = f"its aliases are {', '.join(numbers)}" if numbers else "it has no aliases"
        raise NotFoundError(f"there is no {model.name}@{alias}; {near(alias, numbers) or known}")
    return numbers[alias]

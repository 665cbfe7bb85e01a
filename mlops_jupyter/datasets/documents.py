"""The document of a dataset: what it is, who answers for it, and what its columns mean.

Each change is a new edition; none is lost. As a file it is YAML, which people keep beside code.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from .. import config
from ..errors import UsageError, near
from ..interrupts import uninterrupted
from ..records import ColumnDoc, DataDoc, Dataset, DatasetDoc, to_plain
from ..store import Store, as_row, open_existing
from . import reference, views
from .reference import Registry

SENSITIVITIES = ("public", "internal", "personal", "secret")
HIDDEN = ("personal", "secret")
"""Sensitivities of columns whose values are not shown."""

_OF_DATASET = tuple(one.name for one in fields(DataDoc) if one.name not in ("dataset", "columns"))
_OF_COLUMN = tuple(one.name for one in fields(ColumnDoc) if one.name != "name")
_LARGEST_FILE = 1 << 20


def read_doc(name: str, *, registry: Registry = None) -> DataDoc:
    """Return a dataset's document, with an entry for every column of its newest version.

    Parameters
    ----------
    name
        The dataset.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Raises
    ------
    NotFoundError
        If there is no such dataset; lists near names.
    """
    store = open_existing(registry)
    return completed(store, reference.find_dataset(store, name))


def document(name: str, *, registry: Registry = None, **changes: Any) -> DataDoc:
    """Change what is said about a dataset, and return its document.

    Parameters
    ----------
    name
        The dataset.
    registry
        Another registry: a folder or a ``postgresql://`` URL.
    changes
        ``description``, ``owner``, ``collected``, ``licence``, ``sensitivity`` (public, internal,
        personal or secret), ``target``, ``key``, and ``columns``: by column, what it means (a text), or
        its ``meaning``, ``unit``, ``sensitivity``, ``collected`` and ``owner``. All else stays.

    Raises
    ------
    NotFoundError
        If there is no such dataset; lists near names.
    UsageError
        If a field or column does not exist; names the nearest.

    Examples
    --------
    >>> import tempfile, pandas as pd
    >>> from mlops_jupyter.datasets import save
    >>> folder = tempfile.mkdtemp()
    >>> _ = save(pd.DataFrame({"tenure": [1]}), "churn", registry=folder)
    >>> document("churn", owner="ada", columns={"tenure": "months"}, registry=folder).columns[0].meaning
    'months'
    """
    store = open_existing(registry)
    dataset = reference.find_dataset(store, name)
    before = read(store, dataset)
    after = merged(before, changes, known=_columns_of(store, dataset))
    if after != before:
        write(store, dataset, after)
    return completed(store, dataset)


def put_doc(doc: DataDoc, *, registry: Registry = None) -> DataDoc:
    """Make a whole document the next edition of its dataset's.

    Raises
    ------
    NotFoundError
        If there is no such dataset.
    UsageError
        If a column does not exist, or a value is of the wrong kind.
    """
    said = {field: getattr(doc, field) for field in _OF_DATASET}
    columns = {column.name: to_plain(column) for column in doc.columns}
    return document(doc.dataset, registry=registry, columns=columns, **said)


def column_types(name: str, *, registry: Registry = None) -> list[tuple[str, str]]:
    """Return name and type of the columns of a dataset's newest version, in order."""
    found = reference.find(open_existing(registry), name)
    return [(column.name, column.type) for column in views.columns_of(found.version)]


def read(store: Store, dataset: Dataset) -> DataDoc:
    """Return the newest edition of a dataset's document, empty where nobody wrote one."""
    rows = store.rows("dataset_docs", {"dataset_id": dataset.id}, order="seq desc", limit=1)
    return _of_plain(json.loads(rows[0]["document"])) if rows else DataDoc(dataset.name)


def write(store: Store, dataset: Dataset, doc: DataDoc) -> None:
    """Add an edition."""
    text = json.dumps(to_plain(doc), ensure_ascii=False)
    with uninterrupted(), store.atomic():
        store.lock(f"document {dataset.id}")
        rows = store.rows("dataset_docs", {"dataset_id": dataset.id}, order="seq desc", limit=1)
        seq = rows[0]["seq"] + 1 if rows else 1
        row = DatasetDoc(dataset.id, seq, text, config.now(), config.user_name())
        store.insert("dataset_docs", as_row(row))


def completed(store: Store, dataset: Dataset) -> DataDoc:
    """Return the document with an entry for every column of the newest version, in its order."""
    doc = read(store, dataset)
    known = {column.name: column for column in doc.columns}
    names = _columns_of(store, dataset)
    gone = [column for name, column in known.items() if name not in names]
    return replace(doc, columns=(*(known.get(name, ColumnDoc(name)) for name in names), *gone))


def sensitive_columns(store: Store, names: Iterable[str]) -> frozenset[str]:
    """Return the columns whose values must not be shown, from the documents of some datasets."""
    rows = store.rows("datasets", {"name": sorted(set(names)), "deleted_at": None})
    docs = [read(store, Dataset(**row)) for row in rows]
    return frozenset(column.name for doc in docs for column in doc.columns if column.sensitivity in HIDDEN)


def merged(
    doc: DataDoc, changes: str | DataDoc | Mapping[str, Any], *, known: list[str] | None = None
) -> DataDoc:
    """Return a document with some fields changed.

    Parameters
    ----------
    doc
        The document as it is.
    changes
        A sentence (the description), a whole document, or fields by name.
    known
        The columns that exist; None where any name is right.

    Raises
    ------
    UsageError
        If a field or column does not exist, or a value is of the wrong kind.
    """
    if isinstance(changes, str):
        return replace(doc, description=changes)
    if isinstance(changes, DataDoc):
        changes = {name: getattr(changes, name) for name in (*_OF_DATASET, "columns")}
        changes["columns"] = {column.name: to_plain(column) for column in changes["columns"]}
    values: dict[str, Any] = {}
    for field, value in changes.items():
        if field == "columns":
            values["columns"] = _merged_columns(doc, value, known)
        else:
            values[field] = _checked(field, value, _OF_DATASET, "a dataset's document")
    if known is not None and values.get("target") and values["target"] not in known:
        raise UsageError(f"the target {values['target']!r} is no column; {_hint(values['target'], known)}")
    return replace(doc, **values)


def doc_to_yaml(doc: DataDoc) -> str:
    """Return a document as YAML that people read and edit.

    Examples
    --------
    >>> print(doc_to_yaml(DataDoc("churn", owner="ada", columns=(ColumnDoc("tenure", unit="months"),))))
    dataset: churn
    description: ''
    owner: ada
    collected: ''
    licence: ''
    sensitivity: ''
    target: ''
    key: []
    columns:
      tenure:
        meaning: ''
        unit: months
        sensitivity: ''
        collected: ''
        owner: ''
    <BLANKLINE>
    """
    import yaml

    plain = to_plain(doc)
    columns = {column.pop("name"): column for column in plain.pop("columns")}
    return str(yaml.safe_dump(plain | {"columns": columns}, sort_keys=False, allow_unicode=True))


def doc_from_yaml(text: str) -> dict[str, Any]:
    """Return what a YAML file says about a dataset, for :func:`document` and :func:`merged`.

    Raises
    ------
    UsageError
        If it is not YAML, not a mapping, or larger than 1 MB; names the line.
    """
    import yaml

    if len(text) > _LARGEST_FILE:
        raise UsageError(f"the document has {len(text):,} characters; at most {_LARGEST_FILE:,} are read")
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        line = f"line {place.line + 1}: " if place else ""
        raise UsageError(f"the document is not YAML: {line}{getattr(error, 'problem', error)}") from None
    if not isinstance(found, dict):
        raise UsageError(f"the document is {type(found).__name__}; expected fields such as 'owner: ada'")
    found.pop("dataset", None)
    return {str(field): value for field, value in found.items()}


def _columns_of(store: Store, dataset: Dataset) -> list[str]:
    found = reference.find(store, dataset.name)
    return [column.name for column in views.columns_of(found.version)]


def _merged_columns(doc: DataDoc, changes: Any, known: list[str] | None) -> tuple[ColumnDoc, ...]:
    if not isinstance(changes, Mapping):
        raise UsageError(f"columns is {type(changes).__name__}; expected names and what they mean")
    columns = {column.name: column for column in doc.columns}
    for name, value in changes.items():
        if known is not None and name not in known and name not in columns:
            raise UsageError(f"{doc.dataset} has no column {name!r}; {_hint(str(name), known)}")
        said = dict(value) if isinstance(value, Mapping) else {"meaning": value}
        said.pop("name", None)
        clean = {
            field: _checked(field, one, _OF_COLUMN, f"the column {name!r}") for field, one in said.items()
        }
        columns[str(name)] = replace(columns.get(str(name), ColumnDoc(str(name))), **clean)
    return tuple(columns.values())


def _checked(field: str, value: Any, fields_: tuple[str, ...], of: str) -> Any:
    if field not in fields_:
        raise UsageError(f"{of} has no field {field!r}; {near(field, fields_) or ', '.join(fields_)}")
    if field == "key":
        words = value.split(",") if isinstance(value, str) else list(value or ())
        return tuple(str(word).strip() for word in words if str(word).strip())
    text = "" if value is None else str(value).strip()
    if field == "sensitivity" and text and text not in SENSITIVITIES:
        raise UsageError(f"the sensitivity {text!r} is none of {', '.join(SENSITIVITIES)}")
    return text


def _hint(asked: str, known: list[str]) -> str:
    return near(asked, known) or f"there are {', '.join(known[:8])}{' …' if len(known) > 8 else ''}"


def _of_plain(plain: dict[str, Any]) -> DataDoc:
    columns = tuple(ColumnDoc(**column) for column in plain.pop("columns", ()))
    return DataDoc(**{**plain, "key": tuple(plain.get("key", ())), "columns": columns})

"""Which columns hold the hash of an object: what must not be collected, and what must be there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .waist import Store

# By the schema that made them: the doctor looks at registries of an older one too.
_BY_SCHEMA = {
    1: (
        ("params", "object_hash"),
        ("artifacts", "object_hash"),
        ("runs", "git_diff"),
        ("dataset_versions", "rows_object"),
    ),
    2: (
        ("stored_profiles", "object_hash"),
        ("validations", "object_hash"),
        ("kept_versions", "manifest_hash"),
        ("saved_versions", "manifest_hash"),
        ("chunks", "pack_hash"),
    ),
    3: (
        ("evaluations", "object_hash"),
        ("model_versions", "object_hash"),
        ("model_versions", "example_hash"),
        ("approvals", "evidence_hash"),
        ("gate_checks", "object_hash"),
    ),
    4: (
        ("recipe_files", "object_hash"),
        ("reproductions", "object_hash"),
        ("exports", "object_hash"),
    ),
}

# A column of a later schema that is not named above would have its objects collected, so a test
# looks for every column whose comment or name says that it is one.
COLUMNS = tuple(column for columns in _BY_SCHEMA.values() for column in columns)


def statement(schema: int = max(_BY_SCHEMA)) -> str:
    """Return the question for the hashes of all objects that a registry of a schema refers to."""
    return " UNION ".join(
        f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL"
        for number, columns in _BY_SCHEMA.items()
        if number <= schema
        for table, column in columns
    )


def referenced(store: Store) -> set[str]:
    """Return the hashes of all objects that a row of the registry refers to."""
    return {row[0] for row in store.fetch(statement())[1]}

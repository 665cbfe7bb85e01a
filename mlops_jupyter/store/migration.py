"""The schema: numbered SQL files, each applied once, in one transaction with its number.

The number stands in ``meta``, the same for both databases. sqlite-utils' ``Migrations`` would keep
a second record of the same fact in a table of its own, for SQLite only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import config
from ..errors import RegistryError
from . import faults

FOLDER = Path(__file__).parent / "schema"

# The oldest package, by the number of its newest schema file, that may read or write a registry
# made by this one. Raise a number only where an older package would misread or damage it.
MIN_READER = 1
MIN_WRITER = 1


@dataclass(frozen=True, slots=True)
class Schema:
    """What a registry says about its own schema."""

    version: int
    min_reader: int
    min_writer: int

    @classmethod
    def of(cls, meta: Mapping[str, str], place: str) -> Schema:
        """Return the schema that the facts in ``meta`` tell of."""
        try:
            return cls(*(int(meta[key]) for key in ("schema_version", "min_reader", "min_writer")))
        except (KeyError, ValueError):
            raise RegistryError(
                f"{place}: its table 'meta' is not a registry's; it was left as it is: "
                "choose another registry with MLOPS_REGISTRY, or restore a backup"
            ) from None

    def why_read_only(self, place: str) -> str | None:
        """Return why this package may not write to the registry, None where it may.

        Raises
        ------
        RegistryError
            If it may not even read.
        """
        if self.min_reader > newest():
            raise RegistryError(too_new(place, self.version))
        return too_new(place, self.version) if self.min_writer > newest() else None


def too_new(place: str, version: int) -> str:
    """Return the sentence for a registry that is newer than this package."""
    return (
        f"{place} has schema {version}, made by a newer mlops-jupyter; this one knows {newest()}: "
        "upgrade the package (pip install --upgrade mlops-jupyter)"
    )


def newest() -> int:
    """Return the number of the newest schema file."""
    return max(number for number, _ in files())


def files() -> list[tuple[int, Path]]:
    """Return the schema files with their numbers, oldest first."""
    return [(int(path.name[:4]), path) for path in sorted(FOLDER.glob("[0-9][0-9][0-9][0-9]_*.sql"))]


def apply(
    execute: Callable[[str, Sequence[Any]], Any],
    present: int,
    *,
    mark: str,
    dialect: Callable[[str], str] = str,
) -> None:
    """Bring a registry from a schema number to the newest; call inside one exclusive transaction.

    Parameters
    ----------
    execute
        Runs one statement of the database, with its parameters.
    present
        The number the registry has; 0 for an empty database.
    mark
        The database's mark for a parameter.
    dialect
        Turns a portable statement into the database's own.
    """
    for number, path in files():
        if number > present:
            for statement in statements(path):
                execute(dialect(statement), ())
                faults.step("migration.statement")
    facts: dict[str, object] = {
        "schema_version": newest(),
        "min_reader": MIN_READER,
        "min_writer": MIN_WRITER,
    }
    if present == 0:
        facts |= {"registry_id": config.new_id(), "created_at": config.now()}
    for key, value in facts.items():
        execute(
            f"INSERT INTO meta (key, value) VALUES ({mark}, {mark}) "
            "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, str(value)),
        )
    faults.step("migration.commit")


def statements(path: Path) -> list[str]:
    """Return the statements of a schema file, without comments."""
    text = re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8"))
    return [part.strip() for part in text.split(";") if part.strip()]


def sqlite_dialect(statement: str) -> str:
    """Return a portable statement as SQLite's: strict tables and its names of the types.

    A table with a key of several columns is stored in the order of its key, so that the rows of a
    run lie together and no second tree is kept.
    """
    text = statement.replace("BIGINT", "INTEGER").replace("DOUBLE PRECISION", "REAL")
    if not text.startswith("CREATE TABLE"):
        return text
    return text + (" STRICT, WITHOUT ROWID" if "PRIMARY KEY (" in text else " STRICT")

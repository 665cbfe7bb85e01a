"""Everything that is known while a contract is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from ..records import ColumnProfile, Profile
from .frames import Rows


@dataclass(frozen=True)
class Facts:
    """The data, as rows or only as a profile, and what they are compared with."""

    now: datetime
    rows: Rows | None = None
    profile: Profile | None = None
    reference: Profile | None = None
    tables: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The columns of the data, in order."""
        if self.rows is not None:
            return self.rows.names
        assert self.profile is not None
        return tuple(column.name for column in self.profile.columns)

    @cached_property
    def n_rows(self) -> int:
        """How many rows the data have."""
        if self.rows is not None:
            return len(self.rows)
        assert self.profile is not None
        return self.profile.n_rows

    @cached_property
    def before(self) -> dict[str, ColumnProfile]:
        """The columns of the reference by name; none where there is no reference."""
        return by_name(self.reference) if self.reference is not None else {}

    @cached_property
    def _columns(self) -> dict[str, ColumnProfile]:
        return by_name(self.profile) if self.profile is not None else {}

    def type_of(self, name: str) -> str:
        """Return the logical type of a column."""
        return self.rows.type_of(name) if self.rows is not None else self.column(name).type

    def kind_of(self, name: str) -> str:
        """Return the kind of a column, such as ``number``, ``text`` or ``time``."""
        if self.rows is not None:
            return self.rows.kind_of(name)
        kind = self.column(name).kind
        return "text" if kind == "category" and self.column(name).text is not None else kind

    def column(self, name: str) -> ColumnProfile:
        """Return the profile of a column; where none was given, it is made of that column alone."""
        if name in self._columns:
            return self._columns[name]
        assert self.rows is not None
        from ..data.profile import profile

        one = self.rows.frame[[name]] if self.rows.engine == "pandas" else self.rows.frame.select(name)
        return profile(one).columns[0]


def by_name(profile: Profile) -> dict[str, ColumnProfile]:
    """Return the columns of a profile by name."""
    return {column.name: column for column in profile.columns}

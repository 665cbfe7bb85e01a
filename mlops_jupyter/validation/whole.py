"""Rules that look at a table as a whole: its shape, keys, order, age, and other tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

import numpy as np

from ..errors import MlopsError, near
from ..records import Rule
from .answers import NOTHING, Outcome, broken, number, percent, unknown
from .asking import moment
from .distributions import distribution
from .facts import Facts
from .frames import Rows, family, rows_of
from .kinds import seconds

_WIDER: Final = {
    "integer": ("int", "uint"),
    "number": ("int", "uint", "float", "decimal", "decimal256"),
    "float": ("float",),
    "boolean": ("bool",),
    "text": ("string", "category"),
    "time": ("datetime", "date"),
}
"""Words for several logical types."""


def columns(rule: Rule, facts: Facts) -> Outcome:
    """Ask whether every named column is there; others, and their order, as the rule says."""
    wanted, have = rule.columns, facts.names
    optional = set(rule.limits.get("optional", ()))
    absent = [name for name in wanted if name not in have and name not in optional]
    extra = [name for name in have if name not in wanted and name not in optional]
    said = (
        [f"{_list(absent)} {'is' if len(absent) == 1 else 'are'} missing{_renamed(absent, extra)}"]
        if absent
        else []
    )
    if extra and rule.limits.get("extra") == "refused":
        said.append(f"{_list(extra)} {'is' if len(extra) == 1 else 'are'} not in the contract")
    if not said and rule.limits.get("ordered"):
        both = [name for name in have if name in wanted]
        if both != [name for name in wanted if name in have]:
            said.append("the columns stand in another order")
    return broken("; ".join(said)) if said else NOTHING


def type_(rule: Rule, facts: Facts) -> Outcome:
    """Ask whether the column is of the type, or of one of them; without any value it is of every type."""
    wanted = rule.limits["type"]
    wanted = [wanted] if isinstance(wanted, str) else wanted
    found = facts.type_of(rule.columns[0])
    if found == "null" or any(is_type(found, word) for word in wanted):
        return NOTHING
    if "integer" in wanted and is_type(found, "float") and _is_whole(rule.columns[0], facts):
        return NOTHING
    return broken(f"is {found}, not {' or '.join(wanted)}")


def is_type(found: str, wanted: str) -> bool:
    """Tell whether a logical type is the one wanted, exactly or as one of a family.

    Examples
    --------
    >>> is_type("int32", "integer"), is_type("float64", "integer"), is_type("datetime[us]", "time")
    (True, False, True)
    """
    base = family(found)
    plain = base.partition("[")[0]
    return wanted in (found, base) or plain in _WIDER.get(wanted, ())


def _is_whole(name: str, facts: Facts) -> bool:
    """Tell whether numbers with a point hold whole ones alone: integers with missing values, in pandas."""
    if facts.rows is None:
        numbers = facts.column(name).numbers
        return numbers is None or all(point.is_integer() for point in numbers.grid)
    column = facts.rows.frame[name]
    values = (
        column.to_numpy(dtype=float, na_value=np.nan) if facts.rows.engine == "pandas" else column.to_numpy()
    )
    values = values[np.isfinite(values)]
    return bool((values == np.floor(values)).all())


def rows(rule: Rule, facts: Facts) -> Outcome:
    """Ask whether there are as many rows as agreed."""
    low, high, have = rule.limits.get("min", 0), rule.limits.get("max"), facts.n_rows
    if have < low:
        return broken(f"{have:,} rows, fewer than {low:,}")
    return broken(f"{have:,} rows, more than {high:,}") if high is not None and have > high else NOTHING


def fresh(rule: Rule, facts: Facts) -> Outcome:
    """Ask whether the newest row is young enough, few rows are late, the content is not the reference's."""
    said = []
    if rule.limits.get("changed"):
        same = _same_content(facts)
        if same is None and not rule.columns:
            return unknown("whether anything changed is known only beside another version (--against)")
        said += ["the content is exactly that of the version before"] if same else []
    if rule.columns:
        newest, late = ages(rule, facts)
        agreed = rule.limits.get("max_age")
        if newest is None:
            return broken("there is no time in it")
        if agreed is not None and newest > seconds(agreed):
            said.append(f"the newest row is {_span(newest)} old, more than {agreed}")
        if late is not None and late > rule.limits.get("late", 0):
            said.append(f"{percent(late)} of the rows are older than {rule.limits['late_after']}")
    return broken("; ".join(said)) if said else NOTHING


def ages(rule: Rule, facts: Facts) -> tuple[float | None, float | None]:
    """Return the age of the newest row in seconds, and which share of rows is late, where asked."""
    column = facts.column(rule.columns[0])
    if column.numbers is None:
        return None, None
    now = (moment(facts.now, facts.now) - datetime(1970, 1, 1)).total_seconds()  # noqa: DTZ001 both are UTC
    late = None
    if (after := rule.limits.get("late_after")) is not None:
        from .distributions import share_at

        late = share_at(column.numbers, now - seconds(after), strictly=True)[0]
    return max(0.0, now - column.numbers.maximum), late


def _same_content(facts: Facts) -> bool | None:
    new, old = facts.profile, facts.reference
    if new is None or old is None:
        return None
    if new.version_id and old.version_id:
        return new.version_id == old.version_id
    hashes = [(column.name, column.hash) for column in new.columns]
    if not hashes or any(hash_ is None for _, hash_ in hashes):
        return None
    return hashes == [(column.name, column.hash) for column in old.columns]


def required(rule: Rule, facts: Facts) -> Outcome:
    """Ask which rows have no value."""
    assert facts.rows is not None
    return Outcome(np.flatnonzero(facts.rows.missing(rule.columns[0])))


def ordered(rule: Rule, facts: Facts) -> Outcome:
    """Ask whether each value is at least the one before, or at most; missing ones are passed over."""
    assert facts.rows is not None
    name = rule.columns[0]
    present = np.flatnonzero(~facts.rows.missing(name))
    column = facts.rows.frame[name]
    values = (
        column.iloc[present].reset_index(drop=True)
        if facts.rows.engine == "pandas"
        else column.gather(present)
    )
    before, after = values.head(len(values) - 1), values.tail(len(values) - 1)
    if facts.rows.engine == "pandas":
        after = after.reset_index(drop=True)
    out = after > before if rule.limits.get("direction") == "descending" else after < before
    return Outcome(present[1:][np.asarray(out.to_numpy(), bool)])


def duplicates(_: Rule, facts: Facts) -> Outcome:
    """Ask which rows are the same as one before, in all columns."""
    assert facts.rows is not None
    return _repeats(facts.rows, facts.names, first_counts=False)


def unique(rule: Rule, facts: Facts) -> Outcome:
    """Ask whether no two rows have the same values in the columns; rows that miss one are passed over."""
    assert facts.rows is not None
    found = _repeats(facts.rows, rule.columns, first_counts=True)
    absent = np.zeros(len(facts.rows), bool)
    for name in rule.columns:
        absent |= facts.rows.missing(name)
    return Outcome(found.failing[~absent[found.failing]])


def _repeats(table: Rows, names: Iterable[str], *, first_counts: bool) -> Outcome:
    wanted = list(names)
    if not wanted or not len(table):
        return NOTHING
    if table.engine == "pandas":
        again = table.frame.duplicated(wanted, keep=False if first_counts else "first").to_numpy()
        return Outcome(np.flatnonzero(again))
    some = table.frame.select(wanted)
    import polars as pl

    struct = pl.struct(pl.all())
    again = some.select(struct.is_duplicated() if first_counts else ~struct.is_first_distinct()).to_series()
    return Outcome(np.flatnonzero(again.to_numpy()))


def depends(rule: Rule, facts: Facts) -> Outcome:
    """Ask whether the leading columns decide the last one; the rarer values break it."""
    assert facts.rows is not None
    table = facts.rows
    absent = np.zeros(len(table), bool)
    for name in rule.columns:
        absent |= table.missing(name)
    left, both = table.codes(rule.columns[:-1]), table.codes(rule.columns)
    return Outcome(minority(left, both, absent))


def minority(left: Any, both: Any, absent: Any) -> Any:
    """Return the rows whose pair is not the most frequent of its owner; codes per row come in."""
    places = np.flatnonzero(~absent)
    pairs, first, of_row, counts = np.unique(
        both[places], return_index=True, return_inverse=True, return_counts=True
    )
    owners = left[places][first]
    if len(np.unique(owners)) == len(pairs):
        return places[:0]
    ranked = np.lexsort((-counts, owners))
    keeps = np.zeros(len(pairs), bool)
    keeps[ranked[np.unique(owners[ranked], return_index=True)[1]]] = True
    return places[~keeps[of_row]]


def foreign(rule: Rule, facts: Facts) -> Outcome:
    """Ask whether the values stand in another table; rows that miss one are passed over."""
    assert facts.rows is not None
    name = rule.limits["table"]
    try:
        other = rows_of(facts.tables[name])
    except KeyError:
        known = list(facts.tables)
        return unknown(f"there is no table {name!r} to look into; {near(name, known) or 'give it by name'}")
    to = rule.limits.get("to") or list(rule.columns)
    if absent := [column for column in to if column not in other.names]:
        return unknown(f"{_list(absent)} is not in {name}; {near(absent[0], other.names)}".rstrip("; "))
    found = _not_in(facts.rows, rule.columns, other, to)
    for column in rule.columns:
        found &= ~facts.rows.missing(column)
    return Outcome(np.flatnonzero(found))


def _not_in(table: Rows, names: Iterable[str], other: Rows, to: list[str]) -> Any:
    wanted = list(names)
    if table.engine == "pandas":
        frame = other.frame if other.engine == "pandas" else other.frame.to_pandas()
        known = frame[to].drop_duplicates().set_axis(wanted, axis=1)
        joined = table.frame[wanted].merge(known, on=wanted, how="left", indicator="_in")
        return np.array(joined["_in"] == "left_only", bool)
    import polars as pl

    frame = other.frame if other.engine == "polars" else pl.from_pandas(other.frame)
    known = frame.select(to).unique().rename(dict(zip(to, wanted, strict=True))).with_columns(_in=True)
    joined = table.frame.select(wanted).join(known, on=wanted, how="left", maintain_order="left")
    return joined["_in"].is_null().to_numpy().copy()


def constant(rule: Rule, facts: Facts) -> Outcome:
    """Ask whether the column holds one value, or more than one."""
    assert facts.rows is not None
    name = rule.columns[0]
    places = np.flatnonzero(~facts.rows.missing(name))
    if not len(places):
        return NOTHING
    wanted = rule.limits.get("value", facts.rows.values_at(name, [int(places[0])])[0])
    column = facts.rows.frame[name]
    there = column.iloc[places] if facts.rows.engine == "pandas" else column.gather(places)
    same = np.asarray((there == wanted).to_numpy(), bool)
    if "value" in rule.limits:
        return Outcome(places[~same])
    varies = not bool(same.all())
    if varies is rule.limits["varies"]:
        return NOTHING
    return broken("every row has one and the same value" if not varies else "holds several values")


WHOLE: Final[dict[str, Callable[[Rule, Facts], Outcome]]] = {
    "columns": columns,
    "type": type_,
    "rows": rows,
    "fresh": fresh,
    "required": required,
    "ordered": ordered,
    "duplicates": duplicates,
    "unique": unique,
    "depends": depends,
    "foreign": foreign,
    "constant": constant,
    "distribution": distribution,
}
"""How each kind is asked that is not asked row by row through pandera."""


def ask(rule: Rule, facts: Facts) -> Outcome:
    """Ask one rule; what cannot be asked of these data is unknown, with the reason."""
    try:
        return WHOLE[rule.kind](rule, facts)
    except MemoryError:
        raise
    except MlopsError as error:
        return unknown(str(error))
    except Exception as error:  # noqa: BLE001 one awkward column costs no other rule its answer
        return unknown(f"{type(error).__name__}: {error}"[:300])


def _list(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:5])
    return shown + (f" and {len(names) - 5:,} more" if len(names) > 5 else "")


def _renamed(absent: list[str], extra: list[str]) -> str:
    hints = [near(name, extra, count=1, cutoff=0.7) for name in absent]
    return next((f" ({hint})" for hint in hints if hint), "")


def _span(age_s: float) -> str:
    unit, size = next(((u, s) for u, s in (("d", 86_400), ("h", 3_600), ("min", 60)) if age_s >= s), ("s", 1))
    return f"{number(round(age_s / size, 1))} {unit}"

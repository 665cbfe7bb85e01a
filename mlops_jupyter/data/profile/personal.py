"""Personal data in a column: found by shape, by check digits and by the column's name; masked in the profile.

A kind is said where four in five of the values looked at have its shape and pass its check, or the shape
of some kind and this one the most often; e-mail addresses, which nothing else looks like, also where one
value in twenty holds one, alone or within a text. Names of people, streets and dates of birth have no
shape, so the column's name must say them too.

References
----------
Card numbers: ISO/IEC 7812-1, annex B (the check of Luhn, 1960). IBAN: ISO 13616, remainder 1 modulo 97.
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from ...records import ColumnProfile, ValueCounts

LOOKED_AT: Final = 500
"""Distinct values that are looked at per column."""

_SHARE = 0.8
_SHARE_WITH_EMAIL = 0.05
_SHARE_OF_FIRST_NAMES = 0.3
_MASK = "…"

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
_EMAIL_WITHIN = re.compile(r"[\w.%+-]{1,64}@[\w-]{1,63}(\.[\w-]{1,63})*\.[a-zA-Z]{2,24}\b")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_CARD = re.compile(r"[2-6]\d{3}([ -]?\d{4}){2}[ -]?\d{1,7}|3\d{3}[ -]?\d{6}[ -]?\d{5}")
_PHONE = re.compile(r"(\+|00)?[\d(][\d ()./-]{5,20}\d")
_NATIONAL = re.compile(r"(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}|[A-CEGHJ-PR-TW-Z]{2}\d{6}[A-D]")
_WORDS: Final[dict[str, frozenset[str]]] = {
    kind: frozenset(words.split())
    for kind, words in {
        "phone": "phone telephone tel mobile cell fax telefon handy phonenumber",
        "name": "firstname lastname surname fullname forename givenname familyname middlename maidenname "
        "vorname nachname username personname patientname customername employeename",
        "address": "street streetaddress homeaddress postaladdress address addr strasse straße "
        "anschrift adresse",
        "birth date": "dob birthdate birthday dateofbirth birth geburtsdatum geburtstag",
        "national id": "ssn nationalid socialsecurity socialsecuritynumber passport passportnumber taxid "
        "steuerid personalausweis nino nationalidnumber",
        "location": "lat latitude lon lng long longitude",
    }.items()
}
_FIRST_NAMES: Final = frozenset(
    """james mary john patricia robert jennifer michael linda william elizabeth david barbara richard susan
    joseph jessica thomas sarah charles karen daniel nancy matthew lisa anthony margaret mark sandra paul
    ashley steven kimberly andrew emily joshua donna george michelle kevin amanda brian melissa edward
    anna peter hans klaus wolfgang ursula monika petra sabine stefan andreas jürgen maria jose juan carlos
    luis pedro laura marta sofia giulia marco giovanni francesco pierre jean marie camille wei fang
    yuki hiroshi mohammed ahmed fatima ali omar priya raj olga ivan dmitri ada grace alan""".split()  # noqa: SIM905
)


def kind_of_data(found: ColumnProfile, values: Sequence[str]) -> str | None:
    """Return which personal data a column holds, or None.

    Parameters
    ----------
    found : the column's profile, for its name, kind and range.
    values : some of its distinct values as text; at most 500 of them are looked at.

    Examples
    --------
    >>> column = ColumnProfile("contact", 0, "string", "text", 2)
    >>> kind_of_data(column, ["ada@example.org", "alan@example.org"])
    'email'
    """
    step = max(1, len(values) // LOOKED_AT)
    looked = [value.strip() for value in values[::step][:LOOKED_AT] if value.strip()]
    said = _said(found.name)
    if found.kind in ("text", "category", "other", "nested") or found.type.startswith(("int", "uint")):
        shaped = _by_shape(looked)
        if shaped is not None:
            return shaped
        if said == "phone" and looked and sum(map(_is_phone, looked)) >= _SHARE * len(looked):
            return "phone"
    return _by_name(found, said, looked)


def _by_shape(looked: Sequence[str]) -> str | None:
    if not looked:
        return None
    kinds = Counter(next((kind for kind, test in _TESTS if test(value)), None) for value in looked)
    if len(looked) - kinds.pop(None, 0) >= _SHARE * len(looked):
        return kinds.most_common(1)[0][0]
    held = sum(_EMAIL_WITHIN.search(value) is not None for value in looked if "@" in value)
    return "email" if held >= _SHARE_WITH_EMAIL * len(looked) else None


def _by_name(found: ColumnProfile, said: str | None, looked: Sequence[str]) -> str | None:
    is_text = found.kind in ("text", "category")
    if said == "location":
        numbers = found.numbers
        fits = numbers is not None and -180 <= numbers.minimum <= numbers.maximum <= 180
        return said if fits and found.kind == "number" else None
    if said == "birth date":
        return said if is_text or found.kind == "time" else None
    if said == "national id":
        return said if looked or found.kind == "number" else None
    if said == "name" and is_text:
        return said
    if said == "address" and is_text:
        numbered = sum(any(c.isdigit() for c in value) and " " in value for value in looked)
        return said if numbered >= len(looked) / 2 else None
    is_name = is_text and re.search(r"name|person|author|customer|patient|employee", found.name.lower())
    return "name" if is_name and looked and _first_names(looked) >= _SHARE_OF_FIRST_NAMES else None


def _first_names(values: Sequence[str]) -> float:
    known = sum((value.split()[0].rstrip(",").lower() in _FIRST_NAMES) for value in values)
    last = sum((value.split()[-1].lower() in _FIRST_NAMES) for value in values)
    return max(known, last) / len(values)


def _said(name: str) -> str | None:
    """Return the kind that a column's name says, whatever separates its words."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
    parts = [part for part in re.split(r"[^a-zäöüß]+", spaced) if part]
    if not parts or {"ip", "mac", "email", "web", "url"} & set(parts):
        return None
    asked = {"".join(parts), "".join(parts[-2:]), parts[-1]}
    return next((kind for kind, words in _WORDS.items() if asked & words), None)


def _is_email(value: str) -> bool:
    return _EMAIL.fullmatch(value) is not None


def _is_iban(value: str) -> bool:
    packed = value.replace(" ", "")
    if not _IBAN.fullmatch(packed):
        return False
    return int("".join(str(int(c, 36)) for c in packed[4:] + packed[:4])) % 97 == 1


def _is_card(value: str) -> bool:
    if not _CARD.fullmatch(value):
        return False
    digits = [int(c) for c in value if c.isdigit()]
    doubled = [d if place % 2 == 0 else d * 2 - 9 * (d > 4) for place, d in enumerate(reversed(digits))]
    return 13 <= len(digits) <= 19 and sum(doubled) % 10 == 0


def _is_address(value: str) -> bool:
    if value.count(".") != 3 and value.count(":") < 2:
        return False
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _is_national(value: str) -> bool:
    return _NATIONAL.fullmatch(value.replace(" ", "")) is not None


def _is_phone(value: str) -> bool:
    return _PHONE.fullmatch(value) is not None and 7 <= sum(c.isdigit() for c in value) <= 15


def _is_sure_phone(value: str) -> bool:
    return value.startswith(("+", "(")) and any(c.isdigit() for c in value[1:4]) and _is_phone(value)


_TESTS: Final[tuple[tuple[str, Callable[[str], bool]], ...]] = (
    ("email", _is_email),
    ("IBAN", _is_iban),
    ("card number", _is_card),
    ("IP address", _is_address),
    ("national id", _is_national),
    ("phone", _is_sure_phone),
)


def masked(found: ColumnProfile) -> ColumnProfile:
    """Return a profile that shows no personal value: texts by their first letter, numbers not at all.

    Places keep their numbers: the distribution of coordinates names nobody.
    """
    if not found.personal or found.personal == "location":
        return found
    values = _masked_values(found.values) if found.values else None
    if found.numbers is None:
        return replace(found, values=values)
    return replace(found, values=values, numbers=None, reason=f"not kept in the clear: {found.personal}")


def _masked_values(values: ValueCounts) -> ValueCounts:
    top: dict[str, int] = {}
    for value, count in values.top:
        hidden = mask(value)
        top[hidden] = top.get(hidden, 0) + count
    return replace(values, top=tuple(sorted(top.items(), key=lambda item: (-item[1], item[0]))))


def mask(value: str) -> str:
    """Return a value that shows its first character only.

    Examples
    --------
    >>> mask("ada@example.org"), mask("Ada"), mask("A…")
    ('a…@…', 'A…', 'A…')
    """
    if _MASK in value[1:2]:
        return value
    return f"{value[:1]}{_MASK}@{_MASK}" if "@" in value else f"{value[:1]}{_MASK}"

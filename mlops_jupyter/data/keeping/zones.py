"""Time zones as JSON and back: by name, by offset, and of the library that they came from."""

from __future__ import annotations

from datetime import timedelta, timezone, tzinfo
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

from ...errors import IntegrityError, UnsupportedError


def zone_to_plain(zone: tzinfo | None) -> Any:
    """Return a time zone as a list of what it is: kind, and name or seconds.

    Raises
    ------
    UnsupportedError
        For a zone without a name, as the machine's local one.

    Examples
    --------
    >>> zone_to_plain(ZoneInfo("Europe/Berlin")), zone_to_plain(timezone.utc), zone_to_plain(None)
    (['zoneinfo', 'Europe/Berlin'], ['offset', 0.0], None)
    """
    if zone is None:
        return None
    if isinstance(zone, ZoneInfo) and zone.key:
        return ["zoneinfo", zone.key]
    if type(zone) is timezone:
        seconds = zone.utcoffset(None).total_seconds()
        name = zone.tzname(None)
        return (
            ["offset", seconds]
            if zone == timezone(timedelta(seconds=seconds)) and name.startswith("UTC")
            else ["offset", seconds, name]
        )
    return _foreign(zone)


def _foreign(zone: tzinfo) -> list[Any]:
    library, kind = type(zone).__module__.partition(".")[0], type(zone).__name__
    if library == "pytz":
        name = getattr(zone, "zone", None)
        return ["pytz", name] if name else ["pytz offset", zone._minutes]  # type: ignore[attr-defined]
    if library == "dateutil" and kind == "tzutc":
        return ["dateutil", "UTC"]
    if library == "dateutil" and kind == "tzoffset":
        offset = zone.utcoffset(None)
        assert offset is not None
        return ["dateutil offset", zone.tzname(None), offset.total_seconds()]
    name = getattr(zone, "_filename", None)
    if library == "dateutil" and isinstance(name, str):
        return ["dateutil", name.partition("zoneinfo/")[2] or name]
    raise UnsupportedError(
        f"the time zone {zone!r} has no name by which it can be kept; use zoneinfo.ZoneInfo"
    )


def zone_from_plain(plain: Any) -> tzinfo | None:
    """Return the time zone that :func:`zone_to_plain` made this of.

    Raises
    ------
    IntegrityError
        When the kind is not known.
    """
    if plain is None:
        return None
    kind, *rest = plain
    if kind == "zoneinfo":
        return ZoneInfo(rest[0])
    if kind == "offset":
        # The one of Greenwich is a single object, which some libraries compare by identity.
        return timezone.utc if rest == [0] else timezone(timedelta(seconds=rest[0]), *rest[1:])  # noqa: UP017
    return _read_foreign(kind, rest)


def _read_foreign(kind: str, rest: list[Any]) -> tzinfo:
    found: Any = None
    if kind in ("pytz", "pytz offset"):
        pytz: Any = import_module("pytz")
        found = pytz.timezone(rest[0]) if kind == "pytz" else pytz.FixedOffset(rest[0])
    elif kind in ("dateutil", "dateutil offset"):
        tz: Any = import_module("dateutil.tz")
        found = tz.tzoffset(*rest) if kind == "dateutil offset" else tz.gettz(rest[0])
        if rest == ["UTC"]:
            found = tz.UTC
    if not isinstance(found, tzinfo):
        raise IntegrityError(
            f"the kept time zone {[kind, *rest]} is not known here; was it kept by a newer version?"
        )
    return found

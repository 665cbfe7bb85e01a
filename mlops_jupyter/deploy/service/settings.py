"""What can be set of a service: ``settings.json``, every key with a default that is safe."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

FILE = "settings.json"
FOLDER_VARIABLE = "SERVICE_FOLDER"
"""The environment variable that names the exported folder to the processes that answer."""


class SettingsError(Exception):
    """A setting that cannot be understood: names the key, the value and what was expected."""


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What is kept of the predictions, in ``log/predictions-<n>.sqlite``.

    ``columns`` are the input columns that are kept: none unless they are named, since they may be personal.
    ``sample`` is the share of requests, 0 to 1; ``max_rows`` how many rows of one request are kept.
    ``keep_days`` and ``max_bytes`` (per file) limit what stays; 0 means no limit.
    ``is_awaited``: a prediction is only answered once it is kept, so that a killed process loses none.
    """

    is_on: bool = True
    folder: str = "log"
    columns: tuple[str, ...] = ()
    sample: float = 1.0
    max_rows: int = 1_000
    keep_days: float = 90.0
    max_bytes: int = 1 << 30
    is_awaited: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a service.

    ``max_rows`` and ``max_body_bytes`` limit a request, ``body_timeout_s`` how long its body may take,
    ``max_waiting`` how many requests wait for the model before others are told to come back (429).
    ``threads`` is what the libraries inside the model may use, ``concurrency`` how many requests the model
    answers at a time (0: one per processor).
    ``extra_columns``, ``unseen`` (categories) and ``outside_range`` say what becomes of such rows.
    ``token_env`` names the environment variable that holds the token; with ``needs_token`` the service does
    not start without one. ``has_docs`` opens ``/docs`` and ``/openapi.json``.
    """

    max_rows: int = 100_000
    max_body_bytes: int = 16 << 20
    body_timeout_s: float = 30.0
    max_waiting: int = 64
    threads: int = 1
    concurrency: int = 0
    extra_columns: Literal["ignore", "warn", "refuse"] = "ignore"
    unseen: Literal["ignore", "warn", "refuse"] = "warn"
    outside_range: Literal["ignore", "warn", "refuse"] = "warn"
    allows_infinite: bool = False
    token_env: str = "SERVICE_TOKEN"  # noqa: S105 - the name of a variable, not a token
    needs_token: bool = False
    has_docs: bool = False
    log: LogSettings = field(default_factory=LogSettings)


def read_settings(folder: Path) -> Settings:
    """Return the settings of a folder, the defaults where it has no ``settings.json``.

    Raises
    ------
    SettingsError
        If the file is no JSON object, or holds a key or value that is not known.
    """
    path = folder / FILE
    if not path.exists():
        return Settings()
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SettingsError(f"{FILE} is no JSON: {error}") from error
    made: Settings = _made(Settings, given, "")
    return made


def _made(kind: type, given: Any, where: str) -> Any:
    if not isinstance(given, Mapping):
        raise SettingsError(f"{FILE}: {where.rstrip('.') or 'the whole'} is {given!r}; expected an object")
    hints = get_type_hints(kind)
    for key in given:
        if key not in hints:
            close = difflib.get_close_matches(key, hints, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(hints)}"
            raise SettingsError(f"{FILE}: there is no setting {where + key!r}{hint}")
    return kind(**{key: _value(hints[key], value, f"{where}{key}") for key, value in given.items()})


def _value(kind: Any, value: Any, name: str) -> Any:
    if get_origin(kind) is Literal:
        if value in get_args(kind):
            return value
        raise SettingsError(f"{FILE}: {name} is {value!r}; expected one of {', '.join(get_args(kind))}")
    if kind is LogSettings:
        return _made(kind, value, f"{name}.")
    if get_origin(kind) is tuple:
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return tuple(value)
        raise SettingsError(f"{FILE}: {name} is {value!r}; expected a list of texts")
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind is float and is_number and value >= 0:
        return float(value)
    if isinstance(value, kind) and (kind is not int or (is_number and value >= 0)):
        return value
    words = {bool: "true or false", int: "a whole number from 0", float: "a number from 0", str: "a text"}
    raise SettingsError(f"{FILE}: {name} is {value!r}; expected {words[kind]}")


def check_settings(settings: Settings) -> None:
    """Raise where settings make no sense together, or are out of their range.

    Raises
    ------
    SettingsError
        Naming the setting.
    """
    if not 0 <= settings.log.sample <= 1:
        raise SettingsError(f"{FILE}: log.sample is {settings.log.sample}; expected 0 to 1")
    if settings.needs_token and not token_of(settings):
        raise SettingsError(
            f"needs_token is set and the environment has no {settings.token_env}: give it a long random text"
        )
    for name in ("max_rows", "max_body_bytes", "body_timeout_s", "max_waiting", "threads"):
        if not getattr(settings, name):
            raise SettingsError(f"{FILE}: {name} is 0; expected a positive number")


def token_of(settings: Settings) -> str:
    """Return the token that the environment holds; empty where it holds none."""
    return os.environ.get(settings.token_env, "").strip()


def defaults() -> dict[str, Any]:
    """Return every setting with its default, as ``settings.json`` would hold it."""
    return _plain(Settings())


def _plain(record: Any) -> dict[str, Any]:
    values = {one.name: getattr(record, one.name) for one in fields(record)}
    return {
        name: _plain(value)
        if isinstance(value, LogSettings)
        else list(value)
        if isinstance(value, tuple)
        else value
        for name, value in values.items()
    }

"""The words after ``%%track``: one table of options, and what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ..capture.selection import Selection
from ..errors import UsageError, near
from ..parsing import split

_HELP_WORDS = frozenset({"-h", "--help", "-?"})


class Option(NamedTuple):
    """One option: its words, what it takes (nothing where empty), and what it does."""

    words: tuple[str, ...]
    takes: str
    help: str
    repeats: bool = False


OPTIONS: dict[str, Option] = {
    "name": Option(("--name",), "TEXT", "the run's name; else the experiment's with the number"),
    "note": Option(("--note",), "TEXT", "a sentence about the run"),
    "tags": Option(("--tag", "-t"), "KEY=VALUE", "a word about the run", repeats=True),
    "params": Option(("--param", "-p"), "NAME", "record this variable as a param", repeats=True),
    "metrics": Option(("--metric", "-m"), "NAME", "record this variable as a metric", repeats=True),
    "data": Option(("--data", "-d"), "NAME", "record this variable as data", repeats=True),
    "excluded": Option(("--exclude", "-x"), "NAME", "record this variable as nothing", repeats=True),
    "no_models": Option(("--no-models",), "", "do not save fitted models"),
    "no_data": Option(("--no-data",), "", "do not fingerprint data"),
    "dry_run": Option(("--dry-run",), "", "show what would be recorded; the cell does not run"),
}
_BY_WORD = {word: key for key, option in OPTIONS.items() for word in option.words}


@dataclass(frozen=True, slots=True)
class TrackOptions:
    """What the line says."""

    experiment: str | None = None
    name: str | None = None
    note: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    selection: Selection = field(default_factory=Selection)
    dry_run: bool = False


def parse(line: str) -> TrackOptions:
    """Return what the words after ``%%track`` say.

    Quotes group, everything else is literal: no ``{expansion}``, no escapes.

    Raises
    ------
    UsageError
        In one line; for an unknown option it names the nearest.

    Examples
    --------
    >>> options = parse("churn --note 'first forest' -t team=x -m gap -x scratch,tmp")
    >>> options.experiment, options.note, dict(options.tags), options.selection.excluded
    ('churn', 'first forest', {'team': 'x'}, ('scratch', 'tmp'))
    """
    given: dict[str, list[str]] = {}
    for key, value in _read(iter(split(line))):
        if key in given and not (key in OPTIONS and OPTIONS[key].repeats):
            known = given[key][0]
            raise UsageError(_twice(key, known, value))
        given.setdefault(key, []).append(value)
    names = {key: _names(key, given.get(key, [])) for key in ("params", "metrics", "data", "excluded")}
    return TrackOptions(
        experiment=_one(given, "experiment"),
        name=_one(given, "name"),
        note=_one(given, "note"),
        tags=dict(_tag(text) for text in given.get("tags", [])),
        selection=Selection(**names, with_models="no_models" not in given, with_data="no_data" not in given),
        dry_run="dry_run" in given,
    )


def describe() -> str:
    """Return the options as text for the help."""
    rows = [
        (", ".join(option.words) + (f" {option.takes}" if option.takes else ""), option)
        for option in OPTIONS.values()
    ]
    width = max(len(words) for words, _ in rows)
    return "\n".join(
        f"    {words:<{width}}  {option.help}{' (may be repeated)' if option.repeats else ''}"
        for words, option in rows
    )


def _read(words: Iterator[str]) -> Iterator[tuple[str, str]]:
    for word in words:
        if not word.startswith("-") or word == "-":
            yield "experiment", word
            continue
        head, equals, value = word.partition("=")
        key = _option(head)
        if not OPTIONS[key].takes:
            if equals:
                raise UsageError(f"%%track: {head} takes no value")
            yield key, ""
        elif equals:
            yield key, value
        else:
            yield key, _next(words, head, OPTIONS[key])


def _option(word: str) -> str:
    if word in _HELP_WORDS:
        raise UsageError("%%track: the help is %%track?")
    if word not in _BY_WORD:
        hint = near(word, _BY_WORD, count=1)
        raise UsageError(f"%%track: no option {word[:80]!r}; {hint or 'the help is %%track?'}")
    return _BY_WORD[word]


def _next(words: Iterator[str], head: str, option: Option) -> str:
    value = next(words, None)
    if value is None or value.partition("=")[0] in _BY_WORD:
        raise UsageError(f"%%track: {head} takes a value: {head} {option.takes}")
    return value


def _names(key: str, values: list[str]) -> tuple[str, ...]:
    found = [name.strip() for value in values for name in value.split(",")]
    for name in found:
        if not name.isidentifier():
            word = OPTIONS[key].words[-1]
            raise UsageError(f"%%track: {word} takes names of variables, not {name[:80]!r}")
    return tuple(dict.fromkeys(found))


def _tag(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise UsageError(f"%%track: --tag takes KEY=VALUE, not {text[:80]!r}")
    return key, value


def _one(given: Mapping[str, list[str]], key: str) -> str | None:
    return given[key][0] if key in given else None


def _twice(key: str, known: str, value: str) -> str:
    if key == "experiment":
        return (
            f"%%track: one experiment, not two: {known[:80]!r} and {value[:80]!r}; quote a name with blanks"
        )
    return f"%%track: {OPTIONS[key].words[0]} is given twice"

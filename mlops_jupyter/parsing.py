"""Words in, one call out: what the command line and the magics parse with.

A verb is declared once, as a function with type hints and a numpy docstring; cyclopts makes the
options and the help from these. This module adds what both doors need besides: splitting a
magic's line, errors of one line that name the nearest option, and options of a door's own.

Table of contents
-----------------
``split``        a magic's line into words
``application``  what verbs are added to
``add``          a verb to an application, with what the door does with the answer
``add_group``    an application of further verbs: ``data save``
``listed``       words that may be one text with commas
``Data``         the type of what may be a variable, a dataset or a file
``Model``        the type of what may be a variable with a model, a version or a run
``Values``       the type of what may be a variable with one value a row, or the name of a column
``PYTHON_ONLY``  marks parameters that no line can hold
``run``          words to an application; errors are ours
"""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Callable, Mapping, Sequence
from functools import cache, wraps
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Final,
    Literal,
    NamedTuple,
    get_args,
    get_origin,
    get_type_hints,
)

from .errors import UsageError, near

if TYPE_CHECKING:
    from cyclopts import App, CycloptsError

__all__ = [
    "PYTHON_ONLY",
    "Data",
    "Model",
    "Option",
    "Values",
    "add",
    "add_group",
    "application",
    "bound",
    "listed",
    "run",
    "split",
    "variable_parameters",
]

_DATA: Final = "a variable, a dataset or a file"
PYTHON_ONLY: Final = "only from Python"
_MODEL: Final = "a variable, a version or a run"
_VALUES: Final = "a variable or a column"
Data = Annotated[Any, _DATA]
Model = Annotated[Any, _MODEL]
Values = Annotated[Any, _VALUES]

Kind = Literal["data", "model", "values"]
_KINDS: Final[Mapping[str, Kind]] = {_MODEL: "model", _DATA: "data", _VALUES: "values"}

_REFUSED = {"\0": "a NUL character", "\n": "a line break", "\r": "a line break"}
_SHOWN_CHARACTERS = 80
_MOST_CHARACTERS = 20_000


class Option(NamedTuple):
    """An option that a door adds to every verb, such as ``--json``."""

    kind: Any
    default: Any
    help: str


def split(line: str) -> list[str]:
    r"""Split a magic's line into words, at blanks that are not quoted.

    Quotes group and disappear. Everything else is taken literally: backslashes (paths on
    Windows), braces, dollar signs, ``#``, emoji.

    Parameters
    ----------
    line
        What stands after the magic's name.

    Raises
    ------
    UsageError
        Where a quote is not closed, the line holds a character that no argument may have, or it
        is longer than 20,000 characters.

    Examples
    --------
    >>> split(r"churn --filter 'metrics.auc > 0.8' --note {x} C:\data")
    ['churn', '--filter', 'metrics.auc > 0.8', '--note', '{x}', 'C:\\data']
    """
    if len(line) > _MOST_CHARACTERS:
        raise UsageError(f"the line has {len(line):,} characters; at most {_MOST_CHARACTERS:,} are read")
    for character, meaning in _REFUSED.items():
        if character in line:
            raise UsageError(f"the line holds {meaning} at position {line.index(character)}; take it out")
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    lexer.escape = ""
    try:
        return list(lexer)
    except ValueError:
        shown = line if len(line) <= _SHOWN_CHARACTERS else line[:_SHOWN_CHARACTERS] + "…"
        raise UsageError(
            f"a quote is not closed in {shown!r}; put a text that has one into the other"
        ) from None


def application(name: str, **settings: Any) -> App:
    """Return an application without verbs; ``settings`` are cyclopts' own."""
    from cyclopts import App, Parameter

    usual: dict[str, Any] = {"version_flags": (), "help_format": "rst"}
    parameter = Parameter(negative="", name_transform=_word_of)
    return App(name=name, default_parameter=parameter, **(usual | settings))


def _word_of(name: str) -> str:
    """Return the word of a parameter on a line: ``--as`` for ``as_``, ``--X-train`` for ``X_train``."""
    return name.strip("_").replace("_", "-")


def add(
    app: App,
    verb: Callable[..., Any],
    finish: Callable[..., Any],
    options: Mapping[str, Option] | None = None,
    *,
    name: str | None = None,
    is_listed: bool = True,
) -> None:
    """Add a verb to an application.

    Parameters
    ----------
    app
        A cyclopts application.
    verb
        A public function with type hints and a numpy docstring.
    finish
        Called with the verb's answer and the door's options.
    options
        Options of the door, by name; they become keywords of ``finish``.
    name
        Another name for the verb; the empty text makes it what the application itself does.
    is_listed
        Whether the help names it.
    """
    own = dict(options or {})

    @wraps(verb)
    def call(*args: Any, **kwargs: Any) -> Any:
        chosen = {key: kwargs.pop(key, option.default) for key, option in own.items()}
        return finish(verb(*args, **kwargs), **chosen)

    parameters = _parameters(verb, own)
    vars(call)["__signature__"] = inspect.Signature(parameters)
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    if name == "":
        app.default(call)
    else:
        app.command(call, name=name, show=is_listed)


def add_group(app: App, name: str, help: str) -> App:
    """Add an application of further verbs to an application, and return it."""
    group = application(name, help=help)
    app.command(group)
    return group


def listed(given: Sequence[str] | None) -> list[str] | None:
    """Return words that may be one text with commas, as they come from a line.

    Examples
    --------
    >>> listed("origin,year"), listed(["origin", "year"]), listed(None)
    (['origin', 'year'], ['origin', 'year'], None)
    """
    if given is None:
        return None
    many = [given] if isinstance(given, str) else given
    return [word.strip() for one in many for word in one.split(",") if word.strip()]


def variable_parameters(verb: Callable[..., Any]) -> dict[str, Kind]:
    """Return the parameters of a verb that may be a variable of a notebook, and what that must hold.

    Examples
    --------
    >>> def score(model: Model, what: Data, *, limit: int = 3) -> None: ...
    >>> variable_parameters(score)
    {'model': 'model', 'what': 'data'}
    """
    found: dict[str, Kind] = {}
    for mark, kind in _KINDS.items():
        found |= dict.fromkeys(sorted(_marked(verb, mark)), kind)
    return found


def bound(
    verb: Callable[..., Any], args: Sequence[Any], options: Mapping[str, Any]
) -> inspect.BoundArguments:
    """Return the arguments of a call by the names of the verb's parameters."""
    return inspect.signature(verb).bind(*args, **options)


def _marked(verb: Callable[..., Any], mark: str) -> frozenset[str]:
    hints = _hints(inspect.unwrap(verb))
    return frozenset(name for name, hint in hints.items() if mark in get_args(hint)[1:])


@cache
def _hints(verb: Callable[..., Any]) -> dict[str, Any]:
    """Return a verb's types with their marks; what wraps it has the same, so they are read once."""
    return get_type_hints(verb, include_extras=True)


def _parameters(verb: Callable[..., Any], options: Mapping[str, Option]) -> list[inspect.Parameter]:
    from cyclopts import Parameter

    hints, hidden = _hints(inspect.unwrap(verb)), _marked(verb, PYTHON_ONLY)
    kept = [
        parameter.replace(annotation=_unmarked(hints[parameter.name]))
        for parameter in inspect.signature(verb).parameters.values()
        if parameter.name not in hidden
    ]
    added = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=option.default,
            annotation=Annotated[option.kind, Parameter(help=option.help)],
        )
        for name, option in options.items()
    ]
    return kept + added


def _unmarked(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def run(app: App, words: Sequence[str], *, hint: str) -> Any:
    """Do what the words ask an application for.

    Parameters
    ----------
    app
        An application whose verbs were added by :func:`add`.
    words
        The words after the application's name.
    hint
        Where help is, for the end of an error's line.

    Raises
    ------
    UsageError
        In one line: what was not understood, and the nearest thing that would be.
    """
    from cyclopts import CycloptsError

    words = list(words)
    try:
        return app(words, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        verb, group = _verb_of(app, words)
        left = words[len(verb.split())] if len(words) > len(verb.split()) else ""
        meant = near(left, _verbs_of(group), count=1, cutoff=0.7) if _is_too_much(error, left) else ""
        said = f"{group.name[0]} has no verb {left!r}; {meant}" if meant else _said(error, verb)
        raise UsageError(f"{said} {hint.format(verb=verb).replace('  ', ' ')}") from None


def _verbs_of(app: App) -> set[str]:
    return {name for name in app if not name.startswith("-")}


def _verb_of(app: App, words: Sequence[str]) -> tuple[str, App]:
    """Return the verb that the words begin with, as ``data save``, and the application that it is of."""
    found: list[str] = []
    for word in words:
        if word not in _verbs_of(app):
            break
        found.append(word)
        app = app[word]
    return " ".join(found), app


def _is_too_much(error: CycloptsError, left: str) -> bool:
    """Return whether a word was taken for an argument of a group, and then there was one too many."""
    from cyclopts.exceptions import UnusedCliTokensError

    return isinstance(error, UnusedCliTokensError) and left not in (error.unused_tokens or ())


def _said(error: CycloptsError, verb: str) -> str:
    """Return what was not understood, in words that do not need the parser's."""
    from cyclopts import MissingArgumentError
    from cyclopts.exceptions import UnusedCliTokensError

    if isinstance(error, UnusedCliTokensError):
        left = " ".join(error.unused_tokens or ())
        return f"{left!r} is too much{f' for {verb}' if verb else ''}; a text with blanks stands in quotes."
    if isinstance(error, MissingArgumentError) and error.argument is not None and not error.unused_tokens:
        name = error.argument.name.lstrip("-").upper()
        return f"{f'{verb}: ' if verb else ''}{name} is missing."
    error.verbose = False
    return " ".join(str(error).split())

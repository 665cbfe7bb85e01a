"""The filter language: ``metrics.auc > 0.8 and params.depth = '8'``, read into a tree.

The language of MLflow's ``search_runs``, with ``or``, ``not``, parentheses, and attributes that
may stand bare (``status = 'finished'``). A name with other characters than letters, digits,
``_ - / . @ : %`` stands in backquotes or double quotes: ``metrics.`my auc` > 0.5``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from ..errors import UsageError, near
from ..records import RUN_STATUSES

DEEPEST = 50

Kind = Literal["metric", "param", "tag", "attribute"]
Value = str | float

NUMBERS = {
    "number": "r.number",
    "attempt": "r.attempt",
    "duration_s": "r.duration_s",
    "cpu_s": "r.cpu_s",
    "peak_memory_bytes": "r.peak_memory_bytes",
}
TEXTS = {
    "id": "r.id",
    "run_id": "r.id",
    "name": "r.name",
    "run_name": "r.name",
    "status": "r.status",
    "experiment": "e.name",
    "user": "r.user_name",
    "user_id": "r.user_name",
    "note": "r.note",
    "kind": "r.kind",
    "notebook": "r.notebook",
    "started_at": "r.started_at",
    "start_time": "r.started_at",
    "ended_at": "r.ended_at",
    "end_time": "r.ended_at",
    "git_commit": "r.git_commit",
    "git_branch": "r.git_branch",
}
ATTRIBUTES = NUMBERS | TEXTS
_KINDS: dict[str, Kind] = {
    "metrics": "metric", "metric": "metric",
    "params": "param", "param": "param", "parameters": "param", "parameter": "param",
    "tags": "tag", "tag": "tag",
    "attributes": "attribute", "attribute": "attribute", "attr": "attribute", "run": "attribute",
}  # fmt: skip
_OPERATORS = ("<=", ">=", "!=", "<>", "=", "==", "<", ">", "in", "like", "ilike")
_WORDS = ("and", "or", "not", "in", "like", "ilike")
_TIMES = ("started_at", "start_time", "ended_at", "end_time")
_SUCH_AS = {"filter": '"metrics.auc > 0.8"', "order": "'metrics.auc desc'"}
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
    | (?P<quoted>`[^`]*`)
    | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
    | (?P<sign><=|>=|!=|<>|==|[=<>(),])
    | (?P<dot>\.)
    | (?P<word>[^\W\d][\w/@:%-]*)
    | (?P<other>\S)
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Field:
    """What is compared or ordered by: a metric, param, tag or attribute, and its name."""

    kind: Kind
    name: str

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers; a param's may be."""
        return self.kind == "metric" or (self.kind == "attribute" and self.name in NUMBERS)


@dataclass(frozen=True, slots=True)
class Compare:
    """A field beside a value, or beside several where the operator is ``in`` or ``not in``."""

    field: Field
    operator: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Both:
    """Conditions joined by ``and`` or ``or``."""

    word: Literal["and", "or"]
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """A condition that must not hold."""

    part: Condition


Condition = Compare | Both | Not


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


def parse(text: str) -> Condition | None:
    """Return the tree of a filter, None for an empty one.

    Raises
    ------
    UsageError
        If it cannot be read; names the position, what stands there and what was expected.

    Examples
    --------
    >>> parse("status = 'failed'")
    Compare(field=Field(kind='attribute', name='status'), operator='=', values=('failed',))
    """
    reader = _Reader(text)
    if reader.next.kind == "end":
        return None
    condition = reader.either()
    if reader.next.kind != "end":
        reader.fail("'and', 'or' or the end")
    return condition


def parse_order(text: str | Sequence[str]) -> list[tuple[Field, bool]]:
    """Return the fields of an order, each with whether it descends; a list is an order with commas.

    Raises
    ------
    UsageError
        If it cannot be read.

    Examples
    --------
    >>> parse_order("metrics.auc desc")
    [(Field(kind='metric', name='auc'), True)]
    """
    joined = ", ".join(map(str, text)) if isinstance(text, (list, tuple)) else text
    reader = _Reader(joined, what="order")
    found: list[tuple[Field, bool]] = []
    while reader.next.kind != "end":
        field = reader.field()
        descending = reader.took("desc")
        if not descending:
            reader.took("asc")
        found.append((field, descending))
        if reader.next.kind != "end" and not reader.took(","):
            reader.fail("'desc', 'asc', a comma or the end")
    return found


class _Reader:
    """Reads tokens from left to right, one ahead."""

    def __init__(self, text: Any, *, what: str = "filter") -> None:
        if not isinstance(text, str):
            raise UsageError(
                f"{what} {text!r} is {type(text).__name__}; expected a text, such as {_SUCH_AS[what]}"
            )
        self._text, self._what = text, what
        self._tokens = _tokens(text)
        self._at = self._depth = 0

    @property
    def next(self) -> _Token:
        return self._tokens[self._at]

    def fail(self, expected: str, token: _Token | None = None) -> NoReturn:
        at = token or self.next
        found = repr(at.text) if at.kind != "end" else "the end"
        raise UsageError(
            f"{self._what} {self._text!r}: at position {at.position + 1} stands {found}; expected {expected}"
        )

    def took(self, word: str) -> bool:
        """Step over a word or sign if it comes next."""
        if self.next.kind in ("word", "sign") and self.next.text.lower() == word:
            self._at += 1
            return True
        return False

    def step(self) -> _Token:
        token = self.next
        self._at += token.kind != "end"
        return token

    def either(self) -> Condition:
        return self._joined("or", lambda: self._joined("and", self.one))

    def _joined(self, word: Literal["and", "or"], read: Callable[[], Condition]) -> Condition:
        parts = [read()]
        while self.took(word):
            parts.append(read())
        return parts[0] if len(parts) == 1 else Both(word, tuple(parts))

    def one(self) -> Condition:
        self._depth += 1
        if self._depth > DEEPEST:
            self.fail(f"at most {DEEPEST} 'not' and parentheses inside each other")
        condition = self._one()
        self._depth -= 1
        return condition

    def _one(self) -> Condition:
        if self.took("not"):
            return Not(self.one())
        if self.took("("):
            inside = self.either()
            if not self.took(")"):
                self.fail("'and', 'or' or ')'")
            return inside
        return self._comparison()

    def field(self) -> Field:
        first = self.step()
        if first.kind != "word" or first.text.lower() in _WORDS:
            self.fail("a field, such as metrics.auc, params.depth, tags.team or status", first)
        if self.next.kind != "dot":
            return self._attribute(first.text, first)
        kind = _KINDS.get(first.text.lower())
        if kind is None:
            self.fail("metrics, params, tags or attributes before the dot", first)
        self.step()
        start = self.next
        name = self._name()
        return self._attribute(name, start) if kind == "attribute" else Field(kind, name)

    def _attribute(self, name: str, token: _Token) -> Field:
        if name.lower() not in ATTRIBUTES:
            hint = near(name.lower(), [*ATTRIBUTES, "metrics", "params", "tags"], cutoff=0.7)
            hint = hint or f"as in metrics.{name}; attributes are {', '.join(ATTRIBUTES)}"
            self.fail(f"an attribute, or a name after metrics., params. or tags. ({hint})", token)
        return Field("attribute", name.lower())

    def _name(self) -> str:
        token = self.step()
        if token.kind in ("text", "quoted"):
            return _unquoted(token.text)
        if token.kind not in ("word", "number"):
            self.fail("a name; in backquotes if it has blanks or signs", token)
        parts = [token.text]
        while self.next.kind == "dot":
            self.step()
            parts.append(self.step().text)
        return ".".join(parts)

    def _comparison(self) -> Compare:
        field = self.field()
        operator = self._operator()
        if operator in ("in", "not in"):
            return Compare(field, operator, self._several(field))
        if operator in ("like", "ilike") and field.is_number:
            self.fail(f"a comparison of numbers; {field.name} is a number and has no text to match")
        return Compare(field, operator, (self._value(field, operator),))

    def _operator(self) -> str:
        token = self.step()
        word = token.text.lower()
        if word == "not" and self.took("in"):
            return "not in"
        if word not in _OPERATORS:
            self.fail("=, !=, <, <=, >, >=, like, ilike, in or not in", token)
        return {"<>": "!=", "==": "="}.get(word, word)

    def _several(self, field: Field) -> tuple[Value, ...]:
        if not self.took("("):
            self.fail("'(' and values, such as ('a', 'b')")
        values = [self._value(field, "in")]
        while self.took(","):
            values.append(self._value(field, "in"))
        if not self.took(")"):
            self.fail("a comma or ')'")
        return tuple(values)

    def _value(self, field: Field, operator: str) -> Value:
        token = self.step()
        if token.kind == "number" and (field.is_number or field.kind == "param"):
            return float(token.text)
        if token.kind != "text" or field.is_number:
            self.fail("a number" if field.is_number else _text_for(field), token)
        text = _unquoted(token.text)
        if field == _STATUS and operator not in ("like", "ilike"):
            text = text.lower()
            if text not in RUN_STATUSES:
                self.fail(f"one of {', '.join(RUN_STATUSES)}", token)
        return text


_STATUS = Field("attribute", "status")


def _text_for(field: Field) -> str:
    is_time = field.kind == "attribute" and field.name in _TIMES
    return "a time in quotes, such as '2026-01-31'" if is_time else "a text in quotes, such as 'x'"


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    for match in _TOKEN.finditer(text.rstrip()):
        kind = match.lastgroup or "other"
        found.append(_Token(kind, match.group(kind), match.start(kind)))
    return [*found, _Token("end", "", len(text.rstrip()))]


def _unquoted(text: str) -> str:
    quote = text[0]
    return text[1:-1].replace(quote * 2, quote)

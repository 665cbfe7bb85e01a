"""What is wrong with a request, said so that its sender can mend it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MOST_NAMED = 20
_SHORT = 60


class Refusal(Exception):  # noqa: N818 - it is an answer, not a fault
    """A request that is answered with what is wrong with it.

    Parameters
    ----------
    status
        The HTTP status, 400 to 499.
    word
        One word for programs, such as ``too_large``.
    message
        A sentence for people.
    problems, n_problems
        What does not fit, place by place: the first 20 are named; and how many there are.
    headers
        Further headers of the answer.
    """

    def __init__(
        self,
        status: int,
        word: str,
        message: str,
        problems: Sequence[Problem] = (),
        n_problems: int = 0,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.word = word
        self.message = message
        self.problems = tuple(problems[:MOST_NAMED])
        self.n_problems = max(n_problems, len(problems))
        self.headers = headers or {}

    def answer(self, request_id: str) -> dict[str, Any]:
        """Return the answer's body."""
        named = [problem.answer() for problem in self.problems]
        counted = {"problems": named, "n_problems": self.n_problems} if named else {}
        return {"error": self.word, "message": self.message, **counted, "request_id": request_id}


@dataclass(frozen=True, slots=True)
class Problem:
    """One value that does not fit. ``row`` counts from 0; None where the whole column is meant."""

    column: str
    expected: str
    found: str
    row: int | None = None

    def words(self) -> str:
        """Return it as a sentence."""
        where = "" if self.row is None else f" in row {self.row}"
        return f"column {self.column!r}{where}: expected {self.expected}, found {self.found}"

    def answer(self) -> dict[str, Any]:
        """Return it as JSON."""
        place = {"column": self.column, "row": self.row}
        return {**place, "expected": self.expected, "found": self.found, "message": self.words()}


def does_not_fit(problems: Sequence[Problem], n_problems: int = 0) -> Refusal:
    """Return the refusal of rows that do not fit the signature: 422, naming the first place."""
    others = max(n_problems, len(problems)) - 1
    more = f" (and {others:,} more)" if others else ""
    return Refusal(422, "does_not_fit", f"{problems[0].words()}{more}", problems, n_problems)


def shown(value: Any) -> str:
    """Return a value in few words: ``text 'abc'``, ``null``, ``a list``; never longer than a line."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"text {value!r}" if len(value) <= _SHORT else f"text {value[:_SHORT]!r}…"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, int) and value.bit_length() > 200:  # its digits may be more than Python writes
        return "a whole number of more than 60 digits"
    words = str(value)
    return words if len(words) <= _SHORT else f"{words[:_SHORT]}…"

"""Logical lines of a cell that may hold magics: no parser of Python reads it yet."""

from __future__ import annotations

import re
from collections.abc import Iterator

_QUOTE = re.compile(r"(\"\"\"|'''|\"|')")
_MAGIC = re.compile(r"\s*([A-Za-z_][\w.,\[\] ]*?\s*=\s*)?[!%]")
_OPENING, _CLOSING = "([{", ")]}"


def logical_lines(source: str) -> Iterator[str]:
    r"""Yield the lines of a cell, those together that belong to one: open brackets, strings, backslashes.

    Examples
    --------
    >>> list(logical_lines("a = (1,\n 2)\n!ls (\nb = '''\n%cd x'''"))
    ['a = (1,\n 2)', '!ls (', "b = '''\n%cd x'''"]
    """
    waiting: list[str] = []
    depth, quote = 0, ""
    for line in source.split("\n"):
        waiting.append(line)
        if _MAGIC.match(waiting[0]):
            is_open = line.endswith("\\")
        else:
            depth, quote = _state_after(line, depth, quote)
            is_open = bool(quote) or depth > 0 or line.endswith("\\")
        if not is_open:
            yield "\n".join(waiting)
            waiting, depth, quote = [], 0, ""
    if waiting:
        yield "\n".join(waiting)


def _state_after(line: str, depth: int, quote: str) -> tuple[int, str]:
    """Return how many brackets and which triple quote are open after a line."""
    index = 0
    while index < len(line):
        if quote:
            index, quote = _in_string(line, index, quote)
            continue
        char = line[index]
        if char == "#":
            break
        if found := _QUOTE.match(line, index):
            quote = found.group(1)
            index = found.end()
            continue
        depth += (char in _OPENING) - (char in _CLOSING)
        index += 1
    if len(quote) == 1 and not line.endswith("\\"):
        quote = ""
    return max(depth, 0), quote


def _in_string(line: str, index: int, quote: str) -> tuple[int, str]:
    """Return where a string that is open at ``index`` ends in the line, and the quote if it does not."""
    while index < len(line):
        if line[index] == "\\":
            index += 2
        elif line.startswith(quote, index):
            return index + len(quote), ""
        else:
            index += 1
    return index, quote

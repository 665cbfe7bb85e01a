"""Python source as lines of coloured pieces; without pygments as one plain piece a line."""

from __future__ import annotations

MOST_CHARACTERS = 60_000

Piece = tuple[str, str]


def highlighted(source: str) -> list[list[Piece]]:
    """Return lines of (kind, text) pieces; the kind is a class of the stylesheet or empty.

    Examples
    --------
    >>> highlighted("x = 1")
    [[('', 'x = '), ('number', '1')]]
    """
    source = source[:MOST_CHARACTERS].rstrip("\n")
    try:
        from pygments.lexers.python import PythonLexer  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        return [[("", line)] for line in source.split("\n")]
    lines: list[list[Piece]] = [[]]
    for token, text in PythonLexer(stripnl=False, ensurenl=False).get_tokens(source):
        kind = _kind(str(token))
        for i, part in enumerate(text.split("\n")):
            if i:
                lines.append([])
            if part:
                _append(lines[-1], kind, part)
    return lines


def _append(line: list[Piece], kind: str, text: str) -> None:
    if line and line[-1][0] == kind:
        line[-1] = (kind, line[-1][1] + text)
    else:
        line.append((kind, text))


def _kind(token: str) -> str:
    for start, kind in (
        ("Token.Keyword", "keyword"),
        ("Token.Operator.Word", "keyword"),
        ("Token.Literal.String", "string"),
        ("Token.Literal.Number", "number"),
        ("Token.Comment", "comment"),
        ("Token.Name.Function", "name"),
        ("Token.Name.Class", "name"),
    ):
        if token.startswith(start):
            return kind
    return ""

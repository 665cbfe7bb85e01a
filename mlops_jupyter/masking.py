"""Secrets in what is captured: masked before anything is stored.

Two sieves. A few regular expressions, microseconds for an ordinary cell, find the lines that could
hold a secret at all; only these go through the detectors of detect-secrets, whose import takes
0.15 s once. What is found is replaced by ``***`` wherever it stands.

What counts: tokens and keys with a known form, passwords in addresses, private keys, text assigned
to a name such as ``password`` or ``api_key``, and quoted strings of high entropy. Hexadecimal
strings as long as a common digest (32, 40, 56, 64, 96, 128) and UUIDs are left alone unless their
name says that they are secret, because code is full of them.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from typing import Any

MASK = "***"
BASE64_BITS = 4.5
HEX_BITS = 3.0
LONGEST_LINE = 10_000
MOST_SENTENCES = 20

_NAMES = (
    r"pass_?w(?:or)?d|passwd|passphrase|pwd|secret|credentials?|api_?key|apikey|access_?key|auth_?key|"
    r"account_?key|private_?key|client_?key|conn(?:ection)?_?str(?:ing)?"
)
_TOKENS = r"(?:^|[_\W])(?:auth|bearer|token|jwt)s?"
_NAMED = re.compile(
    rf"(?i)(?:{_NAMES})\w{{0,40}}[\"']?\]?\s{{0,9}}:?[:=]\s{{0,9}}[rbf]{{0,2}}([\"'])(?!\1)(.{{3,999}}?)\1"
)
_TOKEN_NAMED = re.compile(
    rf"(?i){_TOKENS}[\"']?\]?\s{{0,9}}[:=]\s{{0,9}}[rbf]{{0,2}}[\"'](?=[^\"']{{0,999}}\d)([\w\-.+/=~]{{16,999}})[\"']"
)
_KNOWN = re.compile(
    r"AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|\bsk[-_]|\b[rp]k_live|eyJ[\w-]{10}|AIza|\bhf_\w{20}|"
    r"SG\.|npm_|pypi-|AccountKey|dapi[0-9a-f]{16}|ya29\.|hooks\.slack|T3BlbkFJ|AGE-SECRET|\d{8,10}:[\w-]{35}"
)
_IN_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.\-]{0,20}://[^\s/:@\"']{0,200}:([^\s/@\"']{1,500})@")
_RANDOM = re.compile(r"[\"']([A-Za-z0-9+/=_\-]{20,})[\"']")
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)
_BEARER = re.compile(r"(?i)\bbearer\s+([\w\-.~+/]{16,}=*)")
_OURS = re.compile(
    r"\b(?:hf_\w{20,}|AIza[\w-]{35}|sk-[\w-]{20,}|glpat-[\w-]{20,}|dapi[0-9a-f]{32}|github_pat_\w{22,}|ya29\.[\w-]{20,})"
)
_TOKEN_CHARACTERS = re.compile(r"[A-Za-z0-9_\-+/=.~]+")
_DIGEST = re.compile(
    r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})\Z", re.IGNORECASE
)
_ID = re.compile(r"(?i)(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{8}T\d{9}Z-[0-9a-f]{8})\Z")
_NOT_SECRET = re.compile(
    r"(?i)(?:\*+|x+|\.+|<.*>|\{.*\}|\$.*|%\(.*|your[_ -].*|changeme|none|null|true|false|test|example)\Z"
)
_KEY_IS_SECRET = re.compile(rf"(?i)(?:^|[_\W])(?:{_NAMES})(?:[_\W]|$)")
_KEY_IS_TOKEN = re.compile(rf"(?i){_TOKENS}(?:[_\W]|$)")


def mask(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a text without its secrets, and one sentence for each that was masked.

    Examples
    --------
    >>> mask("depth = 8")
    ('depth = 8', ())
    >>> mask("password = 'correct horse'")
    ("password = '***'", ('line 1: a secret by its name was masked',))
    """
    if not _suspicious(text):
        return text, ()
    found: list[str] = []
    if key := _PRIVATE_KEY.search(text):
        found.append(f"line {text[: key.start()].count(chr(10)) + 1}: a private key was masked")
        text = _PRIVATE_KEY.sub(MASK, text)
    secrets: set[str] = set()
    for number, line in enumerate(text.split("\n"), start=1):
        if _suspicious(line):
            for secret, sort in _of_line(line):
                secrets.add(secret)
                found.append(f"line {number}: {sort} was masked")
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text, _in_short(list(dict.fromkeys(found)))


def mask_value(key: str, value: str) -> tuple[str, bool]:
    """Return the value of a param without its secret, and whether there was one.

    Examples
    --------
    >>> mask_value("db.password", "hunter2"), mask_value("pad_token", "[PAD]")
    (('***', True), ('[PAD]', False))
    """
    if _KEY_IS_SECRET.search(key) and not _harmless(value) and not value.replace(".", "").isdigit():
        return MASK, True
    if _KEY_IS_TOKEN.search(key) and _RANDOM.fullmatch(f"'{value}'") and any(map(str.isdigit, value)):
        return MASK, True
    if len(value) < 16 or not (_KNOWN.search(value) or _IN_ADDRESS.search(value)):
        return value, False
    masked, found = mask(value)
    return masked, bool(found)


def _in_short(sentences: list[str]) -> tuple[str, ...]:
    more = len(sentences) - MOST_SENTENCES
    return (
        tuple(sentences) if more <= 0 else (*sentences[:MOST_SENTENCES], f"{more:,} more secrets were masked")
    )


def _suspicious(text: str) -> bool:
    return bool(
        _NAMED.search(text)
        or _KNOWN.search(text)
        or _IN_ADDRESS.search(text)
        or _TOKEN_NAMED.search(text)
        or _BEARER.search(text)
        or any(_looks_random(match.group(1)) for match in _RANDOM.finditer(text))
        or "PRIVATE KEY-----" in text
    )


def _of_line(line: str) -> list[tuple[str, str]]:
    """Return the secrets of a line, and what each is."""
    found = [(match.group(2), "a secret by its name") for match in _NAMED.finditer(line)]
    found += [(match.group(1), "a token by its name") for match in _TOKEN_NAMED.finditer(line)]
    found += [(match.group(1), "a password in an address") for match in _IN_ADDRESS.finditer(line)]
    found += [(match.group(1), "a bearer token") for match in _BEARER.finditer(line)]
    found += [(match.group(0), "a token of a known form") for match in _OURS.finditer(line)]
    if len(line) > LONGEST_LINE:  # the detectors' expressions take the square of its length
        return _first_of_each(found)
    if _KNOWN.search(line) or any(_looks_random(match.group(1)) for match in _RANDOM.finditer(line)):
        found += _by_detectors(line)
    return _first_of_each(found)


def _first_of_each(found: list[tuple[str, str]]) -> list[tuple[str, str]]:
    first: dict[str, str] = {}
    for secret, sort in found:
        if not _harmless(secret) and not any(secret in known for known in first):
            first[secret] = sort
    return list(first.items())


def _by_detectors(line: str) -> list[tuple[str, str]]:
    found = []
    for detector in _detectors():
        for secret in detector.analyze_line(filename="cell.py", line=line, line_number=1):
            value = _whole_token(line, secret.secret_value or "")
            if detector.secret_type.endswith("High Entropy String") and not _looks_random(value):
                continue
            found.append((value, f"a secret ({detector.secret_type})"))
    return found


@cache
def _detectors() -> tuple[Any, ...]:
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

    limits: dict[str, dict[str, float]] = {
        "Base64 High Entropy String": {"limit": BASE64_BITS},
        "Hex High Entropy String": {"limit": HEX_BITS},
    }
    ours = ("Secret Keyword", "Public IP (ipv4)", "Private Key", "Basic Auth Credentials")
    sorts: dict[str, Any] = dict(get_mapping_from_secret_type_to_class())
    return tuple(sort(**limits.get(name, {})) for name, sort in sorts.items() if name not in ours)


def _whole_token(line: str, part: str) -> str:
    """Return the token that a detector found only the head of."""
    for match in _TOKEN_CHARACTERS.finditer(line):
        if part and match.group().startswith(part):
            return match.group()
    return part


def _looks_random(text: str) -> bool:
    """Return whether a quoted string is neither words nor a path nor a digest nor an id.

    Random text changes between small letters, capitals and digits far more often than names do.
    """
    if _DIGEST.match(text) or _ID.match(text) or not any(map(str.isdigit, text)):
        return False
    sorts = [_sort(character) for character in text]
    changes = sum(a != b for a, b in pairwise(sorts) if a and b)
    return changes >= len(text) / 4


def _sort(character: str) -> str:
    if character.isdigit():
        return "digit"
    return "" if not character.isalpha() else "capital" if character.isupper() else "small"


def _harmless(secret: str) -> bool:
    return len(secret) < 3 or bool(_NOT_SECRET.match(secret))

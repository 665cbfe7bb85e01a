"""Numbers, sizes, times and names as the few characters that people read.

What comes from a user is cleaned here: control characters, line separators and marks that turn the
direction of the text become visible escapes, so that nothing can hide in a name.
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import UTC, datetime, timedelta

SIGNIFICANT = 4
NON_FINITE = {"nan": "NaN", "+inf": "∞", "-inf": "−∞"}

_TURNS_TEXT = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_UNSEEN = re.compile(
    f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufff9-\ufffb\ud800-\udfff{_TURNS_TEXT}]"
)
_ASCII: dict[str, str | int | None] = {
        "×": "x", "·": "-", "−": "-", "→": "->", "▲": "^", "▼": "v", "★": "*", "∞": "inf", "…": "...",
        "✓": "+", "✕": "x", "■": "#", "●": "o", "⚠": "!", "ℹ": "i", "–": "-", "—": "-", "↳": ">", "│": "|",
        "─": "-", "“": '"', "”": '"', "≠": "!=", "▁": "_", "▂": "_", "▃": ".", "▄": "-", "▅": "-", "▆": "=",
        "▇": "=", "█": "#", "±": "+/-", "⊘": "x",
        "≈": "~", "○": "o", "≤": "<=", "≥": ">=",
}  # fmt: skip
SIGNS = "".join(_ASCII)
_SPANS = (("d", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1))


def clean(text: str) -> str:
    r"""Return a text in which everything can be seen, tabs and line ends kept.

    Examples
    --------
    >>> clean("a\u202eb")
    'a\\u202eb'
    """
    return _UNSEEN.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def line(text: str, most: int = 80) -> str:
    """Return a text as one line of at most ``most`` characters, the middle left out.

    Examples
    --------
    >>> line("a very long name", 9)
    'a ver…ame'
    """
    ends = 4 * most + 200
    some = text if len(text) <= 2 * ends else text[:ends] + text[-ends:]
    flat = " ".join(clean(some).split()) or (repr(text[:most]) if text else "")
    if len(flat) <= most:
        return flat
    tail = most // 3
    return f"{flat[: most - tail - 1]}…{flat[-tail:]}"


def number(value: float | None, kind: str = "finite", *, digits: int = SIGNIFICANT) -> str:
    """Return a number with its significant digits and separators of thousands.

    Parameters
    ----------
    value
        The number; None where ``kind`` says what stands in its place.
    kind
        ``finite``, ``nan``, ``+inf`` or ``-inf``.
    digits
        Significant digits of what is not whole.

    Examples
    --------
    >>> number(0.8710000001), number(336776.0), number(12345.67), number(0.0000012), number(None, "nan")
    ('0.871', '336,776', '12,346', '1.2e−6', 'NaN')
    """
    if value is None:
        return NON_FINITE.get(kind, "–")
    if not math.isfinite(value):
        return NON_FINITE["nan" if value != value else "+inf" if value > 0 else "-inf"]
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 1e15 or size < 1e-4:
        return _scientific(value, digits)
    if float(value).is_integer():
        return _signed(f"{value:,.0f}")
    decimals = max(0, digits - 1 - math.floor(math.log10(size)))
    shown = f"{value:,.{decimals}f}"
    return _signed(shown.rstrip("0").rstrip(".") if "." in shown else shown)


def on_axis(value: float, span: float) -> str:
    """Return a number among others that are at most ``span`` apart: years bear no separator.

    Examples
    --------
    >>> on_axis(2013.0, 12.0), on_axis(2013.0, 5000.0), on_axis(12.3456, 10.0)
    ('2013', '2,013', '12.3')
    """
    is_year = 1900 <= value <= 2100 and span <= 200 and float(value).is_integer()
    return f"{value:.0f}" if is_year else number(value, digits=3)


def _scientific(value: float, digits: int) -> str:
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return _signed(f"{mantissa}e{int(exponent)}")


def _signed(shown: str) -> str:
    return shown.replace("-", "−")


def delta(change: float) -> str:
    """Return a difference with its sign and at most three significant digits.

    Examples
    --------
    >>> delta(0.0123456), delta(-3.0), delta(0.0)
    ('+0.0123', '−3', '±0')
    """
    if change == 0:
        return "±0"
    shown = number(float(f"{change:.3g}"))
    return shown if shown.startswith("−") else f"+{shown}"


def apart(values: list[float]) -> int:
    """Return how many significant digits tell finite values apart, from 4 to 12.

    Examples
    --------
    >>> apart([0.5, 0.6]), apart([0.871234, 0.871235])
    (4, 6)
    """
    distinct = set(values)
    for digits in range(SIGNIFICANT, 12):
        if len({f"{value:.{digits}g}" for value in distinct}) == len(distinct):
            return digits
    return 12


def percent(share: float) -> str:
    """Return a share (0 to 1) in percent; what is not nothing is never 0 %, what is not all never 100 %.

    Examples
    --------
    >>> percent(0.0), percent(0.00001), percent(0.0213), percent(0.364), percent(0.99999), percent(1.0)
    ('0 %', '< 0.1 %', '2.1 %', '36 %', '> 99.9 %', '100 %')
    """
    if not math.isfinite(share):
        return number(share)
    if 0 < share < 0.001:
        return "< 0.1 %"
    if 0.999 < share < 1:
        return "> 99.9 %"
    amount = 100 * share
    return f"{amount:.1f} %" if amount and (amount < 9.95 or 99 < amount < 100) else f"{amount:.0f} %"


def date(seconds: float, span: float) -> str:
    """Return a moment in seconds since 1970 UTC as a day, or where the span is short with its time.

    Examples
    --------
    >>> date(1357034400.0, 1e7), date(1357034400.0, 7200.0)
    ('1 Jan 2013', '1 Jan 10:00')
    """
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        return number(seconds)
    if span >= 2 * 86400:
        return f"{moment.day} {moment:%b} {moment.year}"
    return f"{moment.day} {moment:%b %H:%M}" if span >= 600 else f"{moment:%H:%M:%S}"


def dates(first: float, last: float) -> str:
    """Return from when to when, in seconds since 1970 UTC; a year that both share is said once.

    Examples
    --------
    >>> dates(1357034400.0, 1359700000.0), dates(1357034400.0, 1357041600.0)
    ('1 Jan – 1 Feb 2013', '1 Jan 10:00 – 1 Jan 12:00')
    """
    start, end = date(first, last - first), date(last, last - first)
    day, _, year = start.rpartition(" ")
    if last - first >= 2 * 86400 and day and end.endswith(f" {year}"):
        start = day
    return f"{start} – {end}"


def sentence(said: str) -> str:
    """Return words as a sentence: a capital letter first, a full stop last.

    Examples
    --------
    >>> sentence("2 rows added"), sentence("the same content")
    ('2 rows added.', 'The same content.')
    """
    said = stopped(said)
    return said[:1].upper() + said[1:]


def stopped(said: str) -> str:
    """Return words with a full stop last; the first letter stays, since names keep theirs.

    Examples
    --------
    >>> stopped("churn:4 is better")
    'churn:4 is better.'
    """
    said = said.strip()
    return said + ("" if said[-1:] in ("", ".", "!", "?", "…") else ".")


def size(n_bytes: int) -> str:
    """Return a size in decimal units.

    Examples
    --------
    >>> size(512), size(1_234_567)
    ('512 B', '1.2 MB')
    """
    amount = float(n_bytes)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if abs(amount) < 999.5 or unit == "TB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 99.5 else f"{amount:.1f} {unit}"


def duration(seconds: float | None) -> str:
    """Return a time span in the two units that matter.

    Examples
    --------
    >>> duration(0.0042), duration(3.42), duration(95), duration(7260)
    ('4.2 ms', '3.4 s', '1 min 35 s', '2 h 1 min')
    """
    if seconds is None or not math.isfinite(seconds):
        return ""
    if seconds < 0.0995:
        return f"{seconds * 1000:.1f} ms" if seconds < 0.00995 else f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s" if seconds >= 0.995 else f"{seconds:.2f} s"
    whole = round(seconds)
    for unit, length, smaller, part in _SPANS:
        if whole >= length:
            rest = whole % length // part
            return f"{whole // length} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{whole} s"


def when(utc: str) -> str:
    """Return a UTC time of a record as local day and minute, which stays true in a saved notebook."""
    moment = _local(utc)
    return f"{moment.day} {moment:%b %H:%M}" if moment else line(utc, 30)


def moment(utc: str) -> str:
    """Return a UTC time of a record as local date, second and offset."""
    local = _local(utc)
    return f"{local:%Y-%m-%d %H:%M:%S %z}" if local else line(utc, 30)


def _local(utc: str) -> datetime | None:
    try:
        return datetime.fromisoformat(utc.replace("Z", "+00:00")).astimezone()
    except (ValueError, OverflowError, OSError):
        return None


def counted(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> counted(1, "run"), counted(1200, "run")
    ('1 run', '1,200 runs')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def width(text: str) -> int:
    """Return how many columns a text takes in a monospaced font."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def to_ascii(text: str) -> str:
    """Return a text with our own signs as ASCII, for a terminal that has no others.

    Examples
    --------
    >>> to_ascii("80,000 × 24 → 1")
    '80,000 x 24 -> 1'
    """
    return text.translate(str.maketrans(_ASCII))

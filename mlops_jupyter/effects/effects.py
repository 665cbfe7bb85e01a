"""Effects as JSON text and back: what is empty is left out, as most is."""

from __future__ import annotations

import json
from dataclasses import fields

from ..records import Effects, from_plain, to_plain


def as_json(effects: Effects) -> str:
    """Return effects as the text that an execution keeps.

    Examples
    --------
    >>> as_json(Effects(reads=("x",)))
    '{"reads":["x"]}'
    """
    plain = {
        field.name: value
        for field in fields(effects)
        if (value := to_plain(getattr(effects, field.name))) not in ((), [], {}, None, False)
    }
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def of_json(text: str) -> Effects:
    """Return the effects that an execution's text tells.

    Examples
    --------
    >>> of_json('{"reads":["x"]}').reads
    ('x',)
    """
    return from_plain(Effects, json.loads(text)) if text not in ("", "{}") else Effects()

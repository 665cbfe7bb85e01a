"""Recorded states of generators, as the lines of Python that put them back."""

from __future__ import annotations

import base64
import json
import struct
import textwrap
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..effects.randomness import from_text


class Restoring(NamedTuple):
    """Lines that put a state back: ``constants`` once, ``code`` before the cell, and what they import."""

    constants: str
    code: str
    modules: tuple[str, ...]


def restoring(states: Mapping[str, str], mark: str) -> Restoring:
    """Return the lines that put recorded states back.

    Parameters
    ----------
    states
        Of :func:`~mlops_jupyter.effects.random_states`: generator to opaque text.
    mark
        What tells these constants from those of other cells: letters, digits and underscores.
    """
    constants: list[str] = []
    code: list[str] = []
    modules: list[str] = []
    for name, text in sorted(states.items()):
        constant = f"{name.upper().replace('.', '_')}_STATE_{mark}"
        data, line, imported = _LINES[name](from_text(text), constant)
        constants.append(_constant(constant, data))
        code.append(line)
        modules.extend(imported)
    return Restoring("\n".join(constants), "\n".join(code), tuple(modules))


def _of_random(state: Any, constant: str) -> tuple[bytes, str, tuple[str, ...]]:
    version, words, gauss = state
    form = f"<{len(words)}I"
    unpacked = f"struct.unpack({form!r}, base64.b85decode({constant}))"
    line = f"random.setstate(({version}, {unpacked}, {gauss!r}))"
    return struct.pack(form, *words), line, ("random", "struct", "base64")


def _of_numpy(state: Any, constant: str) -> tuple[bytes, str, tuple[str, ...]]:
    kind, keys, place, has_gauss, gauss = state
    if kind != "MT19937":
        keys = keys if isinstance(keys, bytes) else json.dumps(keys).encode()
        line = f"numpy.random.set_state(json.loads(base64.b85decode({constant})))"
        return keys, line, ("numpy.random", "json", "base64")
    words = f"numpy.frombuffer(base64.b85decode({constant}), '<u4')"
    line = f"numpy.random.set_state(({kind!r}, {words}, {place}, {has_gauss}, {gauss!r}))"
    return keys, line, ("numpy.random", "base64")


def _of_torch(state: Any, constant: str) -> tuple[bytes, str, tuple[str, ...]]:
    line = (
        f"torch.set_rng_state(torch.frombuffer(bytearray(base64.b85decode({constant})), dtype=torch.uint8))"
    )
    return state, line, ("torch", "base64")


_LINES = {"random": _of_random, "numpy.random": _of_numpy, "torch": _of_torch}


def _constant(name: str, data: bytes) -> str:
    text = base64.b85encode(data).decode()
    lines = "\n".join(f'    "{part}"' for part in textwrap.wrap(text, 100))
    return f"{name} = (\n{lines}\n)"

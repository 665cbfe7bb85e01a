"""The states of the generators that a process draws from by default, as compact text and back."""

from __future__ import annotations

import base64
import json
import random
import sys
import zlib
from collections.abc import Mapping
from typing import Any

GENERATORS = ("random", "numpy.random", "torch")


def raw_states() -> dict[str, Any]:
    """Return the states as their libraries give them, of those that are imported; cheap to compare."""
    found: dict[str, Any] = {"random": random.getstate()}
    if "numpy.random" in sys.modules:
        found["numpy.random"] = _legacy(sys.modules["numpy.random"].get_state(legacy=False))
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "get_rng_state"):
        found["torch"] = bytes(torch.get_rng_state().numpy().tobytes())
    return found


def random_states() -> dict[str, str]:
    """Return the states of ``random``, ``numpy.random`` and torch, of those that are imported, as text.

    Examples
    --------
    >>> kept = random_states()
    >>> first = random.random()
    >>> restore_random(kept)
    >>> random.random() == first
    True
    """
    return {name: as_text(state) for name, state in raw_states().items()}


def restore_random(states: Mapping[str, str]) -> None:
    """Put back states that :func:`random_states` returned; imports numpy or torch where one is theirs.

    Raises
    ------
    ValueError
        When a state is not one of these, or of a generator that is not there.
    """
    for name, text in states.items():
        state = from_text(text)
        if name == "random":
            version, keys, gauss = state
            random.setstate((version, tuple(keys), gauss))
        elif name == "numpy.random":
            import numpy as np
            from numpy.random import set_state

            kind, keys, place, has_gauss, gauss = state
            if kind == "MT19937":
                set_state(("MT19937", np.frombuffer(keys, "<u4"), place, has_gauss, gauss))  # noqa: NPY002 - that of numpy itself
            else:
                set_state(json.loads(keys))  # noqa: NPY002 - that of numpy itself
        elif name == "torch":
            import torch  # type: ignore[import-not-found, unused-ignore]

            torch.set_rng_state(torch.frombuffer(bytearray(state), dtype=torch.uint8))
        else:
            raise ValueError(f"no generator is called {name!r}; there are {', '.join(GENERATORS)}")


def as_text(state: Any) -> str:
    """Return a raw state as text."""
    return base64.b85encode(zlib.compress(json.dumps(state, default=_bytes_as_json).encode(), 1)).decode()


def from_text(text: str) -> Any:
    """Return the raw state that :func:`as_text` wrote."""
    try:
        return json.loads(zlib.decompress(base64.b85decode(text)), object_hook=_bytes_of_json)
    except (ValueError, zlib.error) as error:
        raise ValueError(
            f"this is no state of a generator: {text[:40]!r}; random_states() makes them"
        ) from error


def _bytes_as_json(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"b": base64.b85encode(value).decode()}
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} is part of no state")


def _bytes_of_json(value: dict[str, Any]) -> Any:
    return base64.b85decode(value["b"]) if set(value) == {"b"} else value


def _legacy(state: Mapping[str, Any]) -> tuple[str, bytes, int, int, float]:
    kind = str(state["bit_generator"])
    inner = state["state"]
    if kind == "MT19937":
        keys = inner["key"].astype("<u4").tobytes()
        return kind, keys, int(inner["pos"]), int(state["has_gauss"]), float(state["gauss"])
    text = json.dumps(state, default=_plain)
    return kind, text.encode(), 0, 0, 0.0


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)

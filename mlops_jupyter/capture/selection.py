"""What the user added to what is found, or took from it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Selection:
    """Names to record in any case, names never to record, and kinds to leave out.

    Attributes
    ----------
    params, metrics, data
        Names to record as such, whatever the rules say.
    excluded
        Names not to record as anything.
    with_models, with_data
        Whether fitted models are saved and data is fingerprinted.
    """

    params: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    with_models: bool = True
    with_data: bool = True

    def is_excluded(self, name: str) -> bool:
        """Return whether a name, or the variable of which it is a part, is excluded."""
        return name in self.excluded or name.partition(".")[0] in self.excluded

"""From a model version to a service or a batch job that is proved to answer as the notebook did.

Table of contents
-----------------
``exporting``   ``export``: the folder, whole or not at all, with its proof
``contents``    what stands in it; ``folder``: how it is written, and when it may be replaced
``subject``     the version that is exported; ``model_modules``: the modules that its file names
``training``    its recipe as ``train.py``; ``sources``: our own files, copied as they are
``packages``    exact locks; ``naming``: names, images, requirements that mean one thing only
``texts``       README, Dockerfile, compose file, workflow, tests, from ``templates/``
``golden``      rows with the answers that an export must give
``proving``     it is built, started and asked, step by step (``checks``); ``evidence`` keeps what came of it
``asking``      a started service, asked in all ``forms``; ``jobs``: tests, training, batch
``comparing``   whether answers are the same
``runtime``     what a copied service needs of this package; ``service/``: the service and the batch job
``retraining``  ``retrain``: the recipe runs again where anything changed; ``changes`` says what
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .exporting import export
    from .retraining import retrain

__all__ = ["export", "retrain"]

_WHERE = {"export": "exporting", "retrain": "retraining"}


def __getattr__(name: str) -> Any:
    """Load a public name on first use: the service below needs neither of them."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_WHERE[name]}", __name__), name)

"""Track experiments, data and models without leaving the notebook.

``%load_ext mlops_jupyter`` in a notebook, or the functions below in a script. Nothing heavy is
imported before it is first needed.
"""

from __future__ import annotations

__version__ = "0.1.0"

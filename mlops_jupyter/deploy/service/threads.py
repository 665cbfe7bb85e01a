"""One thread for each of the libraries under the model, unless more are asked for.

They would take one per processor for every request, and wait for each other: the slowest of a hundred
answers then takes a second in place of milliseconds. They read these variables once, when they are
imported, so that this module comes before them.
"""

from __future__ import annotations

import os

COUNT_VARIABLE = "SERVICE_THREADS"
"""How many, where the environment says so; the variables of the libraries count more."""

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ.setdefault(_name, os.environ.get(COUNT_VARIABLE, "1"))

"""The mergeable profile of a dataset: aggregates only, from any library, file or partition.

Table of contents
-----------------
``build``         profile of a frame, of a plan in batches, of a part at another's grid
``files``         profile of Parquet and CSV larger than memory
``merging``       two profiles as one; ``joining``: column by column
``packing``       a profile as bytes, and back
``findings``      what in a profile is worth a person's look; ``personal``: personal data
``associations``  how strongly columns go with the target
``reading``       from columns to what is counted; ``state``: a table while it is counted
``numbers`` ``texts`` ``times`` ``values``  what is known of a column of each kind
``grids`` ``moments`` ``distinct``          the mathematics, each of which merges
"""

from __future__ import annotations

from .build import profile, profile_part
from .files import profile_file
from .findings import findings
from .merging import merge_profiles
from .packing import profile_from_bytes, profile_to_bytes

__all__ = [
    "findings",
    "merge_profiles",
    "profile",
    "profile_file",
    "profile_from_bytes",
    "profile_part",
    "profile_to_bytes",
]

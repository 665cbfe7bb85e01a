"""From what executions did to the cells that made a result, and from these to a script or a notebook.

Pure: executions and their effects in, records out.

Table of contents
-----------------
``backward``       every execution, kept or left out, with the reason
``slice_of``       the same as a :class:`~mlops_jupyter.records.CodeSlice`, with files, modules and doubts
``levels``         larger and larger sets of executions, for a slice that is not enough
``with_kept``      a slice that keeps just these executions
``random_states``  the recorded states of generators to put before cells, by ``seq``
``write_script``   a slice as a tidy file of Python, its literals as options
``write_notebook`` the same as a notebook
``flag_of``        the option that a parameter of a script has on the command line
``code_hash``      the identity of code without comments and layout
"""

from .commandline import flag_of
from .identity import code_hash
from .notebook import write_notebook
from .script import write_script
from .slices import levels, random_states, slice_of, with_kept
from .walk import backward

__all__ = [
    "backward",
    "code_hash",
    "flag_of",
    "levels",
    "random_states",
    "slice_of",
    "with_kept",
    "write_notebook",
    "write_script",
]

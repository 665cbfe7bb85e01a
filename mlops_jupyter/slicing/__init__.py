"""From what executions did to the cells that made a result, and from these to a script or a notebook.

Pure: executions and their effects in, records out.

Table of contents
-----------------
"""

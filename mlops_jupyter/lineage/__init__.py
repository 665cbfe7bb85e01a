"""The recipe of a run: kept with it, proved in a clean process, made again, and known to be stale.

Table of contents
-----------------
"""

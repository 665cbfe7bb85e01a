"""What each execution of a cell really did: read, bound, changed, deleted, drew, opened.

Nothing in the user's code is touched: the names that code may read are taken from its bytecode, and the
objects under them are compared before and after. Nothing here knows IPython or the registry.

Table of contents
-----------------
"""

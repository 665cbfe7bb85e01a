"""From a model version to a service or a batch job that is proved to answer as the notebook did.

Table of contents
-----------------
"""

"""From a model version to a service or a batch job that is proved to answer as the notebook did.

Table of contents
-----------------
``exporting``  ``export``: the folder, whole or not at all, with its proof
``contents``   what stands in it; ``folder``: how it is written and when it may be replaced
``subject``    the version that is exported; ``model_modules``: the modules that its file names
``training``   its recipe as ``train.py``; ``sources``: our own files, copied as they are
``packages``   exact locks; ``naming``: names, images, requirements that mean one thing only
``texts``      README, Dockerfile, compose file, workflow, tests, from ``templates/``
``golden``     rows with the answers that an export must give; ``proving``: it is started and asked
``asking``     how it is asked; ``comparing``: whether answers are the same; ``evidence`` keeps what came of it
``runtime``    what a copied service needs of this package; ``service/``: the service itself
``retraining`` ``retrain``: the recipe runs again, where anything changed
"""

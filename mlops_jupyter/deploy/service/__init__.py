"""The service around a model: everything that varies is files beside it, so that it is copied as it is.

An export is a folder in which this package stands as ``service/``, started by ``python -m service``::

    <folder>/
        service/              this package; imports nothing of mlops_jupyter
            runtime/          what opens model files (``deploy.runtime.runtime_files``)
        model/
            model.bin         the model's file, the very bytes of the registry
            manifest.json     what it is, see below
            schema.json       what goes in and comes out: the version's Signature, as ``to_plain`` writes it
            example.json      optional: the version's InputExample, as ``to_plain`` writes it
        settings.json         optional: limits, log, token (``settings.py`` names every key and its default)
        modules/              optional: helper modules that the model's steps need, put on the import path
        log/                  made by the service: ``predictions-<n>.sqlite``, one file per worker

``manifest.json``::

    {
      "name": "churn",              the registered name, any text
      "number": 4,                  the version
      "label": "churn:4",           what people call it
      "sha256": "9f86d0…",          of model.bin (the registry's object hash); without it no start
      "format": "skops",            informative; the file says itself what it is
      "class_name": "Pipeline",
      "method": "predict",          or "transform": the call that answers
      "trusted": [],                full names of further types that the file may hold
      "unsafe": false,              true: the file is a pickle that may be opened
      "libraries": {"scikit-learn": "1.9.1"},   trained with; another one is said at start
      "python": "3.11.9",
      "created_at": "2026-11-24T21:00:00.000000Z"
    }

Only ``name`` and ``sha256`` must be there. Where the environment has ``MODEL_SHA256``, that counts too.

Table of contents
-----------------
``app.py``       ``create_app(folder)``: the application; ``__main__.py``: the command
``settings.py``  what can be set
``bundle.py``    the folder, checked before anything of it is opened; ``model.py``: the model asked
``schema.py``    columns against the signature
``column.py``    one column; ``columns.py``, ``number_columns.py``: its kinds
``bodies.py``    what was sent; ``arrow.py``: in Arrow's form
``answers.py``   what is sent back; ``refusals.py``: what is wrong with a request
``routes.py``    the addresses; ``protocols.py``: those of MLflow and of the Open Inference Protocol
``serving.py``   a request's way to the model; ``workers.py``: its threads
``guard.py``     request ids, token, limits, errors; ``metrics.py``: what is counted
``log.py``       the predictions kept for monitoring; ``logfile.py``: the file
``describing.py`` an example of the rows, and the OpenAPI description
``runtime/``     in a copy the files themselves; here a bridge to ``mlops_jupyter.formats``
"""

"""Models, figures and tables as files: nothing that runs when it is read, unless someone asks for that.

Table of contents
-----------------
``models.py``        ``is_model``, ``is_fitted``, ``dump_model``, ``load_model``, ``format_of``, ``warm_up``
``child.py``         ``load_in_child``: a file from elsewhere, tried in a process of its own
``onnx_files.py``    ``to_onnx``: for places without Python, checked for equal answers
``unsafe_files.py``  pickles, with an explicit word only
``params.py``        ``split_params``: what was chosen and what is at its default, as short values
``figures.py``       ``is_figure``, ``figure_file``, ``picture_file``, ``run_of_picture``
``tables.py``        ``csv_file``, ``json_file``
``files.py``         ``FileContent``: what all of these make
``signatures.py``    ``signature_of``: what a model takes and answers; ``inputs.py``: ``check_input``
``examples.py``      ``example_of``, ``predict_example``, ``same_predictions``
``handlers.py``      one handler per library; how to add one
``skops_files.py``   the handler of scikit-learn
``xgboost_files.py`` ``lightgbm_files.py`` ``catboost_files.py``: each in its library's own format
``native.py``        what these three share; ``nested.py``: one of them inside a pipeline or search
``trusted.py``       the types that a model file may name
``container.py``     the archive, checked before it is unpacked
``structure.py``     trees and sparse matrices, checked before they are called
``facts.py``         what a model says of itself
``whereabouts.py``   the step that cannot be saved, and the remedy
``png.py``           the text in PNG files
"""

from __future__ import annotations

from . import catboost_files, lightgbm_files, skops_files, xgboost_files  # noqa: F401 - they register handlers
from .child import load_in_child
from .examples import example_of, input_of, predict_example, same_predictions
from .figures import figure_file, is_figure, picture_file, run_of_picture
from .files import FileContent
from .handlers import Handler, register
from .inputs import check_input
from .models import dump_model, format_of, is_fitted, is_model, load_model, warm_up
from .onnx_files import to_onnx
from .params import split_params
from .signatures import signature_of
from .tables import csv_file, json_file

__all__ = [
    "FileContent",
    "Handler",
    "check_input",
    "csv_file",
    "dump_model",
    "example_of",
    "figure_file",
    "format_of",
    "input_of",
    "is_figure",
    "is_fitted",
    "is_model",
    "json_file",
    "load_in_child",
    "load_model",
    "picture_file",
    "predict_example",
    "register",
    "run_of_picture",
    "same_predictions",
    "signature_of",
    "split_params",
    "to_onnx",
    "warm_up",
]

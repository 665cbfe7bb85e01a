"""Datasets with a name: save, load, history, documents, contracts. Writes to the registry.

Table of contents
-----------------
``reference``   what people call a dataset, and which version that is
``subject``     what is asked about: an object, a file, or a version, seen as one thing
``files``       from a path to a frame and back
``saving``      the next version of a dataset; ``kept`` holds its bytes, ``loading`` brings it back
``views``       rows put together into what people look at
``looking``     the list, one dataset, a comparison, the history, what it was used for
``documents``   what a dataset is, and what its columns mean
``editing``     aliases; put away and brought back
``contracts``   contracts in editions: inferred, edited, accepted
``breaches``    which contracts data in use break, or what they were made from
``breaches``    what data that are used break, or what they were made from
``validating``  data against a contract, and since when a rule is broken
``progress``    what is being done, for whoever waits
"""

from __future__ import annotations

from .breaches import Breach, breaches, has_contract
from .contracts import (
    accept_contract,
    contract,
    contract_for,
    contract_views,
    dataset_of,
    diff_contracts,
    editions,
    infer_contract,
    put_contract,
)
from .documents import column_types, doc_from_yaml, doc_to_yaml, document, put_doc, read_doc
from .editing import delete, remove_alias, restore, set_alias
from .loading import load
from .looking import describe, diff, history, table, where_used
from .saving import save
from .subject import Given
from .validating import validate

__all__ = [
    "Breach",
    "Given",
    "accept_contract",
    "breaches",
    "column_types",
    "contract",
    "contract_for",
    "contract_views",
    "dataset_of",
    "delete",
    "describe",
    "diff",
    "diff_contracts",
    "doc_from_yaml",
    "doc_to_yaml",
    "document",
    "editions",
    "has_contract",
    "history",
    "infer_contract",
    "load",
    "put_contract",
    "put_doc",
    "read_doc",
    "remove_alias",
    "restore",
    "save",
    "set_alias",
    "table",
    "validate",
    "where_used",
]

"""Verbs about contracts: what data must be like, and whether they are."""

from __future__ import annotations

from typing import Annotated

from ..errors import ContractBroken, UsageError
from ..parsing import PYTHON_ONLY, Data
from ..records import ContractDiff, ContractView, Done, QueryResult, ValidationReport
from .around import active_run_id, write_text

__all__ = [
    "accept_contract",
    "contracts_or_one",
    "diff_contracts",
    "edit_contract",
    "export_contract",
    "infer_contract",
    "list_contracts",
    "show_contract",
    "validate",
]


def contracts_or_one(ref: str | None = None, *, registry: str | None = None) -> QueryResult | ContractView:
    """List the contracts; or show the one of a dataset.

    Parameters
    ----------
    ref
        As for ``contract show``; without it, the list.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    QueryResult or ContractView
        The list, or one contract.

    Raises
    ------
    NotFoundError
        Where there is no such contract.

    Examples
    --------
    >>> import tempfile
    >>> contracts_or_one(registry=tempfile.mkdtemp()).rows
    ()
    """
    return list_contracts(registry=registry) if ref is None else show_contract(ref, registry=registry)


def list_contracts(dataset: str | None = None, *, registry: str | None = None) -> QueryResult:
    """List the contracts of all datasets, or all editions of one.

    Parameters
    ----------
    dataset
        Only the editions of this dataset's contract.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    QueryResult
        One row per contract, the newest first.

    Raises
    ------
    NotFoundError
        Where there is no such dataset; names the nearest.

    Examples
    --------
    >>> import tempfile
    >>> list_contracts(registry=tempfile.mkdtemp()).columns
    ('contract', 'state', 'rules', 'written', 'by', 'accepted', 'note')
    """
    from .. import datasets

    columns = ("contract", "state", "rules", "written", "by", "accepted", "note")
    rows = tuple(
        (
            view.ref,
            view.contract.state,
            len(view.doc.rules),
            view.contract.created_at[:16].replace("T", " "),
            view.contract.user_name or "",
            (view.contract.accepted_at or "")[:16].replace("T", " "),
            view.contract.note or "",
        )
        for view in datasets.contract_views(dataset, registry=registry)
        if view.contract is not None
    )
    return QueryResult(columns, rows)


def infer_contract(
    *what: Data,
    dataset: str | None = None,
    to: str | None = None,
    note: str | None = None,
    registry: str | None = None,
) -> ContractView:
    """Write a contract from what data are like, with the reason for each rule; it is proposed.

    Parameters
    ----------
    what
        A dataset, for all its versions; or versions, variables and files, oldest first. More than one make
        the rules better.
    dataset
        Whose contract it is; without it, the dataset of the last one.
    to
        Write it to this YAML file too.
    note
        A sentence about it.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    ContractView
        The contract; ``contract accept`` lets it hold.

    Raises
    ------
    NotFoundError
        Where there is no such dataset; names the nearest.

    Examples
    --------
    >>> import tempfile, pandas as pd, mlops_jupyter
    >>> folder = tempfile.mkdtemp()
    >>> _ = mlops_jupyter.save_dataset(pd.DataFrame({"x": range(50)}), "numbers", registry=folder)
    >>> infer_contract("numbers", registry=folder).contract.state
    'proposed'
    """
    from .. import datasets

    view = datasets.infer_contract(*what, dataset=dataset, note=note, registry=registry)
    if to is not None:
        write_text(to, view.text)
    return view


def show_contract(ref: str, *, registry: str | None = None) -> ContractView:
    """Show a contract: the accepted one of a dataset, an edition of it, or one in a file.

    Parameters
    ----------
    ref
        ``churn-train``, ``churn-train:2``, or a YAML file.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    ContractView
        Its rules, each with its reason, and who accepted it.

    Raises
    ------
    NotFoundError
        Where there is no such contract; says how to make one.

    Examples
    --------
    >>> import tempfile, pandas as pd, mlops_jupyter
    >>> folder = tempfile.mkdtemp()
    >>> _ = mlops_jupyter.save_dataset(pd.DataFrame({"x": range(50)}), "numbers", registry=folder)
    >>> _ = infer_contract("numbers", registry=folder)
    >>> show_contract("numbers", registry=folder).ref
    'numbers:1'
    """
    from .. import datasets

    return datasets.contract(ref, registry=registry)


def edit_contract(
    ref: str,
    *,
    file: str | None = None,
    note: str | None = None,
    text: Annotated[str | None, PYTHON_ONLY] = None,
    registry: str | None = None,
) -> ContractView:
    """Change a contract: a YAML text becomes its next edition, proposed.

    On the command line without ``--file``, ``$EDITOR`` opens; in a notebook, a cell with the text comes.

    Parameters
    ----------
    ref
        The dataset, or the edition to begin with.
    file
        A YAML file with the contract.
    note
        A sentence about the change.
    text
        In Python, the contract as YAML.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    ContractView
        The new edition; ``contract accept`` lets it hold.

    Raises
    ------
    UsageError
        Where the text cannot be understood; names the line and near words.
    NotFoundError
        Where there is no such dataset or file.

    Examples
    --------
    >>> import tempfile, pandas as pd, mlops_jupyter
    >>> folder = tempfile.mkdtemp()
    >>> _ = mlops_jupyter.save_dataset(pd.DataFrame({"x": range(50)}), "numbers", registry=folder)
    >>> changed = infer_contract("numbers", registry=folder).text + "# looked at" + chr(10)
    >>> edit_contract("numbers", text=changed, registry=folder).ref
    'numbers:2'
    """
    from .. import datasets
    from ..datasets.contracts import read_file

    if (text is None) == (file is None):
        raise UsageError(f"edit takes the contract as a file: contract edit {ref} --file contract.yml")
    said = text if text is not None else read_file(str(file))
    name = datasets.dataset_of(ref, registry=registry)
    return datasets.put_contract(said, dataset=name, note=note, registry=registry)


def accept_contract(ref: str, *, note: str | None = None, registry: str | None = None) -> Done:
    """Let a contract hold; the one before is retired.

    Parameters
    ----------
    ref
        ``churn-train`` for the newest edition, ``churn-train:2``, or a YAML file.
    note
        Why.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    Done
        Which edition holds now, its rules, and which one it retired.

    Raises
    ------
    NotFoundError
        Where there is no such contract.

    Examples
    --------
    >>> import tempfile, pandas as pd, mlops_jupyter
    >>> folder = tempfile.mkdtemp()
    >>> _ = mlops_jupyter.save_dataset(pd.DataFrame({"x": range(50)}), "numbers", registry=folder)
    >>> _ = infer_contract("numbers", registry=folder)
    >>> accept_contract("numbers", registry=folder).message
    'numbers contract 1 is accepted: 6 rules (1 warns).'
    """
    from .. import datasets

    view = datasets.accept_contract(ref, note=note, registry=registry)
    name, _, number = view.ref.rpartition(":")
    warnings = sum(rule.severity == "warning" for rule in view.doc.rules)
    said = f"{name} contract {number} is accepted: {len(view.doc.rules):,} rules"
    said += f" ({warnings:,} {'warns' if warnings == 1 else 'warn'})" if warnings else ""
    said += f"; contract {view.retired} is retired" if view.retired else ""
    return Done(f"{said}.", f"%validate {name} holds its newest version against it.")


def diff_contracts(before: str, after: str | None = None, *, registry: str | None = None) -> ContractDiff:
    """Compare two contracts, rule by rule.

    Parameters
    ----------
    before
        An edition (``churn-train:1``) or a file; a dataset alone, for its accepted edition and its newest.
    after
        Likewise.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    ContractDiff
        The rules that differ.

    Raises
    ------
    NotFoundError
        Where one of them does not exist.

    Examples
    --------
    >>> import tempfile, pandas as pd, mlops_jupyter
    >>> folder = tempfile.mkdtemp()
    >>> _ = mlops_jupyter.save_dataset(pd.DataFrame({"x": range(50)}), "numbers", registry=folder)
    >>> _ = infer_contract("numbers", registry=folder)
    >>> diff_contracts("numbers:1", "numbers:1", registry=folder).rules
    ()
    """
    from .. import datasets

    return datasets.diff_contracts(before, after, registry=registry)


def export_contract(
    ref: str, to: str | None = None, *, pandera: bool = False, registry: str | None = None
) -> ContractView:
    """Write a contract as YAML, or as a pandera schema in Python.

    Parameters
    ----------
    ref
        As for ``contract show``.
    to
        The file; one that ends with ``.py`` gets the pandera schema. Without it, the text is printed.
    pandera
        The pandera schema.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    ContractView
        The contract; ``text`` is what was written.

    Raises
    ------
    NotFoundError
        Where there is no such contract.

    Examples
    --------
    >>> import tempfile, pandas as pd, mlops_jupyter
    >>> folder = tempfile.mkdtemp()
    >>> _ = mlops_jupyter.save_dataset(pd.DataFrame({"x": range(50)}), "numbers", registry=folder)
    >>> _ = infer_contract("numbers", registry=folder)
    >>> "pandera" in export_contract("numbers", pandera=True, registry=folder).text
    True
    """
    from dataclasses import replace

    from .. import datasets, validation

    view = datasets.contract(ref, registry=registry)
    if pandera or (to or "").endswith(".py"):
        view = replace(view, text=validation.to_pandera_script(view.doc))
    if to is not None:
        write_text(to, view.text)
        view = replace(view, path=to)
    return view


def validate(
    what: Data,
    *,
    contract: str | None = None,
    against: Data = None,
    strict: bool = False,
    junit: str | None = None,
    registry: str | None = None,
) -> ValidationReport:
    """Check data against a contract: what failed, how many rows, since when.

    Parameters
    ----------
    what
        A variable, a dataset such as ``churn-train:3``, or a file. A file larger than memory is
        answered from its profile.
    contract
        A dataset whose contract it is, an edition (``churn-train:2``), or a YAML file; without it, the
        accepted contract that applies.
    against
        Data to compare distributions with, as ``churn-train:3``; without a contract, one is
        inferred from them.
    strict
        Raise where a rule of severity error is broken.
    junit
        Write the answer to this file too, as JUnit XML.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    ValidationReport
        Each rule and how it fared, broken ones first; the four scores.

    Raises
    ------
    UsageError
        Where no contract applies; says how to make one.
    ContractBroken
        With ``strict``, where a rule of severity error is broken.

    Examples
    --------
    >>> import tempfile, pandas as pd, mlops_jupyter
    >>> folder = tempfile.mkdtemp()
    >>> _ = mlops_jupyter.save_dataset(pd.DataFrame({"x": range(50)}), "numbers", registry=folder)
    >>> _ = infer_contract("numbers", registry=folder)
    >>> validate("numbers:1", registry=folder).passed
    True
    """
    from .. import datasets, store, validation

    report = datasets.validate(
        what,
        contract=contract,
        against=against,
        registry=registry,
        run_id=active_run_id(store.open_store(registry)),
    )
    if junit is not None:
        write_text(junit, validation.to_junit(report))
    if strict:
        raise_if_broken(report)
    return report


def raise_if_broken(report: ValidationReport) -> None:
    """Raise where a rule of severity error is broken.

    Raises
    ------
    ContractBroken
        With the report.
    """
    if report.passed:
        return
    broken = [
        result.rule.name
        for result in report.results
        if result.state == "failed" and result.rule.severity == "error"
    ]
    more = f" and {len(broken) - 3} more" if len(broken) > 3 else ""
    raise ContractBroken(f"{report.data} breaks {report.contract}: {', '.join(broken[:3])}{more}", report)

"""Verbs about what a version may become: gates, requests and answers, and the proof of the memory."""

from __future__ import annotations

from typing import Annotated

from ..errors import UsageError
from ..parsing import PYTHON_ONLY
from ..records import ApprovalTable, ApprovalView, AuditReport, GateReport, GatesView
from .around import write_text

__all__ = [
    "approvals",
    "approve",
    "check_gates",
    "edit_gates",
    "reject",
    "request_approval",
    "show_gates",
    "verify_audit",
    "withdraw_request",
]


def check_gates(ref: str, *, alias: str = "champion", registry: str | None = None) -> GateReport:
    """Hold the gates of a model against what is recorded about a version, each with its evidence.

    Parameters
    ----------
    ref
        The version: ``churn:4``; a name alone is its newest.
    alias
        The alias that it would move to.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    GateReport
        Every gate: what it asks, what was found, and the next step.

    Raises
    ------
    NotFoundError
        Where there is no such version; names the nearest.

    Examples
    --------
    >>> import tempfile, mlops_jupyter
    >>> from sklearn.linear_model import Ridge
    >>> folder = tempfile.mkdtemp()
    >>> _ = mlops_jupyter.register("slope", Ridge().fit([[0], [1]], [0, 1]), registry=folder)
    >>> check_gates("slope:1", registry=folder).passed
    False
    """
    from .. import models

    return models.check_gates(ref, alias=alias, registry=registry)


def show_gates(name: str, *, to: str | None = None, registry: str | None = None) -> GatesView:
    """Show what a version of a model needs before it may move to a protected alias.

    Parameters
    ----------
    name
        The model.
    to
        Write the gates to this YAML file.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    GatesView
        The gates, each with its reason; the usual ones where nobody wrote any.

    Raises
    ------
    NotFoundError
        Where there is no such model; names the nearest.

    Examples
    --------
    >>> import tempfile, mlops_jupyter
    >>> from sklearn.linear_model import Ridge
    >>> folder = tempfile.mkdtemp()
    >>> _ = mlops_jupyter.register("slope", Ridge().fit([[0], [1]], [0, 1]), registry=folder)
    >>> show_gates("slope", registry=folder).doc.protected
    ('champion',)
    """
    from .. import models

    view = models.read_gates(name, registry=registry)
    if to is not None:
        write_text(to, view.text)
    return view


def edit_gates(
    name: str,
    *,
    file: str | None = None,
    text: Annotated[str | None, PYTHON_ONLY] = None,
    registry: str | None = None,
) -> GatesView:
    r"""Change the gates of a model: a YAML text becomes their next edition.

    On the command line without ``--file``, ``$EDITOR`` opens; in a notebook, a cell with the text comes.

    Parameters
    ----------
    name
        The model.
    file
        A YAML file with the gates.
    text
        In Python, the gates as YAML.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    GatesView
        The new edition, which holds at once.

    Raises
    ------
    UsageError
        Where the text cannot be understood; names the line and near words.
    NotFoundError
        Where there is no such model or file.

    Examples
    --------
    >>> import tempfile, mlops_jupyter
    >>> from sklearn.linear_model import Ridge
    >>> folder = tempfile.mkdtemp()
    >>> _ = mlops_jupyter.register("slope", Ridge().fit([[0], [1]], [0, 1]), registry=folder)
    >>> edit_gates("slope", text="model: slope\ngates: [owner]\n", registry=folder).seq
    1
    """
    from .. import models
    from ..datasets.contracts import read_file

    if (text is None) == (file is None):
        raise UsageError(f"edit takes the gates as a file: gates edit {name} --file gates.yaml")
    said = text if text is not None else read_file(str(file))
    return models.put_gates(said, name=name, registry=registry)


def request_approval(
    ref: str, *, alias: str = "champion", note: str | None = None, registry: str | None = None
) -> ApprovalView:
    r"""Ask that a version may move to an alias; its gates must pass.

    Parameters
    ----------
    ref
        The version: ``churn:4``.
    alias
        The alias.
    note
        What whoever decides should know.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    ApprovalView
        The request with the gates that it rests on.

    Raises
    ------
    NotFoundError
        Where there is no such version.
    GatesFailed
        Where a gate does not pass; names which, and the next step.

    Examples
    --------
    >>> import tempfile, mlops_jupyter
    >>> from sklearn.linear_model import Ridge
    >>> folder = tempfile.mkdtemp()
    >>> _ = mlops_jupyter.register("slope", Ridge().fit([[0], [1]], [0, 1]), owner="ada", registry=folder)
    >>> _ = edit_gates("slope", text="model: slope\ngates: [owner]\n", registry=folder)
    >>> request_approval("slope:1", registry=folder).approval.state
    'requested'
    """
    from .. import models

    return models.request_approval(ref, alias=alias, note=note, registry=registry)


def approve(
    ref: str, *, reason: str, alias: str = "champion", no_move: bool = False, registry: str | None = None
) -> ApprovalView:
    r"""Approve the request that waits for a version, and move the alias to it.

    Parameters
    ----------
    ref
        The version: ``churn:4``.
    reason
        Why; kept with the name of who approved.
    alias
        The alias that was asked for.
    no_move
        Approve alone; ``alias`` moves it later.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    ApprovalView
        The answer, and whether the alias moved.

    Raises
    ------
    NotFoundError
        Where no request waits.
    UsageError
        Where this user may not approve, as whoever asked where the gates want four eyes.
    GatesFailed
        Where the evidence changed since the request.

    Examples
    --------
    >>> import tempfile, mlops_jupyter
    >>> from sklearn.linear_model import Ridge
    >>> folder = tempfile.mkdtemp()
    >>> _ = mlops_jupyter.register("slope", Ridge().fit([[0], [1]], [0, 1]), owner="ada", registry=folder)
    >>> _ = edit_gates("slope", text="model: slope\ngates: [owner]\n", registry=folder)
    >>> _ = request_approval("slope:1", registry=folder)
    >>> approve("slope:1", reason="looked at it", registry=folder).is_moved
    True
    """
    from .. import models

    return models.approve(ref, reason, alias=alias, move=not no_move, registry=registry)


def reject(ref: str, *, reason: str, alias: str = "champion", registry: str | None = None) -> ApprovalView:
    r"""Reject the request that waits for a version.

    Parameters
    ----------
    ref
        The version: ``churn:4``.
    reason
        Why; kept with the name of who rejected.
    alias
        The alias that was asked for.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    ApprovalView
        The answer.

    Raises
    ------
    NotFoundError
        Where no request waits.

    Examples
    --------
    >>> import tempfile, mlops_jupyter
    >>> from sklearn.linear_model import Ridge
    >>> folder = tempfile.mkdtemp()
    >>> _ = mlops_jupyter.register("slope", Ridge().fit([[0], [1]], [0, 1]), owner="ada", registry=folder)
    >>> _ = edit_gates("slope", text="model: slope\ngates: [owner]\n", registry=folder)
    >>> _ = request_approval("slope:1", registry=folder)
    >>> reject("slope:1", reason="two rows", registry=folder).approval.state
    'rejected'
    """
    from .. import models

    return models.reject(ref, reason, alias=alias, registry=registry)


def withdraw_request(
    ref: str, *, alias: str = "champion", reason: str | None = None, registry: str | None = None
) -> ApprovalView:
    r"""Take back one's own request.

    Parameters
    ----------
    ref
        The version: ``churn:4``.
    alias
        The alias that was asked for.
    reason
        Why.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    ApprovalView
        The request as it is now.

    Raises
    ------
    NotFoundError
        Where no request waits.

    Examples
    --------
    >>> import tempfile, mlops_jupyter
    >>> from sklearn.linear_model import Ridge
    >>> folder = tempfile.mkdtemp()
    >>> _ = mlops_jupyter.register("slope", Ridge().fit([[0], [1]], [0, 1]), owner="ada", registry=folder)
    >>> _ = edit_gates("slope", text="model: slope\ngates: [owner]\n", registry=folder)
    >>> _ = request_approval("slope:1", registry=folder)
    >>> withdraw_request("slope:1", registry=folder).approval.state
    'withdrawn'
    """
    from .. import models

    return models.withdraw(ref, alias=alias, reason=reason, registry=registry)


def approvals(
    name: str | None = None, *, waiting: bool = False, limit: int = 20, registry: str | None = None
) -> ApprovalTable:
    """List the requests that wait for an answer, and the newest answers.

    Parameters
    ----------
    name
        Only those of this model.
    waiting
        Only those that wait.
    limit
        How many of each at most, 1 or more.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    ApprovalTable
        The requests, longest waiting first, and how many wait.

    Raises
    ------
    NotFoundError
        Where there is no such model; names the nearest.

    Examples
    --------
    >>> import tempfile
    >>> approvals(registry=tempfile.mkdtemp()).waiting
    0
    """
    from .. import models

    if limit < 1:
        raise UsageError(f"limit is {limit}; expected 1 or more")
    return models.approvals(name, waiting=waiting, limit=limit, registry=registry)


def verify_audit(*, anchor: str | None = None, registry: str | None = None) -> AuditReport:
    """Prove that nothing in the memory was altered: its chain of events is whole, and the tables agree.

    Parameters
    ----------
    anchor
        A hash that an earlier answer gave and that was kept elsewhere: it must still be in the chain.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    AuditReport
        Whether the chain is whole, and what is wrong; its ``head_hash`` is the next anchor.

    Raises
    ------
    UsageError
        Where the anchor is too short to be one.

    Examples
    --------
    >>> import tempfile
    >>> verify_audit(registry=tempfile.mkdtemp()).is_whole
    True
    """
    from .. import models

    return models.verify_audit(registry, anchor=anchor)

"""Histories of executions, written by hand for the tests of slicing."""

import json
import textwrap

from mlops_jupyter.records import Effects, Execution, to_plain

DRAW = {"hidden_reads": ("numpy.random",), "hidden_writes": ("numpy.random",)}
SEED = {"hidden_writes": ("numpy.random",)}


def cell(source, *, outcome="finished", cell_id=None, **effects):
    """Return an execution without its place; effects given as one string are split at blanks."""
    plain = {
        key: tuple(value.split()) if isinstance(value, str) and key != "python" else value
        for key, value in effects.items()
    }
    return textwrap.dedent(source).strip("\n"), outcome, cell_id, Effects(**plain)


def history(*cells):
    return [
        Execution(
            "session",
            seq,
            source,
            f"2026-11-24T10:{seq:02d}:00Z",
            outcome,
            json.dumps(to_plain(effects)),
            cell_id=cell_id,
            execution_count=seq,
        )
        for seq, (source, outcome, cell_id, effects) in enumerate(cells, 1)
    ]


def kept(cells):
    return [each.seq for each in cells if each.is_kept]

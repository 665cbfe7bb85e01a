"""Scoring a file: read in chunks, checked, answered, written beside its columns."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from . import threads  # noqa: F401 - before numpy is imported
from .answers import as_columns
from .arrow import stream_of
from .bundle import Bundle, read_bundle
from .chunks import Chunk, kind_of, names_of, read_chunks
from .parts import Parts
from .refusals import Refusal, does_not_fit
from .runtime import MlopsError
from .settings import SettingsError

CHUNK_ROWS = 20_000
REFUSED, STOPPED = 2, 130
_MOST_WARNINGS = 10


def main(arguments: Sequence[str] | None = None, *, folder: Path) -> int:
    """Read the command line, score a file, and return the exit code."""
    parser = argparse.ArgumentParser("score.py", description="Score a file with the model of this folder.")
    parser.add_argument("input", type=Path, help="rows to score: .csv or .parquet")
    parser.add_argument("output", type=Path, help="where to: .csv or .parquet; it appears when all is done")
    parser.add_argument("--keep", help="columns of the input to write again, with commas between (all)")
    parser.add_argument("--chunk-rows", type=int, default=CHUNK_ROWS, help="rows at a time (%(default)s)")
    asked = parser.parse_args(arguments)
    try:
        keep = asked.keep.split(",") if asked.keep is not None else None
        scored = score(folder, asked.input, asked.output, keep=keep, chunk_rows=asked.chunk_rows)
    except (Refusal, MlopsError, SettingsError, OSError) as error:
        print(f"score.py: {error}", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print("\nscore.py: stopped; the same command goes on from here", file=sys.stderr)
        return STOPPED
    print(f"{scored:,} rows scored: {asked.output}", file=sys.stderr)
    return 0


def score(
    folder: Path,
    source: Path,
    output: Path,
    *,
    keep: Sequence[str] | None = None,
    chunk_rows: int = CHUNK_ROWS,
) -> int:
    """Score a file, going on where an earlier call was stopped, and return how many rows it has.

    Parameters
    ----------
    folder
        The exported folder.
    source, output
        CSV or Parquet, by their endings.
    keep
        Columns of the input that are written again before the answers; None for all.
    chunk_rows
        How many rows are in memory at a time, at least 1.

    Raises
    ------
    Refusal
        If a row does not fit what the model takes (names column and row), or a file cannot be read.
    """
    if chunk_rows < 1:
        raise Refusal(422, "chunk_rows", f"--chunk-rows is {chunk_rows}; expected at least 1")
    kind_of(output)
    names = names_of(source)
    kept = _kept(names, keep)
    bundle = read_bundle(folder)
    with Parts(output, _job(source, bundle, kept, chunk_rows)) as parts:
        first = parts.n_done
        told = _Told(resumed=first * chunk_rows, started_over=parts.started_over)
        total = first * chunk_rows
        for chunk in read_chunks(source, chunk_rows, first):
            answers = _answers(bundle, chunk, told)
            if chunk.number == first and (double := sorted(set(kept) & answers.keys())):
                raise Refusal(
                    422, "does_not_fit", f"the input has a column {double[0]!r}; leave it out by --keep"
                )
            parts.write(chunk.number, {name: chunk.columns[name] for name in kept} | answers)
            total = chunk.start + chunk.rows.n_rows
            told.progress(total, chunk.done)
        if not parts.n_done:
            raise Refusal(422, "no_rows", f"{source.name} has no rows")
        parts.join()
    told.end()
    return total


def _answers(bundle: Bundle, chunk: Chunk, told: _Told) -> dict[str, Any]:
    """Return the answers to a chunk as columns of Arrow."""
    import pyarrow as pa

    try:
        given = bundle.schema.read(chunk.rows)
    except Refusal as refusal:
        raise _placed(refusal, chunk.start) from None
    told.warn(given.warnings)
    table = pa.ipc.open_stream(stream_of(as_columns(bundle.model.ask(given.data)))).read_all()
    return dict(zip(table.column_names, table.columns, strict=True))


def _placed(refusal: Refusal, start: int) -> Refusal:
    """Return a refusal whose rows count from the beginning of the file."""
    if not refusal.problems:
        return refusal
    problems = [one if one.row is None else replace(one, row=one.row + start) for one in refusal.problems]
    return does_not_fit(problems, refusal.n_problems)


def _kept(names: Sequence[str], keep: Sequence[str] | None) -> list[str]:
    wanted = list(names) if keep is None else [name for name in keep if name]
    if unknown := [name for name in wanted if name not in names]:
        raise Refusal(
            422, "does_not_fit", f"the input has no column {unknown[0]!r} to keep; it has {names[:20]}"
        )
    return wanted


def _job(source: Path, bundle: Bundle, kept: Sequence[str], chunk_rows: int) -> dict[str, Any]:
    facts = source.stat()
    return {
        "input": str(source.resolve()),
        "size_bytes": facts.st_size,
        "modified_ns": facts.st_mtime_ns,
        "model": bundle.manifest["sha256"],
        "kept": list(kept),
        "chunk_rows": chunk_rows,
    }


class _Told:
    """What a person is told while it works, on standard error."""

    def __init__(self, *, resumed: int, started_over: bool) -> None:
        self._began = time.monotonic()
        self._resumed = resumed
        self._is_live = sys.stderr.isatty()
        self._warnings: dict[str, None] = {}
        if started_over:
            self._say("the input, the model or the options changed since: it starts over")
        elif resumed:
            self._say(f"going on after {resumed:,} rows")

    def warn(self, sentences: Sequence[str]) -> None:
        """Tell each sentence once."""
        for sentence in sentences:
            if sentence not in self._warnings and len(self._warnings) < _MOST_WARNINGS:
                self._warnings[sentence] = None

    def progress(self, rows: int, done: float) -> None:
        """Show how far it is."""
        if self._is_live:
            speed = (rows - self._resumed) / max(time.monotonic() - self._began, 1e-9)
            filled = round(done * 30)
            bar = "█" * filled + "·" * (30 - filled)
            print(f"\r{bar} {done:4.0%}  {rows:,} rows  {speed:,.0f} a second ", end="", file=sys.stderr)

    def end(self) -> None:
        """Tell what the model has not seen before."""
        if self._is_live:
            print(file=sys.stderr)
        for sentence in self._warnings:
            self._say(f"warning: {sentence}")

    @staticmethod
    def _say(sentence: str) -> None:
        print(f"score.py: {sentence}", file=sys.stderr)

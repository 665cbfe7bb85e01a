"""One question in every form that an export takes, and its answers as rows again."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from .golden import Golden

if TYPE_CHECKING:
    from .asking import Service

JSON, CSV, ARROW = "application/json", "text/csv", "application/vnd.apache.arrow.stream"

Answers = tuple[Sequence[Any], Sequence[Any] | None]
"""Predictions, and probabilities or None."""


@dataclass(frozen=True, slots=True)
class Form:
    """One way to ask and to be answered: ``read`` returns predictions, and probabilities or None.

    It is shown the golden rows too: CSV does not say what is a number and what a text. MLflow's form
    has no place for probabilities: these are not compared there.
    """

    key: str
    words: str
    path: str
    kind: str
    write: Callable[[Golden], bytes]
    read: Callable[[bytes, Golden], Answers]
    accept: str = JSON
    has_probabilities: bool = True

    def ask(self, service: Service, golden: Golden) -> Answers:
        """Return the answers to golden rows, asked in this form."""
        return self.read(service.ask(self.path, self.write(golden), self.kind, self.accept), golden)


def _columns(golden: Golden) -> Mapping[str, list[Any]]:
    return {name: [row[at] for row in golden.rows] for at, name in enumerate(golden.columns)}


def _as_records(golden: Golden) -> bytes:
    return _json([dict(zip(golden.columns, row, strict=True)) for row in golden.rows])


def as_columns(golden: Golden) -> bytes:
    """Return golden rows as JSON columns."""
    return _json({"columns": _columns(golden)})


def _as_split(golden: Golden) -> bytes:
    return _json({"columns": list(golden.columns), "data": golden.rows})


def _as_mlflow(golden: Golden) -> bytes:
    return _json({"dataframe_split": {"columns": list(golden.columns), "data": golden.rows}})


def _as_csv(golden: Golden) -> bytes:
    return csv_of(golden).encode()


def csv_of(golden: Golden) -> str:
    """Return golden rows as CSV; what is missing is an empty value."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(golden.columns)
    lines.writerows([["" if value is None else value for value in row] for row in golden.rows])
    return text.getvalue()


def table_of(golden: Golden) -> Any:
    """Return golden rows as a table of Arrow."""
    import pyarrow as pa

    return pa.table({name: pa.array(values) for name, values in _columns(golden).items()})


def _as_arrow(golden: Golden) -> bytes:
    import pyarrow as pa

    table, sink = table_of(golden), pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    written: bytes = sink.getvalue().to_pybytes()
    return written


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


def _from_json(answer: bytes, _golden: Golden) -> Answers:
    found = json.loads(answer)
    return found["predictions"], found.get("probabilities")


def answers_of_csv(answer: bytes, golden: Golden, *, beside: int = 0) -> Answers:
    """Return predictions, and probabilities or None, from CSV whose first columns are not answers."""
    names, *lines = csv.reader(io.StringIO(answer.decode(), newline=""))
    has_texts = any(isinstance(one, str) for one in golden.predictions)
    meant = [_text if has_texts and name.startswith("prediction") else _value for name in names]
    rows = [[read(text) for read, text in zip(meant, line, strict=True)][beside:] for line in lines]
    return _answers(names[beside:], rows)


def answers_of_table(table: Any, *, beside: int = 0) -> Answers:
    """Return predictions, and probabilities or None, from a table whose first columns are not answers."""
    columns = [column.to_pylist() for column in table.columns[beside:]]
    return _answers(table.column_names[beside:], list(zip(*columns, strict=True)))


def _from_arrow(answer: bytes, _golden: Golden) -> Answers:
    import pyarrow as pa

    return answers_of_table(pa.ipc.open_stream(answer).read_all())


def _answers(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Answers:
    labels = [at for at, name in enumerate(names) if name.startswith("prediction")]
    chances = [at for at, name in enumerate(names) if name.startswith("probability")]
    predictions = [row[labels[0]] if len(labels) == 1 else [row[at] for at in labels] for row in rows]
    return predictions, [[row[at] for at in chances] for row in rows] if chances else None


def _text(text: str) -> str:
    """Return a text without the apostrophe that keeps a spreadsheet from taking it for a formula."""
    return text[1:] if text[:1] == "'" and text[1:2] in tuple("=+-@\t\r") else text


def _value(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return {"True": True, "False": False, "": None}.get(text, text)


FORMS: Final = (
    Form("records", "JSON records", "/predict", JSON, _as_records, _from_json),
    Form("columns", "JSON columns", "/predict", JSON, as_columns, _from_json),
    Form("split", "JSON in columns and data", "/predict", JSON, _as_split, _from_json),
    Form("csv", "CSV", "/predict", CSV, _as_csv, answers_of_csv, CSV),
    Form("arrow", "an Arrow stream", "/predict", ARROW, _as_arrow, _from_arrow, ARROW),
    Form("mlflow", "MLflow's form", "/invocations", JSON, _as_mlflow, _from_json, has_probabilities=False),
)

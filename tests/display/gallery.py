"""Renders every view with realistic records to static pages, to be looked at.

``python tests/display/gallery.py FOLDER`` writes the pages; with ``--shots`` it also takes pictures
of them in Chromium, in light and dark, 320, 600 and 1200 px wide.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import data_samples as data
import evaluation_samples as scored
import lineage_samples as lineage
import model_samples as models
import samples

from mlops_jupyter import display

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip


def views() -> Iterator[tuple[str, object]]:
    """Yield each page's name and the records on it."""
    yield "cards", [samples.usual(), samples.first(), samples.stepped(), samples.stale()]
    yield "cards2", [samples.failed(), samples.search()]
    yield "comparison", [samples.comparison()]
    yield "comparison6", [samples.wide_comparison()]
    yield (
        "full",
        [
            display.full(samples.usual(), {"figures/roc.png": picture(), "figures/x.svg": b"<svg/>"})[
                "text/html"
            ]
        ],
    )
    progress = display.Progress(12.3, 0.42, "epoch 17 of 40"), display.Progress(3.4)
    yield "live", [display.live_html(samples.running(), one) for one in progress]
    yield "answers", [samples.plan(), samples.status(), samples.health(), samples.query(), samples.backup()]
    yield "enormous", [samples.enormous()]
    yield "data", [data.card(), data.plain_card(), data.empty_card()]
    yield "data_wide", [data.wide_card()]
    yield "data_diff", [data.diff(), data.same_diff()]
    yield "data_lists", [data.table(), data.history(), data.used(), *data.every()[-3:], data.collected()]
    yield "contracts", [data.report(), data.good_report(), data.contract(), data.contract_diff(), data.DOC]
    yield "evaluation", [scored.report(), scored.folds()]
    yield "evaluations", [scored.numbers(), scored.bare()]
    yield "models", [models.table(), models.model(), models.comparison()]
    yield "versions", [models.version(), models.bare_version()]
    yield "gates", [models.gates(), models.overridden(), models.gates_doc(), models.approvals()]
    yield "approvals", [models.requested(), models.approved(), models.moved(), models.forced()]
    yield "memory", [models.history(), models.history_then(), models.audit(), models.audit(is_whole=False)]
    yield "usecases", [models.usecase(), models.empty_usecase()]
    yield "model_cards", [models.card(), models.card("outsiders")]
    yield (
        "slices",
        [lineage.code_slice(), lineage.code_slice(None), lineage.doubtful_slice(), lineage.empty_slice()],
    )
    yield "reproductions", [lineage.reproduction(), lineage.differing(), lineage.broken()]
    yield (
        "exports",
        [
            lineage.export(),
            lineage.failed_export(),
            lineage.unverified_export(),
            lineage.retrained(),
            lineage.unchanged(),
        ],
    )
    filtered = samples.table(only_differences=True, filter="metrics.auc > 0.8")
    yield "table", [samples.table(), samples.stale_table(), filtered]


def picture() -> bytes:
    """Return a figure as matplotlib draws it."""
    import io

    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 3.4), layout="tight")
    axes = figure.subplots()
    axes.plot([0, 0.05, 0.2, 0.5, 1], [0, 0.5, 0.8, 0.93, 1])
    axes.plot([0, 1], [0, 1], "--")
    axes.set(xlabel="false positive rate", ylabel="true positive rate", title="ROC")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def page(bodies: list[str]) -> str:
    inside = "\n".join(f'<div style="margin:16px 0">{body}</div>' for body in bodies)
    look = "body{margin:16px;background:#fff}@media(prefers-color-scheme:dark){body{background:#0d1117}}"
    return f'<!doctype html><meta charset="utf-8"><title>gallery</title><style>{look}</style>{inside}'


def write(folder: Path) -> list[Path]:
    """Write all pages and their plain twins; return the pages."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = []
    for name, shown in views():
        bodies = [one if isinstance(one, str) else display.html(one) for one in shown]
        pages.append(folder / f"{name}.html")
        pages[-1].write_text(page(bodies), encoding="utf-8")
        texts = [display.text(one) for one in shown if not isinstance(one, str)]
        (folder / f"{name}.txt").write_text("\n\n\n".join(texts), encoding="utf-8")
    return pages


def shoot(pages: list[Path], folder: Path, widths: tuple[int, ...]) -> None:
    """Take a picture of each page in each theme and width."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for scheme in ("light", "dark"):
            for width in widths:
                context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 300})
                tab = context.new_page()
                for path in pages:
                    tab.goto(path.resolve().as_uri())
                    tab.screenshot(path=str(folder / f"{path.stem}-{scheme}-{width}.png"), full_page=True)
                context.close()
        browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shots", action="store_true")
    parser.add_argument("--widths", type=int, nargs="*", default=[320, 600, 1200])
    asked = parser.parse_args()
    made = write(asked.folder)
    if asked.shots:
        shoot(made, asked.folder, tuple(asked.widths))

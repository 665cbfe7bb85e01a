"""Run every benchmark of this folder, one after the other, and write RESULTS.md.

    python tests/benchmarks/run.py [--peer-python PATH] [name …]

With names, only their sections are made anew; each says when it was measured. A benchmark that fails is
said as failed in the table, and the exit code is 1; the others still run.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from common import Row, machine, parser, table

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "RESULTS.md"


def main() -> int:
    """Run what was asked for, all without names, and write the results."""
    options = parser()
    options.add_argument("names", nargs="*", help="such as import or fingerprint; all without")
    asked = options.parse_args()
    scripts = [path for path in sorted(HERE.glob("bench_*.py")) if _is_asked(path, asked.names)]
    if not scripts:
        known = ", ".join(_name(path) for path in sorted(HERE.glob("bench_*.py")))
        print(f"no benchmark is called {' or '.join(asked.names)}; there are {known}", file=sys.stderr)
        return 2
    parts, failed = _known() if asked.names else {}, []
    for script in scripts:
        rows, error = _run(script, asked.peer_python)
        body = table(rows) if error is None else f"Failed: `{error}`"
        if error is not None:
            failed.append(script.name)
        command = f"python tests/benchmarks/{script.name} --peer-python PATH"
        made = f"Made by `{command}` on {datetime.now(UTC):%Y-%m-%d}."
        parts[_name(script)] = f"## {_name(script)}\n\n{body}\n\n{made}"
        print(parts[_name(script)], end="\n\n", flush=True)
    sections = [parts[name] for name in sorted(parts)]
    RESULTS.write_text("\n\n".join([_head(), *sections]) + "\n", encoding="utf-8")
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _run(script: Path, peer_python: str | None) -> tuple[list[Row], str | None]:
    print(f"… {script.name}", file=sys.stderr, flush=True)
    words = [sys.executable, str(script), "--json"]
    if peer_python:
        words += ["--peer-python", peer_python]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=1800)
        if done.returncode:
            return [], (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        return [Row(**row) for row in json.loads(done.stdout.strip().splitlines()[-1])], None
    except (subprocess.TimeoutExpired, ValueError, IndexError, TypeError) as error:
        return [], f"{type(error).__name__}: {error}"


def _name(script: Path) -> str:
    return script.stem.removeprefix("bench_")


def _known() -> dict[str, str]:
    """Return the sections of the results, by name."""
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    sections = [f"## {section.strip()}" for section in text.split("\n## ")[1:]]
    return {section.split("\n", 1)[0].removeprefix("## "): section for section in sections}


def _is_asked(script: Path, names: list[str]) -> bool:
    return not names or _name(script) in names or script.name in names


def _head() -> str:
    return (
        f"# Results\n\nMeasured by `python tests/benchmarks/run.py "
        f"--peer-python PATH`: {machine()}. Medians unless said otherwise; ours and the peer's in one "
        "session on one machine. `✓` and `✗` say whether ours holds the bar; the ratio says how many times "
        "better ours is."
    )


if __name__ == "__main__":
    raise SystemExit(main())

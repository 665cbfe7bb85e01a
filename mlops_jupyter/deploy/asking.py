"""A started service: waited for, asked, measured, told to stop.

Only the standard library is used to ask, so that nothing between the two can round a number.
"""

from __future__ import annotations

import http.client
import os
import secrets
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import MlopsError
from ..records import Latency
from . import forms
from .forms import JSON
from .golden import Golden
from .service.settings import read_settings

READY_S: Final = 120.0
STOP_S: Final = 15.0

_ANSWER_S = 60.0
_LOGGED = 4_000
_UNDER_WAY_S = 0.005


@dataclass(slots=True)
class Service:
    """A service that runs in a process of its own, started from an exported folder."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    token: str
    ready_s: float = 0.0

    def ask(self, path: str, body: bytes | None = None, kind: str = JSON, accept: str = JSON) -> bytes:
        """Return what the service answers.

        Raises
        ------
        MlopsError
            If it refuses or does not answer; with its own words.
        """
        headers = {"Content-Type": kind, "Accept": accept, "Authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body, headers)
        try:
            # A company's proxy is not asked for this machine.
            with _DIRECT.open(request, timeout=_ANSWER_S) as answer:
                content: bytes = answer.read()
                return content
        except urllib.error.HTTPError as error:
            said = error.read(_LOGGED).decode(errors="replace")
            raise MlopsError(f"{path} answered {error.code}: {said[:300]}") from error
        except OSError as error:
            raise MlopsError(f"{path} did not answer: {error}") from error

    def last_words(self) -> str:
        """Return the end of what the process wrote, one line."""
        text = self.log.read_bytes()[-_LOGGED:].decode(errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return lines[-1][:300] if lines else "it wrote nothing"

    def stop_while_answering(self, body: bytes | None) -> float:
        """Ask the process to end as a container is, with a request open; return the seconds until it did.

        Raises
        ------
        MlopsError
            If the request gets no answer, or the process does not end by itself.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=STOP_S)
        try:
            if body is not None:
                headers = {"Content-Type": JSON, "Authorization": f"Bearer {self.token}"}
                connection.request("POST", "/predict", body, headers)
                time.sleep(_UNDER_WAY_S)
            began = time.monotonic()
            self.process.send_signal(signal.SIGTERM)
            if body is not None and (status := connection.getresponse().status) != 200:
                raise MlopsError(f"a request that was open when it was told to stop was answered {status}")
            if (code := self.process.wait(STOP_S)) not in (0, -signal.SIGTERM):
                raise MlopsError(f"it ended with status {code}: {self.last_words()}")
        except (OSError, http.client.HTTPException) as error:
            raise MlopsError(f"a request that was open when it was told to stop was lost: {error}") from error
        except subprocess.TimeoutExpired:
            raise MlopsError(f"it still ran {STOP_S:g} s after SIGTERM") from None
        finally:
            connection.close()
        return time.monotonic() - began


_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@contextmanager
def started(folder: Path, python: Path) -> Iterator[Service]:
    """Start the service of a folder as its README says, on a free port, and end it afterwards.

    Raises
    ------
    MlopsError
        If it is not ready in two minutes; with its last words.
    """
    port, token, log = _free_port(), secrets.token_hex(), folder / "service.log"
    variable = read_settings(folder).token_env
    with log.open("wb") as written:
        process = subprocess.Popen(  # noqa: S603 - the environment's own Python, a list of arguments
            [str(python), "-m", "service", "--port", str(port)],
            cwd=folder,
            env={**clean_environ(), variable: token},
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    service = Service(process, port, log, token)
    try:
        service.ready_s = _wait_until_ready(service)
        yield service
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def clean_environ() -> dict[str, str]:
    """Return the environment variables for a process that shall see nothing of this one's Python."""
    left_out = ("PYTHON", "VIRTUAL_ENV", "MLOPS_", "MODEL_", "SERVICE_")
    return {name: value for name, value in os.environ.items() if not name.startswith(left_out)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(service: Service) -> float:
    began = time.monotonic()
    while (waited := time.monotonic() - began) < READY_S:
        if service.process.poll() is not None:
            code = service.process.returncode
            raise MlopsError(f"it ended with status {code} instead of starting: {service.last_words()}")
        try:
            service.ask("/ping")
        except MlopsError:
            time.sleep(0.05)
        else:
            return waited
    raise MlopsError(f"it was not ready after {READY_S:g} s: {service.last_words()}")


def latencies(service: Service, golden: Golden, *, budget_s: float = 2.0) -> tuple[Latency, ...]:
    """Return what answering took, for one row and for all of them.

    Parameters
    ----------
    budget_s
        Seconds to spend on each, at most; one request is measured in any case.
    """
    found = []
    for n_rows in sorted({1, len(golden.rows)}):
        some = Golden(golden.columns, golden.rows[:n_rows], ())
        body, ends = forms.as_columns(some), time.perf_counter() + budget_s
        times: list[float] = []
        service.ask("/predict", body)  # the first of its size warms up
        while len(times) < 200 and (not times or time.perf_counter() < ends):
            began = time.perf_counter()
            service.ask("/predict", body)
            times.append(1_000 * (time.perf_counter() - began))
        found.append(_latency(n_rows, sorted(times)))
    return tuple(found)


def _latency(n_rows: int, times: Sequence[float]) -> Latency:
    last = len(times) - 1
    p50, p99 = times[round(0.50 * last)], times[round(0.99 * last)]
    return Latency(n_rows, round(p50, 3), round(p99, 3), len(times))

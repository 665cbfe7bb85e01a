"""What stands behind the addresses: a request's body, its turn at the model, and its line in the log."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import threadpoolctl  # type: ignore[import-untyped]
from fastapi import Request

from .bundle import Bundle
from .log import Line, PredictionLog
from .metrics import Metrics
from .model import Answers
from .refusals import Refusal
from .schema import Rows
from .workers import Workers

_T = TypeVar("_T")
_LOGGER: Final = logging.getLogger("service")
_STOP_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Served:
    """The answers to one request, and what the model has not seen before in its rows."""

    answers: Answers
    warnings: tuple[str, ...] = ()


class Serving:
    """One model at work in one process.

    Parameters
    ----------
    bundle
        The folder that was read.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.settings = bundle.settings
        about = (bundle.label, bundle.version, str(bundle.manifest["sha256"]))
        self.metrics = Metrics(*about)
        self.log = PredictionLog(
            bundle.folder / self.settings.log.folder, self.settings.log, about, self._count_lines
        )
        self.started = time.time()
        self._workers = Workers(self.settings.concurrency or os.cpu_count() or 1, self._hold_down)

    def start(self) -> None:
        """Begin to answer and to keep predictions."""
        self._workers.start()
        if self.settings.log.is_on:
            self.log.start()

    def stop(self) -> None:
        """Finish what was begun: requests at the model, then the log; in two seconds at most."""
        if not self._workers.stop(_STOP_S):
            _LOGGER.error("a request was still at the model when the service had to end")
        if self.settings.log.is_on:
            self.log.stop(_STOP_S)

    async def body(self, request: Request) -> bytes:
        """Return a request's body.

        Raises
        ------
        Refusal
            413 if it is too large, 408 if it takes too long, 415 if it is packed.
        """
        packed = request.headers.get("content-encoding", "identity")
        if packed != "identity":
            raise Refusal(415, "unknown_type", f"Content-Encoding is {packed[:30]!r}; send the body as it is")
        if request.headers.get("content-length", "").isdecimal():
            self._limit(int(request.headers["content-length"][:20]))
        try:
            async with asyncio.timeout(self.settings.body_timeout_s):
                return await self._read(request)
        except TimeoutError:
            limit = self.settings.body_timeout_s
            raise Refusal(408, "too_slow", f"the body did not come within {limit:g} seconds") from None

    async def _read(self, request: Request) -> bytes:
        pieces, size = [], 0
        async for piece in request.stream():
            size += len(piece)
            self._limit(size)
            pieces.append(piece)
        return b"".join(pieces)

    def _limit(self, size: int) -> None:
        most = self.settings.max_body_bytes
        if size > most:
            words = f"the body is larger than {most:,} bytes; send fewer rows at a time"
            raise Refusal(413, "too_large", words, headers={"connection": "close"})

    async def answer(
        self,
        request: Request,
        read: Callable[[], Rows],
        write: Callable[[Served], _T],
        *,
        with_probabilities: bool = True,
    ) -> _T:
        """Return what is written of the answers to the rows that are read, in a thread of the model.

        Raises
        ------
        Refusal
            422 if the rows do not fit, 429 if too many requests are waiting already.
        """
        kept, when_kept = self._promise()
        request_id: str = request.scope["request_id"]

        def work() -> _T:
            return write(self.predict(read(), request_id, with_probabilities, when_kept))

        written = await self._in_turn(work)
        if kept is not None:
            await kept
        return written

    async def _in_turn(self, work: Callable[[], _T]) -> _T:
        n_waiting = self._workers.n_waiting
        if n_waiting >= self.settings.max_waiting + self._workers.count:
            words = f"{n_waiting} requests are waiting for the model; come back in a second"
            raise Refusal(429, "too_many", words, headers={"retry-after": "1"})
        self.metrics.waiting.inc()
        try:
            return await self._workers.do(work)
        finally:
            self.metrics.waiting.dec()

    def _promise(self) -> tuple[asyncio.Future[bool] | None, Callable[[bool], None] | None]:
        """Return what to wait for until a prediction is kept, and what its writer calls."""
        if not (self.settings.log.is_on and self.settings.log.is_awaited):
            return None, None
        loop = asyncio.get_running_loop()
        kept: asyncio.Future[bool] = loop.create_future()

        def settle(was_kept: bool) -> None:  # noqa: FBT001 - what happened to it
            if not kept.done():
                kept.set_result(was_kept)

        def tell(was_kept: bool) -> None:  # noqa: FBT001
            loop.call_soon_threadsafe(settle, was_kept)

        return kept, tell

    def predict(
        self,
        rows: Rows,
        request_id: str,
        with_probabilities: bool,  # noqa: FBT001 - as the request has it
        when_kept: Callable[[bool], None] | None = None,
    ) -> Served:
        """Return the answers to rows, and put them in the log.

        Raises
        ------
        Refusal
            422 if the rows do not fit, or the model does not take them.
        """
        given = self.bundle.schema.read(rows)
        try:
            answers = self.bundle.model.ask(given.data, with_probabilities=with_probabilities)
        except Exception as error:
            self.metrics.errors.inc()
            kind = type(self.bundle.model.fitted).__name__
            words = f"{kind} does not take these rows: {type(error).__name__}: {error}"[:400]
            raise Refusal(422, "model_refused", words) from error
        self.metrics.rows.inc(rows.n_rows)
        if given.warnings:
            self.metrics.warned.inc()
        if self.settings.log.is_on:
            features = {
                name: given.columns[name] for name in self.settings.log.columns if name in given.columns
            }
            parts = (features, answers.predictions, answers.probabilities, given.warnings, when_kept)
            self.log.add(Line(request_id, rows.n_rows, *parts))
        return Served(answers, tuple(given.warnings))

    def _count_lines(self, state: str, count: int) -> None:
        self.metrics.log_lines.labels(state).inc(count)

    def _hold_down(self) -> None:
        # OpenMP counts threads anew in each thread, and may have been loaded before threads.py spoke.
        threadpoolctl.threadpool_limits(self.settings.threads, user_api="openmp")

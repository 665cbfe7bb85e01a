"""Around every request: its id, the token, what it took, and an answer whatever happens."""

from __future__ import annotations

import hmac
import logging
import os
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from starlette.requests import ClientDisconnect

from .answers import encode
from .refusals import Refusal
from .serving import Serving
from .settings import token_of

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

ID_HEADER: Final = b"x-request-id"
OPEN_PATHS: Final = frozenset({"/ping", "/health", "/v2/health/live", "/v2/health/ready"})
"""What is answered without the token: what those ask who look whether the service lives."""

CLIENT_GONE: Final = 499
"""What is counted where nobody waits for the answer any more."""

_GOOD_ID: Final = re.compile(rb"[A-Za-z0-9._:-]{1,128}\Z")
_LOGGER: Final = logging.getLogger("service")


class Guard:
    """The outermost part of the application.

    Parameters
    ----------
    app
        What answers.
    serving
        The model at work, whose metrics count.
    """

    def __init__(self, app: App, serving: Serving) -> None:
        self.app = app
        self.serving = serving
        self.token = token_of(serving.settings).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = time.perf_counter()
        headers = dict(scope["headers"])
        scope["request_id"] = request_id = _id(headers.get(ID_HEADER, b""))
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = [(ID_HEADER, request_id.encode()), (b"x-content-type-options", b"nosniff")]
                message["headers"] = [*message.get("headers", ()), *own]
            await send(message)

        try:
            self._let_in(scope["path"], headers)
            await self.app(scope, receive, sending)
        except Refusal as refusal:
            await answer(refusal, request_id, sending, self.serving)
        except ClientDisconnect:
            status = CLIENT_GONE
        except Exception:  # no request may end without an answer
            _LOGGER.exception("request %s failed", request_id)
            self.serving.metrics.errors.inc()
            if not status:
                failed = Refusal(500, "failed", "the service failed; its log names this request id")
                await answer(failed, request_id, sending, self.serving)
        finally:
            path = getattr(scope.get("route"), "path", "other")
            self.serving.metrics.answered(path, status, time.perf_counter() - begun)

    def _let_in(self, path: str, headers: dict[bytes, bytes]) -> None:
        if not self.token or path in OPEN_PATHS:
            return
        kind, _, given = headers.get(b"authorization", b"").partition(b" ")
        if kind.lower() != b"bearer" or not hmac.compare_digest(given.strip(), self.token):
            words = "this service needs its token: send 'Authorization: Bearer …'"
            raise Refusal(401, "no_token", words, headers={"www-authenticate": "Bearer"})


async def answer(refusal: Refusal, request_id: str, send: Send, serving: Serving) -> None:
    """Send what is wrong with a request."""
    serving.metrics.refused.labels(refusal.word).inc()
    body = encode(refusal.answer(request_id))
    own = {"content-type": "application/json", "content-length": str(len(body)), **refusal.headers}
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in own.items()]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _id(given: bytes) -> str:
    return given.decode() if _GOOD_ID.match(given) else os.urandom(16).hex()

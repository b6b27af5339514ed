# SPDX-License-Identifier: Apache-2.0
"""python -m app: serves on port 8000 until SIGTERM, and then until no one needs it any more."""

import asyncio
import logging
import signal
import sys

import uvicorn

from .logs import say, set_up
from .settings import EXIT_STATUS, BadSettings, read_settings
from .web import make_app

PORT = 8000


class Server(uvicorn.Server):
    """Stops in two steps: first it is not ready any more but serves on, until the cluster has heard of
    that and sends no more requests here; then it takes no more and finishes those that it has."""

    def __init__(self, config: uvicorn.Config, app, drain_seconds: float) -> None:
        super().__init__(config)
        self._app, self._drain_seconds, self._loop = app, drain_seconds, None

    async def serve(self, sockets=None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().serve(sockets)

    def handle_exit(self, number, frame) -> None:
        stopping = self._app.state.parts.stopping
        if number != signal.SIGTERM or stopping.is_set():
            return super().handle_exit(number, frame)
        stopping.set()
        say(logging.INFO, "stopping")
        self._loop.call_soon_threadsafe(self._loop.call_later, self._drain_seconds, self._stop)

    def _stop(self) -> None:
        self.should_exit = True


def main() -> int:
    try:
        settings = read_settings()
    except BadSettings as error:
        print(error, file=sys.stderr)
        return EXIT_STATUS
    set_up(settings.log_level)
    app = make_app(settings)
    config = uvicorn.Config(
        app,
        host="0.0.0.0",
        port=PORT,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=20,
    )
    server = Server(config, app, settings.drain_seconds)
    server.run()
    say(logging.INFO, "stopped")
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())

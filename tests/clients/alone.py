"""A standalone server that keeps its port and data over restarts."""

import time

from services import Service
from services.service import http_status

OUTAGE_S = 4  # longer than the wait of an EventSource, so that it comes back too early at least once


class Alone(Service):
    name = "node"

    def __init__(self, binary, folder, **more):
        super().__init__(folder, **more)
        self.binary = binary

    def command(self):
        return [self.binary, "serve", "--listen", f"127.0.0.1:{self.port}", "--data", self.data, *self.options]

    def prepare(self):
        pass  # the server creates its folder, with its own mode

    def answers(self):
        return http_status(self.port, "OPTIONS", "/apps") is not None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def fail(self, end):
        """Ends by this method of Service, and starts again after an outage."""
        status = getattr(self, end)()
        assert not status, f"ended with {status}: {self.log()}"
        time.sleep(OUTAGE_S)
        self.start()

"""Confab's own processes in a cluster."""

import http.client

from .service import Service


class Confab(Service):
    """`gates`, where the cluster has them, are this process's own ways to the engines: gates.mysql, gates.redis, gates.elasticsearch."""

    command_name = None

    def __init__(self, binary, folder, engine_urls, gates=None, **more):
        super().__init__(folder, **more)
        self.binary, self.engine_urls, self.gates = binary, engine_urls, gates

    def command(self):
        urls = [part for role, url in self.engine_urls.items() for part in (f"--{role}", url)]
        return [self.binary, self.command_name, *urls, *self.options]


class Node(Confab):
    name, command_name = "node", "serve"

    def command(self):
        return [*super().command(), "--listen", f"127.0.0.1:{self.port}", "--auth=open"]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def answers(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("OPTIONS", "/apps")
            return connection.getresponse().status > 0
        except http.client.HTTPException:
            return False
        finally:
            connection.close()


class Worker(Confab):
    name, command_name = "worker", "worker"

    def answers(self):
        return any(line.startswith("working on ") for line in self.said().splitlines())

"""Confab's processes in a cluster."""

from .service import Service, http_status


class Confab(Service):
    """`proxies`, if the cluster has them, are this process's proxies to the engines: proxies.mysql, .redis and .elasticsearch."""

    command_name = None

    def __init__(self, binary, folder, engine_urls, proxies=None, **more):
        super().__init__(folder, **more)
        self.binary, self.engine_urls, self.proxies = binary, engine_urls, proxies

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
        return http_status(self.port, "OPTIONS", "/apps") is not None


class Worker(Confab):
    name, command_name = "worker", "worker"

    def answers(self):
        return any(line.startswith("working on ") for line in self.output().splitlines())

"""A cluster on loopback: nginx in front of API nodes, workers, and the engines they share."""

import subprocess
from pathlib import Path
from types import SimpleNamespace

from .confab import Node, Worker
from .nginx import Nginx
from .service import ServiceFailure, Startable, clean_environment
from .toxiproxy import Toxiproxy

COMMAND_WAIT_S = 300


class Cluster(Startable):
    """REQUIRES: the engines run. They are empty or have the data of an earlier cluster. They keep running when the cluster ends.

    With `proxies`, every node and worker reaches each engine through its own proxy (see confab.Confab).
    """

    def __init__(self, confab, folder, engines, nodes=2, workers=2, proxies=False, node_options=(), worker_options=()):
        self.confab, self.folder, self.engines = confab, Path(folder), engines
        self.options = {Node: node_options, Worker: worker_options}
        self.toxiproxy = Toxiproxy(self.folder / "toxiproxy") if proxies else None
        self.counts = {Node: nodes, Worker: workers}
        self.nodes, self.workers, self.front = [], [], None

    def start(self):
        if self.toxiproxy:
            self.toxiproxy.start()
        self.run("migrate")
        self.nodes = [self.new(Node, number) for number in range(self.counts[Node])]
        self.workers = [self.new(Worker, number) for number in range(self.counts[Worker])]
        for each in self.nodes + self.workers:
            each.spawn()
        for each in self.nodes + self.workers:
            each.wait_until_ready()
        self.front = Nginx(self.folder / "front", [node.port for node in self.nodes]).start()
        return self

    def new(self, kind, number, options=()):
        name = f"{kind.name}-{number + 1}"
        proxies = self.toxiproxy and SimpleNamespace(
            **{engine.role: self.toxiproxy.proxy(f"{name}-{engine.role}", engine.port) for engine in self.engines.all})
        return kind(self.confab, self.folder / name, self.engines.urls(proxies), proxies, options=[*self.options[kind], *options])

    def add_worker(self, *options):
        """Adds a worker and waits until it works."""
        worker = self.new(Worker, len(self.workers), options)
        self.workers.append(worker)
        return worker.start()

    def run(self, command, *arguments, status=0):
        """The output of a confab command, which reaches the engines without proxies. Fails on any other exit status."""
        return self.done(command, arguments, status).stdout

    def refusal(self, command, *arguments):
        """The error output of a confab command that ends with status 1."""
        return self.done(command, arguments, 1).stderr

    def done(self, command, arguments, status):
        urls = {f"CONFAB_{role.upper()}": url for role, url in self.engines.urls().items()}
        done = subprocess.run([str(self.confab), command, *map(str, arguments)], env=clean_environment(urls), text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=COMMAND_WAIT_S)
        if done.returncode != status:
            raise ServiceFailure(f"confab {command} ended with status {done.returncode}: {done.stdout}{done.stderr}")
        return done

    def identity(self):
        """The cluster's identity, which is in all names in Redis and Elasticsearch."""
        (number,), = self.engines.sql.query("select value from meta where name = 'identity'")
        return f"{number:016x}"

    def search_alias(self):
        return f"confab-{self.identity()}"

    def processes(self):
        return [each for each in (self.front, *self.nodes, *self.workers, self.toxiproxy) if each]

    def stop(self):
        """In good order: nothing new comes in, what is in flight is answered. The statuses of nodes and workers."""
        return {each.folder.name: each.stop() for each in self.processes()}

    def close(self):
        for each in self.processes():
            each.close()

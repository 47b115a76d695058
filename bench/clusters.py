"""A cluster of one node and one worker on the cores of this machine: the rate of creations, the latency of a 201, the CPU time
of each process for one creation, and the rate of reads through a node compared with a single server."""
import pathlib
import sys

import workload
from data_loader import DataLoader
from failure import Failure
from lab import ROOT
from process import cpu_s
from servers import Confab
from turns import Side, median, wait_until_idle
from turns import measure as measure_in_turns

sys.path.insert(0, str(ROOT / "tools"))
from services import Cluster, Engines, MariaDb, MySql, ServiceFailure

SQL = {"mariadb": MariaDb, "mysql": MySql}
CHATS = 50
READ_MESSAGES_PER_CHAT = 200
READ_CONNECTIONS = 64
BUFFER_POOL_BYTES = 1 << 30
IDLE_CHECK_S = 0.5  # the index is updated in bursts, with pauses between them


def part(lab):
    """The cluster's part of the benchmark. None if no cluster is requested."""
    settings = lab.settings
    if not settings.cluster_connections:
        return None
    with lab.folder() as folder:
        return measure(lab.binary, folder, "mariadb", settings.cluster_connections, settings.runs, settings.seconds, lab.note)


def measure(binary, folder, sql, connections, runs, seconds, note, search=True):
    folder = pathlib.Path(folder)
    try:
        with Engines(folder, sql=SQL[sql], search=search) as engines:
            engines.sql.options += [f"--innodb-buffer-pool-size={BUFFER_POOL_BYTES}"]
            engines.sql.restart()
            with Cluster(binary.resolve(), folder, engines, nodes=1, workers=1) as cluster:
                parts = {"node": cluster.nodes[0], "Redis": engines.redis, "worker": cluster.workers[0], sql: engines.sql}
                if search:
                    parts["Elasticsearch"] = engines.elasticsearch
                measured = creates(cluster, parts, connections, runs, seconds, note)
                wait_until_idle(parts.values(), IDLE_CHECK_S)
                found = {
                    "about": f"One node, one worker, {sql} that flushes at every commit, Redis{' and Elasticsearch' if search else ''} on the same "
                             f"cores, {runs} runs of {seconds} s over {CHATS} chats; the run with the median rate.",
                    "creates": measured,
                    "read": reads(binary, folder, cluster, runs, seconds, note),
                }
                note(cluster.run("check").strip())
                return found
    except ServiceFailure as failure:
        raise Failure(str(failure)) from None


def creates(cluster, parts, connections, runs, seconds, note):
    data_loader = DataLoader(cluster.nodes[0].port, note)
    each = workload.create(data_loader.app("bench", CHATS), CHATS)
    side = PartsSide(parts, "cluster", cluster.nodes[0], cluster.nodes[0].port, each, each.sample(data_loader.port), data_loader)
    return [creates_row(side, count, runs, seconds, note) for count in connections]


class PartsSide(Side):
    """Also measures the CPU time of each process of the cluster for one creation."""

    def __init__(self, parts, *more):
        super().__init__(*more)
        self.parts = parts

    def run(self, connections, seconds):
        before = {name: cpu_s(part.process.pid) for name, part in self.parts.items()}
        run = super().run(connections, seconds)
        spent = {name: cpu_s(part.process.pid) - before[name] for name, part in self.parts.items()}
        return {**run, "cpu_us": {name: s * 1e6 / run["requests"] for name, s in spent.items()}}


def creates_row(side, connections, runs, seconds, note):
    found = []
    for turn in range(1, runs + 1):
        # The indexing of one run must not slow the next one.
        wait_until_idle(side.parts.values(), IDLE_CHECK_S)
        found.append(side.run(connections, seconds))
        note(f"cluster, {connections} connections, run {turn}: {found[-1]['rate']:,.0f} creates/s, "
             f"p99 {found[-1]['p99_us'] / 1000:.1f} ms")
    middle = sorted(found, key=lambda run: run["rate"])[len(found) // 2]
    return {"connections": connections, **middle, "runs": found}


def reads(binary, folder, cluster, runs, seconds, note):
    with Confab(binary, folder / "alone", folder / "alone.log") as alone:
        servers = {"cluster": (cluster.nodes[0], cluster.nodes[0].port), "alone": (alone, alone.port)}
        sides = [read_side(name, server, port, note) for name, (server, port) in servers.items()]
        found = measure_in_turns(sides, READ_CONNECTIONS, runs, seconds, note)
    medians = {name: median(of_side) for name, of_side in found["runs"].items()}
    return {"connections": READ_CONNECTIONS, **medians, "runs": found["runs"],
            "ratio": medians["cluster"]["rate"] / medians["alone"]["rate"]}


def read_side(name, server, port, note):
    data_loader = DataLoader(port, note)
    app = data_loader.app("to read", CHATS)
    data_loader.load(app, range(1, CHATS + 1), CHATS * READ_MESSAGES_PER_CHAT)
    each = workload.read(app, CHATS, READ_MESSAGES_PER_CHAT)
    return Side(name, server, port, each, each.sample(port), data_loader)

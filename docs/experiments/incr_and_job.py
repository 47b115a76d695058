#!/usr/bin/python3
"""The race between concurrent creators: the usual way and Confab's way, under the same load and the same kills.

    incr_and_job.py CONFAB [--seed N]

The usual way (usual_way.py) takes a number from Redis (INCR), queues a job (LPUSH), answers 201, and a worker inserts
the row. Its processes are killed between their two steps, Redis at random moments. Confab's server is killed as often
in total, at random moments under the same load. Every client reads each message back directly after its 201. Prints a
table. Exits with 1 unless the usual way loses at each kind of kill and Confab never does. Needs redis-server, and
starts its own on a free loopback port without an append-only file.
"""

import argparse
import contextlib
import http.client
import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import usual_way

MESSAGES = 600
CLIENTS = 8
WEBS = 3
KILLS = 3                    # of each kind
FIRST_KILL, LAST_KILL = 20, 100  # a web process or worker dies at its n-th message, n between these
WORKER_DOWN_MESSAGES = 20    # acknowledged before a killed worker restarts
ALL_S = 55                   # timeout of the experiment
ANSWER_S = 10
PAUSE_S = 0.002
THINK_S = 0.01               # a client waits this long before its next message, so that the worker can keep up
REDIS_PORTS = range(20000, 30000)  # below the kernel's ephemeral ports


class ChildProcess:
    """A process. One that listens prints its address."""

    def __init__(self, stack, *command, listens=True):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CONFAB_")}
        self.process = subprocess.Popen([str(word) for word in command], env=environment, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE if listens else subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, text=True)
        stack.callback(self.kill)
        self.address = self.read_address() if listens else None

    def read_address(self):
        for line in self.process.stdout:
            if line.startswith("listening on http://"):
                return line.strip().removeprefix("listening on http://")
        raise SystemExit(f"did not start: {self.process.args}")

    def has_died(self):
        return self.process.poll() is not None

    def kill(self):
        self.process.kill()
        self.process.wait()


class UsualWay:
    """Redis, web processes and a worker under a supervisor that restarts them."""

    messages = "/messages"

    def __init__(self, stack, folder, rng, victim):
        self.stack, self.folder = stack, folder
        self.database = folder / "usual.db"
        with contextlib.closing(sqlite3.connect(self.database)) as db:
            db.execute("pragma journal_mode = wal")
            db.execute(usual_way.SCHEMA)
        self.kills, self.kills_due = 0, KILLS if victim else 0
        self.dies_at = {role: [rng.randint(FIRST_KILL, LAST_KILL) for _ in range(KILLS)] if role == victim else []
                        for role in ("web", "worker")}
        self.redis_dies_at = kill_moments(rng, KILLS) if victim == "redis" else []
        self.redis_port = free_port(rng)
        self.redis = self.start_redis()
        self.webs = [self.start("web") for _ in range(WEBS)]
        self.worker = self.start("worker")
        self.worker_due = None

    def addresses(self):
        return [web.address for web in self.webs]

    def start(self, role):
        dies_at = self.dies_at[role].pop(0) if self.dies_at[role] else 0
        return ChildProcess(self.stack, sys.executable, "-B", usual_way.__file__, role, self.redis_port, self.database,
                       dies_at, listens=role == "web")

    def start_redis(self):
        options = {"port": self.redis_port, "bind": "127.0.0.1", "dir": self.folder, "save": "", "appendonly": "no"}
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        redis = ChildProcess(self.stack, "redis-server", *words, listens=False)
        while True:
            try:
                usual_way.Redis(self.redis_port).command("PING")
                return redis
            except OSError:
                if redis.has_died():
                    raise SystemExit("redis-server did not start") from None
                time.sleep(PAUSE_S)

    def supervise(self, acknowledged):
        for i, web in enumerate(self.webs):
            if web.has_died():
                self.kills += 1
                self.webs[i] = self.start("web")
        self.supervise_worker(acknowledged)
        if self.redis_dies_at and acknowledged >= self.redis_dies_at[0]:
            self.redis_dies_at.pop(0)
            self.redis.kill()
            self.kills += 1
            self.redis = self.start_redis()

    def supervise_worker(self, acknowledged):
        if not self.worker.has_died():
            return
        if self.worker_due is None:
            self.kills += 1
            self.worker_due = acknowledged + WORKER_DOWN_MESSAGES
        elif acknowledged >= self.worker_due:
            self.worker, self.worker_due = self.start("worker"), None

    def stored(self):
        """All rows, once the worker has processed the queue."""
        if self.worker.has_died():
            self.worker = self.start("worker")
        usual_way.Redis(self.redis_port).command("LPUSH", "jobs", json.dumps(usual_way.STOP))
        if self.worker.process.wait() != 0:
            raise SystemExit("the worker ended too early")
        with contextlib.closing(sqlite3.connect(self.database)) as db:
            return db.execute("select number, content from messages").fetchall()


class Confab:
    def __init__(self, stack, folder, rng, confab, kills):
        self.stack, self.confab, self.folder = stack, confab, folder / "data"
        self.kills, self.kills_due = 0, kills
        self.dies_at = kill_moments(rng, kills)
        self.server = self.start()
        token = self.request("POST", "/apps", {"name": "experiment"})["token"]
        chat = self.request("POST", f"/apps/{token}/chats", {})["number"]
        self.messages = f"/apps/{token}/chats/{chat}/messages"

    def addresses(self):
        return [self.server.address]

    def start(self):
        return ChildProcess(self.stack, self.confab, "serve", "--listen", "127.0.0.1:0", "--data", self.folder)

    def request(self, verb, path, body=None):
        status, answer = Connections(self, 0).request(verb, path, body)
        if status not in (200, 201):
            raise SystemExit(f"{verb} {path}: {status} {answer}")
        return answer

    def supervise(self, acknowledged):
        if self.dies_at and acknowledged >= self.dies_at[0]:
            self.dies_at.pop(0)
            self.server.kill()
            self.kills += 1
            self.server = self.start()

    def stored(self):
        return [(message["number"], message["content"]) for message in self.request("GET", self.messages)]


class Connections:
    """A client's connections, one per address, used in turn."""

    def __init__(self, system, first):
        self.system, self.turn, self.open = system, first, {}

    def request(self, verb, path, body=None):
        """Status and answer. Errors: OSError or HTTPException if the connection is lost."""
        addresses = self.system.addresses()
        self.turn += 1
        address = addresses[self.turn % len(addresses)]
        if address not in self.open:
            self.open[address] = http.client.HTTPConnection(address, timeout=ANSWER_S)
        try:
            text = None if body is None else json.dumps(body)
            self.open[address].request(verb, path, text, {"Content-Type": "application/json"} if text else {})
            answer = self.open[address].getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException):
            self.open.pop(address).close()
            raise


class Load:
    """Clients that create messages and immediately read each back, until they are stopped."""

    def __init__(self, system):
        self.system = system
        self.acknowledged = []        # number and content of every 201
        self.not_found = []   # numbers read with 404 right after their 201
        self.failures = []
        self.over = threading.Event()

    def run(self):
        self.warm_up()
        clients = [threading.Thread(target=self.guarded_client, args=(i,), daemon=True) for i in range(CLIENTS)]
        for client in clients:
            client.start()
        try:
            while not self.failures and (len(self.acknowledged) < MESSAGES or self.system.kills < self.system.kills_due):
                self.system.supervise(len(self.acknowledged))
                time.sleep(PAUSE_S)
        finally:
            self.over.set()
        for client in clients:
            client.join()
        if self.failures:
            raise self.failures[0]

    def warm_up(self):
        """Waits until a message is stored. A queue that fills while the worker starts would prove nothing."""
        connections = Connections(self.system, 0)
        number = self.create(connections, "first")
        while self.status_of(connections, number) == 404:
            time.sleep(PAUSE_S)

    def guarded_client(self, i):
        try:
            self.client(i)
        except Exception as failure:
            self.failures.append(failure)

    def client(self, i):
        connections = Connections(self.system, i)
        turn = 0
        while not self.over.wait(THINK_S):
            turn += 1
            number = self.create(connections, f"{i}.{turn}")
            if number and self.status_of(connections, number) == 404:
                self.not_found.append(number)

    def create(self, connections, content):
        """The acknowledged number. None without an acknowledgement; such a message may be stored or not."""
        try:
            status, answer = connections.request("POST", self.system.messages, {"content": content})
        except (OSError, http.client.HTTPException):
            return None
        if status != 201:
            return None
        self.acknowledged.append((answer["number"], content))
        return answer["number"]

    def status_of(self, connections, number):
        """Retries until a process answers."""
        give_up = time.monotonic() + ANSWER_S
        while True:
            try:
                return connections.request("GET", f"{self.system.messages}/{number}")[0]
            except (OSError, http.client.HTTPException):
                if time.monotonic() > give_up:
                    raise
                time.sleep(PAUSE_S)


@dataclass
class Outcome:
    kills: int
    acknowledged: int
    gaps: int        # numbers up to the highest without a row
    lost: int        # acknowledged messages that are not stored under their number
    repeated: int    # numbers acknowledged more than once or stored more than once
    not_found: int   # reads answered 404 right after the 201

    def keeps_all(self):
        return not (self.gaps or self.lost or self.repeated)

    def is_clean(self):
        return self.keeps_all() and not self.not_found


def evaluate(system, load):
    stored = system.stored()
    readable = load.status_of(Connections(system, 0), stored[-1][0])
    if readable != 200:
        raise SystemExit(f"a stored message cannot be read: {readable}")
    numbers = Counter(number for number, _ in stored)
    acknowledged = Counter(number for number, _ in load.acknowledged)
    gaps = set(range(1, max([*numbers, *acknowledged]) + 1)) - set(numbers)
    lost = set(load.acknowledged) - set(stored)
    repeated = [number for number in acknowledged | numbers if max(acknowledged[number], numbers[number]) > 1]
    return Outcome(system.kills, len(load.acknowledged), len(gaps), len(lost), len(repeated), len(load.not_found))


def kill_moments(rng, kills):
    return sorted(rng.sample(range(FIRST_KILL, MESSAGES - FIRST_KILL), kills))


def free_port(rng):
    while True:
        port = rng.choice(REDIS_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def rounds(confab):
    """For each round: its name, its system, and the check of its outcome."""
    def usual(victim):
        return lambda stack, folder, rng: UsualWay(stack, folder, rng, victim)

    def ours(kills):
        return lambda stack, folder, rng: Confab(stack, folder, rng, confab, kills)

    yield "usual way, nothing killed", usual(None), Outcome.keeps_all
    yield "usual way, web process between INCR and LPUSH", usual("web"), lambda o: o.gaps
    yield "usual way, worker between pop and insert", usual("worker"), lambda o: o.gaps and o.lost and o.not_found
    yield "usual way, Redis, restarted empty", usual("redis"), lambda o: o.lost and o.repeated
    yield "confab, nothing killed", ours(0), Outcome.is_clean
    yield "confab, server under load", ours(3 * KILLS), Outcome.is_clean


def experiment(confab, seed):
    rng = random.Random(seed)
    print(f"seed {seed}")
    print(f"{'':46}{'kills':>6}{'201s':>6}{'gaps':>6}{'lost':>6}{'repeated':>10}{'404 after 201':>15}", flush=True)
    as_expected = True
    for name, start, expected in rounds(confab):
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            system = start(stack, Path(folder), rng)
            load = Load(system)
            load.run()
            o = evaluate(system, load)
        print(f"{name:46}{o.kills:6}{o.acknowledged:6}{o.gaps:6}{o.lost:6}{o.repeated:10}{o.not_found:15}", flush=True)
        as_expected = as_expected and bool(expected(o)) and o.kills == system.kills_due
    print("the usual way lost at every kind of kill, confab never" if as_expected else "NOT as expected")
    return as_expected


def give_up(*_):
    raise TimeoutError(f"the experiment took more than {ALL_S} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("confab", type=Path)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    options = parser.parse_args()
    if not shutil.which("redis-server"):
        sys.exit("redis-server is missing: tools/setup test")
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(ALL_S)
    return 0 if experiment(options.confab.resolve(), options.seed) else 1


if __name__ == "__main__":
    sys.exit(main())

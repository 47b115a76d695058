"""Measures two servers in turns, A B A B, so that a disturbance of the machine affects both."""
import statistics
import time
from dataclasses import asdict

import wrk
from failure import Failure
from lab import note
from process import cpu_s

IDLE_TIMEOUT_S = 30
IDLE_CHECK_S = 0.1
IDLE_CPU_SHARE = 0.11  # the kernel counts in steps of 0.01 s
FIGURES = ("rate", "p50_us", "p99_us", "cpu_us")


class Side:
    """One of the servers with one workload."""

    def __init__(self, name, server, port, workload, reply, data_loader=None):
        self.name, self.server, self.port, self.workload, self.reply, self.data_loader = name, server, port, workload, reply, data_loader

    def run(self, connections, seconds):
        grows = self.workload.grows if self.data_loader else None
        before = self.data_loader.messages_in(grows) if grows else 0
        spent = cpu_s(self.server.process.pid)
        tally = wrk.run(self.port, self.workload.script, self.workload.args, connections, seconds, self.reply)
        spent = cpu_s(self.server.process.pid) - spent
        if grows:
            growth = self.data_loader.stable_message_count(grows) - before
            reconcile(tally.requests, growth, connections * self.workload.depth)
        run = {**asdict(tally), "cpu_us": spent * 1e6 / tally.requests}
        # wrk times a complete pipeline, so its latencies are not those of a request.
        return {key: value for key, value in run.items() if self.workload.depth == 1 or key not in ("p50_us", "p99_us")}


def measure(sides, connections, runs, seconds, note_run):
    """Runs the sides in turns. Returns all runs and their medians."""
    found = {side.name: [] for side in sides}
    for turn in range(1, runs + 1):
        for side in sides:
            wait_until_idle([each.server for each in sides])
            found[side.name].append(side.run(connections, seconds))
        rates = ", ".join(f"{name} {runs_of[-1]['rate']:,.0f}/s" for name, runs_of in found.items())
        note_run(f"{sides[-1].workload.name}, {connections} connections, run {turn}: {rates}")
    return {"runs": found, "median": {name: median(runs_of) for name, runs_of in found.items()}}


def wait_until_idle(servers, check_s=IDLE_CHECK_S):
    """Waits until the servers have indexed all messages, so that this does not disturb the next measurement."""
    deadline = time.monotonic() + IDLE_TIMEOUT_S
    while time.monotonic() < deadline:
        before = [cpu_s(server.process.pid) for server in servers]
        time.sleep(check_s)
        if all(cpu_s(server.process.pid) - then <= IDLE_CPU_SHARE * check_s for server, then in zip(servers, before, strict=True)):
            return
    note(f"a server is still busy after {IDLE_TIMEOUT_S} s and may disturb the next measurement")


def beside_nginx(workload, confab, nginx, data_loader, connections, settings_of_runs, note_run):
    """A row: the workload on confab and on an nginx that answers with as many bytes. `settings_of_runs`: number, seconds."""
    sides = [Side("nginx", nginx, nginx.ports[workload.name], workload, nginx.replies[workload.name]),
             Side("confab", confab, confab.port, workload, workload.sample(confab.port), data_loader)]
    found = measure(sides, connections, *settings_of_runs, note_run)
    medians = found["median"]
    return {"work": workload.name, "connections": connections, **found,
            "ratio": medians["confab"]["rate"] / medians["nginx"]["rate"]}


def median(runs):
    return {figure: statistics.median(run[figure] for run in runs) for figure in FIGURES if figure in runs[0]}


def reconcile(answered, growth, in_flight_max):
    """Every 201 must be a message. There may be a few more messages, because wrk abandons the requests in flight at its end."""
    if not 0 <= growth - answered <= in_flight_max:
        raise Failure(f"wrk got {answered} creations answered, but messages_count grew by {growth} "
                      f"(up to {in_flight_max} more may have been in flight)")

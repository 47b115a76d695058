"""Two servers measured in turns, A B A B, so that what disturbs the machine meets both."""
import statistics
import time
from dataclasses import asdict

import wrk
from failure import Failure
from process import cpu_s

IDLE_TIMEOUT_S = 60
IDLE_LOOK_S = 0.1
IDLE_CPU_SHARE = 0.11  # the kernel counts in steps of 0.01 s
FIGURES = ("rate", "p50_us", "p99_us", "cpu_us")


class Side:
    """One of the servers, asked for one work."""

    def __init__(self, name, server, port, work, reply, stage=None):
        self.name, self.server, self.port, self.work, self.reply, self.stage = name, server, port, work, reply, stage

    def run(self, connections, seconds):
        grows = self.work.grows if self.stage else None
        before = self.stage.messages_in(grows) if grows else 0
        spent = cpu_s(self.server.process.pid)
        tally = wrk.run(self.port, self.work.script, self.work.args, connections, seconds, self.reply)
        spent = cpu_s(self.server.process.pid) - spent
        if grows:
            growth = self.stage.settled_messages_in(grows) - before
            reconcile(tally.requests, growth, connections * self.work.depth)
        run = {**asdict(tally), "cpu_us": spent * 1e6 / tally.requests}
        # Of a pipeline wrk times the whole, and then takes the requests for as many connections' turns.
        return {key: value for key, value in run.items() if self.work.depth == 1 or key not in ("p50_us", "p99_us")}


def measure(sides, connections, runs, seconds, note):
    """Runs of each side in turns, and their medians."""
    found = {side.name: [] for side in sides}
    for turn in range(1, runs + 1):
        for side in sides:
            wait_until_idle([each.server for each in sides])
            found[side.name].append(side.run(connections, seconds))
        rates = ", ".join(f"{name} {runs_of[-1]['rate']:,.0f}/s" for name, runs_of in found.items())
        note(f"{sides[-1].work.name}, {connections} connections, run {turn}: {rates}")
    return {"runs": found, "median": {name: median(runs_of) for name, runs_of in found.items()}}


def wait_until_idle(servers, look_s=IDLE_LOOK_S):
    """A server may still index what it was sent: that has to be over before another is measured."""
    deadline = time.monotonic() + IDLE_TIMEOUT_S
    while time.monotonic() < deadline:
        before = [cpu_s(server.process.pid) for server in servers]
        time.sleep(look_s)
        if all(cpu_s(server.process.pid) - then <= IDLE_CPU_SHARE * look_s for server, then in zip(servers, before)):
            return
    raise Failure(f"a server is still busy {IDLE_TIMEOUT_S} s after the last request")


def beside_nginx(work, confab, nginx, stage, connections, settings_of_runs, note):
    """A row: the work at confab beside nginx, which answers as much. `settings_of_runs`: how many, of how many s."""
    sides = [Side("nginx", nginx, nginx.ports[work.name], work, nginx.replies[work.name]),
             Side("confab", confab, confab.port, work, work.sample(confab.port), stage)]
    found = measure(sides, connections, *settings_of_runs, note)
    medians = found["median"]
    return {"work": work.name, "connections": connections, **found,
            "ratio": medians["confab"]["rate"] / medians["nginx"]["rate"]}


def median(runs):
    return {figure: statistics.median(run[figure] for run in runs) for figure in FIGURES if figure in runs[0]}


def reconcile(answered, growth, in_flight_max):
    """Every 201 must be a message. A few more may be: at its end wrk walks away from what is in flight."""
    if not 0 <= growth - answered <= in_flight_max:
        raise Failure(f"wrk got {answered} creations answered, but messages_count grew by {growth} "
                      f"(up to {in_flight_max} more may have been in flight)")

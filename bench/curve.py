"""Creation by the number of connections: the rate compared with nginx, the creations per sync, and the CPU time of each."""
import statistics

import workload
from data_loader import DataLoader
from servers import matching_nginx
from syncs import SyncCounter
from turns import Side
from turns import measure as measure_in_turns

CHATS = 50


def measure(lab):
    counter = SyncCounter(lab)
    with lab.server(environment=counter.environment) as confab:
        data_loader = DataLoader(confab.port, lab.note)
        each = workload.create(data_loader.app("by connections", CHATS), CHATS)
        with matching_nginx([each], confab, lab) as nginx:
            sides = [Side("nginx", nginx, nginx.ports[each.name], each, nginx.replies[each.name]),
                     CountingSide(counter, "confab", confab, confab.port, each, each.sample(confab.port), data_loader)]
            return {"rows": lab.rows((f"{each.name}, by connections: {count}", lambda count=count: row(lab, sides, count))
                                     for count in lab.settings.curve_connections)}


class CountingSide(Side):
    def __init__(self, counter, *more):
        super().__init__(*more)
        self.counter = counter

    def run(self, connections, seconds):
        before = self.counter.count()
        run = super().run(connections, seconds)
        syncs, written = self.counter.since(before)
        return {**run, "syncs": syncs, "creates_of_a_sync": run["requests"] / syncs, "bytes_of_a_sync": written / syncs}


def row(lab, sides, connections):
    found = measure_in_turns(sides, connections, lab.settings.curve_runs, lab.settings.seconds, lab.note)
    for figure in ("creates_of_a_sync", "bytes_of_a_sync"):
        found["median"]["confab"][figure] = statistics.median(run[figure] for run in found["runs"]["confab"])
    return {"connections": connections, **found,
            "ratio": found["median"]["confab"]["rate"] / found["median"]["nginx"]["rate"]}


def highest_rate(result):
    """The highest measured rate of creation at any number of connections. None if it was not measured."""
    curve = (result.get("curve") or {}).get("rows", [])
    creates = [row for row in (result.get("throughput") or {}).get("rows", [])
               if row["work"].startswith("create") and "p50_us" in row["median"]["confab"]]
    return max((row["median"]["confab"]["rate"] for row in curve + creates), default=None)

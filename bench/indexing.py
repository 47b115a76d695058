"""The cost of the search index for creation: a server with default options compared with one whose index has no work."""
import contextlib
import statistics
import time

import workload
from data_loader import DataLoader
from ledgers import prepared_ledger
from process import cpu_s
from turns import Side, wait_until_idle
from turns import measure as measure_in_turns

CHATS = 50
MESSAGES_PER_CHAT = 2_500  # so many that every new message is indexed
CONNECTIONS = 256
# No chat gets so many messages here, so no message is indexed.
OFF = ("--index-after-messages=1000000", "--index-pause-ms=3600000")
FIGURES = ("cpu_us_with_the_rest", "caught_up_s")


def measure(lab):
    with contextlib.ExitStack() as cleanup:
        sides = [side(lab, cleanup, "indexed"), side(lab, cleanup, "unindexed", *OFF)]
        found = measure_in_turns(sides, CONNECTIONS, lab.settings.runs, 2 * lab.settings.seconds, lab.note)
    for name, runs in found["runs"].items():
        found["median"][name].update({figure: statistics.median(run[figure] for run in runs) for figure in FIGURES})
    rates = {name: figures["rate"] for name, figures in found["median"].items()}
    return {"connections": CONNECTIONS, **found, "cost": 1 - rates["indexed"] / rates["unindexed"]}


def side(lab, cleanup, name, *options):
    folder, apps = cleanup.enter_context(prepared_ledger(lab, many=(CHATS, MESSAGES_PER_CHAT)))
    confab = cleanup.enter_context(lab.server(*options, data=folder))
    each = workload.create(apps["many"], CHATS)
    return IndexedSide(name, confab, confab.port, each, each.sample(confab.port), DataLoader(confab.port, lab.note))


class IndexedSide(Side):
    """Also measures the indexing after the last answer."""

    def run(self, connections, seconds):
        spent = cpu_s(self.server.process.pid)
        run = super().run(connections, seconds)
        ended = time.monotonic()
        wait_until_idle([self.server])
        spent = cpu_s(self.server.process.pid) - spent
        return {**run, "cpu_us_with_the_rest": spent * 1e6 / run["requests"], "caught_up_s": time.monotonic() - ended}

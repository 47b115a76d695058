"""The latency of a creation at half of the highest rate, from its due time, compared with the sync of a commit's bytes on the
same disk."""
import json
import statistics
import subprocess

import workload
import wrk
from content import chats
from curve import highest_rate
from data_loader import DataLoader
from failure import Failure
from servers import clean_environment, start_child
from syncs import SyncCounter, append_latencies, percentiles

CHATS = 50
CONNECTIONS = 256
SHARE = 0.5
FIGURES = ("p50", "p99", "p99_9")
TIMES = {
    "create": lambda turn: turn["create"]["latency_us"],
    "client": lambda turn: turn["create"]["late_us"],
    "sync": lambda turn: turn["sync"]["latency_us"],
}


def measure(lab, result):
    counter = SyncCounter(lab)
    with lab.server(environment=counter.environment) as confab, lab.folder() as folder:
        data_loader = DataLoader(confab.port, lab.note)
        app = data_loader.app("open loop", CHATS)
        highest = highest_rate(result) or quick_rate(confab, app)
        rate = round(highest * SHARE)
        turns = [turn(lab, confab, data_loader, app, counter, rate, folder, number)
                 for number in range(1, lab.settings.runs + 1)]
    median = {kind: {figure: statistics.median(times_of(each)[figure] for each in turns) for figure in FIGURES}
              for kind, times_of in TIMES.items()}
    return {"highest": highest, "rate": rate, "turns": turns, "median_us": median,
            "ratio_p99": median["create"]["p99"] / median["sync"]["p99"]}


def quick_rate(confab, app):
    each = workload.create(app, CHATS)
    return wrk.run(confab.port, each.script, each.args, CONNECTIONS, 2, each.sample(confab.port)).rate


def turn(lab, confab, data_loader, app, counter, rate, folder, number):
    before, count = counter.count(), data_loader.stable_message_count(app)
    create = open_loop(lab, confab.port, app, CHATS, rate, lab.settings.latency_seconds)
    syncs, written = counter.since(before)
    growth = data_loader.stable_message_count(app) - count
    if growth < create["answered"]:
        raise Failure(f"{create['answered']} creations were answered 201, but messages_count grew by {growth}")
    size = round(written / syncs)
    sync = {"bytes": size, "latency_us": percentiles(append_latencies(folder, size))}
    lab.note(f"{rate:,} creates/s, run {number}: p50 {create['latency_us']['p50']:,.0f} µs, "
             f"p99 {create['latency_us']['p99']:,.0f} µs; sync of {size:,} bytes: p50 {sync['latency_us']['p50']:,.0f} µs, "
             f"p99 {sync['latency_us']['p99']:,.0f} µs")
    return {"create": {**create, "creates_of_a_sync": growth / syncs}, "sync": sync}


def open_loop(lab, port, app, chats_count, rate, seconds, first_chat=1):
    """Creates at a constant rate and returns the tool's result. With `seconds` 0, returns a process that creates until SIGTERM."""
    process = start_child(
        [lab.tool("open_loop"), f"--port={port}", f"--path={chats(app)}", f"--first-chat={first_chat}",
         f"--chats={chats_count}", f"--rate={rate}", f"--connections={CONNECTIONS}", f"--seconds={seconds}"],
        env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return finished(process) if seconds else process


def finished(process):
    try:
        output, error_output = process.communicate()
    except BaseException:
        process.kill()
        process.wait()
        raise
    if process.returncode != 0:
        raise Failure(f"open_loop ended with status {process.returncode}: {error_output.strip()[:300]}")
    return json.loads(output)
